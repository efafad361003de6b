"""Tables found by their captions, and their cells by the white between them."""

import re
from dataclasses import dataclass

from aixiv.text.pdf.blocks import Block, wide_gaps
from aixiv.text.pdf.headings import is_usual
from aixiv.text.pdf.lines import Line
from aixiv.text.pdf.style import Style

MOST_CELL_WORDS = 12  # a row of more words without a gap is a sentence
CELL_GAP = 0.55  # of the size; word spaces in tables are never stretched, so they stay below


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
    while step > 0 and found and found[-1].kind == "heading":
        found.pop()
    return found


def _tabular(block: Block, style: Style) -> bool:
    if block.kind == "heading" and (is_usual(block.first) or (block.heading is not None and block.heading.number)):
        return False
    rows = sum(not _is_prose(line, style) for line in block.lines)
    return rows > 0.7 * len(block.lines)


def _is_prose(line: Line, style: Style) -> bool:
    if wide_gaps(line):
        return False
    if re.search(r"[.:!?]$", line.text) and len(line.words) > 4:
        return True
    full = line.x1 - line.x0 > 0.85 * style.width(line) and len(line.words) >= 5
    return full or len(line.words) > MOST_CELL_WORDS


def table_rows(lines: list[Line]) -> tuple[tuple[tuple[str, ...], ...], tuple[tuple[int, int], ...]]:
    """Cells of a table, and the places of those in bold.

    The rows with the most cells say where the columns are; the others are fitted to them.
    """
    rows = [_cells(line) for line in lines]
    most = max((len(row) for row in rows), default=0)
    if len(rows) < 2 or most < 2:
        return (), ()
    columns = _columns([row for row in rows if len(row) == most])
    for row in rows:
        for cell in row:
            _widen(columns, cell)
    found: list[tuple[str, ...]] = []
    bold: list[tuple[int, int]] = []
    for row in rows:
        cells = [""] * len(columns)
        for cell in row:
            at = _column_of(columns, cell)
            cells[at] = f"{cells[at]} {cell.text}".strip()
            if cell.bold:
                bold.append((len(found), at))
        found.append(tuple(cells))
    return tuple(found), tuple(bold)


@dataclass(slots=True)
class Cell:
    """Words without a column gap between them."""

    x0: float
    x1: float
    text: str
    bold: bool  # its first word is


def _cells(line: Line) -> list[Cell]:
    cells: list[Cell] = []
    for word in line.words:
        if cells and word.x0 - cells[-1].x1 <= CELL_GAP * line.size:
            cells[-1] = Cell(cells[-1].x0, max(word.x1, cells[-1].x1), f"{cells[-1].text} {word.text}", cells[-1].bold)
        else:
            cells.append(Cell(word.x0, word.x1, word.text, word.bold))
    return cells


def _columns(rows: list[list[Cell]]) -> list[list[float]]:
    columns = [[cell.x0, cell.x1] for cell in rows[0]]
    for row in rows[1:]:
        for column, cell in zip(columns, row, strict=True):
            if cell.x0 < column[1] and cell.x1 > column[0]:
                column[0], column[1] = min(column[0], cell.x0), max(column[1], cell.x1)
    return columns


def _widen(columns: list[list[float]], cell: Cell) -> None:
    """Let a cell that belongs to one column stretch it, or open a new one where nothing stood."""
    touched = [c for c in columns if cell.x0 < c[1] and cell.x1 > c[0]]
    if len(touched) == 1:
        touched[0][0], touched[0][1] = min(touched[0][0], cell.x0), max(touched[0][1], cell.x1)
    elif not touched:
        columns.append([cell.x0, cell.x1])
        columns.sort()


def _column_of(columns: list[list[float]], cell: Cell) -> int:
    return max(range(len(columns)), key=lambda n: min(cell.x1, columns[n][1]) - max(cell.x0, columns[n][0]))
