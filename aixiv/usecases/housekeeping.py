"""What keeps the platform moving when something died: lost steps are found and deferred again, old records removed."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, select, text

from aixiv.db.account import IdempotencyRecord, RateCounter, Session, SigninLink, Token
from aixiv.db.oauth import OAuthGrant, OAuthRefresh
from aixiv.db.paper import Paper, Version
from aixiv.db.upload import UploadSlot
from aixiv.deps import Deps
from aixiv.domain.paper import Status
from aixiv.queue import INGEST, PUBLISH, REVIEW
from review.policy import load_policy

GRACE = timedelta(seconds=30)
KEEP_ANSWERS = timedelta(days=7)

LIVE_JOB = text(
    "SELECT 1 FROM procrastinate_jobs WHERE status IN ('todo', 'doing') AND args->>'version_id' = :version LIMIT 1"
)


async def requeue_lost(deps: Deps) -> list[UUID]:
    """Defer again the next step of every version that waits for one and has no live job. Returns those versions.

    Steps are deferred with the row they belong to, so this finds work only after a job was lost or given up.
    """
    waiting = (Status.SUBMITTED.value, Status.UNDER_REVIEW.value, Status.ACCEPTED.value)
    async with deps.database.read() as session:
        rows = await session.execute(
            select(Version.id, Version.status, Version.parsed_sha256, Paper.track)
            .join(Paper, Paper.id == Version.paper_id)
            .where(Version.status.in_(waiting), Version.submitted_at < deps.clock() - GRACE)
        )
        found = list(rows)
    lost = []
    for version_id, status, parsed, track in found:
        if status == Status.ACCEPTED.value and not load_policy(track).auto_publish:
            continue
        async with deps.database.write() as tx:
            version = await tx.session.get(Version, version_id, with_for_update=True)
            live = await tx.session.scalar(LIVE_JOB, {"version": str(version_id)})
            if live or version is None or version.status != status or version.parsed_sha256 != parsed:
                continue
            step = PUBLISH if status == Status.ACCEPTED.value else REVIEW if parsed else INGEST
            await tx.defer(step, version_id=str(version_id))
            lost.append(version_id)
    return lost


async def remove_expired(deps: Deps) -> None:
    """Delete sessions, links, answers, upload slots, rate counters and tokens of clients whose time is over.

    A used refresh token stays for as long as it could be tried again; a grant whose code nobody used goes with it.
    """
    now = deps.clock()
    async with deps.database.write() as tx:
        await tx.session.execute(delete(Session).where(Session.expires_at < now))
        await tx.session.execute(delete(SigninLink).where(SigninLink.expires_at < now))
        await tx.session.execute(delete(IdempotencyRecord).where(IdempotencyRecord.created_at < now - KEEP_ANSWERS))
        await tx.session.execute(
            delete(Token).where(Token.grant_id.is_not(None), Token.expires_at < now - KEEP_ANSWERS)
        )
        await tx.session.execute(delete(OAuthRefresh).where(OAuthRefresh.expires_at < now))
        unused = OAuthGrant.redeemed_at.is_(None), OAuthGrant.code_expires_at < now - KEEP_ANSWERS
        await tx.session.execute(delete(OAuthGrant).where(*unused))
        await tx.session.execute(delete(UploadSlot).where(UploadSlot.expires_at < now))
        await tx.session.execute(delete(RateCounter).where(RateCounter.window_start < now - timedelta(days=2)))
