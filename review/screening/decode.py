"""Text under another text: encodings and invisible characters that carry words.

Each decoder returns what it could read, never what it could not; whether the words matter is decided by the caller.
"""

import base64
import binascii
import codecs
import re
from collections.abc import Callable, Iterator
from itertools import groupby
from urllib.parse import unquote

from msgspec import Struct

from review.quotes import is_invisible

_BASE64 = re.compile(r"[A-Za-z0-9+/_-](?:[A-Za-z0-9+/_-]|\s(?=[A-Za-z0-9+/_-]{4})){22,}={0,2}")
_HEX = re.compile(r"(?:(?:\\x|0x|&#x)?[0-9A-Fa-f]{2}[\s;,]?){16,}")
_ESCAPED = r"\S{0,4000}%[0-9A-Fa-f]{2}\S{0,4000}"
_PERCENT = re.compile(rf"{_ESCAPED}(?:\s{_ESCAPED})*")  # a line may end anywhere in it
_CODES = re.compile(r"(?:(?:\\u|U\+|&#x|%u)[0-9A-Fa-f]{4};?\s?|&#\d{2,6};\s?|\\x[0-9A-Fa-f]{2}\s?){8,}")
_SPACED = re.compile(r"(?:\b\w[ .\-_*]{1,3}){9,}\w\b|(?<!\S)(?:\S\s{1,3}){12,}\S(?!\S)")
_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]+")
FEWEST_CODES = 16  # of an unbroken piece of base64
SHORT_LINE = 8  # of one that may be broken into lines
FEWEST_DIGITS = 16  # of an unbroken piece of hexadecimal
_EMOJI = re.compile("[\u2000-\u2bff\U0001f000-\U0001faff][\ufe0e\ufe0f]")
_JOINED = "A-Za-z\u00c0-\u024f\u0370-\u03ff\u0400-\u04ff\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af"  # no joiners needed
_BREAKER = re.compile(rf"(?<=[{_JOINED}])[\u200b-\u200f\u2060-\u2064\ufeff\u180e]+(?=[{_JOINED}])")
_TWO_ALPHABETS = re.compile(r"\b(?=\w*[A-Za-z])(?=\w*[\u0400-\u052f\u0530-\u058f])[^\W\d_]{3,}\b")


class Decoded(Struct, frozen=True):
    """Readable text that was found inside other text."""

    encoding: str
    text: str
    source: str


def decoded(text: str) -> Iterator[Decoded]:
    """Readable texts hidden in `text` by a common encoding."""
    for encoding, pattern, decode in _DECODERS:
        for match in pattern.finditer(text):
            for clear in decode(match[0]):
                if _readable(clear):
                    yield Decoded(encoding, clear, match[0])


def turned(text: str) -> Iterator[Decoded]:
    """The whole text read in the other ways that need no marker: rot13 and backwards."""
    yield Decoded("rot13", codecs.decode(text, "rot13"), text)
    yield Decoded("reversed", text[::-1], text)


def smuggled(text: str) -> Iterator[Decoded]:
    """Words carried by characters that draw nothing: tags, variation selectors, zero-width bits."""
    tags = [c for c in text if 0xE0020 <= ord(c) <= 0xE007E]
    if len(tags) >= 4:
        yield Decoded("tag characters", "".join(chr(ord(c) - 0xE0000) for c in tags), "".join(tags))
    plain = _EMOJI.sub("", text)
    for selectors in ("".join(_SELECTORS.findall(plain)), *_SELECTORS.findall(plain)):
        codes = [ord(c) - (0xFE00 if ord(c) < 0xE0000 else 0xE0100 - 16) for c in selectors]
        clear = bytes(c for c in codes if c < 256).decode("utf-8", "replace")
        if len(selectors) >= 8 and _readable(clear):
            yield Decoded("variation selectors", clear, selectors)
    yield from _zero_width_bits(text)


def word_breakers(text: str) -> int:
    """How many invisible characters stand inside words of scripts that need none there."""
    return sum(len(run) for run in _BREAKER.findall(text))


def mixed_script_words(text: str) -> list[str]:
    """Words that mix Latin with Cyrillic or Armenian letters, which no spelling does."""
    return _TWO_ALPHABETS.findall(text)


