"""`aixiv eval decisions`: a reviewer's scores against decisions and human scores, beside trivial counts."""

import asyncio
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from cyclopts import Parameter
from msgspec import Struct

from agents.port import ReviewFailed
from aixiv.cli.lists import read_list
from aixiv.cli.reviewing import judge_of, read, require_track, reviewed, score, tell, why
from aixiv.domain.errors import Invalid
from aixiv.settings import Settings
from aixiv.text import Unreadable
from review.evals.decisions import Decided, LeftOut, measure, table
from review.evals.leaks import MOST_WORDS, leaks, sanitise
from review.evals.trivial import counts

AsJson = Annotated[bool, Parameter(name="--json")]
COLUMNS = ("id", "file", "decision", "score")
_ACCEPTED = ("accept", "oral", "spotlight", "poster", "publish", "1", "yes", "true")
_REJECTED = ("reject", "desk reject", "desk-reject", "0", "no", "false")
_NEITHER = ("withdraw", "pending", "")


class Row(Struct, frozen=True):
    """One line of the list; `accepted` is None for a paper that was never decided."""

    id: str
    file: str
    accepted: bool | None
    human: float | None


def decisions_eval(
    file: Path,
    papers: Path,
    *,
    judge: Literal["auto", "evidence", "language-model"] = "auto",
    track: str = "standard",
    words: int = MOST_WORDS,
    seed: int = 1,
    as_json: AsJson = False,
) -> None:
    """Measure how a reviewer's scores follow decisions, on papers that no longer tell theirs. Needs no server.

    Parameters
    ----------
    file
        CSV with the columns id, file, decision (accept or reject, with any addition) and score (of people; may be
        empty). Withdrawn papers are left out.
    papers
        Folder of the files the list names: PDF, Markdown or LaTeX.
    judge
        Who judges; auto takes a language model when one is configured (AIXIV_LLM_BASE_URL).
    track
        Policy to review by.
    words
        Words of running text that the reviewer sees of each paper.
    seed
        Of the bootstrap behind the intervals.
    as_json
        Print one JSON object instead of the table.
    """
    require_track(track)
    rows = read_papers(file)
    if not papers.is_dir():
        raise Invalid(f"There is no folder {str(papers)!r}.", code="eval_folder", hint="Check the path.")
    if words < 1:
        raise Invalid("No word of the papers would be read.", code="eval_words", hint="--words 1 or more.")
    settings = Settings().model_copy(update={"judge": judge})
    found, left_out, judged = asyncio.run(_all(settings, rows, papers, track, words))
    try:
        result = measure(found, judge=judged, left_out=left_out, seed=seed)
    except ValueError as error:
        raise Invalid(
            f"Nothing can be measured on {file}: {error}.", code="eval_file", hint=_why_few(left_out)
        ) from error
    print(msgspec.json.encode(result).decode() if as_json else table(result))


def read_papers(file: Path) -> tuple[Row, ...]:
    """The papers of a list. Raises `Invalid` for a missing column, a word that is no decision, or a twice used id."""
    rows = tuple(_row(file, number, cells) for number, cells in enumerate(read_list(file, COLUMNS), start=2))
    if len({row.id for row in rows}) < len(rows):
        raise Invalid(f"{file} uses an id twice.", code="eval_file", hint="Give every paper an id of its own.")
    return rows


def _row(file: Path, number: int, cells: dict[str, str]) -> Row:
    said = cells["decision"].lower()
    if said.startswith(_REJECTED):
        accepted: bool | None = False
    elif said.startswith(_ACCEPTED):
        accepted = True
    elif not said or said.startswith(_NEITHER[:2]):
        accepted = None
    else:
        hint = "Write accept or reject; withdrawn papers are left out."
        raise Invalid(f"{file}, line {number}: {cells['decision']!r} is no decision.", code="eval_file", hint=hint)
    try:
        human = float(cells["score"]) if cells["score"] else None
    except ValueError as error:
        wrong = f"{file}, line {number}: {cells['score']!r} is no score."
        raise Invalid(wrong, code="eval_file", hint="A score is a number; it may be empty.") from error
    if human is not None and not math.isfinite(human):
        human = None
    return Row(cells["id"] or f"line {number}", cells["file"], accepted, human)


async def _all(
    settings: Settings, rows: Sequence[Row], folder: Path, track: str, words: int
) -> tuple[list[Decided], list[LeftOut], str]:
    found: list[Decided] = []
    left_out: list[LeftOut] = []
    judges: set[str] = set()
    for number, row in enumerate(rows, start=1):
        if row.accepted is None:
            left_out.append(LeftOut(id=row.id, reason="no decision"))
            continue
        if not row.file or not (folder / row.file).is_file():
            raise Invalid(
                f"{row.id}: {row.file!r} is not in {folder}.", code="eval_folder", hint="Check the column file."
            )
        try:
            paper, judged = await _one(settings, row, row.accepted, folder / row.file, track, words)
        except (Unreadable, ReviewFailed) as fault:
            left_out.append(LeftOut(id=row.id, reason=why(fault)))
            tell(f"{number} of {len(rows)}: {row.id} left out: {why(fault)}")
            continue
        found.append(paper)
        judges.add(judged)
        tell(f"{number} of {len(rows)}: {row.id} scored {paper.score:.2f}")
    return found, left_out, "; ".join(sorted(judges)) or "none"


async def _one(settings: Settings, row: Row, accepted: bool, file: Path, track: str, words: int) -> tuple[Decided, str]:
    whole = await read(settings, file)
    clean = sanitise(whole, words)
    result = await reviewed(settings, clean, track=track)
    paper = Decided(
        id=row.id,
        accepted=accepted,
        human=row.human,
        score=score(result),
        leaks_before=frozenset(leak.kind for leak in leaks(whole)),
        leaks_after=frozenset(leak.kind for leak in leaks(clean)),
        counts_before=counts(whole),
        counts_after=counts(clean),
    )
    return paper, judge_of(result)


def _why_few(left_out: Sequence[LeftOut]) -> str:
    if not left_out:
        return ""
    return f"{len(left_out)} papers were left out; the first, {left_out[0].id}: {left_out[0].reason}"
