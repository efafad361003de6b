"""Numbers that a sentence quotes from a table, held against the cell it names."""

import re
from collections.abc import Iterator

from msgspec import Struct

from review.checks.base import Check, Draft, Examined, nothing
from review.checks.grid import Grid, Record, cell_numbers, grid
from review.checks.prose import Number, Span, numbers, one_slip, prose_sentences
from review.manuscript import Float, Kind, Manuscript

# A sentence with one of these may speak of something the table does not print: a rounded, a chosen or an earlier value.
_ELSEWHERE = re.compile(
    r"\b(?:approximately|about|around|roughly|nearly|almost|over|more than|less than|at least|at most|between|range"
    r"|an? average|averag\w+ (?:of|over|across)|mean of|median|per seed|each seed|epoch \d+|step \d+|steps? of"
    r"|initial\w*|threshold|target|et al|reported by|previous|prior|originally|would|could|expected|random chance"
    r"|set to|rate of|probability of)\b|[~≈]",
    re.IGNORECASE,
)
_BASELINE_WORDS = frozenset({"baseline", "the baseline", "baseline model"})
MOST_CELLS = 8  # that a sentence may speak of; with more it names no cell
CONTEXT = 400  # characters before a sentence in which the column may be named
LEAST_DIGITS = 3  # of a number that can be recognised as a cell's


class Quoted(Struct, frozen=True):
    """A number of a sentence, the table it speaks of, and the cells the sentence names there."""

    number: Number
    table: Float
    cells: tuple[Number, ...]
    named: tuple[str, ...]  # the labels by which it names them


def examine(manuscript: Manuscript, _kind: Kind) -> Examined:
    """Compare every number beside the labels of a row with the cells of that row."""
    tables = [(f, grid(f)) for f in manuscript.floats if f.kind == "table" and f.rows]
    if not tables:
        return nothing("No table whose cells could be read.")
    printed = [n for f, _ in tables for n in cell_numbers(f)]
    seen = 0
    drafts: list[Draft] = []
    for span in prose_sentences(manuscript):
        sentence = manuscript.text[slice(*span)]
        if span[1] - span[0] > 600 or _is_table(sentence):
            continue
        stated = [n for n in numbers(manuscript.text, *span) if _digits(n) >= LEAST_DIGITS]
        for quoted in _quotes(sentence, _before(manuscript, span), stated, tables):
            seen += 1
            if _stands(quoted.number, printed) or _ELSEWHERE.search(sentence):
                continue
            cell = _meant(quoted, stated)
            if cell is not None and not _stands_in_text(manuscript, quoted.number, span):
                drafts.append(_draft(manuscript, quoted, cell, span))
                break
    if not seen:
        return nothing("No sentence quotes a cell of a table by its labels.")
    return Examined(
        examined=seen, summary=f"{seen} quoted values compared, {len(drafts)} do not agree.", drafts=tuple(drafts)
    )


def _before(manuscript: Manuscript, span: Span) -> str:
    """Heading and some text before a sentence, in its section: where the metric or the data may be named."""
    section = manuscript.section_at(span[0])
    heading = section.title if section else ""
    begin = max(section.body if section else 0, span[0] - CONTEXT)
    return f"{heading} {manuscript.text[begin : span[0]]}"


def _quotes(sentence: str, before: str, stated: list[Number], tables: list[tuple[Float, Grid]]) -> Iterator[Quoted]:
    """Numbers of the shape of the cells that the labels in the sentence lead to, in the table that fits best."""
    for number in stated:
        for table, read in tables:
            records, named = _named(sentence, read)
            cells = tuple(
                cell
                for record in records
                for column, cell in record.values.items()
                if _same_shape(number, cell) and column in _columns(sentence, before, read, number)
            )
            if cells and len(cells) <= MOST_CELLS:
                yield Quoted(number, table, cells, named)
                break


def _named(sentence: str, read: Grid) -> tuple[list[Record], tuple[str, ...]]:
    """Rows the sentence names: all their labels, or else a label that is no baseline's and stands in several rows."""
    said = _words(sentence)
    whole = [r for r in read.records if r.labels and all(_says(said, label) for label in r.labels)]
    if whole:
        return whole, tuple(dict.fromkeys(label for r in whole for label in r.labels))
    telling = {
        label
        for r in read.records
        for label in r.labels
        if _words(label).strip() not in _BASELINE_WORDS and _says(said, label)
    }
    if len(telling) != 1:
        return [], ()
    label = telling.pop()
    return [r for r in read.records if label in r.labels], (label,)


