"""From glyphs to words to lines in the order a person reads them, columns included."""

import itertools
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import partial

from aixiv.text.pdf.glyphs import UPRIGHT, Glyph, RawPage

WORD_GAP = 0.13  # of the size; kerning and small-caps tracking stay below, the tightest TeX space above
FAINT_GAP = 0.03  # enough where PDFium too takes the gap for a space
ITALIC_OVERHANG = -0.2  # the ink of an italic f reaches over the space behind it
SMALL_CAPS = 0.87  # capitals below this share of the line's capitals are small capitals
SPACING_ACCENTS = {
    "´": "\u0301",
    "`": "\u0300",
    "ˆ": "\u0302",
    "^": "\u0302",
    "˜": "\u0303",
    "¨": "\u0308",
    "ˇ": "\u030c",
    "˘": "\u0306",
    "¯": "\u0304",
    "˙": "\u0307",
    "˚": "\u030a",
    "¸": "\u0327",
    "˝": "\u030b",
}
ACCENT_REACH = 24  # glyphs between an accent and its letter in drawing order
MIN_GUTTER = 8.0  # points; narrower gaps are wide word spaces


@dataclass(slots=True)
class Word:
    """Glyphs without a gap between them."""

    text: str
    x0: float
    y0: float
    x1: float
    y1: float
    base: float
    size: float
    bold: bool
    italic: bool
    glyphs: list[Glyph]


@dataclass(slots=True)
class Line:
    """Words on one baseline inside one column; `column` is 0 left or only, 1 right, -1 across both."""

    words: list[Word]
    page: int
    column: int
    small_caps: bool = False
    text: str = field(init=False)
    x0: float = field(init=False)
    x1: float = field(init=False)
    base: float = field(init=False)
    size: float = field(init=False)
    bold: bool = field(init=False)
    italic: bool = field(init=False)

    def __post_init__(self) -> None:
        letters: Counter[tuple[float, bool, bool]] = Counter()
        for word in self.words:
            letters[(round(word.size, 1), word.bold, word.italic)] += len(word.text)
        common = letters.most_common(1)[0][0]
        bases = Counter(round(w.base, 1) for w in self.words for _ in w.text)
        self.text = " ".join(word.text for word in self.words)
        self.x0 = self.words[0].x0
        self.x1 = max(word.x1 for word in self.words)
        self.base = bases.most_common(1)[0][0]
        self.size = max(s for s, _, _ in letters) if self.small_caps else common[0]
        bold = sum(n for (_, b, _), n in letters.items() if b)
        italic = sum(n for (_, _, i), n in letters.items() if i)
        self.bold = bold * 2 > sum(letters.values())
        self.italic = italic * 2 > sum(letters.values())

    @property
    def top(self) -> float:
        return max(word.y1 for word in self.words)


@dataclass(frozen=True, slots=True)
class Gutter:
    """The white strip between two columns: its middle and its width in points."""

    x: float
    width: float


def words_of(page: RawPage) -> list[Word]:
    """Words of the upright, visible glyphs, cut where the gap is wider than kerning."""
    words: list[Word] = []
    current: list[Glyph] = []
    for glyph in _with_accents(page.glyphs):
        if glyph.run.unseen or abs(glyph.run.angle) > UPRIGHT:
            continue
        if glyph.char.isspace() or ord(glyph.char[0]) < 32:
            _close(current, words)
            current = []
            continue
        if current and not _touches(current[-1], glyph):
            _close(current, words)
            current = []
        current.append(glyph)
    _close(current, words)
    return words


def _touches(left: Glyph, right: Glyph) -> bool:
    if right.x0 == left.x0 and right.x1 == left.x1 and right.base == left.base:
        return True  # letters of one ligature share its box
    size = min(left.size, right.size)
    gap = right.x0 - left.x1
    if right.spaced and gap > (ITALIC_OVERHANG if left.run.italic else FAINT_GAP) * size:
        return False
    level = abs(left.base - right.base) < 0.6 * max(left.size, right.size)
    return level and -0.6 * max(left.size, right.size) < gap < WORD_GAP * max(size, 1.0)


