"""Ways to spoil any parsed work without leaving the text and its places in disagreement."""

import re
from collections.abc import Callable, Iterable
from typing import TypeVar

from msgspec.structs import replace

from review.manuscript import Citation, Float, Manuscript, Page, Reference, Section

T = TypeVar("T", Section, Reference, Citation, Float, Page)
Edit = tuple[int, int, str]  # what stands from here to there becomes this

_LIMITS = re.compile(r"limitation|shortcoming|caveat|threats to validity|does not generali[sz]e", re.IGNORECASE)
_CELL = re.compile(r"\d[\d.,]*")
_NEAR = 2500  # characters before a caption in which a parsed table may stand


def without_table_numbers(work: Manuscript) -> Manuscript:
    """Every number of every table replaced by a dash, in the cells and where the text prints them."""
    edits: list[Edit] = []
    for table in (f for f in work.floats if f.kind == "table"):
        for cell in (c for row in table.rows for c in row if _CELL.search(c)):
            at = work.text.find(cell, max(0, table.start - _NEAR))
            edits += [(at, at + len(cell), "-")] if at >= 0 else []
    spoiled = edited(work, edits)
    dashed = tuple(replace(f, rows=tuple(tuple(_CELL.sub("-", c) for c in r) for r in f.rows)) for f in spoiled.floats)
    return replace(spoiled, floats=dashed)


def without_citations(work: Manuscript) -> Manuscript:
    """Neither marks in the text nor a list."""
    edits: list[Edit] = [(c.start, c.end, "") for c in work.citations]
    edits += [(r.start, r.end, "") for r in work.references]
    spoiled = edited(work, edits)
    kept = tuple(s for s in spoiled.sections if "reference" not in s.title.lower())
    return replace(spoiled, references=(), citations=(), sections=kept)


def without_limitations(work: Manuscript) -> Manuscript:
    """No part and no sentence about limits."""
    edits: list[Edit] = [(s.start, s.end, "") for s in work.sections if _LIMITS.search(s.title)]
    edits += [(m.start(), m.end(), "") for m in re.finditer(r"[^.!?]*[.!?]", work.text) if _LIMITS.search(m[0])]
    return edited(work, edits)


def without_any(work: Manuscript) -> Manuscript:
    """All three at once."""
    return without_limitations(without_citations(without_table_numbers(work)))


SPOILS: dict[str, Callable[[Manuscript], Manuscript]] = {
    "table numbers": without_table_numbers,
    "citations": without_citations,
    "limitations": without_limitations,
    "all of it": without_any,
}


def edited(work: Manuscript, edits: Iterable[Edit]) -> Manuscript:
    """The work with these changes made, every place moved along; edits that overlap become one."""
    made: list[Edit] = []
    for start, end, new in sorted(set(edits), key=lambda e: (e[0], -e[1])):
        if made and start < made[-1][1]:
            made[-1] = (made[-1][0], max(end, made[-1][1]), made[-1][2])
        else:
            made.append((start, end, new))

    def moved(offset: int) -> int:
        shift = 0
        for start, end, new in made:
            if offset >= end:
                shift += len(new) - (end - start)
            elif offset > start:
                return start + shift + min(len(new), offset - start)
        return offset + shift

    def move(things: tuple[T, ...], *names: str) -> tuple[T, ...]:
        left = (t for t in things if not any(s <= t.start and t.end <= e and not new for s, e, new in made))
        return tuple(replace(t, **{n: moved(getattr(t, n)) for n in names}) for t in left)

    pieces, at = [], 0
    for start, end, new in made:
        pieces += [work.text[at:start], new]
        at = end
    return replace(
        work,
        text="".join([*pieces, work.text[at:]]),
        sections=move(work.sections, "start", "body", "end"),
        references=move(work.references, "start", "end"),
        citations=move(work.citations, "start", "end"),
        floats=move(work.floats, "start", "end"),
        pages=move(work.pages, "start", "end"),
    )
