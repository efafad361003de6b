"""Reviewing a version: open a run, let the reviewer graph work outside any transaction, store what is still current.

The run's id is the graph's checkpoint thread, so a worker that takes over after a kill continues the same run. The
result is stored under locks and only while the run's generation is the version's current one.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import structlog
from msgspec import Struct
from sqlalchemy import func, select, update

from agents.port import Predecessor, Progress, ReviewFailed, ReviewRequest
from aixiv.db import Transaction
from aixiv.db.paper import Paper, Version
from aixiv.db.review import BallotRow, ComparisonRow, Decision, ReportRow, Run, ScreeningRow
from aixiv.deps import Deps
from aixiv.domain.errors import Unavailable
from aixiv.domain.events import Event, Tag
from aixiv.domain.ids import new_id
from aixiv.domain.paper import Status
from aixiv.domain.people import SYSTEM
from aixiv.queue import PUBLISH
from aixiv.usecases.grounding import Grounds
from aixiv.usecases.ingest import load_parsed, storable
from aixiv.usecases.letter import asked_findings
from aixiv.usecases.lifecycle import lock_version, move, policy_of
from review.policy import Policy
from review.report import CheckResult, ResponseLetter, Round

log = structlog.get_logger()

OUTCOMES = {
    "accept": Status.ACCEPTED,
    "revise": Status.REVISION_REQUESTED,
    "reject": Status.REJECTED,
    "hold": Status.HELD,
}


class OpenRun(Struct, frozen=True, kw_only=True):
    """A running run and what it is about."""

    run_id: UUID
    paper: Paper
    version: Version
    base: Version | None
    policy: Policy
    round_number: int


async def review_version(deps: Deps, version_id: UUID) -> None:
    """Run, or continue, the review of a version and apply its outcome.

    Raises `Unavailable` when trying again later can help; any other failure of the graph holds the version.
    """
    run = await _open(deps, version_id)
    if run is None:
        return
    grounds = Grounds(deps, paper_id=run.paper.id, version_id=run.version.id)
    try:
        result = await deps.reviewer.review(
            await _request(deps, run),
            on_progress=_ProgressWriter(deps, run.run_id),
            find_related=grounds.find_related,
            look_up=grounds.look_up,
        )
    except ReviewFailed as failure:
        if failure.retryable:
            raise Unavailable(failure.reason, code="review_interrupted") from failure
        await give_up(deps, version_id, failure.reason, run_id=run.run_id)
    else:
        await _store(deps, run, result)
    await _forget(deps, run.run_id)


async def _forget(deps: Deps, run_id: UUID) -> None:
    """Let the graph drop its checkpoints. Failing costs disk space only, so it never repeats a finished step."""
    try:
        await deps.reviewer.forget(str(run_id))
    except ReviewFailed as failure:
        log.warning("review.not_forgotten", run=str(run_id), reason=failure.reason)


async def give_up(deps: Deps, version_id: UUID, reason: str, *, run_id: UUID | None = None) -> None:
    """End a review that cannot be finished: the run failed, the version is held with the reason.

    With `run_id`, nothing happens unless that run is the one that is running.
    """
    reason = storable(reason)
    async with deps.database.write() as tx:
        _, version = await lock_version(tx, version_id)
        run = await running_run(tx, version.id)
        if run_id is not None and (run is None or run.id != run_id):
            return
        now = deps.clock()
        if run is not None:
            run.status, run.message, run.finished_at = "failed", reason, now
            tx.record(_event(Tag.REVIEW_FAILED, version, now, run=str(run.id), reason=reason))
        if Status(version.status) in (Status.SUBMITTED, Status.UNDER_REVIEW):
            move(tx, version, Status.HELD, actor=SYSTEM, now=now, reason=f"The review could not be finished: {reason}")


async def _open(deps: Deps, version_id: UUID) -> OpenRun | None:
    async with deps.database.write() as tx:
        paper, version = await lock_version(tx, version_id)
        now = deps.clock()
        if version.parsed_sha256 is None or Status(version.status) not in (Status.SUBMITTED, Status.UNDER_REVIEW):
            return None
        if Status(version.status) is Status.SUBMITTED:
            move(tx, version, Status.UNDER_REVIEW, actor=SYSTEM, now=now)
        run = await running_run(tx, version.id)
        if run is None:
            version.generation += 1
            run = Run(id=new_id(), version_id=version.id, generation=version.generation, status="running")
            run.started_at = now
            tx.session.add(run)
            tx.record(_event(Tag.REVIEW_STARTED, version, now, run=str(run.id), generation=run.generation))
        base = await tx.session.scalar(
            select(Version).where(Version.paper_id == paper.id, Version.n == version.base_version)
        )
        rounds = await tx.session.scalar(
            select(func.count())
            .select_from(Version)
            .where(Version.paper_id == paper.id, Version.n <= version.n, Version.n > await _last_published(tx, version))
        )
        return OpenRun(
            run_id=run.id,
            paper=paper,
            version=version,
            base=base,
            policy=policy_of(paper),
            round_number=int(rounds or 1),
        )


async def _last_published(tx: Transaction, version: Version) -> int:
    """Number of the latest version before this one that was published; rounds are counted from there."""
    found = await tx.session.scalar(
        select(func.max(Version.n)).where(
            Version.paper_id == version.paper_id, Version.n < version.n, Version.published_at.is_not(None)
        )
    )
    return int(found or 0)


async def running_run(tx: Transaction, version_id: UUID) -> Run | None:
    """The run of a version that is under way, locked."""
    return await tx.session.scalar(
        select(Run).where(Run.version_id == version_id, Run.status == "running").with_for_update()
    )


async def _request(deps: Deps, run: OpenRun) -> ReviewRequest:
    version = run.version
    assert version.parsed_sha256 is not None  # `_open` gives no run without it
    parsed = await load_parsed(deps, version.parsed_sha256)
    return ReviewRequest(
        run_id=str(run.run_id),
        kind=run.paper.kind,  # type: ignore[arg-type]  # the table's CHECK allows only the two kinds
        manuscript=parsed.manuscript,
        layout=parsed.layout,
        policy=run.policy,
        round_number=run.round_number,
        previous=await _predecessor(deps, run.base),
        response=msgspec.convert(version.response_letter, ResponseLetter) if version.response_letter else None,
        screening_waived=version.screening_waived,
        deadline_seconds=float(deps.settings.review_seconds),
    )


async def _predecessor(deps: Deps, base: Version | None) -> Predecessor | None:
    """The base version with the findings of its reports: what the author was asked to change."""
    if base is None or base.parsed_sha256 is None:
        return None
    async with deps.database.read() as session:
        findings = await asked_findings(session, base.id)
    parsed = await load_parsed(deps, base.parsed_sha256)
    return Predecessor(manuscript=parsed.manuscript, findings=tuple(findings.values()))


class _ProgressWriter:
    """Writes each step of a run where people see it; the percentage only grows."""

    def __init__(self, deps: Deps, run_id: UUID) -> None:
        self._deps, self._run_id = deps, run_id

    async def __call__(self, progress: Progress) -> None:
        try:
            async with self._deps.database.write() as tx:
                await tx.session.execute(
                    update(Run)
                    .where(Run.id == self._run_id, Run.status == "running", Run.percent <= progress.percent)
                    .values(step=progress.step, message=storable(progress.message), percent=progress.percent)
                )
        except Unavailable as outage:
            raise ReviewFailed(outage.message, retryable=True) from outage


async def _store(deps: Deps, run: OpenRun, result: Round) -> None:
    """Save a round under locks and apply its recommendation; a stale one is only marked as such."""
    async with deps.database.write() as tx:
        _, version = await lock_version(tx, run.version.id)
        row = await tx.session.get(Run, run.run_id, with_for_update=True)
        now = deps.clock()
        if row is None or row.status != "running":
            return
        if row.generation != version.generation or Status(version.status) is not Status.UNDER_REVIEW:
            row.status, row.finished_at = "stale", now
            return
        row.status, row.percent, row.finished_at = "completed", 100, now
        row.step, row.message = "recommend", f"Recommendation: {result.recommendation.outcome}."
        row.outcome, row.usage = _json(result.recommendation), _json(result.usage)
        row.related = _json(result.related)
        row.panel = _json(result.panel) if result.panel else None
        row.adjudication = _json(result.adjudication) if result.adjudication else None
        row.grounding = _json(result.grounding) if result.grounding else None
        _add_results(tx, run, result, now)
        outcome, reasons = result.recommendation.outcome, result.recommendation.reasons
        tx.session.add(
            Decision(
                version_id=version.id,
                run_id=row.id,
                outcome=outcome,
                reasons=[storable(r) for r in reasons],
                created_at=now,
            )
        )
        tx.record(_event(Tag.REVIEW_COMPLETED, version, now, run=str(row.id), reports=len(result.reports)))
        tx.record(_event(Tag.DECISION_MADE, version, now, outcome=outcome, by="policy", policy=run.policy.name))
        move(tx, version, OUTCOMES[outcome], actor=SYSTEM, now=now, reason=storable(" ".join(reasons)))
        if outcome == "accept" and run.policy.auto_publish:
            await tx.defer(PUBLISH, version_id=str(version.id))


def _add_results(tx: Transaction, run: OpenRun, result: Round, now: datetime) -> None:
    version_id = run.version.id
    checks: tuple[CheckResult, ...] = result.checks
    tx.session.add(
        ScreeningRow(
            run_id=run.run_id,
            version_id=version_id,
            verdict=result.screening.verdict,
            body=_json(result.screening),
            checks=_json(checks),
        )
    )
    tx.session.add_all(
        ReportRow(
            version_id=version_id,
            run_id=run.run_id,
            role=report.role,
            judge=report.judge,
            model=report.model,
            prompt_hash=report.prompt_hash,
            rubric_hash=report.rubric_hash,
            overall=report.overall,
            body=_json(report),
            created_at=now + timedelta(microseconds=place),  # keeps the panel's order
        )
        for place, report in enumerate(result.reports)
    )
    tx.session.add_all(
        BallotRow(
            run_id=run.run_id,
            version_id=version_id,
            voter=ballot.voter,
            vote=ballot.vote,
            valid=ballot.valid,
            body=_json(ballot),
        )
        for ballot in result.ballots
    )
    if result.comparison is not None and run.base is not None:
        tx.session.add(
            ComparisonRow(
                run_id=run.run_id,
                version_id=version_id,
                base_version_id=run.base.id,
                verdict=result.comparison.verdict,
                body=_json(result.comparison),
            )
        )


def _json(value: Any) -> Any:
    """Plain JSON of a result, without characters the database cannot store."""
    return _clean(msgspec.to_builtins(value))


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {key: _clean(item) for key, item in value.items()}
    return [_clean(item) for item in value] if isinstance(value, list | tuple) else value


def _event(tag: Tag, version: Version, at: Any, **data: Any) -> Event:
    return Event(
        tag=tag,
        actor=SYSTEM.label,
        at=at,
        paper_id=version.paper_id,
        version_id=version.id,
        data={"n": version.n, **data},
    )
