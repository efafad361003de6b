"""Every family, rope stretching and config spelling computes what transformers computes, in float32."""

from pathlib import Path
from typing import Any

import pytest
import torch
from msgspec.structs import replace
from transformers import AutoModelForCausalLM

from inference.model.load import load
from inference.tools.random_checkpoint import SIZES, write
from tests.inference.model.run import Runner, Sequence, greedy, prompt_of

LLAMA3 = {
    "rope_type": "llama3",
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
}
LINEAR = {"type": "linear", "factor": 3.0}
YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 64}
UNTIED, BIAS = {"tie_word_embeddings": False}, {"attention_bias": True}
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "qwen3": ("tiny-qwen3", {}),
    "qwen3, spelling 4, yarn": ("tiny-qwen3", {"spelling": 4, "rope": YARN}),
    "qwen3, untied, three shards, bias": ("tiny-qwen3", {"shards": 3, "changes": UNTIED | BIAS}),
    "qwen2": ("tiny-qwen2", {}),
    "llama, llama3 rope": ("tiny-llama", {"rope": LLAMA3}),
    "llama, spelling 4, llama3 rope": ("tiny-llama", {"spelling": 4, "rope": LLAMA3}),
    "llama, spelling 4, linear rope by its old name": ("tiny-llama", {"spelling": 4, "rope": LINEAR}),
    "llama, every bias, yarn not truncated": (
        "tiny-llama",
        {"changes": BIAS | {"mlp_bias": True}, "rope": YARN | {"truncate": False, "beta_fast": 16}},
    ),
    "qwen3_moe": ("tiny-qwen3_moe", {}),
    "qwen3_moe, spelling 4, raw weights, a dense layer": (
        "tiny-qwen3_moe",
        {"spelling": 4, "changes": {"norm_topk_prob": False, "mlp_only_layers": [0]}},
    ),
}
SHAPES = SIZES | {"tiny-qwen2": replace(SIZES["tiny-qwen3"], family="qwen2")}


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.mark.parametrize("case", CASES)
def test_logits_and_greedy_continuation_equal_transformers(case: str, tmp_path: Path) -> None:
    size, options = CASES[case]
    write(tmp_path, SHAPES[size], dtype="float32", **options)
    loaded = load(tmp_path, dtype="fp32", device="cpu")
    theirs = AutoModelForCausalLM.from_pretrained(tmp_path, dtype=torch.float32).eval()
    prompt = prompt_of(90, loaded.model.spec.vocabulary)

    with torch.inference_mode():
        expected = theirs(torch.tensor([prompt])).logits[0, -1]
        answer = theirs.generate(
            torch.tensor([prompt]), max_new_tokens=32, do_sample=False, eos_token_id=None, pad_token_id=0
        )
    ours = Runner(loaded.model).feed([(Sequence(prompt), len(prompt))])[0]

    assert (ours - expected).abs().max() <= 1e-5 * expected.abs().max()
    assert greedy(loaded.model, prompt, 32) == answer[0, len(prompt) :].tolist()
