"""The phrases that attacks are made of, in two halves: one to tune the screen on, one that is only measured."""

import hashlib
import tomllib
from functools import lru_cache
from importlib.resources import files
from typing import Literal

Half = Literal["tuning", "held-back"]
LANGUAGES = ("english", "chinese", "japanese", "korean", "german", "french", "spanish", "russian")
LATIN = ("english", "german", "french", "spanish")


def half_of(phrase: str) -> Half:
    """The half a phrase belongs to: decided by its own hash, so that nobody can choose."""
    return "tuning" if hashlib.sha256(phrase.encode()).digest()[0] % 2 else "held-back"


@lru_cache(maxsize=16)
def phrases(language: str, half: Half) -> tuple[str, ...]:
    """Phrases of one language and half, in the order of the file."""
    return tuple(p for p in _all()[language] if half_of(p) == half)


@lru_cache(maxsize=1)
def _all() -> dict[str, list[str]]:
    return tomllib.loads(files("review.evals.attacks").joinpath("phrases.toml").read_text(encoding="utf-8"))
