"""What is printed on a page but is no part of the text: running heads, page numbers, line numbers, stamps."""

import itertools
import re
from collections import Counter, defaultdict

from aixiv.text.pdf.glyphs import RawPage
from aixiv.text.pdf.lines import Line, Word

PAGE_NUMBER = re.compile(
    r"^[-–—\s]*(?:page\s*)?(?:\d{1,4}|[ivxl]{1,6})(?:\s*(?:/|of)\s*\d{1,4})?[-–—\s.]*$", re.IGNORECASE
)
EDGE = 0.12  # share of the page height, top and bottom, where running heads and feet live
ENOUGH_NUMBERS = 8  # margin numbers a page must carry before they count as line numbers


def without_line_numbers(words: list[Word]) -> list[Word]:
    """The words of a page without the counting numbers a review template prints beside each line."""
    numbers: dict[int, list[Word]] = defaultdict(list)
    prose = [w for w in words if not w.text.isdigit()]
    if not prose:
        return words
    left, right = min(w.x0 for w in prose), max(w.x1 for w in prose)
    for word in words:
        if word.text.isdigit() and len(word.text) <= 4 and (word.x1 <= left or word.x0 >= right):
            numbers[round(word.x1 if word.x1 <= left else word.x0) // 6].append(word)
    dropped: set[int] = set()
    for column in numbers.values():
        column.sort(key=lambda w: -w.base)
        values = [int(w.text) for w in column]
        rising = sum(b == a + 1 for a, b in itertools.pairwise(values))
        if len(column) >= ENOUGH_NUMBERS and rising >= 0.8 * (len(column) - 1):
            dropped.update(id(w) for w in column)
    return [w for w in words if id(w) not in dropped]


def running_lines(pages: list[tuple[RawPage, list[Line]]]) -> set[int]:
    """Ids of the lines that are running heads or feet, page numbers or repeated stamps."""
    seen: Counter[tuple[str, int]] = Counter()
    for page, lines in pages:
        seen.update({_key(line) for line in lines if _at_edge(page, line)})
    often = max(3, round(0.4 * len(pages))) if len(pages) > 2 else 2
    found: set[int] = set()
    for page, lines in pages:
        edge = [line for line in lines if _at_edge(page, line)]
        for line in edge:
            alone = PAGE_NUMBER.match(line.text) and _outermost(line, lines)
            if alone or (len(pages) > 1 and seen[_key(line)] >= often):
                found.add(id(line))
    return found


def _key(line: Line) -> tuple[str, int]:
    return re.sub(r"\d+", "#", line.text).casefold(), round(line.base / 4)


def _at_edge(page: RawPage, line: Line) -> bool:
    low, high = page.box[1], page.box[3]
    margin = EDGE * (high - low)
    return line.base > high - margin or line.base < low + margin


def _outermost(line: Line, lines: list[Line]) -> bool:
    above = any(other.base > line.base + 2 for other in lines if other is not line)
    below = any(other.base < line.base - 2 for other in lines if other is not line)
    return not (above and below)
