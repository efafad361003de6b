"""Ways to spoil a parsed work, and whether each one lowers its score.

Every spoiling is an edit of the manuscript in which text, cells and places stay in agreement, so that nothing but what
was spoiled differs from the original.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from random import Random
from statistics import fmean
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from review.checks.prose import abstract_span
from review.manuscript import Citation, Float, Manuscript, Page, Reference, Section

Place = TypeVar("Place", Section, Reference, Citation, Float, Page)
Edit = tuple[int, int, str]  # what stands from here to there becomes this
Spoil = Callable[[Manuscript, Random], Manuscript]

THIRD = 1 / 3
_LIMITS = re.compile(r"limitation|shortcoming|caveat|threats to validity|does not generali[sz]e", re.IGNORECASE)
_NUMBER = re.compile(r"\d[\d.,]*")
_MEASURED = re.compile(r"^[-−+~≈<>*$]*\.?\d")  # a cell that begins with its number
_NEAR = 4000  # characters around a caption in which its table is printed
_BETWEEN = r"[\s|&*$]+"  # what a source prints between two cells


class Variant(Struct, frozen=True, kw_only=True):
    """One spoiled copy of a paper; `score` is None where there was nothing to spoil."""

    spoiling: str
    seed: int | None  # of what was drawn; None where nothing is drawn
    score: float | None


class SpoiledPaper(Struct, frozen=True, kw_only=True):
    """A paper's own score and those of its spoiled copies."""

    file: str
    score: float
    variants: tuple[Variant, ...]


class Fall(Struct, frozen=True, kw_only=True):
    """What one spoiling did over all papers: copies that scored lower, the same or higher, and by how much."""

    lower: int
    same: int
    higher: int
    mean_change: float
    least_change: float  # the one nearest to, or farthest above, no change
    most_change: float


class SpoiledResult(Struct, frozen=True, kw_only=True):
    """Scores of papers and of their spoiled copies."""

    judge: str
    papers: tuple[SpoiledPaper, ...]
    by_spoiling: dict[str, Fall]


def without_table_numbers(work: Manuscript, _random: Random) -> Manuscript:
    """Every measured cell a dash, in the tables and where the text prints them."""
    return _with_cells(work, list(_cells(work)), lambda cell: _NUMBER.sub("-", cell))


def with_a_third_redrawn(work: Manuscript, random: Random) -> Manuscript:
    """A third of the measured cells drawn anew, digit by digit."""
    cells = list(_cells(work))
    return _with_cells(work, random.sample(cells, round(len(cells) * THIRD)), lambda cell: _redrawn(cell, random))


def with_all_redrawn(work: Manuscript, random: Random) -> Manuscript:
    """Every measured cell drawn anew, digit by digit."""
    return _with_cells(work, list(_cells(work)), lambda cell: _redrawn(cell, random))


def without_citations(work: Manuscript, _random: Random) -> Manuscript:
    """Neither marks in the text nor a list."""
    edits: list[Edit] = [(c.start, c.end, "") for c in work.citations]
    edits += [(r.start, r.end, "") for r in work.references]
    spoiled = edited(work, edits)
    kept = tuple(s for s in spoiled.sections if "reference" not in s.title.lower())
    return replace(spoiled, references=(), citations=(), sections=kept)


def without_limitations(work: Manuscript, _random: Random) -> Manuscript:
    """No part and no sentence about limits."""
    edits: list[Edit] = [(s.start, s.end, "") for s in work.sections if _LIMITS.search(s.title)]
    edits += [(m.start(), m.end(), "") for m in re.finditer(r"[^.!?]*[.!?]", work.text) if _LIMITS.search(m[0])]
    return edited(work, edits)


def without_any(work: Manuscript, random: Random) -> Manuscript:
    """No numbers in tables, no citations, no limitations."""
    for spoil in (without_table_numbers, without_citations, without_limitations):
        work = spoil(work, random)
    return work


SPOILS: dict[str, Spoil] = {
    "tables wiped": without_table_numbers,
    "cells redrawn": with_all_redrawn,
    "a third redrawn": with_a_third_redrawn,
    "citations removed": without_citations,
    "limitations cut": without_limitations,
    "wiped, removed, cut": without_any,
}
DRAWN = frozenset({"cells redrawn", "a third redrawn"})


def spoiled(work: Manuscript, *, seed: int, draws: int) -> Iterator[tuple[str, int | None, Manuscript | None]]:
    """Every spoiling with its seed and the copy, None where it leaves the work as it is. What is drawn is drawn
    `draws` times."""
    for name, spoil in SPOILS.items():
        for number in range(seed, seed + (draws if name in DRAWN else 1)):
            copy = spoil(work, Random(number))  # noqa: S311 - a plan for documents, nobody is to be kept from guessing it
            yield name, number if name in DRAWN else None, None if copy == work else copy


