"""Words that people type: names of one line, prose of several. What a database or a page cannot carry is refused."""

import unicodedata

from aixiv.domain.errors import Invalid
from review.quotes import is_invisible

_DIRECTION = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Bidirectional overrides: in a name they make one thing look like another."""


def line(text: str, field: str, *, most: int, least: int = 1) -> str:
    """One line without blanks around it, of `least` to `most` characters; raises `Invalid` naming the field."""
    text = unicodedata.normalize("NFC", text.strip())
    _check_length(text, field, least, most)
    if any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") or c in _DIRECTION for c in text):
        raise Invalid(f"{field} must be one line without control characters.", code=f"{field}_characters")
    return text


def prose(text: str, field: str, *, most: int, least: int = 1) -> str:
    """Text of several lines, with line ends as `\\n` and no blanks around it; raises `Invalid` naming the field."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    _check_length(text, field, least, most)
    if any(unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t" for c in text):
        raise Invalid(f"{field} contains control characters.", code=f"{field}_characters")
    return text


def _check_length(text: str, field: str, least: int, most: int) -> None:
    if not least <= len(text) <= most:
        raise Invalid(f"{field} needs {least} to {most} characters, not {len(text)}.", code=f"{field}_length")
    if least and all(char.isspace() or is_invisible(char) for char in text):
        raise Invalid(f"{field} has no character that a reader sees.", code=f"{field}_length")
