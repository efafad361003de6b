"""A rehearsal of a submission: read the file, screen it, run the checks that a review would run, and keep nothing."""

import asyncio

from msgspec import Struct, structs

from aixiv.deps import Deps
from aixiv.domain.errors import RateLimited, Unavailable, UnreadableFile
from aixiv.domain.people import Action, Actor, may
from aixiv.text import ReaderLost, Unreadable
from aixiv.usecases import rates
from aixiv.usecases.submit import PaperMetadata, Upload, VersionMetadata, check_metadata, check_size
from review.manuscript import Kind
from review.report import CheckResult, Screening

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
            judged = await deps.judge(upload.path, upload.filename, kind)
    except Unreadable as refusal:
        raise UnreadableFile(refusal.message, code=refusal.code, hint=refusal.hint) from refusal
    except ReaderLost as loss:
        raise Unavailable("The file could not be judged; this is a fault of the platform.") from loss
    except TimeoutError as error:
        raise RateLimited("The file takes too long to read while you wait.", retry_after=60) from error
    manuscript, results = judged.manuscript, judged.results
    return Rehearsed(
        title=manuscript.title,
        abstract=manuscript.abstract,
        characters=len(manuscript.text),
        sections=len(manuscript.sections),
        references=len(manuscript.references),
        warnings=manuscript.warnings,
        found=tuple(structs.replace(r, findings=r.findings[:10]) for r in results if r.status == "found"),
        passed=sum(result.status == "passed" for result in results),
        screening=judged.screening,
    )
