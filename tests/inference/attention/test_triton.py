"""The CUDA kernels, run by Triton's interpreter on the CPU, agree with the reference."""

import os

os.environ["TRITON_INTERPRET"] = "1"  # read when a kernel is defined, so before the import below

import pytest
import torch
from torch import Tensor

from inference.attention.reference import ReferenceAttention
from inference.attention.triton_paged import TritonAttention
from inference.model.step import KVPool, Step

PAGE = 4


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def compare(queries: list[int], lengths: list[int], heads: tuple[int, int, int], block: int = 1) -> None:
    """Sequences with so many queries at the end of so many keys, on scrambled pages."""
    count, kv_heads, dim = heads
    width = -(-max(lengths) // PAGE)
    pool = KVPool(*(normal(1, width * len(lengths), PAGE, kv_heads, dim, seed=seed) for seed in (1, 2)))
    table = torch.randperm(width * len(lengths), generator=torch.Generator().manual_seed(3)).to(torch.int32)
    nothing = torch.zeros(sum(queries), dtype=torch.int64)
    step = Step(
        ids=nothing,
        positions=torch.cat([torch.arange(end - n, end) for n, end in zip(queries, lengths, strict=True)]),
        slots=nothing,
        pages=table.view(len(lengths), width),
        kv_lens=torch.tensor(lengths, dtype=torch.int32),
        query_starts=torch.tensor([0, *queries]).cumsum(0).to(torch.int32),
        rows=nothing,
        block=block,
    )
    query = normal(sum(queries), count, dim)
    expected = ReferenceAttention().prepare(step, pool)(query, 0)
    found = TritonAttention().prepare(step, pool)(query, 0)
    assert (found - expected).abs().max() < 1e-5


@pytest.mark.parametrize("heads", [(4, 2, 16), (3, 1, 24), (5, 5, 32)])
def test_decoding_one_token_each(heads: tuple[int, int, int]) -> None:
    compare([1, 1, 1], [1, 70, 33], heads)


def test_decoding_with_keys_in_several_parts_some_of_them_empty() -> None:
    compare([1, 1], [600, 5], (2, 1, 16))


@pytest.mark.parametrize("heads", [(4, 2, 16), (3, 1, 24)])
@pytest.mark.parametrize("block", [1, 4])
def test_chunks_behind_prefixes_beside_decoding(heads: tuple[int, int, int], block: int) -> None:
    compare([1, 12, 4, 9], [21, 12, 80, 17], heads, block)


def test_many_queries_take_the_larger_tile() -> None:
    compare([40], [90], (2, 1, 16))
