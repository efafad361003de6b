"""Numbers that a sentence quotes from a table, held against the cell it names."""

import re
from collections.abc import Iterator
from decimal import Decimal

from msgspec import Struct

from review.checks import table_pairs
from review.checks.base import Check, Draft, Examined, nothing
from review.checks.grid import Grid, Record, cell_numbers, grid
from review.checks.prose import Number, Span, numbers, one_slip, prose_sentences
from review.checks.table_claims import names_metric
from review.checks.table_quotes import Named, named_table, reports, unshown
from review.manuscript import Float, Kind, Manuscript

# A sentence with one of these may speak of something the table does not print: a rounded, a chosen or an earlier value.
ELSEWHERE = re.compile(
    r"\b(?:approximately|about|around|roughly|nearly|almost|over|more than|less than|at least|at most|between|range"
    r"|an? average|averag\w+ (?:of|over|across)|mean of|median|per seed|each seed|epoch \d+|step \d+|steps? of"
    r"|initial\w*|threshold|target|et al|reported by|previous|prior|originally|would|could|expected|random chance"
    r"|set to|learning rate|dropout|probability of)\b|[~≈]",
    re.IGNORECASE,
)
_BASELINE_WORDS = frozenset({"baseline", "the baseline", "baseline model"})
_COMMON = frozenset(
    (
        *("all", "and", "any", "both", "for", "from", "more", "most", "new", "none", "not", "one", "our", "that"),
        *("the", "this", "two", "with", "without", "yes"),
    )
)
# "not the chain", "other than the chain", "non-chain": the sentence speaks of something else.
_DENIED = re.compile(
    r" (?:not|no|non|un|without|except|excluding|other than|rather than|instead of|unlike|than)(?: (?:the|a|an|our))? $"
)
_CELLS = re.compile(r"\S {2,}\S[^\n]*\S {2,}\S|\|[^|\n]*\|[^|\n]*\|")  # columns parted by blanks or bars
MOST_CELLS = 8  # that a sentence may speak of; with more it names no cell
CONTEXT = 400  # characters before a sentence in which the column may be named
LONGEST = 600  # characters of a sentence; a longer one is a table or a list
LEAST_DIGITS = 3  # of a number that can be recognised as a cell's


class Quoted(Struct, frozen=True):
    """A number of a sentence, the table it speaks of, and the cells the sentence names there."""

    number: Number
    table: Float
    cells: tuple[Number, ...]
    named: tuple[str, ...]  # the labels by which it names them


class Slip(Struct, frozen=True):
    """A quoted number that no table prints, and the cell it seems to be meant for."""

    quoted: Quoted
    cell: Number
    span: Span


def examine(manuscript: Manuscript, _kind: Kind) -> Examined:
    """Compare every number beside the labels of a row with the cells of that row."""
    tables = [(f, grid(f)) for f in manuscript.floats if f.kind == "table" and f.rows]
    if not tables:
        return nothing("No table whose cells could be read.")
    printed = [n for f, _ in tables for n in cell_numbers(f)]
    seen = 0
    slips: dict[Decimal, list[Slip | None]] = {}
    named: list[Named] = []
    for span in prose_sentences(manuscript):
        sentence = manuscript.text[slice(*span)]
        if span[1] - span[0] > LONGEST or is_table(sentence):
            continue
        stated = [n for n in numbers(manuscript.text, *span) if _digits(n) >= LEAST_DIGITS]
        around = around_of(manuscript, span) if stated else ()
        quotes = {q.number: q for q in _quotes(around, stated, tables)} if stated else {}
        seen += len(quotes)
        if stated and reports(manuscript, span[0]) and not ELSEWHERE.search(sentence):
            rows = [_names_a_row(sentence, read) for _, read in tables]
            labels = [(n, named_table(around, n, tables, rows)) for n in stated if not n.percent]
            named += [Named(n, span, label, _stands(n, printed)) for n, label in labels if label]
        for number in stated:
            if not _stands(number, printed):
                cell = _meant(quotes[number], stated) if number in quotes and not ELSEWHERE.search(sentence) else None
                slip = Slip(quotes[number], cell, span) if cell else None
                slips.setdefault(number.value, []).append(slip)
    agreed = {value: slip for value, said in slips.items() if (slip := _agreed(said))}
    drafts = [_draft(manuscript, slip) for slip in agreed.values()]
    if not any(f.kind == "table" and not f.rows for f in manuscript.floats):
        absent = {h.number.value: h for h in _halves(manuscript, tables, printed) if h.number.value not in agreed}
        drafts += [table_pairs.draft(half) for half in absent.values()]
        drafts += [foreign] if (foreign := unshown(named)) else []
    if not (seen or drafts):
        return nothing("No sentence quotes a cell of a table by its labels.")
    return Examined(
        examined=seen, summary=f"{seen} quoted values compared, {len(drafts)} do not agree.", drafts=tuple(drafts)
    )


def _halves(
    manuscript: Manuscript, tables: list[tuple[Float, Grid]], printed: list[Number]
) -> Iterator[table_pairs.Half]:
    """Numbers that no table prints, set against a cell of a row that the sentence names."""
    cited = [c.start for c in manuscript.citations]
    for span in prose_sentences(manuscript):
        sentence = manuscript.text[slice(*span)]
        if span[1] - span[0] > LONGEST or is_table(sentence) or ELSEWHERE.search(sentence):
            continue
        if not reports(manuscript, span[0]) or any(span[0] <= at < span[1] for at in cited):
            continue
        stated = [n for n in numbers(manuscript.text, *span) if _digits(n) >= LEAST_DIGITS]
        places = (
            [table_pairs.Named(f, read, _named(sentence, read)[0]) for f, read in tables] if len(stated) > 1 else []
        )
        halves = table_pairs.halves(manuscript.text, span, stated, places)
        yield from (half for half in halves if not _stands(half.number, printed))


