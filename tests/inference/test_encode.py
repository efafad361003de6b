"""Our encoder against the reference implementation, on the bundled weights."""

import random

import pytest

from inference.embedding.encode import SentenceModel
from inference.embedding.loader import BUNDLED, bundled_folder, load

WORDS = ("the", "measured", "rate", "of", "decay", "α", "in", "naïve", "量子", "systems", "(0.04", "±", ",", "however")


@pytest.fixture(scope="module")
def model() -> SentenceModel:
    return load(BUNDLED, bundled_folder())


def texts() -> list[str]:
    chance = random.Random(7)
    made = [" ".join(chance.choices(WORDS, k=length)) for length in (1, 3, 12, 40, 90, 180, 250, 400, 900)]
    return [*made, "Ünïcödé", "x", "a\nb\tc", " leading", "REPEATED " * 300]


def dot(a: list[float], b: list[float]) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True))


@pytest.mark.slow
def test_vectors_equal_those_of_sentence_transformers(model: SentenceModel) -> None:
    from sentence_transformers import SentenceTransformer

    reference = SentenceTransformer(str(bundled_folder()), device="cpu")
    expected = reference.encode(texts(), normalize_embeddings=True).tolist()
    found = model.encode(texts())
    assert min(dot(a, b.vector) for a, b in zip(expected, found, strict=True)) > 0.99999


def test_company_does_not_change_a_vector(model: SentenceModel) -> None:
    together = model.encode(texts())
    for text, one in zip(texts(), together, strict=True):
        alone = model.encode([text])[0]
        assert dot(alone.vector, one.vector) > 0.99999
        assert (alone.tokens, alone.truncated) == (one.tokens, one.truncated)


def test_a_long_text_is_cut_and_says_so(model: SentenceModel) -> None:
    short, long = model.encode(["word " * 254, "word " * 255])
    assert (short.tokens, short.truncated) == (256, False)
    assert (long.tokens, long.truncated) == (256, True)
    assert dot(short.vector, long.vector) > 0.99999


def test_near_in_meaning_is_near_in_space(model: SentenceModel) -> None:
    question, near, far = model.encode(
        ["How fast do glaciers melt?", "Ice sheets lose mass rapidly.", "A proof of the four colour theorem."],
    )
    assert dot(question.vector, near.vector) > dot(question.vector, far.vector) + 0.2
