"""Files reviewed for a measurement, through the same port as the platform's own rounds. Needs no server."""

import sys
import uuid
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

from agents.port import Progress, ReviewFailed, ReviewRequest
from aixiv.bootstrap import ReviewerOnDemand, parse_limits
from aixiv.domain.errors import Invalid
from aixiv.settings import Settings
from aixiv.text import Unreadable, parse_limited
from review.layout import Layout
from review.manuscript import Kind, Manuscript
from review.policy import load_policy, policy_names
from review.report import CHAIR, RelatedWork, Round

UNREAD = "Leave the file out; `aixiv check` says what is seen in it."


def require_track(track: str) -> None:
    """Refuse a track that there is not."""
    if track not in policy_names():
        raise Invalid(
            f"There is no track {track!r}.", code="track_unknown", hint=f"One of {', '.join(policy_names())}."
        )


def require_files(files: Sequence[Path]) -> None:
    """Refuse a path without a file, before anything is reviewed."""
    if absent := next((file for file in files if not file.is_file()), None):
        raise Invalid(f"There is no file {str(absent)!r}.", code="eval_file", hint="Check the path.")


async def read(settings: Settings, file: Path) -> Manuscript:
    """The manuscript in a file; raises `Unreadable`."""
    parsed = await parse_limited(file, filename=file.name, limits=parse_limits(settings))
    return parsed.manuscript


async def reviewed(settings: Settings, manuscript: Manuscript, *, track: str, kind: Kind = "paper") -> Round:
    """One round on what the manuscript says. The screen is waived: a measurement is no submission.

    Raises `ReviewFailed` also when the round ends without a report.
    """
    request = ReviewRequest(
        run_id=str(uuid.uuid4()),
        kind=kind,
        manuscript=manuscript,
        layout=Layout(),
        policy=load_policy(track),
        screening_waived=True,
        deadline_seconds=float(settings.review_seconds),
    )
    result = await ReviewerOnDemand(settings).review(request, on_progress=_quiet, find_related=_nothing_related)
    if not result.reports:
        raise ReviewFailed("; ".join(result.recommendation.reasons) or "no report was written", retryable=False)
    return result


def score(result: Round) -> float:
    """The mean of the reviewers' overall scores, 1 to 10; the chair only consolidates and does not count."""
    given = [r.overall for r in result.reports if r.role != CHAIR]
    return fmean(given or [r.overall for r in result.reports])


def judge_of(result: Round) -> str:
    """Who judged, for the head of a table."""
    return ", ".join(sorted({f"{r.judge} ({r.model})" for r in result.reports}))


def why(fault: Unreadable | ReviewFailed) -> str:
    """The reason of a failure in words."""
    return fault.message if isinstance(fault, Unreadable) else fault.reason


def tell(line: str) -> None:
    """Progress, beside the answer."""
    print(line, file=sys.stderr, flush=True)


async def _quiet(_progress: Progress) -> None:
    return None


async def _nothing_related(_manuscript: Manuscript) -> Sequence[RelatedWork]:
    return ()