def _with_accents(glyphs: list[Glyph]) -> list[Glyph]:
    """The glyphs with bare accents put on the letters they are drawn over, as old TeX fonts make accented letters."""
    found = list(glyphs)
    dropped: set[int] = set()
    for index, glyph in enumerate(glyphs):
        if glyph.char not in SPACING_ACCENTS:
            continue
        near = range(max(index - ACCENT_REACH, 0), min(index + ACCENT_REACH, len(glyphs)))
        under = [n for n in near if glyphs[n].char.isalpha() and _over(glyph, glyphs[n])]
        if under:
            at = min(under, key=partial(_distance, glyphs, glyph))
            plain = {"ı": "i", "ȷ": "j"}.get(found[at].char, found[at].char)
            letter = unicodedata.normalize("NFC", plain + SPACING_ACCENTS[glyph.char])
            found[at] = replace(found[at], char=letter)
            dropped.add(index)
    return [g for n, g in enumerate(found) if n not in dropped]


def _distance(glyphs: list[Glyph], accent: Glyph, index: int) -> float:
    letter = glyphs[index]
    return abs(letter.x0 + letter.x1 - accent.x0 - accent.x1)


def _over(accent: Glyph, letter: Glyph) -> bool:
    overlap = min(accent.x1, letter.x1) - max(accent.x0, letter.x0)
    level = abs(accent.base - letter.base) < 0.4 * letter.size
    return level and overlap > 0.6 * min(accent.x1 - accent.x0, letter.x1 - letter.x0)


def _close(glyphs: list[Glyph], words: list[Word]) -> None:
    if not glyphs:
        return
    size = max(g.size for g in glyphs)
    main = [g for g in glyphs if g.size > 0.8 * size] or glyphs
    words.append(
        Word(
            text="".join(g.char for g in glyphs),
            x0=min(g.x0 for g in glyphs),
            y0=min(g.y0 for g in glyphs),
            x1=max(g.x1 for g in glyphs),
            y1=max(g.y1 for g in glyphs),
            base=Counter(round(g.base, 2) for g in main).most_common(1)[0][0],
            size=size,
            bold=sum(g.run.bold for g in glyphs) * 2 > len(glyphs),
            italic=sum(g.run.italic for g in glyphs) * 2 > len(glyphs),
            glyphs=list(glyphs),
        )
    )


def rows_of(words: Iterable[Word]) -> list[list[Word]]:
    """Words grouped by baseline, top to bottom, each row left to right; raised and lowered marks join their row."""
    rows: list[list[Word]] = []
    for word in sorted(words, key=lambda w: (-w.base, w.x0)):
        row = rows[-1] if rows else None
        if row and abs(row[0].base - word.base) <= 0.3 * max(row[0].size, word.size):
            row.append(word)
        else:
            rows.append([word])
    return [sorted(row, key=lambda w: w.x0) for row in rows]


def find_gutter(pages: list[tuple[RawPage, list[Word]]]) -> Gutter | None:
    """The gutter of a two-column document, or None: the strip most rows leave white though both sides are used."""
    width = max((page.box[2] - page.box[0] for page, _ in pages), default=0.0)
    rows = [(page.box[0], row) for page, words in pages for row in rows_of(words)]
    best, score = 0.0, -float(len(rows))
    for step in range(int(width * 0.35), int(width * 0.65), 2):
        used, crossing, _ = _strips(rows, float(step))
        if used - crossing > score:
            best, score = float(step), used - crossing
    used, crossing, strips = _strips(rows, best)
    often = used >= 0.4 * len(rows)
    unaligned = used >= 0.2 * len(rows) and crossing <= 0.3 * len(rows)  # each row has text on one side only
    if not strips or not (often or unaligned):
        return None
    left = sorted(a for a, _ in strips)[int(len(strips) * 0.9)]
    right = sorted(b for _, b in strips)[int(len(strips) * 0.1)]
    return Gutter(x=(left + right) / 2, width=right - left) if right - left >= MIN_GUTTER else None


def _strips(rows: list[tuple[float, list[Word]]], x: float) -> tuple[int, int, list[tuple[float, float]]]:
    """Rows that leave `x` white with text right of it, rows across it, and the strips white between two sides."""
    used = crossing = 0
    strips: list[tuple[float, float]] = []
    for edge, row in rows:
        if any(w.x0 < edge + x < w.x1 for w in row):
            crossing += 1
            continue
        left = [w.x1 - edge for w in row if w.x1 <= edge + x]
        right = [w.x0 - edge for w in row if w.x0 >= edge + x]
        if left and right and min(right) - max(left) >= MIN_GUTTER:
            strips.append((max(left), min(right)))
            used += 1
        elif right and not left and min(right) - x < 60:
            used += 1
    return used, crossing, strips


