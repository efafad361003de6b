"""Lines into blocks: headings, paragraphs, captions, tables, footnotes and text inside figures."""

import itertools
import re
from dataclasses import dataclass
from typing import Literal

from aixiv.text.pdf.headings import (
    Heading,
    Look,
    Numbering,
    could_head,
    is_usual,
    look_of,
    split_number,
    stands_apart,
)
from aixiv.text.pdf.lines import Line
from aixiv.text.pdf.style import Style

BlockKind = Literal["heading", "paragraph", "caption", "table", "footnote", "figure_text", "reference"]
CAPTION = re.compile(
    r"^(?P<kind>Figure|Fig\.?|Table|Tab\.)\s*(?P<number>[A-Z]?\.?\d{1,3}(?:\.\d{1,2})?|[IVXL]+)\s*"
    r"(?:(?P<mark>[:.|–—])(?=\s|$)|(?P<end>$))",
    re.IGNORECASE,
)
MOST_FRAGMENT = 3  # letters of a line that cannot stand alone
MOST_ALONE_WORDS = 12
BULLET = re.compile(r"^(?:[•◦▪‣∙·–—*-]|\(?\d{1,2}[.)]|\([a-z]\)|[a-z]\))\s")


@dataclass(slots=True)
class Block:
    """Neighbouring lines that belong together."""

    kind: BlockKind
    lines: list[Line]
    heading: Heading | None = None
    label: str = ""  # of a caption: "Figure 3"
    owner: "Block | None" = None  # of a table: its caption

    @property
    def page(self) -> int:
        return self.lines[0].page

    @property
    def first(self) -> Line:
        return self.lines[0]

    @property
    def last(self) -> Line:
        return self.lines[-1]


def group(lines: list[Line], style: Style, *, plain: set[int], title: set[int]) -> list[Block]:
    """Blocks of a whole document in reading order, headings and captions named; tables are found later.

    `plain` holds ids of lines that are no headings however they look, title and authors; `title` those of the title,
    which stay together.
    """
    looks = _heading_looks([x for x in lines if id(x) not in plain], style)
    numbering = Numbering()
    blocks: list[Block] = []
    previous: Line | None = None
    for line, following in zip(lines, [*lines[1:], None], strict=True):
        heading = None if id(line) in plain else _heading(line, previous, style, looks, numbering)
        above = None if blocks and blocks[-1].kind == "heading" else previous
        if heading is None and id(line) not in plain and looks and _stands_alone(line, above, following, style):
            heading = Heading("", line.text, max(looks.values()) + 1 if numbering.last else 2)
        block = blocks[-1] if blocks else None
        if heading is not None:
            blocks.append(Block("heading", [line], heading=heading))
        elif block is not None and previous is not None and _goes_on(block, previous, line, style, title):
            block.lines.append(line)
        else:
            blocks.append(_open(line))
        previous = line
    for block in blocks:
        _name_heading(block)
    return blocks


def _goes_on(block: Block, previous: Line, line: Line, style: Style, title: set[int]) -> bool:
    if id(line) in title and id(block.last) in title:
        return True
    if block.kind == "heading":
        return _continues_heading(block, line, style)
    return not starts_block(block, previous, line, style)


def _open(line: Line) -> Block:
    found = CAPTION.match(line.text)
    if not found:
        return Block("paragraph", [line])
    kind = "Table" if found["kind"].lower().startswith("tab") else "Figure"
    return Block("caption", [line], label=f"{kind} {found['number']}")


def _name_heading(block: Block) -> None:
    if block.heading is None or len(block.lines) == 1:
        return
    title = block.heading.title
    for line in block.lines[1:]:
        title = title[:-1] + line.text if title.endswith("-") else f"{title} {line.text}"
    block.heading = Heading(block.heading.number, title, block.heading.level)


def _heading_looks(lines: list[Line], style: Style) -> dict[Look, int]:
    """Looks of headings that are sure (numbered in order, or with a usual name), with their levels."""
    numbering = Numbering()
    looks: dict[Look, int] = {}
    for line in lines:
        if not could_head(line, style):
            continue
        number, _ = split_number(line)
        level = numbering.level(number) if number else (1 if is_usual(line) else None)
        if level is not None and stands_apart(line, style):
            looks.setdefault(look_of(line), level)
    return looks


