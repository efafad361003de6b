"""What the screen's linear model is taught: texts of attackers and of everybody else, by language and group.

Texts of one group are variants of each other and must not stand on both sides of a cross-validation.
"""

import ast
import hashlib
import tomllib
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from random import Random
from typing import Any

from msgspec import Struct

from review.evals.attacks.phrases import LANGUAGES, phrases
from review.screening.likeness import parts

TAUGHT = ("tuning", "first")  # sets of phrases; the others are only measured
COMBINED = 160  # put together for each language
MISSPELT = 200
_LEET = str.maketrans("aeiost", "43105+")


class Lesson(Struct, frozen=True):
    """One normalised passage and what it is."""

    text: str
    attack: bool
    language: str
    group: str
    source: str  # phrases, sentences, parts, harmless, prose


def lessons(repository: Path) -> list[Lesson]:
    """Everything there is to learn from. `repository` holds `docs` and our code, whose prose is harmless."""
    made = [*_attacks(), *_harmless(repository)]
    return list({(lesson.text, lesson.attack): lesson for lesson in made}.values())


def taught_hash() -> str:
    """A fingerprint of the lessons that were written for it, without the prose of the repository."""
    texts = [files("review.evals.lessons").joinpath(f"{name}.toml").read_bytes() for name in ("attacks", "harmless")]
    return hashlib.sha256(b"".join(texts)).hexdigest()[:16]


def _attacks() -> Iterator[Lesson]:
    random = Random("lessons")  # noqa: S311 - repeatable lessons, no secret
    for language in LANGUAGES:
        for phrase in (p for name in TAUGHT for p in phrases(name).attacks[language]):
            yield from _lessons(phrase, True, language, phrase, "phrases")
        for sentence in _data("attacks")["sentences"][language]:
            yield from _lessons(sentence, True, language, sentence, "sentences")
        slots = _data("attacks")["parts"][language]
        pairs = [(opening, order) for opening in slots["openings"] for order in slots["orders"]]
        for opening, order in random.sample(pairs, min(COMBINED, len(pairs))):
            yield from _lessons(f"{opening} {order}".strip(), True, language, order, "parts")
    english = [*_data("attacks")["sentences"]["english"], *phrases("tuning").attacks["english"]]
    for sentence in random.choices([s for s in english if len(s) > 20], k=MISSPELT):
        yield from _lessons(_misspelt(sentence, random), True, "english", sentence, "sentences")


def _harmless(repository: Path) -> Iterator[Lesson]:
    for language in LANGUAGES:
        for sentence in _data("harmless")["sentences"][language]:
            yield from _lessons(sentence, False, language, sentence, "harmless")
        for sentence in (s for name in TAUGHT for use in phrases(name).clean.values() for s in use[language]):
            yield from _lessons(sentence, False, language, sentence, "harmless")
    bank = tomllib.loads(files("review.evals.attacks").joinpath("papers.toml").read_text(encoding="utf-8"))
    for sentence in (s for group in bank["sentences"].values() for s in group):
        yield from _lessons(sentence, False, "english", sentence, "harmless")
    for path in sorted([*repository.glob("docs/**/*.md"), *repository.glob("examples/**/*.md")]):
        yield from _lessons(path.read_text(encoding="utf-8"), False, "english", path.name, "prose")
    for folder in ("aixiv", "agents", "inference", "mcp_server", "review/checks"):
        for path in sorted(repository.glob(f"{folder}/**/*.py")):
            for note in _docstrings(path):
                yield from _lessons(note, False, "english", path.name, "prose")


def _docstrings(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield ast.get_docstring(node) or ""


def _lessons(text: str, attack: bool, language: str, group: str, source: str) -> Iterator[Lesson]:
    for part in parts(text):
        if sum(c.isalpha() for c in part) >= (4 if not attack else 2):
            yield Lesson(part, attack, language, group, source)


def _misspelt(sentence: str, random: Random) -> str:
    """A sentence with a few typing errors, or with digits for letters."""
    if random.random() < 0.5:
        return "".join(c.translate(_LEET) if random.random() < 0.5 else c for c in sentence)
    letters = list(sentence)
    for _ in range(max(2, len(letters) // 12)):
        at = random.randrange(1, len(letters) - 1)
        kind = random.randrange(3)
        if kind == 0:
            letters[at], letters[at - 1] = letters[at - 1], letters[at]
        else:
            letters[at] = "" if kind == 1 else letters[at] * 2
    return "".join(letters)


@lru_cache(maxsize=2)
def _data(name: str) -> dict[str, Any]:
    return tomllib.loads(files("review.evals.lessons").joinpath(f"{name}.toml").read_text(encoding="utf-8"))
