"""Words that give orders to whoever reviews: grammar of an instruction, in eight languages.

Nothing here decides. A passage is described by what it contains (who is addressed, what is ordered); `verdict` weighs.
Patterns match text that went through `review.quotes.normalise`, and are themselves written so that they survive it.
"""

import re
import tomllib
from functools import lru_cache
from importlib.resources import files
from typing import Any

from msgspec import Struct

from review.quotes import normalise


class Signs(Struct, frozen=True, kw_only=True):
    """What a passage contains. Each field holds the words that were matched, or is empty."""

    addressed: str = ""  # an LLM or a reviewer is spoken to or named
    machine: str = ""  # the one addressed is clearly a model
    override: str = ""  # "ignore all previous instructions"
    verdict: str = ""  # an ordered outcome: accept, high score, praise only
    role: str = ""  # prompt syntax or a new role: "system:", "you are now"
    foreign: str = ""  # an order in another language than English, with somebody addressed in one
    topic: str = ""  # papers and their judges are spoken of
    weak: str = ""  # an outcome that is wished for without an order

    @property
    def orders(self) -> bool:
        """Something is ordered, whoever is meant."""
        return bool(self.override or self.verdict)

    @property
    def words(self) -> str:
        """The matched words, for a person to read."""
        found = (self.machine or self.addressed, self.override, self.verdict, self.role, self.weak)
        return "; ".join(f"“{w}”" for w in found if w)


def signs(passage: str) -> Signs:
    """What a passage orders and whom it addresses. `passage` must be normalised already."""
    found = {name: _first(patterns, passage) for name, patterns in _english().items()}
    order, to_whom = _first(_other("orders"), passage), _first(_other("addressed"), passage)
    found["verdict"] = found["verdict"] or order
    found["addressed"] = found["addressed"] or to_whom
    return Signs(**found, foreign=order if to_whom else "")


def compact_signs(passage: str) -> str:
    """Orders in a passage whose blanks were lost or moved, such as letters drawn one by one; empty when none."""
    squeezed = passage.replace(" ", "")
    return _first(_other("squeezed"), squeezed)


def _first(patterns: tuple[re.Pattern[str], ...], passage: str) -> str:
    return next((m[0].strip() for p in patterns if (m := p.search(passage))), "")


def imperative(passage: str) -> tuple[bool, bool]:
    """Whether normalised visible prose orders to drop instructions, and whether it orders a favourable outcome."""
    override, verdict = _visible()
    return bool(override.search(passage)), bool(verdict.search(passage))


@lru_cache(maxsize=1)
def function_words() -> frozenset[str]:
    """Small words that sentences need and labels do not: those that no other reading of a text hits by chance."""
    return frozenset(normalise(_data()["function_words"]).split())


def function_words_in(text: str) -> set[str]:
    """Those of more than one letter that stand in a text."""
    return {word for word in normalise(text).split() if len(word) > 1 and word in function_words()}


@lru_cache(maxsize=1)
def prose_words() -> frozenset[str]:
    """Small words of plainly written sentences."""
    return frozenset(normalise(_data()["prose_words"]).split())


@lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    return tomllib.loads(files("review.screening").joinpath("lexicon.toml").read_text(encoding="utf-8"))


def _pattern(raw: str, fragments: dict[str, str]) -> re.Pattern[str]:
    for name, fragment in fragments.items():
        raw = raw.replace(f"@{name}@", fragment)
    return re.compile(normalise(raw) if not raw.isascii() else raw)


@lru_cache(maxsize=1)
def _english() -> dict[str, tuple[re.Pattern[str], ...]]:
    data = _data()
    return {name: tuple(_pattern(p, data["fragments"]) for p in raws) for name, raws in data["english"].items()}


@lru_cache(maxsize=2)
def _other(name: str) -> tuple[re.Pattern[str], ...]:
    return tuple(_pattern(p, {}) for p in _data()["other"][name])


@lru_cache(maxsize=1)
def _visible() -> tuple[re.Pattern[str], re.Pattern[str]]:
    rules = _data()["visible"]
    return _pattern(rules["override"], rules), _pattern(rules["verdict"], rules)