def _says(said: str, label: str) -> bool:
    words = _words(label)
    return len(words.strip()) >= 3 and words in said


def _words(text: str) -> str:
    """Letters and digits in lower case, parted and framed by single blanks."""
    return f" {' '.join(re.findall(r'[a-z0-9_]+', text.lower()))} "


def _columns(sentence: str, before: str, read: Grid, number: Number) -> set[int]:
    """Columns whose cells look like the number: those the sentence names, the last named before it, or the only one."""
    alike = {c for r in read.records for c, cell in r.values.items() if _same_shape(number, cell)}
    names = {c: _words(re.sub(r"\(.*?\)", "", read.header[c])) for c in alike if c < len(read.header)}
    names = {c: name for c, name in names.items() if name.strip()}
    said = {c for c, name in names.items() if name in _words(sentence)}
    if said:
        return said
    told = {c: _words(before).rfind(name) for c, name in names.items()}
    last = max(told.values(), default=-1)
    if last >= 0:
        return {c for c, at in told.items() if at == last}
    return alike if len(alike) == 1 else set()


def _same_shape(number: Number, cell: Number) -> bool:
    """Printed alike: no more decimals than the cell, and of one order of magnitude."""
    if number.decimals > cell.decimals or (cell.decimals and not number.decimals) or not cell.value:
        return False
    ratio = abs(number.value) / abs(cell.value)
    return number.value * cell.value > 0 and 0.5 < ratio < 2


def _stands(number: Number, printed: list[Number]) -> bool:
    """Whether some table prints it, or a finer number that rounds to it."""
    return any(
        abs(cell.value) == abs(number.value)
        or (cell.decimals > number.decimals and number.agrees(abs(cell.value), abs(cell.value)))
        for cell in printed
    )


def _stands_in_text(manuscript: Manuscript, number: Number, span: Span) -> bool:
    """Whether another sentence says the same: then it is no slip of this one."""
    return any(
        n.value == number.value and n.decimals == number.decimals
        for other in prose_sentences(manuscript)
        if other != span and not _is_table(manuscript.text[slice(*other)])
        for n in numbers(manuscript.text, *other)
    )


def _meant(quoted: Quoted, stated: list[Number]) -> Number | None:
    """The one named cell from which the number is a slip away and which the sentence does not print besides."""
    number = quoted.number
    free = {c.value: c for c in quoted.cells if not any(s.decimals and _stands(s, [c]) for s in stated)}
    free = {v: c for v, c in free.items() if v not in {s.value for s in stated}}
    near = [c for c in free.values() if one_slip(round(c.value, number.decimals), number.value)]
    if len(near) == 1:
        return near[0]
    return next(iter(free.values())) if len({c.value for c in quoted.cells}) == 1 == len(free) else None


def _digits(number: Number) -> int:
    return len(f"{abs(number.value):f}".replace(".", "").lstrip("0"))


def _is_table(sentence: str) -> bool:
    """Rows of a table that the parser left in the running text."""
    words = sentence.split()
    return sum(any(ch.isdigit() for ch in word) for word in words) * 2 > len(words)


def _draft(manuscript: Manuscript, quoted: Quoted, cell: Number, span: Span) -> Draft:
    said = " ".join(manuscript.text[quoted.number.start : quoted.number.end].split())
    where = ", ".join(quoted.named)
    return Draft(
        claim=f"The sentence gives {said} for {where}, but {quoted.table.label} prints {cell.value:f} there, and no "
        f"table prints {said}.",
        severity="major",
        criterion="soundness",
        span=span,
        fix=f"Make text and {quoted.table.label} agree, from the output of the analysis.",
    )


CHECK = Check(
    id="table-values",
    title="Numbers quoted from a table are its own",
    method="Where a sentence names the labels of a row and prints a number of the shape of its cells, looks for that "
    "number in the tables; when it stands nowhere and is one digit away from the only such cell, or the sentence "
    "names a single cell, text and table disagree.",
    limits="Needs recovered cells, a label in the sentence and three digits; hedged sentences and numbers said twice "
    "in the text are left alone.",
    alarm_rate="no finding on five development papers.",
    examine=examine,
)
