"""The phrases that attacks and hard clean papers are made of.

The first author's come in halves: one to tune the screen on, one that is only measured. Beside them stand sets by
authors who never saw the screen, in `sets`, and anybody's own: a folder with `attacks.toml` (an array of texts for each
language) and `clean.toml` (tables `clean.notes`, `clean.labels`, `clean.prose` with the same arrays).
"""

import hashlib
import tomllib
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from msgspec import Struct

LANGUAGES = ("english", "chinese", "japanese", "korean", "german", "french", "spanish", "russian")
LATIN = ("english", "german", "french", "spanish")
HALVES = ("tuning", "held-back")
USES = ("notes", "labels", "prose")
Texts = dict[str, tuple[str, ...]]  # by language


class NoPhrases(Exception):
    """There is no set of phrases of that name, or its files are not what they must be. The message says the fix."""


class Phrases(Struct, frozen=True):
    """One set: attacks by language, and harmless texts by use and language where the set has its own."""

    name: str
    attacks: Texts
    clean: dict[str, Texts] = {}


@lru_cache(maxsize=8)
def phrases(name: str) -> Phrases:
    """A half of the first author's phrases, a bundled set, or the set in a folder."""
    if name in HALVES:
        return _half(name)
    folder: Traversable = _sets().joinpath(name) if name in bundled_sets() else Path(name)
    if not folder.is_dir():
        known = ", ".join((*HALVES, *bundled_sets()))
        raise NoPhrases(f"no phrases called {name}: say one of {known}, or a folder with attacks.toml and clean.toml")
    return Phrases(name, attacks_in(folder), clean_in(folder))


def bundled_sets() -> tuple[str, ...]:
    """Names of the sets by authors who never saw the screen."""
    return tuple(sorted(folder.name for folder in _sets().iterdir() if folder.is_dir()))


def half_of(phrase: str) -> str:
    """The half a phrase of the first author belongs to: decided by its own hash, so that nobody can choose."""
    return HALVES[hashlib.sha256(phrase.encode()).digest()[0] % 2 == 0]


def _half(name: str) -> Phrases:
    text = files("review.evals.attacks").joinpath("phrases.toml").read_text(encoding="utf-8")
    read = tomllib.loads(text)
    return Phrases(name, {lang: tuple(p for p in read[lang] if half_of(p) == name) for lang in LANGUAGES})


def attacks_in(folder: Traversable) -> Texts:
    """What `attacks.toml` of a folder says, by language."""
    return dict(_texts(_table(folder, "attacks.toml"), f"{folder.name}: attacks.toml"))


def clean_in(folder: Traversable) -> dict[str, Texts]:
    """What `clean.toml` of a folder says, by use and language."""
    clean = _table(folder, "clean.toml").get("clean")
    if not isinstance(clean, dict):
        raise NoPhrases(f"{folder.name}: clean.toml needs the tables {', '.join(f'clean.{use}' for use in USES)}")
    return {use: dict(_texts(clean.get(use), f"{folder.name}: clean.toml, clean.{use}")) for use in USES}


def _table(folder: Traversable, name: str) -> dict[str, object]:
    try:
        return tomllib.loads(folder.joinpath(name).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise NoPhrases(f"{name} cannot be read: {error}") from error


def _texts(table: object, where: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    for language in LANGUAGES:
        texts = table.get(language) if isinstance(table, dict) else None
        if not isinstance(texts, list) or not texts or not all(isinstance(text, str) and text for text in texts):
            raise NoPhrases(f"{where}: `{language}` must be an array of texts, and not empty")
        yield language, tuple(texts)


def _sets() -> Traversable:
    return files("review.evals.attacks").joinpath("sets")
