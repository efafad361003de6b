"""The CPU kernels and every other way to hold a weight give the product, up to the rounding of the form."""

import pytest
import torch
from msgspec.structs import replace
from torch import Tensor
from torch.nn import functional

from inference.attention.cpu import CpuAttention
from inference.attention.reference import ReferenceAttention
from inference.model import native
from inference.model.layers import Int8Linear, LinearMaker, PackedLinear, PlainLinear, linear_maker, quantised
from inference.model.spec import ModelSpec, read_spec
from inference.model.step import KVPool, Step
from inference.model.transformer import Transformer
from inference.model.weights import stack_experts
from inference.tools.random_checkpoint import SIZES, RandomSource, config_of
from tests.inference.model.run import Runner, Sequence, prompt_of

CPU = torch.device("cpu")


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("make", [linear_maker("bf16", CPU), PackedLinear, PlainLinear])
@pytest.mark.parametrize(("tokens", "rows", "width"), [(1, 64, 32), (3, 200, 96), (17, 65, 34), (200, 7, 128)])
def test_bfloat16_product(make: LinearMaker, tokens: int, rows: int, width: int) -> None:
    weight, bias = normal(rows, width).bfloat16(), normal(rows, seed=1).bfloat16()
    x = normal(tokens, width, seed=2).bfloat16()
    exact = functional.linear(x.double(), weight.double(), bias.double())
    assert (make(weight, bias)(x) - exact).abs().max() < 0.005 * exact.abs().max()