def page_lines(page: RawPage, words: list[Word], gutter: Gutter | None) -> list[Line]:
    """Lines of a page in reading order: full-width bands from top to bottom, inside a band left column then right."""
    rows = rows_of(words)
    used = _strips([(page.box[0], row) for row in rows], gutter.x)[0] if gutter else 0
    if gutter is None or used < 0.15 * len(rows):
        return _lines(rows, page.number, 0)
    at = page.box[0] + gutter.x
    lines: list[Line] = []
    left: list[Word] = []
    right: list[Word] = []
    for row, wide in zip(rows, _wide_rows(rows, at, gutter.width), strict=True):
        if wide:
            lines += _columns(left, right, page.number)
            left, right = [], []
            lines += _lines([row], page.number, -1, lines)
        else:
            left += [w for w in row if (w.x0 + w.x1) / 2 <= at]
            right += [w for w in row if (w.x0 + w.x1) / 2 > at]
    return lines + _columns(left, right, page.number)


def _columns(left: list[Word], right: list[Word], page: int) -> list[Line]:
    return _lines(rows_of(left), page, 0) + _lines(rows_of(right), page, 1)


def _wide_rows(rows: list[list[Word]], at: float, gutter: float) -> list[bool]:
    """Which rows run across both columns: those over the gutter, and short pieces beside it next to such a row.

    The second kind are rows of wide tables and of author blocks, which leave the gutter white by chance.
    """
    wide = [_is_wide(row, at, gutter) for row in rows]
    edge = min(w.x0 for row in rows for w in row)
    column = max(at - gutter / 2 - edge, 1.0)
    pieces = [_both_sides_short(row, at, column) for row in rows]
    for order in (range(1, len(rows)), range(len(rows) - 2, -1, -1)):
        step = 1 if order.step > 0 else -1
        for index in order:
            near = abs(rows[index][0].base - rows[index - step][0].base) < 2.6 * rows[index][0].size
            wide[index] = wide[index] or (wide[index - step] and pieces[index] and near)
    return wide


def _both_sides_short(row: list[Word], at: float, column: float) -> bool:
    sides = ([w for w in row if w.x1 <= at], [w for w in row if w.x1 > at])
    if not all(sides):
        return False
    for side in sides:
        gaps = [b.x0 - a.x1 for a, b in itertools.pairwise(side)]
        if side[-1].x1 - side[0].x0 > 0.75 * column and not any(gap > 1.2 * side[0].size for gap in gaps):
            return False
    return True


def _is_wide(row: list[Word], at: float, width: float) -> bool:
    left = [w.x1 for w in row if (w.x0 + w.x1) / 2 <= at]
    right = [w.x0 for w in row if (w.x0 + w.x1) / 2 > at]
    if any(w.x0 < at - 1 and w.x1 > at + 1 for w in row):
        return True
    return bool(left and right) and min(right) - max(left) < 0.75 * width


def _lines(rows: list[list[Word]], page: int, column: int, above: Iterable[Line] = ()) -> list[Line]:
    lines = list(above)[-1:]
    kept = len(lines)
    for row in rows:
        small = _heal_small_caps(row) or bool(lines and _continues_small_caps(row, lines[-1]))
        lines.append(Line(words=row, page=page, column=column, small_caps=small))
    return lines[kept:]


def _heal_small_caps(row: list[Word]) -> bool:
    """Lower-case the capitals drawn smaller than the line's true capitals; true when the line is in small capitals."""
    capitals = [g for w in row for g in w.glyphs if g.char.isalpha() and g.char.isupper()]
    letters = sum(g.char.isalpha() for w in row for g in w.glyphs)
    if len(capitals) < 4 or len(capitals) < 0.9 * letters:
        return False
    full = max(g.size for g in capitals)
    small = [g for g in capitals if g.size < SMALL_CAPS * full]
    if not small or min(g.size for g in small) < 0.6 * full:
        return False
    lowered = {id(g) for g in small}
    for word in row:
        word.text = "".join(g.char.lower() if id(g) in lowered else g.char for g in word.glyphs)
        word.size = full
    return True


def _continues_small_caps(row: list[Word], above: Line) -> bool:
    """Lower-case a line made of small capitals only, told by the size of the line in small capitals above it."""
    if not above.small_caps or above.base - row[0].base > 2 * above.size:
        return False
    glyphs = [g for w in row for g in w.glyphs]
    sizes = {round(g.size, 1) for w in above.words for g in w.glyphs if g.size < SMALL_CAPS * above.size}
    if any(g.char.islower() or round(g.size, 1) not in sizes for g in glyphs if g.char.isalpha()):
        return False
    for word in row:
        word.text = word.text.lower()
        word.size = above.size
    return True
