"""The phrases that attacks are made of, in halves: one to tune the screen on, one that is only measured.

Beside the two stands an independent set by an author who never saw the screen; it is read for one measurement.
"""

import hashlib
import tomllib
from functools import lru_cache
from importlib.resources import files
from typing import Literal

Half = Literal["tuning", "held-back", "independent"]
LANGUAGES = ("english", "chinese", "japanese", "korean", "german", "french", "spanish", "russian")
LATIN = ("english", "german", "french", "spanish")


def half_of(phrase: str) -> Half:
    """The half a phrase of the first set belongs to: decided by its own hash, so that nobody can choose."""
    return "tuning" if hashlib.sha256(phrase.encode()).digest()[0] % 2 else "held-back"


@lru_cache(maxsize=24)
def phrases(language: str, half: Half) -> tuple[str, ...]:
    """Phrases of one language and half, in the order of the file."""
    if half == "independent":
        return tuple(_read("independent.toml")[language])
    return tuple(p for p in _read("phrases.toml")[language] if half_of(p) == half)


@lru_cache(maxsize=2)
def _read(name: str) -> dict[str, list[str]]:
    return tomllib.loads(files("review.evals.attacks").joinpath(name).read_text(encoding="utf-8"))
