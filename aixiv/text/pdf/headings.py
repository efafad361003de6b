"""Which lines are section headings, with their numbers and levels.

A heading stands apart by weight, size or capitals; the numbered ones and those with usual names set the styles that
the rest must match. Numbers must count up, so list items and table rows in bold do not pass.
"""

import itertools
import re
from dataclasses import dataclass

from aixiv.text.pdf.lines import Line
from aixiv.text.pdf.style import Style

NUMBERED = re.compile(
    r"^(?P<number>\d{1,2}(?:\.\d{1,2}){0,3}|[A-Z](?:\.\d{1,2}){0,3}|[IVX]{1,5})(?P<dot>[.:)]?)\s+(?P<title>\S.*)$"
)
USUAL = re.compile(
    r"^(?:abstract|references?|references cited|bibliography|acknowledge?ments?|introduction|background|methods?"
    r"|(?:related|prior|previous) works?|methodology|materials and methods|experiments?|experimental (?:setup|results)"
    r"|results(?: and discussion)?|discussion|limitations?|conclusions?|future work"
    r"|conclusions? and future (?:work|directions)|appendix|appendices|supplement(?:ary|al) materials?|supplement"
    r"|ethics statement|broader impacts?|impact statement|reproducibility statement|data availability"
    r"|code availability|author contributions|keywords|contents)$",
    re.IGNORECASE,
)
APPENDIX = re.compile(r"^appendix\s+(?P<number>[A-Z]|\d{1,2})\b[.:]?\s*(?P<title>.*)$", re.IGNORECASE)
MOST_WORDS = 18
ROMAN = {"I": 1, "V": 5, "X": 10}


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading line read: its number as printed (without the dot), its words, its depth."""

    number: str
    title: str
    level: int


Look = tuple[float, bool, bool, bool, bool]  # size, bold, italic, small capitals, all capitals


def look_of(line: Line) -> Look:
    """How a line is set, coarse enough that two headings of one level agree."""
    return (round(line.size * 2) / 2, line.bold, line.italic, line.small_caps, _all_capitals(line.text))


def stands_apart(line: Line, style: Style) -> bool:
    """True when the line is set unlike body text in a way headings are."""
    larger = line.size > 1.06 * style.size
    capitals = _all_capitals(line.text) and line.size > 0.9 * style.size
    return larger or line.bold or line.small_caps or capitals


def split_number(line: Line) -> tuple[str, str]:
    """Number and words of a heading line; the number is empty when there is none."""
    found = APPENDIX.match(line.text) or NUMBERED.match(line.text)
    if not found:
        return "", line.text.strip()
    return found["number"], found["title"].strip() or line.text.strip()


def could_head(line: Line, style: Style) -> bool:
    """Shape of a heading, whatever its words: short, no table cells, not a sentence, stands apart."""
    number, title = split_number(line)
    letters = sum(c.isalpha() for c in title)
    first = next((c for c in title if c.isalpha()), "")
    if letters < 3 or letters < 0.5 * len(title.replace(" ", "")) or len(title.split()) > MOST_WORDS:
        return False
    if first.islower() and not line.small_caps:
        return False
    if title.endswith((",", ";")) or (title.endswith(".") and not title.endswith("etc.") and not number):
        return False
    if _cells_apart(line, bool(number)):
        return False
    italic_numbered = bool(number) and line.italic
    usual = bool(USUAL.match(title))
    alone = usual and line.x1 - line.x0 < 0.6 * style.width(line)
    return stands_apart(line, style) or italic_numbered or alone


def is_usual(line: Line) -> bool:
    return bool(USUAL.match(split_number(line)[1].rstrip(".:")))


def _cells_apart(line: Line, numbered: bool) -> bool:
    words = line.words[1:] if numbered and len(line.words) > 2 else line.words
    return any(b.x0 - a.x1 > 1.2 * line.size for a, b in itertools.pairwise(words))


def _all_capitals(text: str) -> bool:
    letters = [c for c in text if c.isalpha()]
    return len(letters) >= 4 and all(c.isupper() for c in letters)


class Numbering:
    """Follows the section numbers of a document and says which next number makes sense, and its level."""

    def __init__(self) -> None:
        self.last: list[int] = []
        self.roman = False
        self.letters = 0  # appendix letters used
        self.sub = 0  # letters used under a roman section

    def level(self, number: str) -> int | None:
        """Level of a heading with this number, or None when the number cannot come next."""
        if number[0].isdigit():
            return self._decimal([int(p) for p in number.split(".")])
        if (not self.last or self.roman) and set(number) <= set(ROMAN) and _roman(number) == len(self.last) + 1:
            self.roman = True
            self.last.append(_roman(number))
            self.sub = 0
            return 1
        return self._letter(number)

    def _decimal(self, parts: list[int]) -> int | None:
        if self.roman:
            return 3 if len(parts) == 1 else None
        if not self.last:
            if parts[0] > 2:
                return None
        elif len(parts) <= len(self.last):
            depth = len(parts)
            same = parts[: depth - 1] == self.last[: depth - 1]
            skipped = parts[-1] - self.last[depth - 1]
            if not same and depth > 1:
                if parts[0] not in (self.last[0], self.last[0] + 1):
                    return None
            elif not 1 <= skipped <= 2:
                return None
        elif parts[0] not in (self.last[0], self.last[0] + 1):
            return None
        self.last = parts
        return len(parts)

    def _letter(self, number: str) -> int | None:
        letter, *rest = number.split(".")
        if len(letter) != 1:
            return None
        index = ord(letter) - ord("A") + 1
        if self.roman and not rest and index == self.sub + 1:
            self.sub = index
            return 2
        if not rest and index not in (self.letters + 1, self.letters + 2):
            return None
        if rest and index not in (self.letters, self.letters + 1):
            return None
        self.letters = index
        return 1 + len(rest)


def _roman(text: str) -> int:
    total = 0
    for here, after in zip(text, [*text[1:], ""], strict=True):
        value = ROMAN[here]
        total += -value if after and ROMAN[after] > value else value
    return total
