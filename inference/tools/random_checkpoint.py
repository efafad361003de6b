"""Writes a checkpoint with random weights: `python -m inference.tools.random_checkpoint FOLDER --size qwen3-0.6b`.

Same files, names and config spellings as a real one, so that loaders, servers and benchmarks run without a download.
What such a model says is noise: it serves to compare implementations and to measure speed, never quality.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import torch
from msgspec import Struct
from safetensors.torch import save_file
from tokenizers.processors import TemplateProcessing
from torch import Tensor

from inference.model.spec import Config, ModelSpec, read_spec
from inference.model.weights import shapes, stack_experts, stored_name
from inference.tools.train_tokenizer import END, PADDING, corpus, save, train

ARCHITECTURES = {
    "qwen2": "Qwen2ForCausalLM",
    "qwen3": "Qwen3ForCausalLM",
    "qwen3_moe": "Qwen3MoeForCausalLM",
    "llama": "LlamaForCausalLM",
}


class Size(Struct, frozen=True):
    """The shape of a model, real ones by their name on the hub."""

    family: str
    width: int
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    inner: int
    vocabulary: int
    theta: float = 1e6
    context: int = 40960
    tied: bool = False
    experts: int = 0
    active: int = 0
    expert_inner: int = 0
    deviation: float = 0.02  # of the weights


SIZES = {
    "tiny-qwen3": Size("qwen3", 64, 2, 4, 2, 16, 128, 512, context=4096, tied=True, deviation=0.15),
    "tiny-llama": Size("llama", 64, 2, 4, 2, 16, 128, 512, theta=5e5, context=4096, deviation=0.15),
    "tiny-qwen3_moe": Size(
        "qwen3_moe", 64, 2, 4, 2, 16, 128, 512, context=4096, experts=8, active=2, expert_inner=32, deviation=0.15
    ),
    "qwen3-0.6b": Size("qwen3", 1024, 28, 16, 8, 128, 3072, 151936, tied=True),
    "qwen3-1.7b": Size("qwen3", 2048, 28, 16, 8, 128, 6144, 151936, tied=True),
    "qwen3-4b": Size("qwen3", 2560, 36, 32, 8, 128, 9728, 151936, tied=True),
    "qwen3-8b": Size("qwen3", 4096, 36, 32, 8, 128, 12288, 151936),
    "qwen3-30b-a3b": Size("qwen3_moe", 2048, 48, 32, 4, 128, 6144, 151936, experts=128, active=8, expert_inner=768),
    "llama-3.2-1b": Size("llama", 2048, 16, 32, 8, 64, 8192, 128256, theta=5e5, context=131072, tied=True),
    "llama-3.1-8b": Size("llama", 4096, 32, 32, 8, 128, 14336, 128256, theta=5e5, context=131072),
}


def config_of(size: Size, *, spelling: int = 5, dtype: str = "bfloat16", rope: Config | None = None) -> Config:
    """A config.json as transformers 4 or 5 would spell it. `rope` holds rope_type and its numbers, without theta."""
    if spelling not in {4, 5}:
        raise ValueError(f"transformers {spelling} has no spelling we know; 4 or 5")
    config: Config = {
        "architectures": [ARCHITECTURES[size.family]],
        "model_type": size.family,
        "vocab_size": size.vocabulary,
        "hidden_size": size.width,
        "num_hidden_layers": size.layers,
        "num_attention_heads": size.heads,
        "num_key_value_heads": size.kv_heads,
        "head_dim": size.head_dim,
        "intermediate_size": size.inner,
        "hidden_act": "silu",
        "max_position_embeddings": size.context,
        "rms_norm_eps": 1e-5 if size.family == "llama" else 1e-6,
        "attention_bias": False,
        "tie_word_embeddings": size.tied,
        "bos_token_id": None,
        "eos_token_id": 2,
        "dtype" if spelling == 5 else "torch_dtype": dtype,
    }
    if spelling == 5:
        config["rope_parameters"] = {"rope_type": "default", **(rope or {}), "rope_theta": size.theta}
    else:
        config |= {"rope_theta": size.theta, "rope_scaling": rope}
    if size.experts:
        config |= {
            "num_local_experts" if spelling == 5 else "num_experts": size.experts,
            "num_experts_per_tok": size.active,
            "moe_intermediate_size": size.expert_inner,
            "norm_topk_prob": True,
            "decoder_sparse_step": 1,
            "mlp_only_layers": [],
        }
    return config


class RandomSource:
    """Tensors drawn when asked for, on the device that will hold them: a model too large for a disk needs no file."""

    def __init__(
        self,
        spec: ModelSpec,
        *,
        dtype: torch.dtype = torch.float32,
        device: str | torch.device = "cpu",
        seed: int = 0,
        deviation: float = 0.02,
    ) -> None:
        self._spec = spec
        self._shapes = shapes(spec)
        self._order = {name: place for place, name in enumerate(self._shapes)}
        self._dtype = dtype
        self._device = torch.device(device)
        self._seed = seed
        self._deviation = deviation

    def get(self, name: str) -> Tensor:
        """The tensor of this name: always the same for the same seed, asked for in any order."""
        generator = torch.Generator(self._device).manual_seed(self._seed * 1_000_003 + self._order[name])
        tensor = torch.empty(self._shapes[name], dtype=self._dtype, device=self._device)
        tensor.normal_(0, self._deviation, generator=generator)
        return tensor.add_(1) if name.endswith("norm") else tensor

    def experts(self, layer: int) -> tuple[Tensor, Tensor]:
        """All experts of a layer."""
        return stack_experts(self, self._spec, layer)


def write(
    folder: Path,
    size: Size,
    *,
    spelling: int = 5,
    dtype: str = "bfloat16",
    rope: Config | None = None,
    shards: int = 1,
    seed: int = 0,
    changes: Config | None = None,
    embedding: bool = False,
) -> Config:
    """Write a whole checkpoint, tokenizer included; returns its config. `changes` overrides fields of config.json.

    `embedding`: one that pools by the last token, as Qwen3-Embedding is stored: no head, no prefix in the names.
    """
    folder.mkdir(parents=True, exist_ok=True)
    config = config_of(size, spelling=spelling, dtype=dtype, rope=rope) | (changes or {})
    spec = read_spec(config)
    source = RandomSource(spec, dtype=getattr(torch, dtype), seed=seed, deviation=size.deviation)
    names = [name for name in shapes(spec) if not (embedding and name == "head")]
    _write_weights(folder, spec, source, [names[shard::shards] for shard in range(shards)], bare=embedding)
    _json(folder / "config.json", config)
    _json(folder / "generation_config.json", {"eos_token_id": [2, 0], "do_sample": True})
    tokenizer = train(corpus(), min(size.vocabulary, 2048))
    assert (tokenizer.token_to_id(PADDING), tokenizer.token_to_id(END)) == (0, 2)
    if embedding:
        _pools_by_last_token(folder, size.width)
        tokenizer.post_processor = TemplateProcessing(single=f"$A {PADDING}", special_tokens=[(PADDING, 0)])
    save(tokenizer, folder)
    return config


def _write_weights(folder: Path, spec: ModelSpec, source: RandomSource, shards: list[list[str]], *, bare: bool) -> None:
    held: dict[str, str] = {}
    for number, names in enumerate(shards, 1):
        whole = len(shards) == 1
        file = "model.safetensors" if whole else f"model-{number:05}-of-{len(shards):05}.safetensors"
        tensors = {stored_name(spec.family, name).removeprefix("model." * bare): source.get(name) for name in names}
        save_file(tensors, folder / file, {"format": "pt"})
        held |= dict.fromkeys(tensors, file)
    if len(shards) > 1:
        _json(folder / "model.safetensors.index.json", {"metadata": {}, "weight_map": held})


def _pools_by_last_token(folder: Path, width: int) -> None:
    """The files by which sentence-transformers knows such a model."""
    steps = ((0, "", "Transformer"), (1, "1_Pooling", "Pooling"), (2, "2_Normalize", "Normalize"))
    types = [
        {"idx": number, "name": str(number), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for number, path, kind in steps
    ]
    _json(folder / "modules.json", types)
    (folder / "1_Pooling").mkdir(exist_ok=True)
    _json(folder / "1_Pooling" / "config.json", {"word_embedding_dimension": width, "pooling_mode_lasttoken": True})
    prompts = {"query": "Instruct: Find works on the same question\nQuery:", "document": ""}
    _json(folder / "config_sentence_transformers.json", {"prompts": prompts, "similarity_fn_name": "cosine"})


def _json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=1), encoding="utf-8")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", choices=sorted(SIZES), default="tiny-qwen3")
    parser.add_argument("--dtype", choices=["bfloat16", "float32"], default="bfloat16")
    parser.add_argument("--spelling", type=int, choices=[4, 5], default=5, help="of config.json, by transformers")
    parser.add_argument("--rope", type=json.loads, help='such as {"rope_type": "linear", "factor": 2}')
    parser.add_argument("--shards", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--embedding", action="store_true", help="one that pools by its last token")
    given = parser.parse_args()
    config = write(
        given.folder,
        SIZES[given.size],
        spelling=given.spelling,
        dtype=given.dtype,
        rope=given.rope,
        shards=given.shards,
        seed=given.seed,
        embedding=given.embedding,
    )
    print(f"{read_spec(config).parameters() / 1e6:.1f} M parameters in {given.folder}")


if __name__ == "__main__":
    main()
