"""A short text that a regular expression takes, for answers that must end soon.

Where a pattern may come after anything at all (`x[0-9]y$`), nothing that a matcher shows tells how near its end is; the
pattern itself does.
"""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

PREFERRED = "0a A-./_:,1bzZ@#+()"
CATEGORIES = {
    codes.CATEGORY_DIGIT: r"\d",
    codes.CATEGORY_NOT_DIGIT: r"\D",
    codes.CATEGORY_WORD: r"\w",
    codes.CATEGORY_NOT_WORD: r"\W",
    codes.CATEGORY_SPACE: r"\s",
    codes.CATEGORY_NOT_SPACE: r"\S",
}
LONGEST = 256  # characters; longer ones are of no use when an answer must end
EDGES = (codes.AT_BEGINNING, codes.AT_BEGINNING_STRING, codes.AT_END, codes.AT_END_STRING)


@lru_cache(maxsize=256)
def sample(pattern: str) -> str | None:
    """A short text that holds the pattern, or None for one with look-around, references or too much repetition.

    Made without searching: a search with somebody's pattern can take for ever, and nothing else would be served then.
    A `^` inside of a pattern can make the sample wrong, which whoever uses it notices.
    """
    try:
        return _joined(_parser.parse(pattern))
    except (re.error, _UnknownPart, RecursionError, OverflowError):
        return None


def patterns_in(schema: Any) -> Iterator[str]:
    """Every pattern of a JSON schema, wherever it stands."""
    if isinstance(schema, dict):
        if isinstance(schema.get("pattern"), str):
            yield schema["pattern"]
        for value in schema.values():
            yield from patterns_in(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from patterns_in(value)


def in_json(text: str) -> bytes:
    """The text as it stands between the quotes of a JSON string."""
    return json.dumps(text, ensure_ascii=False)[1:-1].encode()


class _UnknownPart(Exception):
    """A part of a pattern of which no sample is made."""


def _joined(parts: Any) -> str:
    found = ""
    for part in _text(parts):
        found += part
        if len(found) > LONGEST:
            raise _UnknownPart(parts)
    return found


def _shortest(branches: Any) -> str:
    found = []
    for branch in branches:
        with suppress(_UnknownPart):
            found.append(_joined(branch))
    if not found:
        raise _UnknownPart(branches)
    return min(found, key=len)


def _text(parts: Any) -> Iterator[str]:
    for kind, value in parts:
        if kind is codes.LITERAL:
            yield chr(value)
        elif kind is codes.NOT_LITERAL:
            yield _first([(codes.NEGATE, None), (codes.LITERAL, value)])
        elif kind is codes.ANY:
            yield PREFERRED[0]
        elif kind is codes.IN:
            yield _first(value)
        elif kind is codes.BRANCH:
            yield _shortest(value[1])
        elif kind is codes.SUBPATTERN:
            yield from _text(value[-1])
        elif kind in (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT):
            yield _joined(value[2]) * min(value[0], LONGEST + 1)
        elif kind is not codes.AT or value not in EDGES:
            raise _UnknownPart(kind)


def _first(items: list[tuple[Any, Any]]) -> str:
    """A character of a class: a plain one if there is one, else the first that the class names."""
    named = [chr(value if kind is codes.LITERAL else value[0]) for kind, value in items if kind in _NAMED]
    for character in (*PREFERRED, *named):
        if any(_is(character, kind, value) for kind, value in items) != (items[0][0] is codes.NEGATE):
            return str(character)
    raise _UnknownPart(items)


_NAMED = (codes.LITERAL, codes.RANGE)


def _is(character: str, kind: Any, value: Any) -> bool:
    if kind is codes.LITERAL:
        return bool(ord(character) == value)
    if kind is codes.RANGE:
        return bool(value[0] <= ord(character) <= value[1])
    return kind is codes.CATEGORY and re.match(CATEGORIES[value], character) is not None