def _heading(
    line: Line, previous: Line | None, style: Style, looks: dict[Look, int], numbering: Numbering
) -> Heading | None:
    if not could_head(line, style) or CAPTION.match(line.text):
        return None
    if previous is not None and _same_column(previous, line):
        close = previous.base - line.base < 1.05 * style.leading
        if close and not stands_apart(previous, style):
            return None
    number, title = split_number(line)
    if number:
        level = numbering.level(number)
        return Heading(number, title, level) if level is not None else None
    if is_usual(line):
        return Heading("", title.rstrip(".:"), 1)
    level = looks.get(look_of(line))
    if level is None:
        return None
    centred = abs((line.x0 - style.left_of(line)) - (style.right_of(line) - line.x1)) < 2 * style.size
    if line.x0 - style.left_of(line) > 1.5 * style.size and not centred:
        return None
    return Heading("", title, level)


def _stands_alone(line: Line, previous: Line | None, following: Line | None, style: Style) -> bool:
    """An unnumbered heading told by its place: a short emphasised line, white above it, prose right below it."""
    if following is None or not _same_column(line, following) or CAPTION.match(line.text) or BULLET.match(line.text):
        return False
    number, title = split_number(line)
    if number or not (could_head(line, style) or (line.italic and title[:1].isupper())) or title[-1] in ".:,;":
        return False
    if line.size < 0.95 * style.size or line.x0 - style.left_of(line) > 0.5 * style.size:
        return False
    above = previous is None or not _same_column(previous, line) or previous.base - line.base > 1.25 * style.leading
    below = 0 < line.base - following.base < 2.5 * style.leading
    full = following.x1 - following.x0 > 0.7 * style.width(following) and len(following.words) >= 6
    short = line.x1 - line.x0 < 0.8 * style.width(line) and len(line.words) <= MOST_ALONE_WORDS
    plain = not (following.italic or following.bold) and abs(following.size - style.size) < 0.6 and not wide_gaps(line)
    return above and below and full and short and plain


def _continues_heading(block: Block, line: Line, style: Style) -> bool:
    last = block.last
    close = 0 < last.base - line.base < 1.5 * max(line.size, style.size)
    wide = last.x1 - last.x0 > 0.6 * style.width(last)
    return (
        _same_column(last, line) and close and wide and look_of(last)[:4] == look_of(line)[:4] and len(block.lines) < 4
    )


def starts_block(block: Block, previous: Line, line: Line, style: Style) -> bool:
    """True when `line` does not go on with the block that `previous` ends."""
    if not _same_column(previous, line):
        return True
    step = previous.base - line.base
    size = max(previous.size, line.size)
    usual = _leading_of(block) or max(style.leading * previous.size / style.size, 1.05 * previous.size)
    if _same_formula(previous, line, style) and 0 <= step < 1.6 * size and block.kind == "paragraph":
        return False
    if step > 1.28 * usual + 0.5 or step < -0.5 * size:
        return True
    if abs(previous.size - line.size) > 0.08 * size and min(len(previous.text), len(line.text)) > 12:
        return True
    if CAPTION.match(line.text) and step > 1.1 * usual:
        return True
    if block.kind == "caption":
        return wide_gaps(line) > wide_gaps(previous) + bool(block.lines[1:])
    if BULLET.match(line.text) and line.x0 >= style.left_of(line) - 2 and not _hangs(previous, line):
        return True
    return _new_paragraph(block, previous, line, style)


def _same_formula(previous: Line, line: Line, style: Style) -> bool:
    """Limits of a sum and numerators: set off from the margin, one of the two too short to stand alone."""
    fragment = min(len(previous.text), len(line.text)) <= MOST_FRAGMENT
    return fragment and all(x.x0 - style.left_of(x) > style.size for x in (previous, line))


def _new_paragraph(block: Block, previous: Line, line: Line, style: Style) -> bool:
    shift = line.x0 - previous.x0
    if shift > 0.7 * line.size:
        return not (len(block.lines) == 1 and BULLET.match(previous.text))
    if shift < -0.7 * line.size:
        return len(block.lines) > 1 or previous.x1 < line.x1 - 0.15 * style.width(previous)
    short = previous.x1 < style.right_of(previous) - 0.2 * style.width(previous)
    return short and previous.text.endswith((".", "!", "?", ":")) and line.text[:1].isupper()


def wide_gaps(line: Line) -> int:
    """Gaps of a line that no word space explains: those between the cells of a table."""
    return sum(b.x0 - a.x1 > 1.0 * line.size for a, b in itertools.pairwise(line.words))


def _hangs(previous: Line, line: Line) -> bool:
    return bool(line.x0 > previous.x0 + 0.3 * line.size and not previous.text.endswith((".", ":", ";", "!", "?", ",")))


def _leading_of(block: Block) -> float | None:
    if len(block.lines) < 2:
        return None
    step = block.lines[0].base - block.lines[1].base
    return step if step > 0.9 * block.lines[0].size else None


def _same_column(a: Line, b: Line) -> bool:
    return a.page == b.page and a.column == b.column
