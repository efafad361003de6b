"""Tables found by their captions, and their cells by the white columns between them."""

import re

from aixiv.text.pdf.blocks import Block
from aixiv.text.pdf.lines import Line, Word
from aixiv.text.pdf.style import Style

PROSE_WORDS = 9  # a full line with this many words and no wide gap is prose
CELL_GAP = 0.6  # of the size; narrower gaps never part two columns
FREE = 0.85  # share of the rows that must leave a column gap white


def find_tables(blocks: list[Block], style: Style) -> list[Block]:
    """The same blocks with the rows next to a table caption as one `table` block, and figure lettering marked."""
    result = list(blocks)
    for caption in [b for b in blocks if b.kind == "caption"]:
        at = next(i for i, b in enumerate(result) if b is caption)
        if caption.label.startswith("Table"):
            below = _neighbours(result, at, 1, style)
            above = _neighbours(result, at, -1, style) if not below else []
            taken = below or above[::-1]
            if taken:
                lines = [line for b in taken for line in b.lines]
                table = Block("table", lines, owner=caption)
                ids = {id(b) for b in taken}
                result = [b for b in result if id(b) not in ids]
                at = next(i for i, b in enumerate(result) if b is caption)
                result.insert(at + 1 if below else at, table)
        else:
            for block in _neighbours(result, at, -1, style):
                if all(line.size < 0.92 * style.size or len(line.text) < 12 for line in block.lines):
                    block.kind = "figure_text"
    return result


def _neighbours(blocks: list[Block], at: int, step: int, style: Style) -> list[Block]:
    found: list[Block] = []
    caption = blocks[at]
    edge = caption.last if step > 0 else caption.first
    index = at + step
    while 0 <= index < len(blocks):
        block = blocks[index]
        if block.kind not in ("paragraph", "heading") or block.page != caption.page:
            break
        near = block.first if step > 0 else block.last
        same = (near.page, near.column) == (edge.page, edge.column)
        if not same or abs(edge.base - near.base) > 3.5 * style.leading or not _tabular(block, style):
            break
        found.append(block)
        edge = block.last if step > 0 else block.first
        index += step
    return found


def _tabular(block: Block, style: Style) -> bool:
    if block.kind == "heading" and block.heading is not None and block.heading.number:
        return False
    rows = sum(not _is_prose(line, style) for line in block.lines)
    return rows > 0.7 * len(block.lines)


def _is_prose(line: Line, style: Style) -> bool:
    gaps = [b.x0 - a.x1 for a, b in zip(line.words, line.words[1:], strict=False)]
    if any(gap > 1.0 * line.size for gap in gaps):
        return False
    if re.search(r"[.:!?]$", line.text) and len(line.words) > 4:
        return True
    wide = line.x1 - line.x0 > 0.8 * style.width(line)
    return (wide and len(line.words) >= PROSE_WORDS) or len(line.words) > 12


def table_rows(lines: list[Line]) -> tuple[tuple[str, ...], ...]:
    """Cells of a table: columns are parted where nearly all rows leave the same strip white."""
    words = [w for line in lines for w in line.words]
    if len(lines) < 2 or not words:
        return ()
    cuts = _cuts(lines, words)
    rows = []
    for line in lines:
        cells = [""] * (len(cuts) + 1)
        for word in line.words:
            column = sum((word.x0 + word.x1) / 2 > cut for cut in cuts)
            cells[column] = f"{cells[column]} {word.text}".strip()
        rows.append(tuple(cells))
    return tuple(rows)


def _cuts(lines: list[Line], words: list[Word]) -> list[float]:
    left, right = min(w.x0 for w in words), max(w.x1 for w in words)
    size = max(line.size for line in lines)
    spans = [[(w.x0, w.x1) for w in line.words] for line in lines]
    cuts: list[float] = []
    run: list[float] = []
    x = left
    while x <= right:
        free = sum(all(not a - 0.3 < x < b + 0.3 for a, b in row) for row in spans)
        if free >= FREE * len(lines):
            run.append(x)
        else:
            if run and run[-1] - run[0] >= CELL_GAP * size:
                cuts.append((run[0] + run[-1]) / 2)
            run = []
        x += 0.5
    return cuts