@pytest.mark.parametrize("kernel", [True, False])
def test_int8_product(kernel: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not kernel:
        monkeypatch.setattr(native, "kernels", lambda: None)
    weight, bias = normal(130, 64).bfloat16(), normal(130, seed=1).bfloat16()
    whole, scale = quantised(weight)
    held = whole.double() * scale.unsqueeze(1)
    assert (held - weight).abs().max() <= scale.max() / 2 * 1.001
    for tokens in (1, 9):
        x = normal(tokens, 64, seed=2).bfloat16()
        exact = functional.linear(x.double(), held, bias.double())
        assert (Int8Linear(weight, bias)(x) - exact).abs().max() < 0.01 * exact.abs().max()


def test_a_tokens_product_is_bitwise_the_same_in_any_company() -> None:
    linear = linear_maker("bf16", CPU)(normal(100, 64).bfloat16(), None)
    x = normal(23, 64, seed=1).bfloat16()
    together = linear(x)
    if native.kernels() is not None:
        assert all(torch.equal(linear(x[t : t + 1])[0], together[t]) for t in range(23))


def test_a_head_that_is_the_embedding_too_is_held_once() -> None:
    spec = read_spec(config_of(replace(SIZES["tiny-qwen3"], head_dim=32, vocabulary=500)))
    source = Rounded(RandomSource(spec), spec, torch.bfloat16)
    model = Transformer(spec, source, CpuAttention(kernel=True), linear_maker("bf16", CPU))
    ids = torch.tensor([499, 0, 63, 64, 0])
    assert torch.equal(model._embed(ids), source.get("embed")[ids])
    if native.kernels() is not None:
        held = [value for value in vars(model).values() if isinstance(value, Tensor) and value.numel() >= 500]
        assert not held


@pytest.mark.parametrize("block", [1, 4])
@pytest.mark.parametrize("heads", [(4, 2, 32), (6, 6, 16), (8, 2, 128)])
def test_attention_in_place_equals_the_reference(block: int, heads: tuple[int, int, int]) -> None:
    """Four sequences in one step: decode, decode, a short chunk behind a prefix, a long one."""
    queries, lengths = [1, 1, 4, 20], [1, 77, 36, 20]
    starts = torch.tensor([0, 1, 2, 6, 26], dtype=torch.int32)
    count, kv_heads, dim = heads
    keys, values = normal(1, 40, 8, kv_heads, dim).bfloat16(), normal(1, 40, 8, kv_heads, dim, seed=1).bfloat16()
    table = torch.randperm(40, generator=torch.Generator().manual_seed(2)).to(torch.int32).view(4, 10)
    positions = [torch.arange(length - n, length) for n, length in zip(queries, lengths, strict=True)]
    nothing = torch.zeros(26, dtype=torch.int64)
    step = Step(
        ids=nothing,
        positions=torch.cat(positions),
        slots=nothing,
        pages=table,
        kv_lens=torch.tensor(lengths, dtype=torch.int32),
        query_starts=starts,
        rows=nothing,
        block=block,
    )
    query = normal(26, count, dim, seed=3).bfloat16()
    expected = ReferenceAttention().prepare(step, KVPool(keys.float(), values.float()))(query.float(), 0)
    for kernel in (True, False):
        found = CpuAttention(kernel=kernel).prepare(step, KVPool(keys, values))(query, 0)
        assert (found - expected).abs().max() < 0.02


@pytest.mark.parametrize(
    ("length", "size", "heads", "dim"), [(1, 4, (4, 2), 32), (77, 3, (6, 2), 48), (300, 32, (7, 1), 128)]
)
def test_a_tokens_attention_is_bitwise_the_same_among_few_and_among_many(
    length: int, size: int, heads: tuple[int, int], dim: int
) -> None:
    """A beginning that is found in the cache leaves few tokens to compute, one that is not leaves many."""
    kernels = native.kernels()
    if kernels is None:
        return
    pages, count = -(-length // size), min(length, 20)
    keys, values = (normal(pages + 2, size, heads[1], dim, seed=seed).bfloat16() for seed in (1, 2))
    query = normal(count, heads[0], dim, seed=3).bfloat16()
    table = (torch.arange(pages, dtype=torch.int32) + 2).flip(0).contiguous()
    few, many = torch.empty_like(query), torch.empty_like(query)
    kernels.attend_many(query, keys, values, table, length, 1, many)
    visible = torch.arange(length - count, length) + 1
    kernels.attend(query, keys, values, table[None], (torch.arange(count), torch.zeros_like(visible), visible), few)
    assert torch.equal(few, many)


def test_activation_is_exact_up_to_bfloat16_for_every_size_of_number() -> None:
    library = native.kernels()
    gate = torch.cat(
        (torch.linspace(-30, 30, 488), torch.tensor([0.0, 1e-30, 1e30, -1e30, 200.0, -200.0, 3e38, -3e38]))
    )
    up = normal(gate.numel()).bfloat16()
    both = torch.cat((gate.bfloat16(), up, gate.bfloat16(), up)).view(2, -1)
    exact = functional.silu(gate.bfloat16().double()) * up.double()
    for found in () if library is None else library.swiglu(both[:, : 2 * gate.numel()].contiguous()):
        difference = (found.double() - exact).abs()
        assert bool((difference <= 0.004 * exact.abs() + 1e-30).all()), gate[difference.argmax()]


@pytest.mark.parametrize("family", ["tiny-qwen3", "tiny-llama", "tiny-qwen3_moe"])
def test_a_whole_model_by_kernels_is_the_float32_model_up_to_bfloat16(family: str) -> None:
    spec = read_spec(config_of(replace(SIZES[family], head_dim=32)))
    prompt = prompt_of(70, spec.vocabulary)
    logits: dict[str, Tensor] = {}
    whole = RandomSource(spec, deviation=0.05)
    for held in ("fp32", "bf16"):
        source = Rounded(whole, spec, torch.float32 if held == "fp32" else torch.bfloat16)
        model = Transformer(spec, source, CpuAttention(kernel=held == "bf16"), linear_maker(held, CPU))
        runner, sequence = Runner(model), Sequence(prompt)
        runner.feed([(sequence, 66)])
        logits[held] = torch.cat([runner.feed([(sequence, 3)]), runner.feed([(sequence, 1)])])
    assert (logits["bf16"] - logits["fp32"]).abs().max() < 0.05 * logits["fp32"].abs().max()


class Rounded:
    """The same numbers for both models: rounded to bfloat16, held as asked."""

    def __init__(self, whole: RandomSource, spec: ModelSpec, dtype: torch.dtype) -> None:
        self._whole, self._spec, self._dtype = whole, spec, dtype

    def get(self, name: str) -> Tensor:
        return self._whole.get(name).bfloat16().to(self._dtype)

    def experts(self, layer: int) -> tuple[Tensor, Tensor]:
        return stack_experts(self, self._spec, layer)