def measure(papers: Sequence[SpoiledPaper], *, judge: str) -> SpoiledResult:
    """What each spoiling did over all papers."""
    changes = {
        name: [v.score - p.score for p in papers for v in p.variants if v.spoiling == name and v.score is not None]
        for name in SPOILS
    }
    return SpoiledResult(
        judge=judge, papers=tuple(papers), by_spoiling={name: _fall(c) for name, c in changes.items() if c}
    )


def _fall(changes: Sequence[float]) -> Fall:
    return Fall(
        lower=sum(c < 0 for c in changes),
        same=sum(c == 0 for c in changes),
        higher=sum(c > 0 for c in changes),
        mean_change=round(fmean(changes), 2),
        least_change=round(max(changes), 2),
        most_change=round(min(changes), 2),
    )


def table(result: SpoiledResult) -> str:
    """The result as lines for a terminal."""
    lines = [f"{len(result.papers)} papers and their spoiled copies; judge: {result.judge}"]
    for paper in result.papers:
        lines += ["", f"{paper.file:<44}{paper.score:>7.2f}"]
        for name in SPOILS:
            scores = [v.score for v in paper.variants if v.spoiling == name]
            told = "".join(f"{'-' if s is None else f'{s:.2f}':>7}" for s in scores)
            lines.append(f"  {name:<42}{told}{'  nothing to spoil' if None in scores else ''}")
    lines += ["", f"{'spoiling':<28}{'lower':>7}{'same':>6}{'higher':>8}{'mean':>8}{'least':>8}{'most':>8}"]
    for name, fall in result.by_spoiling.items():
        counts = f"{fall.lower:>7}{fall.same:>6}{fall.higher:>8}"
        lines.append(f"{name:<28}{counts}{fall.mean_change:>8.2f}{fall.least_change:>8.2f}{fall.most_change:>8.2f}")
    return "\n".join(lines)


Cell = tuple[int, int, int]  # float, row, column


def _cells(work: Manuscript) -> Iterator[Cell]:
    """Cells of tables that begin with a number, outside the first row and the first column, which are labels."""
    for t, each in enumerate(work.floats):
        for r, row in enumerate(each.rows if each.kind == "table" else ()):
            yield from ((t, r, c) for c, cell in enumerate(row) if r and c and _MEASURED.match(cell.strip()))


def _with_cells(work: Manuscript, cells: Sequence[Cell], change: Callable[[str], str]) -> Manuscript:
    """The work with these cells changed, in the tables and in the rows that the text prints."""
    new = {(t, r, c): change(work.floats[t].rows[r][c]) for t, r, c in cells}
    edits = [edit for (t, r, c), cell in new.items() for edit in _printed(work, work.floats[t], r, c, cell)]
    done = edited(work, edits)
    floats = tuple(
        replace(f, rows=tuple(tuple(new.get((t, r, c), v) for c, v in enumerate(row)) for r, row in enumerate(f.rows)))
        for t, f in enumerate(done.floats)
    )
    return replace(done, floats=floats)


def _printed(work: Manuscript, owner: Float, row: int, column: int, cell: str) -> Iterator[Edit]:
    """Where the text prints this cell: inside its whole row, near the table's caption."""
    filled = [(c, v) for c, v in enumerate(owner.rows[row]) if v.strip()]
    shown = _BETWEEN.join(f"({re.escape(v.strip())})" for _, v in filled)
    begin, end = max(0, owner.start - _NEAR), min(len(work.text), owner.end + _NEAR)
    group = next(n for n, (c, _) in enumerate(filled, start=1) if c == column)
    rows = sorted(re.compile(shown).finditer(work.text, begin, end), key=lambda m: abs(m.start() - owner.start))
    if rows:
        yield rows[0].start(group), rows[0].end(group), cell.strip()


def _redrawn(cell: str, random: Random) -> str:
    """Each digit becomes another one; what led with a digit other than zero still does."""
    made = ""
    for at, sign in enumerate(cell):
        leading = not (at and (cell[at - 1].isdigit() or cell[at - 1] in ".,"))
        if sign.isdigit() and not (leading and sign == "0"):
            made += random.choice([d for d in ("123456789" if leading else "0123456789") if d != sign])
        else:
            made += sign
    return made


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

    def move(things: tuple[Place, ...], *names: str) -> tuple[Place, ...]:
        left = (t for t in things if not any(s <= t.start and t.end <= e and not new for s, e, new in made))
        return tuple(replace(t, **{n: moved(getattr(t, n)) for n in names}) for t in left)

    pieces, at = [], 0
    for start, end, new in made:
        pieces += [work.text[at:start], new]
        at = end
    text = "".join([*pieces, work.text[at:]])
    stated = abstract_span(work)
    return replace(
        work,
        text=text,
        abstract=text[moved(stated[0]) : moved(stated[1])] if stated else work.abstract,
        sections=move(work.sections, "start", "body", "end"),
        references=move(work.references, "start", "end"),
        citations=move(work.citations, "start", "end"),
        floats=move(work.floats, "start", "end"),
        pages=move(work.pages, "start", "end"),
    )
