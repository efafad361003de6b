"""Captions and the cells of tables, from their source."""

import re

from aixiv.text.latex.setter import Setter, argument, optional, skip

TABULAR = re.compile(r"\\begin\s*\{(tabular[xy*]?\*?|longtable|array|tabulary)\}")
RULES = re.compile(
    r"\\(?:hline|toprule|midrule|bottomrule|endhead|endfirsthead|endfoot|endlastfoot|centering|small|footnotesize|tiny)\b"
    r"|\\(?:cmidrule|cline|addlinespace|specialrule)\s*(?:\([^)]*\))?(?:\[[^\]]*\])?(?:\{[^}]*\})*"
)
CAPTION = re.compile(r"\\caption\*?\s*(?=[\[{])")
SUBFLOAT = re.compile(r"\\begin\s*\{sub(?:figure|table)\}.*?\\end\s*\{sub(?:figure|table)\}", re.DOTALL)
MULTICOLUMN = re.compile(r"\s*\\multicolumn\s*\{(\d{1,2})\}")
BOLD = re.compile(r"\\(?:textbf|mathbf|boldsymbol|bm|bfseries|bf|boldmath)\b")
MOST_ROWS = 500
Rows = tuple[tuple[str, ...], ...]
Places = tuple[tuple[int, int], ...]


def caption_of(body: str, setter: Setter) -> str:
    """Words of the caption of a float; captions of its parts do not count."""
    outer = SUBFLOAT.sub(" ", body)
    found = CAPTION.search(outer)
    if not found:
        return ""
    _, at = optional(outer, found.end())
    said, _ = argument(outer, at)
    return re.sub(r"\s+", " ", setter.inner(said))


def rows_of(body: str, setter: Setter) -> tuple[Rows, Places]:
    """Cells of every tabular in a float, row by row, and the places of those set in bold."""
    rows: list[tuple[str, ...]] = []
    bold: list[tuple[int, int]] = []
    at = 0
    while found := TABULAR.search(body, at):
        close = re.compile(r"\\end\s*\{" + re.escape(found[1]) + r"\}").search(body, found.end())
        end = close.start() if close else len(body)
        columns = 2 if found[1].startswith(("tabularx", "tabular*", "tabulary", "tabulary")) else 1
        start = skip(body, optional(body, found.end())[1], columns)
        _read(body[start:end], setter, rows, bold)
        at = max(end, found.end())
    if len(rows) > MOST_ROWS:
        setter.aside.miss(f"a table of {len(rows):,} rows: the first {MOST_ROWS:,} were read")
    return tuple(rows[:MOST_ROWS]), tuple(place for place in bold if place[0] < MOST_ROWS)


def _read(inside: str, setter: Setter, rows: list[tuple[str, ...]], bold: list[tuple[int, int]]) -> None:
    for line in _split(RULES.sub(" ", inside), row=True):
        cells: list[str] = []
        heavy: list[int] = []
        for cell in _split(line, row=False):
            heavy += [len(cells)] if BOLD.search(cell) else []
            spans = MULTICOLUMN.match(cell)
            cells.append(re.sub(r"\s+", " ", setter.inner(cell)))
            cells += [""] * (int(spans[1]) - 1 if spans else 0)
        if any(cells):
            bold += [(len(rows), column) for column in heavy]
            rows.append(tuple(cells))


def _split(source: str, *, row: bool) -> list[str]:
    """Split at `\\\\` (rows) or `&` (cells) outside groups."""
    parts: list[str] = []
    depth = start = index = 0
    while index < len(source):
        char = source[index]
        if char == "\\":
            if row and depth == 0 and source[index + 1 : index + 2] == "\\":
                parts.append(source[start:index])
                gap = re.match(r"\\\\\*?(?:\s*\[[^\]]*\])?", source[index : index + 40])
                index += gap.end() if gap else 2
                start = index
                continue
            index += 2
            continue
        depth += (char == "{") - (char == "}")
        if not row and char == "&" and depth == 0:
            parts.append(source[start:index])
            start = index + 1
        index += 1
    return [*parts, source[start:]]
