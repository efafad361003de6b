"""Does the manuscript say this? Quotes are compared after both sides are normalised, and mapped back to offsets.

Two strengths of normalising. `normalise` keeps words apart and is what lexicons match on. `find_quote` compares more
loosely still: spaces and hyphens inside words are dropped, so that a line break, a hyphenation or letter-spaced small
caps do not make a true quote look false. Digits are never loosened: `-5` is not `5`, and `1 23` is not `12 3`.
"""

import re
import unicodedata
from functools import lru_cache

from review.manuscript import Locator, Manuscript

MIN_QUOTE = 8  # characters that must remain after normalising; shorter strings occur everywhere

# What a reader takes for ASCII, after case folding: letters of other scripts, dashes, quotation marks, bullets.
_ALIKE = {
    "a": "аɑα", "b": "вʙ", "c": "сϲⅽ", "d": "ԁɗⅾ", "e": "еҽε", "g": "ɡց", "h": "һнհ", "i": "іıιɩ", "j": "јϳ", "k": "кκ",
    "l": "ӏⅼ", "m": "мⅿ", "n": "ոո", "o": "оοօ", "p": "рρ", "q": "ԛ", "r": "гɾ", "s": "ѕꜱ", "t": "тτ", "u": "սυʋ",
    "v": "ѵν", "w": "ԝա", "x": "хχ", "y": "уγү", "z": "ʐ",
    "-": "‐‑‒–—―−﹣－", "'": "‘’‚‛′`´", '"': "“”„‟″«»", "*": "·•∙◦▪",
}  # fmt: skip
LOOK_ALIKES = {ord(alike): plain for plain, all_alike in _ALIKE.items() for alike in all_alike}
_LINE_END_HYPHEN = re.compile(r"(?<=[a-z])- *\n *([a-z])")


def is_invisible(char: str) -> bool:
    """Whether a character draws nothing and separates nothing: zero-width, bidi, tag, variation selector."""
    code = ord(char)
    return (
        code in (0x00AD, 0x034F, 0x061C, 0x180E, 0xFEFF, 0x3164, 0x115F, 0x1160)
        or 0x200B <= code <= 0x200F
        or 0x202A <= code <= 0x202E
        or 0x2060 <= code <= 0x206F
        or 0xFE00 <= code <= 0xFE0F
        or 0xE0000 <= code <= 0xE01EF
    )


def normalise(text: str) -> str:
    """Text as a reader takes it: compatibility forms, case, accents, look-alikes, hyphenation and blanks made one."""
    return _joined_lines(text.translate(_FOLDED)).strip()


def find_quote(manuscript: Manuscript, quote: str) -> Locator | None:
    """Where the manuscript says `quote`, or None. The first place wins when it occurs more than once."""
    needle, _ = _key(quote.strip().strip("\"'“”‘’… ").removesuffix("..."))
    if len(needle) < MIN_QUOTE:
        return None
    haystack, offsets = _key(manuscript.text)
    at = haystack.find(needle)
    if at < 0:
        return None
    return manuscript.locate(offsets[at], offsets[at + len(needle) - 1] + 1)


@lru_cache(maxsize=4096)
def fold_char(char: str) -> str:
    """One character as ASCII where it can be; empty when a reader does not see it."""
    if char.isspace():
        return " "
    folded, before = char, ""
    while folded != before:  # a compatibility form may unfold into another one
        before = folded
        folded = "".join(_plain_char(c) for c in unicodedata.normalize("NFKC", folded).casefold())
    return folded


def _plain_char(char: str) -> str:
    if is_invisible(char) or unicodedata.category(char) in ("Mn", "Cc"):
        return " " if char.isspace() else ""
    if "\u00c0" <= char <= "\u024f" or "\u1e00" <= char <= "\u1eff":
        char = "".join(c for c in unicodedata.normalize("NFKD", char) if not unicodedata.combining(c))
    return char.translate(LOOK_ALIKES)


class _Folds(dict[int, str]):
    """What each character that was met is folded to, by its code; line breaks stay apart from blanks."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        self[code] = "\n" if char in "\n\r\u2028\u2029" else fold_char(char)
        return self[code]


_FOLDED = _Folds()


def _folded(text: str) -> tuple[list[str], list[int]]:
    """Folded characters and, for each, the offset it came from."""
    chars: list[str] = []
    offsets: list[int] = []
    for offset, char in enumerate(text):
        for piece in _FOLDED[ord(char)]:
            chars.append(piece)
            offsets.append(offset)
    return chars, offsets


def _joined_lines(folded: str) -> str:
    """Words split by a hyphen at a line end made whole, and every run of blanks made one space."""
    return " ".join(_LINE_END_HYPHEN.sub(r"\1", folded).split())


@lru_cache(maxsize=8)
def _key(text: str) -> tuple[str, list[int]]:
    """The comparison key of a text and the offset of each of its characters."""
    chars, offsets = _folded(text)
    kept: list[str] = []
    places: list[int] = []
    for i, char in enumerate(chars):
        following = _next_visible(chars, i)
        if char in " \n":
            between_digits = kept and kept[-1].isdigit() and following.isdigit()
            if not between_digits:
                continue
            kept.append(" ")
            places.append(offsets[i])
            continue
        if char == "-" and not following.isdigit():
            continue
        kept.append(char)
        places.append(offsets[i])
    return "".join(kept), places


def _next_visible(chars: list[str], i: int) -> str:
    """The character after position `i`, blanks skipped, or an empty string at the end."""
    for char in chars[i + 1 : i + 12]:
        if char not in " \n":
            return char
    return ""