def direction_overrides(text: str) -> list[str]:
    """Passages whose letters are forced to run backwards (U+202D, U+202E)."""
    return [m for m in re.findall(r"[\u202d\u202e]([^\u202c\n]{3,400})", text) if m.strip()]


def without_invisible(text: str) -> str:
    """The text with every character that draws nothing removed."""
    return text.translate(_DRAWN)


class _Drawn(dict[int, int | None]):
    """Codes of characters that were met, without those that draw nothing."""

    def __missing__(self, code: int) -> int | None:
        self[code] = None if is_invisible(chr(code)) else code
        return self[code]


_DRAWN = _Drawn()


def _zero_width_bits(text: str) -> Iterator[Decoded]:
    for run in re.findall(r"[\u200b\u200c\u200d\u2060\ufeff]{32,}", text):
        kinds = sorted(set(run), key=run.index)
        if len(kinds) < 2:
            continue
        for zero, one in ((kinds[0], kinds[1]), (kinds[1], kinds[0])):
            bits = "".join("0" if c == zero else "1" for c in run if c in (zero, one))
            data = bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits) - 7, 8))
            clear = data.decode("utf-8", "replace")
            if _readable(clear):
                yield Decoded("zero-width bits", clear, run)


def _from_base64(found: str) -> Iterator[str]:
    """Of the whole run, or of its unbroken pieces, together and each: plain words may stand on both sides."""
    whole = _base64(found)
    if _readable(whole):
        yield whole
        return
    for least in (FEWEST_CODES, SHORT_LINE):
        pieces = [piece if len(piece) >= least else "" for piece in found.split()]
        for lengthy, run in groupby(pieces, key=bool):
            if lengthy:
                lines = list(run)
                yield from map(_base64, {"".join(lines): 0, **dict.fromkeys(lines)})


def _base64(found: str) -> str:
    squeezed = re.sub(r"\s", "", found).replace("-", "+").replace("_", "/").rstrip("=")
    squeezed = squeezed[: len(squeezed) - 1] if len(squeezed) % 4 == 1 else squeezed
    try:
        return base64.b64decode(squeezed + "=" * (-len(squeezed) % 4)).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""


def _from_hex(found: str) -> Iterator[str]:
    pieces = [re.sub(r"\\x|0x|&#x|[;,]", "", piece) for piece in found.split()]
    for digits in ("".join(pieces), *(piece for piece in pieces if len(piece) >= FEWEST_DIGITS)):
        yield bytes.fromhex(digits[: len(digits) // 2 * 2]).decode("utf-8", "replace")


def _from_codes(found: str) -> Iterator[str]:
    numbers = [int(h, 16) if h else int(d) for h, d in re.findall(r"(?:u|U\+|x)([0-9A-Fa-f]{2,4})|#(\d+)", found)]
    raw = b"".join(n.to_bytes(2, "big") for n in numbers if n < 0x10000)
    yield raw.decode("utf-16-be", "replace")


def _from_percent(found: str) -> Iterator[str]:
    whole = re.sub(r"\s", "", found)
    if len(re.findall(r"%[0-9A-Fa-f]{2}", whole)) >= 4:
        yield unquote(whole)


def _from_spaced(found: str) -> Iterator[str]:
    if re.search(r"[.\-_*](?=\w)", found):
        found = re.sub(r"(\w)[ .\-_*](?=\w)", r"\1", found)
    yield re.sub(r"(\S)\s(?=\S)", r"\1", found)


def _readable(text: str) -> bool:
    """Mostly printable text with letters: what random bytes never decode to."""
    if len(text) < 8:
        return False
    good = sum((c.isprintable() and c != "\ufffd") or c in "\n\r\t" for c in text)
    letters = sum(c.isalpha() or c == " " for c in text if ord(c) < 0x3000 or c.isalpha())
    least = 0.4 if good / len(text) > 0.97 else 0.6  # forms have many signs; bytes that are no text are never so clean
    return good / len(text) > 0.9 and letters / len(text) > least


_DECODERS: tuple[tuple[str, re.Pattern[str], Callable[[str], Iterator[str]]], ...] = (
    ("base64", _BASE64, _from_base64),
    ("hexadecimal", _HEX, _from_hex),
    ("character codes", _CODES, _from_codes),
    ("percent encoding", _PERCENT, _from_percent),
    ("spaced letters", _SPACED, _from_spaced),
)
