"""An answer does not depend on how its prompt is cut, on the page size, or on who shares the step."""

from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.model import native
from inference.model.load import load
from inference.model.transformer import Transformer
from inference.tools.random_checkpoint import SIZES, write
from tests.inference.model.run import Runner, Sequence, greedy, prompt_of

TOKENS = 6
BY_KERNELS = ("bf16", "int8") if native.kernels() is not None else ()


@pytest.fixture(
    scope="module",
    params=[(name, dtype) for name in ("tiny-qwen3", "tiny-qwen3_moe") for dtype in ("fp32", *BY_KERNELS)],
    ids=" ".join,
)
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Transformer:
    torch.set_num_threads(1)
    name, dtype = request.param
    folder: Path = tmp_path_factory.mktemp(name)
    write(folder, SIZES[name], dtype="float32" if dtype == "fp32" else "bfloat16")
    return load(folder, dtype=dtype, device="cpu").model


@settings(max_examples=12, deadline=None, derandomize=True)
@given(
    lengths=st.lists(st.integers(1, 70), min_size=1, max_size=4),
    page_size=st.sampled_from([1, 4, 32]),
    chunks=st.lists(st.integers(1, 40), min_size=1, max_size=5),
)
def test_any_cut_and_company_gives_the_answer_of_a_sequence_alone(
    model: Transformer, lengths: list[int], page_size: int, chunks: list[int]
) -> None:
    prompts = [prompt_of(length, model.spec.vocabulary, seed) for seed, length in enumerate(lengths)]
    alone = [greedy(model, prompt, TOKENS) for prompt in prompts]

    runner = Runner(model, page_size=page_size, pages=2 + sum(length + TOKENS + page_size for length in lengths))
    sequences = [Sequence(list(prompt)) for prompt in prompts]
    turn = 0
    while waiting := [s for s, prompt in zip(sequences, prompts, strict=True) if len(s.ids) < len(prompt) + TOKENS]:
        work = []
        for sequence in waiting:
            work.append((sequence, min(chunks[turn % len(chunks)], len(sequence.ids) - sequence.written)))
            turn += 1
        logits = runner.feed(work)
        for (sequence, _), row in zip(work, logits, strict=True):
            if sequence.written == len(sequence.ids):
                sequence.ids.append(int(row.argmax()))

    assert [s.ids[len(prompt) :] for s, prompt in zip(sequences, prompts, strict=True)] == alone


def test_a_shared_prefix_read_from_pages_gives_the_same_answer_as_one_computed_anew(model: Transformer) -> None:
    prefix, tail = prompt_of(64, model.spec.vocabulary, 1), prompt_of(7, model.spec.vocabulary, 2)
    runner = Runner(model)
    first = Sequence([*prefix, 1])
    runner.feed([(first, 65)])
    second = Sequence(prefix + tail, pages=first.pages[:2], written=64)
    for _ in range(TOKENS):
        logits = runner.feed([(second, len(second.ids) - second.written)])
        second.ids.append(int(logits[0].argmax()))
    assert second.ids[71:] == greedy(model, prefix + tail, TOKENS)


def test_tokens_of_a_block_see_each_other_and_nothing_of_later_blocks(model: Transformer) -> None:
    ids = prompt_of(12, model.spec.vocabulary, 3)
    with_later = _hidden(model, ids, block=4)
    changed_later = _hidden(model, [*ids[:8], 5, 5, 5, 5], block=4)
    changed_within = _hidden(model, [*ids[:7], 5, *ids[8:]], block=4)
    assert torch.allclose(with_later[:8], changed_later[:8], atol=1e-6)
    assert not torch.allclose(with_later[4], changed_within[4], atol=1e-3)
    assert torch.allclose(with_later[:4], changed_within[:4], atol=1e-6)


def _hidden(model: Transformer, ids: list[int], block: int) -> torch.Tensor:
    runner = Runner(model, block=block)
    step = runner.step([(Sequence(ids), len(ids))])
    every = type(step)(**{**vars(step), "rows": torch.arange(len(ids))})
    return model.hidden(every, runner.pool)
