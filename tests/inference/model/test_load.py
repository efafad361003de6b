"""A checkpoint that cannot be run is refused with what to do; one that can is read whichever way it is stored."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from inference.model.load import Loaded, load
from inference.model.spec import CheckpointError, read_spec
from inference.serve import Options, language_of
from inference.tools.random_checkpoint import SIZES, config_of, write
from tests.inference.model.run import Runner, Sequence, prompt_of

TINY = SIZES["tiny-qwen3"]


def last_logits(loaded: Loaded) -> torch.Tensor:
    return Runner(loaded.model).feed([(Sequence(prompt_of(20, 500)), 20)])[0]


def test_everything_a_server_needs_comes_with_the_weights(tmp_path: Path) -> None:
    write(tmp_path, TINY, dtype="float32")
    loaded = load(tmp_path, device="cpu")
    assert loaded.weights == "fp32"
    assert loaded.model.spec.context == TINY.context
    assert loaded.eos_ids == (2, 0)  # those of generation_config.json first
    assert loaded.tokenizer.decode(loaded.tokenizer.encode("Ein Maß, 値 12\n").ids) == "Ein Maß, 値 12\n"
    assert loaded.chat_template is not None
    assert loaded.special["eos_token"] == "<|im_end|>"


@pytest.mark.parametrize(
    ("size", "stored"),
    [("tiny-qwen3", {}), ("tiny-llama", {"spelling": 4}), ("tiny-qwen3_moe", {"shards": 2, "spelling": 4})],
)
def test_int8_and_bfloat16_stay_near_the_whole_weights(size: str, stored: dict[str, int], tmp_path: Path) -> None:
    write(tmp_path, SIZES[size], **stored)  # type: ignore[arg-type]
    whole = last_logits(load(tmp_path, dtype="fp32", device="cpu"))
    for dtype, allowed in (("bf16", 0.05), ("int8", 0.1)):
        near = last_logits(load(tmp_path, dtype=dtype, device="cpu"))  # type: ignore[arg-type]
        assert (near - whole).norm() < allowed * whole.norm()


def test_fused_experts_and_names_without_prefix_are_read(tmp_path: Path) -> None:
    write(tmp_path, SIZES["tiny-qwen3_moe"], dtype="float32")
    expected = last_logits(load(tmp_path, device="cpu"))
    tensors = load_file(tmp_path / "model.safetensors")
    for layer in range(2):
        stem = f"model.layers.{layer}.mlp.experts."
        each = [[tensors.pop(f"{stem}{e}.{part}_proj.weight") for e in range(8)] for part in ("gate", "up", "down")]
        tensors[f"{stem}gate_up_proj"] = torch.cat([torch.stack(each[0]), torch.stack(each[1])], dim=1)
        tensors[f"{stem}down_proj"] = torch.stack(each[2])
    save_file({name.removeprefix("model."): tensor for name, tensor in tensors.items()}, tmp_path / "model.safetensors")
    torch.testing.assert_close(last_logits(load(tmp_path, device="cpu")), expected)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"model_type": "mamba"}, "mamba"),
        ({"hidden_act": "gelu"}, "gelu"),
        ({"use_sliding_window": True}, "sliding"),
        ({"quantization_config": {"quant_method": "awq"}}, "awq"),
        ({"rope_parameters": {"rope_type": "longrope", "rope_theta": 1e4}}, "longrope"),
        ({"rope_parameters": {"rope_type": "llama3", "rope_theta": 1e4, "factor": 8}}, "original_max_position"),
        ({"hidden_size": None}, "wrong value"),
        ({"num_hidden_layers": 0}, "layers of 0"),
        ({"num_key_value_heads": 3}, "cannot share"),
        ({"quantization_config": "awq"}, "awq"),
        ({"rope_parameters": {"rope_type": "linear", "factor": 0}}, "greater than 0"),
    ],
)
def test_what_cannot_be_computed_exactly_is_refused_by_name(change: dict[str, Any], said: str) -> None:
    with pytest.raises(CheckpointError, match=said):
        read_spec(config_of(TINY) | change)


def test_a_field_that_is_missing_is_named() -> None:
    config = config_of(TINY)
    del config["num_hidden_layers"]
    with pytest.raises(CheckpointError, match="num_hidden_layers"):
        read_spec(config)


def test_broken_folders_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="neither a folder nor"):
        load(tmp_path / "nowhere")
    with pytest.raises(CheckpointError, match=r"no config\.json"):
        load(tmp_path)
    write(tmp_path, TINY, shards=2)
    second = tmp_path / "model-00002-of-00002.safetensors"
    whole = second.read_bytes()
    second.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CheckpointError, match="download it again"):
        load(tmp_path)
    second.unlink()
    with pytest.raises(CheckpointError, match="1 of 2 shards are missing"):
        load(tmp_path)
    second.write_bytes(whole)
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(config | {"intermediate_size": 64}))
    with pytest.raises(CheckpointError, match="has shape"):
        load(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps(config))
    words = tmp_path / "tokenizer_config.json"
    said = json.loads(words.read_text())
    words.write_text(json.dumps(said | {"chat_template": "{% for %}"}))
    with pytest.raises(CheckpointError, match="chat template cannot be read"):
        language_of(Options(model=str(tmp_path), kv_memory=2**25))
    (tmp_path / "tokenizer.json").write_text("{")
    with pytest.raises(CheckpointError, match=r"cannot read .*tokenizer\.json"):
        load(tmp_path)


def test_weights_that_would_be_misread_are_refused(tmp_path: Path) -> None:
    """Answers from them would look like answers."""
    write(tmp_path, TINY, dtype="float32")
    path = tmp_path / "model.safetensors"
    whole = load_file(path)
    key = "model.layers.1.self_attn.k_proj.weight"
    save_file(whole | {key: whole[key].mul(100).to(torch.int8)}, path)
    with pytest.raises(CheckpointError, match="stored as int8"):
        load(tmp_path, device="cpu")
    save_file(whole | {"model.layers.1.self_attn.k_proj.bias": torch.ones(32)}, path)
    with pytest.raises(CheckpointError, match=r"k_proj\.bias, of which config\.json knows nothing"):
        load(tmp_path, device="cpu")
    save_file(whole | {"model.layers.1.self_attn.rotary_emb.inv_freq": torch.ones(8)}, path)
    save_file({"layers.0.adapter": torch.ones(1)}, tmp_path / "adapter.safetensors")
    load(tmp_path, device="cpu")


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_weights_that_are_no_numbers_are_refused(number: float, tmp_path: Path) -> None:
    write(tmp_path, SIZES["tiny-qwen3_moe"], dtype="float32")
    path = tmp_path / "model.safetensors"
    whole = load_file(path)
    for key, named in (("embed_tokens", "embed"), ("layers.1.mlp.experts.3.down_proj", "layers.1.experts.3.down")):
        damaged = whole[f"model.{key}.weight"].clone()
        damaged[-1, 0] = number
        save_file(whole | {f"model.{key}.weight": damaged}, path)
        with pytest.raises(CheckpointError, match=f"{named} holds numbers that are not finite"):
            load(tmp_path, device="cpu")
    large = whole["model.norm.weight"].fill_(2e38)  # their sum is beyond float32, each of them is not
    save_file(whole | {"model.norm.weight": large}, path)
    load(tmp_path, device="cpu")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("config.json", [], "no JSON object"),
        ("tokenizer_config.json", [], "no JSON object"),
        ("tokenizer_config.json", {"chat_template": 5}, "no text"),
        ("generation_config.json", {"eos_token_id": "x"}, "'x' is no token"),
        ("generation_config.json", {"eos_token_id": [2, 9999]}, "9999 is no token"),
        ("model.safetensors.index.json", {"weight_map": {"a": 5}}, "not a weight index"),
    ],
)
def test_files_that_say_nonsense_are_named(name: str, content: Any, said: str, tmp_path: Path) -> None:
    write(tmp_path, TINY, dtype="float32")
    (tmp_path / name).write_text(json.dumps(content))
    with pytest.raises(CheckpointError, match=said):
        load(tmp_path, device="cpu")


def test_a_model_whose_answers_never_end_is_refused(tmp_path: Path) -> None:
    write(tmp_path, TINY, dtype="float32")
    (tmp_path / "generation_config.json").unlink()
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(config | {"eos_token_id": None}))
    with pytest.raises(CheckpointError, match="no token that ends an answer"):
        load(tmp_path, device="cpu")