def _agreed(said: list[Slip | None]) -> Slip | None:
    """The slip, when every sentence that prints the number means the same cell by it."""
    whole = [slip for slip in said if slip is not None]
    if len(whole) < len(said) or len({slip.cell.value for slip in whole}) != 1:
        return None
    return whole[0]


def around_of(manuscript: Manuscript, span: Span) -> tuple[str, ...]:
    """The sentence, those before it in its section from the nearest on, and the heading: where a column is named."""
    section = manuscript.section_at(span[0])
    begin = max(section.body if section else 0, span[0] - CONTEXT)
    before = [manuscript.text[slice(*s)] for s in prose_sentences(manuscript) if begin <= s[0] < span[0]]
    return (manuscript.text[slice(*span)], *reversed(before), section.title if section else "")


def _quotes(around: tuple[str, ...], stated: list[Number], tables: list[tuple[Float, Grid]]) -> Iterator[Quoted]:
    """Numbers of the shape of the cells that the labels in the sentence lead to, in the table that fits best."""
    for number in stated:
        for table, read in tables:
            records, named = _named(around[0], read)
            cells = tuple(
                cell
                for record in records
                for column, cell in record.values.items()
                if _same_shape(number, cell) and column in _columns(around, read, number)
            )
            if cells and len(cells) <= MOST_CELLS:
                yield Quoted(number, table, cells, named)
                break


def _named(sentence: str, read: Grid) -> tuple[list[Record], tuple[str, ...]]:
    """Rows the sentence names: all their labels, or else a label that is no baseline's and stands in several rows."""
    whole = [r for r in read.records if r.labels and all(says(sentence, label) for label in r.labels)]
    if whole:
        return whole, tuple(dict.fromkeys(label for r in whole for label in r.labels))
    telling = {
        label
        for r in read.records
        for label in r.labels
        if _words(label).strip() not in _BASELINE_WORDS and says(sentence, label)
    }
    if len(telling) != 1:
        return [], ()
    label = telling.pop()
    return [r for r in read.records if label in r.labels], (label,)


def _names_a_row(sentence: str, read: Grid) -> bool:
    labels = {label for r in read.records for label in r.labels}
    return any(says(sentence, label) for label in labels if _words(label).strip() not in _BASELINE_WORDS)


def says(sentence: str, label: str) -> bool:
    """Whether the sentence names a row: all words of its label, none of them denied just before.

    A label with a single letter in it, such as “A, shared”, could be anybody's words; it must stand as printed.
    """
    words = _words(label).strip()
    if len(words) < 3 or not any(len(word) >= 3 and word not in _COMMON for word in words.split()):
        return False
    if any(len(word) == 1 and word.isalpha() for word in words.split()):
        return bool(re.search(rf"(?<![\w,]){re.escape(' '.join(label.split()))}(?!\w)", " ".join(sentence.split())))
    said = _words(sentence)
    return any(not _DENIED.search(said[: m.start() + 1]) for m in re.finditer(f" {re.escape(words)} ", said))


def _words(text: str) -> str:
    """Letters and digits in lower case, parted and framed by single blanks."""
    return f" {' '.join(re.findall(r'[a-z0-9_]+', text.lower()))} "


def _columns(around: tuple[str, ...], read: Grid, number: Number) -> set[int]:
    """Columns whose cells look like the number and that the nearest text names; a lone column needs no name."""
    alike = {c for r in read.records for c, cell in r.values.items() if _same_shape(number, cell)}
    if len({c for r in read.records for c in r.values}) == 1:
        return alike
    for text in around:
        said = {c for c in alike if c < len(read.header) and names_metric(read.header[c], text)}
        if said:
            return said
    return set()


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


def is_table(sentence: str) -> bool:
    """Rows of a table that the parser left in the running text."""
    words = sentence.split()
    return bool(_CELLS.search(sentence)) or sum(any(map(str.isdigit, word)) for word in words) * 2 > len(words)


def _draft(manuscript: Manuscript, slip: Slip) -> Draft:
    number, label = slip.quoted.number, slip.quoted.table.label
    said = " ".join(manuscript.text[number.start : number.end].split())
    where = ", ".join(slip.quoted.named)
    return Draft(
        claim=f"The sentence gives {said} for {where}, but {label} prints {slip.cell.value:f} there, and no table "
        f"prints {said}.",
        severity="major",
        criterion="soundness",
        span=slip.span,
        fix=f"Make text and {label} agree, from the output of the analysis.",
    )


CHECK = Check(
    id="table-values",
    title="Numbers quoted from a table are its own",
    method="Where a sentence names the labels of a row and prints a number of the shape of its cells, looks for that "
    "number in the tables; when it stands nowhere and is one digit away from the only such cell, or the sentence "
    "names a single cell, text and table disagree. When of at least four values given for named rows and columns three "
    "in four or more stand in no table, the tables are not those the text speaks of. Where a sentence says from which "
    "number to which a named row went and one of the two is its cell, the other must stand in a table.",
    limits="Needs recovered cells, a label in the sentence and three digits; hedged sentences, and numbers that "
    "another sentence gives for something else, are left alone.",
    alarm_rate="no finding on five development papers.",
    examine=examine,
)
