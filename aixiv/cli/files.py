"""Commands on local files, without a server: what ingest and the checks see, and a whole review."""

import asyncio
import sys
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from anyio import to_thread
from cyclopts import Parameter

from agents.port import Predecessor, Progress, ReviewFailed, ReviewRequest
from aixiv.bootstrap import ReviewerOnDemand, parse_limits
from aixiv.cli.papers import read_toml
from aixiv.cli.render import check_text, round_text
from aixiv.cli.vectors import vectors_of
from aixiv.domain.errors import Invalid
from aixiv.settings import Settings
from aixiv.text import Parsed, Unreadable, parse_limited
from review.checks import run_checks
from review.manuscript import Kind, Manuscript
from review.policy import load_policy, policy_names
from review.references.known import Known
from review.references.listing import ground
from review.report import Finding, RelatedWork, ResponseLetter, Round, Screening
from review.screening import screen

AsJson = Annotated[bool, Parameter(name="--json")]


def check(files: list[Path], *, kind: Kind = "paper", as_json: AsJson = False) -> int:
    """Print what ingest, screening and the checks see in files. Needs no server.

    Parameters
    ----------
    files
        PDF, Markdown, LaTeX, or a zip or tar.gz of LaTeX sources.
    kind
        Whether the files are papers or proposals.
    as_json
        Print one line of JSON per file.
    """
    unread = 0
    for file in files:
        seen = asyncio.run(_check(Settings(), file, kind))
        unread += seen["screening"]["verdict"] == "unreadable"
        print(msgspec.json.encode(seen).decode() if as_json else check_text(seen), flush=True)
    return 1 if unread else 0


async def _check(settings: Settings, file: Path, kind: Kind) -> dict[str, Any]:
    try:
        parsed = await _parse(settings, file)
    except Unreadable as refusal:
        return _unread(file, refusal)
    manuscript = parsed.manuscript
    grounding = ground(manuscript, await _only_today(manuscript))
    vectors = await vectors_of(settings, parsed.layout)
    return {
        "file": str(file),
        "title": manuscript.title,
        "abstract": manuscript.abstract,
        "sections": [{"number": s.number, "title": s.title, "level": s.level} for s in manuscript.sections],
        "references": msgspec.to_builtins(manuscript.references),
        "figures": sum(f.kind == "figure" for f in manuscript.floats),
        "tables": sum(f.kind == "table" for f in manuscript.floats),
        "pages": len(manuscript.pages),
        "warnings": list(manuscript.warnings),
        "screening": msgspec.to_builtins(screen(manuscript, parsed.layout, vectors)),
        "grounding": msgspec.to_builtins(grounding),
        "checks": msgspec.to_builtins(run_checks(manuscript, kind, grounding)),
    }


def _unread(file: Path, refusal: Unreadable) -> dict[str, Any]:
    screening = Screening(verdict="unreadable", score=0.0, reason=refusal.message)
    return {
        "file": str(file),
        "title": "",
        "abstract": "",
        "sections": [],
        "references": [],
        "figures": 0,
        "tables": 0,
        "pages": 0,
        "warnings": [],
        "screening": msgspec.to_builtins(screening),
        "checks": [],
        "error": {"code": refusal.code, "message": refusal.message, "hint": refusal.hint},
    }


def review(
    file: Path,
    *,
    kind: Kind = "paper",
    judge: Literal["auto", "evidence", "language-model"] = "auto",
    track: str = "standard",
    previous: Path | None = None,
    response: Path | None = None,
    as_json: AsJson = False,
) -> int:
    """Review a local file from screening to recommendation, with progress. Needs no server.

    Parameters
    ----------
    file
        PDF, Markdown or LaTeX.
    kind
        Whether it is a paper or a proposal.
    judge
        Who judges; auto takes a language model when one is configured (AIXIV_LLM_BASE_URL).
    track
        Policy to apply: mode, voters, thresholds.
    previous
        The version before this one: it is reviewed first and compared with.
    response
        TOML file with the response letter: text, and a table answers of finding id to answer.
    as_json
        Print the whole round as JSON.
    """
    if track not in policy_names():
        raise Invalid(
            f"There is no track {track!r}.", code="track_unknown", hint=f"One of {', '.join(policy_names())}."
        )
    settings = Settings().model_copy(update={"judge": judge})
    letter = read_toml(response, ResponseLetter) if response else None
    try:
        result = asyncio.run(_review(settings, file, kind, track, previous, letter))
    except Unreadable as refusal:
        print(f"aixiv: {file}: {refusal.message} [{refusal.code}]\n       {refusal.hint}", file=sys.stderr)
        return 1
    except ReviewFailed as failure:
        print(f"aixiv: the review could not be finished: {failure.reason}", file=sys.stderr)
        return 1
    print(msgspec.json.encode(result).decode() if as_json else round_text(result))
    return 0


async def _review(
    settings: Settings, file: Path, kind: Kind, track: str, previous: Path | None, letter: ResponseLetter | None
) -> Round:
    predecessor = None
    if previous is not None:
        before = await _parse(settings, previous)
        earlier = await _run(settings, before, kind, track)
        predecessor = Predecessor(manuscript=before.manuscript, findings=findings_of(earlier))
    return await _run(settings, await _parse(settings, file), kind, track, predecessor, letter)


def findings_of(result: Round) -> tuple[Finding, ...]:
    """The weaknesses of a round's reports, each id once."""
    found = {finding.id: finding for report in result.reports for finding in report.weaknesses}
    return tuple(found.values())


async def _run(
    settings: Settings,
    parsed: Parsed,
    kind: Kind,
    track: str,
    previous: Predecessor | None = None,
    letter: ResponseLetter | None = None,
) -> Round:
    request = ReviewRequest(
        run_id=str(uuid.uuid4()),
        kind=kind,
        manuscript=parsed.manuscript,
        layout=parsed.layout,
        policy=load_policy(track),
        round_number=2 if previous else 1,
        previous=previous,
        response=letter,
        deadline_seconds=float(settings.review_seconds),
    )
    return await ReviewerOnDemand(settings).review(
        request, on_progress=_show, find_related=_nothing_related, look_up=_only_today
    )


async def _show(progress: Progress) -> None:
    print(f"{progress.percent:3d} %  {progress.message}", file=sys.stderr, flush=True)


async def _only_today(_manuscript: Manuscript) -> Known:
    """No index: what comes with the code, and the date."""
    return Known(now=datetime.now(UTC))


async def _nothing_related(_manuscript: Manuscript) -> Sequence[RelatedWork]:
    return ()


async def _parse(settings: Settings, file: Path) -> Parsed:
    if not await to_thread.run_sync(file.is_file):
        raise Unreadable("damaged_file", f"There is no file {str(file)!r}.", "Check the path.")
    return await parse_limited(file, filename=file.name, limits=parse_limits(settings))
