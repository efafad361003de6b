"""Tables in the sources: caption, label and rows with the place of each cell."""

import re
from collections.abc import Iterator

from msgspec import Struct

from agents.scientist.sources import Place, Sources

_ENVIRONMENT = re.compile(r"\\begin\{table\*?\}(?P<inside>.*?)\\end\{table\*?\}", re.DOTALL)
_TABULAR = re.compile(r"\\begin\{tabular[x*]?\}.*?\n(?P<rows>.*?)\\end\{tabular[x*]?\}", re.DOTALL)
_PIPES = re.compile(r"(?m)(?:^\|[^\n]*\|[ \t]*\n?){3,}")
_CAPTION = re.compile(r"(?m)^[^\w\n]{0,3}(?P<label>Table\s+\d+)[^\w\n]{0,3}[.:][^\w\n]{0,3}(?P<caption>[^\n]+)")
_RULES = re.compile(r"\\(?:toprule|midrule|bottomrule|hline|cmidrule(?:\([^)]*\))?(?:\{[^}]*\})?|addlinespace)")
NEAR = 40  # characters between a Markdown table and its caption, at most


class Cell(Struct, frozen=True, kw_only=True):
    """A cell: its bare text at `start:end` of its row."""

    text: str
    start: int
    end: int


class Row(Struct, frozen=True, kw_only=True):
    """A row; `start` is its offset in the file."""

    start: int
    cells: tuple[Cell, ...]


class Table(Struct, frozen=True, kw_only=True):
    """A table: all of it, its rows, and how it is referred to."""

    whole: Place
    body: Place
    caption: str
    label: str  # "Table 2" in Markdown, the key of \\label in LaTeX, or ""


def tables(sources: Sources) -> Iterator[Table]:
    """Every table, in order."""
    for name in sources.in_order:
        text = sources.files[name]
        yield from _latex(name, text) if sources.format == "latex" else _markdown(name, text)


def rows_of(sources: Sources, table: Table) -> list[Row]:
    """Rows with at least two cells."""
    latex = sources.format == "latex"
    mark = "&" if latex else "|"
    lines = _split(sources.at(table.body), r"\\\\" if latex else r"\n")
    rows = [Row(start=table.body.start + at, cells=tuple(_cells(line, mark))) for at, line in lines]
    return [row for row in rows if len(row.cells) > 1]


def _latex(name: str, text: str) -> Iterator[Table]:
    for found in _ENVIRONMENT.finditer(text):
        tabular = _TABULAR.search(text, found.start(), found.end())
        if tabular is None:
            continue
        caption = re.search(r"\\caption\{((?:[^{}]|\{[^{}]*\})*)\}", found["inside"])
        label = re.search(r"\\label\{([^}]+)\}", found["inside"])
        yield Table(
            whole=Place(name, *found.span()),
            body=Place(name, *tabular.span("rows")),
            caption=" ".join(caption[1].split()) if caption else "",
            label=label[1] if label else "",
        )


def _markdown(name: str, text: str) -> Iterator[Table]:
    for found in _PIPES.finditer(text):
        apart = {m: min(abs(m.end() - found.start()), abs(m.start() - found.end())) for m in _CAPTION.finditer(text)}
        near = min((m for m in apart if apart[m] < NEAR), key=lambda m: apart[m], default=None)
        start = min(found.start(), near.start()) if near else found.start()
        yield Table(
            whole=Place(name, start, max(found.end(), near.end() if near else 0)),
            body=Place(name, *found.span()),
            caption=near["caption"].strip(" *_") if near else "",
            label=" ".join(near["label"].split()) if near else "",
        )


def _split(text: str, mark: str) -> list[tuple[int, str]]:
    pieces, start = [], 0
    for found in re.finditer(mark, text):
        pieces.append((start, text[start : found.start()]))
        start = found.end()
    return [*pieces, (start, text[start:])]


def _cells(line: str, mark: str) -> Iterator[Cell]:
    bare = _RULES.sub(lambda m: " " * len(m[0]), line)
    for at, piece in _split(bare, r"(?<!\\)" + re.escape(mark)):
        stripped = piece.strip()
        if mark == "|" and not stripped and at in (0, len(bare)):
            continue
        start = at + len(piece) - len(piece.lstrip()) if stripped else at
        yield Cell(text=stripped, start=start, end=start + len(stripped))
