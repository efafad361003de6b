"""A rehearsal of a submission: read the file, screen it, run the checks that a review would run, and keep nothing."""

import asyncio
from functools import partial

from anyio import to_process
from msgspec import Struct, structs

from aixiv.deps import Deps
from aixiv.domain.errors import RateLimited, UnreadableFile
from aixiv.domain.people import Action, Actor, may
from aixiv.text import Unreadable
from aixiv.usecases import rates
from aixiv.usecases.submit import PaperMetadata, Upload, VersionMetadata, check_metadata, check_size
from review.checks import run_checks
from review.layout import Layout
from review.manuscript import Kind, Manuscript
from review.report import CheckResult, Screening
from review.screening import screen

PER_HOUR = 120
SECONDS = 25.0
"""How long a caller is kept waiting; a file that takes longer to read is read by a worker after it was submitted."""


class Rehearsed(Struct, frozen=True, kw_only=True):
    """What was read, what the screen says of it, and the checks that found something.

    Of the screen those stages ran that need no service (`screening.stages`); a review may add others.
    """

    title: str
    abstract: str
    characters: int
    sections: int
    references: int
    warnings: tuple[str, ...]
    found: tuple[CheckResult, ...]
    passed: int
    screening: Screening


async def rehearse(
    deps: Deps, actor: Actor, kind: Kind, upload: Upload, metadata: PaperMetadata | VersionMetadata
) -> Rehearsed:
    """Read the file and check it, as a review would, without a review."""
    may(actor, Action.SUBMIT)
    check_metadata(metadata)
    await rates.count_apart(deps, (f"rehearse:{actor.user_id}", PER_HOUR, rates.HOUR))
    check_size(deps, upload)
    try:
        async with asyncio.timeout(SECONDS):
            parsed = await deps.parse(upload.path, upload.filename)
            judge = partial(_judged, parsed.manuscript, parsed.layout, kind)
            screening, results = await to_process.run_sync(judge, cancellable=True)
    except Unreadable as refusal:
        raise UnreadableFile(refusal.message, code=refusal.code, hint=refusal.hint) from refusal
    except TimeoutError as error:
        raise RateLimited("The file takes too long to read while you wait.", retry_after=60) from error
    manuscript = parsed.manuscript
    return Rehearsed(
        title=manuscript.title,
        abstract=manuscript.abstract,
        characters=len(manuscript.text),
        sections=len(manuscript.sections),
        references=len(manuscript.references),
        warnings=manuscript.warnings,
        found=tuple(structs.replace(r, findings=r.findings[:10]) for r in results if r.status == "found"),
        passed=sum(result.status == "passed" for result in results),
        screening=screening,
    )


def _judged(manuscript: Manuscript, layout: Layout, kind: Kind) -> tuple[Screening, tuple[CheckResult, ...]]:
    """Run in a process of its own, which others do not wait for and which is killed when time is over."""
    return screen(manuscript, layout), tuple(run_checks(manuscript, kind))
