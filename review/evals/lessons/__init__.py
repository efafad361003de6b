"""What the screen's linear model is taught: texts of attackers and of everybody else, by language and author.

Texts of one author share habits and must not stand on both sides of a cross-validation.
"""

import ast
import codecs
import hashlib
import re
import tomllib
from collections.abc import Iterable, Iterator
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from importlib.util import find_spec
from pathlib import Path
from random import Random
from typing import Any

from msgspec import Struct

from review.evals.attacks.phrases import LANGUAGES, attacks_in, clean_in, phrases
from review.screening.likeness import parts

TAUGHT = ("tuning", "first", "second", "third", "fourth", "fifth")  # measured once; the others are only measured
PACKAGES = (
    "alembic",
    "authlib",
    "cyclopts",
    "jinja2",
    "langgraph",
    "litestar",
    "mcp",
    "numpy",
    "pydantic",
    "pypdf",
    "sqlalchemy",
)
PACKAGE_PROSE = 30_000  # passages each from what these packages say of themselves and in comments
UNREADABLE = 1_500  # of each, that are turned: what no language is written like is no attack
COMBINED = 160  # put together for each language
MISSPELT = 200
FEWEST_WORDS = 4
LEAST_LETTERS = 0.8  # share of letters and blanks in prose that is no code
_COMMENT = re.compile(r"^[ \t]*# ?(.+)$", re.MULTILINE)
_LEET = str.maketrans("aeiost", "43105+")


class Lesson(Struct, frozen=True):
    """One normalised passage and what it is."""

    text: str
    attack: bool
    language: str
    author: str
    prose: bool = False  # everyday prose, not written to look like an attack


def lessons(repository: Path) -> list[Lesson]:
    """Everything there is to learn from. `repository` holds `docs` and our code, whose prose is harmless."""
    made = [*_attacks(), *_authors(), *_harmless(repository), *_packages()]
    return list({(lesson.text, lesson.attack): lesson for lesson in made}.values())


def taught_hash() -> str:
    """A fingerprint of the lessons that were written for it, without the prose of repository and packages."""
    folder = files("review.evals.lessons")
    written = [folder.joinpath(f"{name}.toml") for name in ("attacks", "harmless", "everyday")]
    written += [file for author in _folders() for file in sorted(author.iterdir(), key=lambda f: f.name)]
    return hashlib.sha256(b"".join(file.read_bytes() for file in written)).hexdigest()[:16]


def _attacks() -> Iterator[Lesson]:
    random = Random("lessons")  # noqa: S311 - repeatable lessons, no secret
    for language in LANGUAGES:
        for name in TAUGHT:
            yield from _said(phrases(name).attacks[language], True, language, name)
        yield from _said(_data("attacks")["sentences"][language], True, language, "attacks")
        slots = _data("attacks")["parts"][language]
        pairs = [f"{opening} {order}" for opening in slots["openings"] for order in slots["orders"]]
        yield from _said(random.sample(pairs, min(COMBINED, len(pairs))), True, language, "attacks")
    english = [*_data("attacks")["sentences"]["english"], *phrases("tuning").attacks["english"]]
    chosen = random.choices([s for s in english if len(s) > 20], k=MISSPELT)
    yield from _said((_misspelt(sentence, random) for sentence in chosen), True, "english", "attacks")


def _authors() -> Iterator[Lesson]:
    """What authors wrote who never saw the screen: attacks, or honest texts that look like them, or both."""
    for folder in _folders():
        for language in LANGUAGES:
            if folder.joinpath("attacks.toml").is_file():
                yield from _said(attacks_in(folder)[language], True, language, folder.name)
            if folder.joinpath("clean.toml").is_file():
                honest = (text for texts in clean_in(folder).values() for text in texts[language])
                yield from _said(honest, False, language, folder.name)


def _harmless(repository: Path) -> Iterator[Lesson]:
    for language in LANGUAGES:
        yield from _said(_data("harmless")["sentences"][language], False, language, "harmless")
        yield from _said(_data("everyday").get(language, ()), False, language, "everyday", prose=True)
        for name in TAUGHT:
            honest = (text for texts in phrases(name).clean.values() for text in texts[language])
            yield from _said(honest, False, language, name)
    bank = tomllib.loads(files("review.evals.attacks").joinpath("papers.toml").read_text(encoding="utf-8"))
    yield from _said((s for group in bank["sentences"].values() for s in group), False, "english", "harmless")
    for path in sorted([*repository.glob("docs/**/*.md"), *repository.glob("examples/**/*.md")]):
        yield from _said([path.read_text(encoding="utf-8")], False, "english", "repository", prose=True)
    for folder in ("aixiv", "agents", "inference", "mcp_server", "review/checks"):
        for path in sorted(repository.glob(f"{folder}/**/*.py")):
            yield from _said(_docstrings(path), False, "english", "repository", prose=True)


def _packages() -> Iterator[Lesson]:
    """Prose and comments of installed packages, which tell their readers what to do; chosen by their own hash."""
    for told in (_docstrings, _comments):
        found = {lesson.text for path in _modules() for lesson in _said(told(path), False, "english", "packages")}
        prose = sorted(filter(_is_prose, found), key=lambda text: hashlib.sha256(text.encode()).digest())
        yield from (Lesson(text, False, "english", "packages", prose=True) for text in prose[:PACKAGE_PROSE])
        for text in prose[:UNREADABLE]:
            for unread in (codecs.encode(text, "rot13"), text[::-1]):
                yield Lesson(unread, False, "english", "packages", prose=True)


def _modules() -> Iterator[Path]:
    for name in PACKAGES:
        spec = find_spec(name)
        for root in (spec.submodule_search_locations or ()) if spec else ():
            yield from sorted(Path(root).rglob("*.py"))


def _is_prose(text: str) -> bool:
    letters = sum(char.isalpha() or char == " " for char in text)
    return letters >= LEAST_LETTERS * len(text) and len(text.split()) >= FEWEST_WORDS


def _docstrings(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield ast.get_docstring(node) or ""


def _comments(path: Path) -> Iterator[str]:
    """Lines of comments, as the screen reads them in a source."""
    return (found[1] for found in _COMMENT.finditer(path.read_text(encoding="utf-8")))


def _said(texts: Iterable[str], attack: bool, language: str, author: str, *, prose: bool = False) -> Iterator[Lesson]:
    fewest = 2 if attack else 4  # letters
    for part in (part for text in texts for part in parts(text)):
        if sum(char.isalpha() for char in part) >= fewest:
            yield Lesson(part, attack, language, author, prose)


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


def _folders() -> list[Traversable]:
    folder = files("review.evals.lessons").joinpath("authors")
    return sorted((f for f in folder.iterdir() if f.is_dir()), key=lambda f: f.name)


@lru_cache(maxsize=2)
def _data(name: str) -> dict[str, Any]:
    return tomllib.loads(files("review.evals.lessons").joinpath(f"{name}.toml").read_text(encoding="utf-8"))
