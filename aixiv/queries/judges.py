"""What the judges of this platform have scored so far: for percentiles of single scores and for drift."""

from collections.abc import Iterable
from datetime import UTC, datetime

from anyio import to_thread
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from aixiv.db.review import ReportRow
from review.evals.drift import RECENT, Drift, JudgeKey, JudgeScore, measure
from review.report import CHAIR
from review.standing import PastScores, Standing, standing

COMPARED = 500  # latest past reports a score is compared with
MOST_JUDGES = 12  # of which drift is shown
NEVER = datetime.min.replace(tzinfo=UTC)


async def standings(session: AsyncSession, rows: Iterable[ReportRow]) -> dict[object, Standing]:
    """Where each report of a panel stands among its judge's reports on other versions before it, by report id."""
    panel = [row for row in rows if row.run_id is not None]
    kept: dict[tuple[object, ...], list[PastScores]] = {}
    found: dict[object, Standing] = {}
    for row in panel:
        key = (row.judge, row.model, row.prompt_hash, row.rubric_hash, row.role == CHAIR, row.run_id)
        if key not in kept:
            kept[key] = await _past(session, row)
        criteria = {s["criterion"]: float(s["score"]) for s in row.body["scores"]}
        found[row.id] = standing(row.overall, criteria, kept[key])
    return found


async def _past(session: AsyncSession, row: ReportRow) -> list[PastScores]:
    same_work = ReportRow.role == CHAIR if row.role == CHAIR else ReportRow.role != CHAIR
    found = await session.execute(
        select(ReportRow.overall, ReportRow.body["scores"])
        .where(
            ReportRow.judge == row.judge,
            ReportRow.model == row.model,
            ReportRow.prompt_hash == row.prompt_hash,
            ReportRow.rubric_hash == row.rubric_hash,
            ReportRow.created_at <= row.created_at,
            ReportRow.version_id != row.version_id,
            ReportRow.run_id.is_not(None),
            same_work,
        )
        .order_by(ReportRow.created_at.desc())
        .limit(COMPARED)
    )
    return [
        PastScores(overall=overall, criteria={s["criterion"]: float(s["score"]) for s in scores})
        for overall, scores in found
    ]


async def judge_scores(session: AsyncSession, latest: int | None = None) -> tuple[JudgeScore, ...]:
    """Every overall score a judge of the platform has given, or the `latest` ones of each."""
    chair = ReportRow.role == CHAIR
    keys = (ReportRow.judge, ReportRow.model, ReportRow.prompt_hash, ReportRow.rubric_hash)
    order = func.row_number().over(partition_by=(*keys, chair), order_by=ReportRow.created_at.desc())
    given = (
        select(*keys, ReportRow.role, ReportRow.overall, ReportRow.created_at, order.label("place"))
        .where(ReportRow.run_id.is_not(None))
        .subquery()
    )
    wanted = select(given) if latest is None else select(given).where(given.c.place <= latest)
    rows = await session.execute(wanted)
    return tuple(
        JudgeScore(
            key=JudgeKey(
                judge=row.judge,
                model=row.model,
                prompt_hash=row.prompt_hash,
                rubric_hash=row.rubric_hash,
                chair=row.role == CHAIR,
            ),
            overall=row.overall,
            at=row.created_at,
        )
        for row in rows
    )


async def drifts(session: AsyncSession) -> tuple[Drift, ...]:
    """How each judge's recent scores stand beside those it gave before; of many judges, those that scored last."""
    measured = await to_thread.run_sync(measure, await judge_scores(session, COMPARED + RECENT))
    return tuple(sorted(measured, key=lambda d: d.since or NEVER, reverse=True)[:MOST_JUDGES])
