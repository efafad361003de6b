"""The reviewer graph as the platform sees it: a request in, a `Round` out, resumable by `run_id`."""

import asyncio
from typing import Any, cast

import msgspec
from langchain_core.runnables import RunnableConfig
from langgraph.types import StateSnapshot

from agents.checkpoints import CHECKPOINT_ERRORS, Checkpointer, until_kept
from agents.context import ReviewContext, new_fence, untrusted_texts
from agents.graph import build_graph
from agents.judges import Budget, Judge, JudgeUnavailable
from agents.judges.screening import Screener
from agents.port import Embed, FindRelated, LookUp, OnProgress, ReviewFailed, ReviewRequest, nothing_known
from agents.progress import FAN_OUTS, STEPS, ProgressCounter, finished_units, units_of
from agents.state import (
    ReviewState,
    adjudication_of,
    ballots_of,
    checks_of,
    comparison_of,
    grounding_of,
    meta_of,
    panel_of,
    recommendation_of,
    related_of,
    reports_of,
    roles_of,
    screening_of,
)
from inference.client import InferenceRefused, InferenceUnavailable
from review.report import Round, Usage
from review.rubric import load_rubric

# Steps that ask a judge, and the channel of their answers.
KEPT = {**FAN_OUTS, "screen": "screening", "chair": "panel", "meta": "meta", "adjudicate": "adjudication"}
TOKEN_BUDGET = 2_000_000  # tokens one run may cost, over all its attempts


class GraphReviewer:
    """Implements `agents.port.Reviewer` with one judge. Without a checkpointer every call starts afresh.

    `embed` and `screener` are the screen's stages that need a service; each is None where none is configured.
    """

    def __init__(
        self,
        judge: Judge,
        *,
        checkpointer: Checkpointer | None = None,
        token_budget: int = TOKEN_BUDGET,
        embed: Embed | None = None,
        screener: Screener | None = None,
    ) -> None:
        self._judge = judge
        self._embed, self._screener = embed, screener
        self._graph = build_graph(checkpointer)
        self._checkpointer = checkpointer
        self._token_budget = token_budget

    async def review(
        self,
        request: ReviewRequest,
        *,
        on_progress: OnProgress,
        find_related: FindRelated,
        look_up: LookUp = nothing_known,
    ) -> Round:
        """Review one version, or raise `ReviewFailed`; a second call with the same `run_id` goes on where it ended."""
        try:
            async with asyncio.timeout(request.deadline_seconds):
                return await self._review(request, on_progress, find_related, look_up)
        except ReviewFailed:
            raise
        except JudgeUnavailable as failure:
            raise ReviewFailed(f"The judge cannot be asked: {failure}", retryable=failure.retryable) from failure
        except (InferenceUnavailable, InferenceRefused) as failure:
            retryable = isinstance(failure, InferenceUnavailable)
            raise ReviewFailed(f"The screen cannot be finished: {failure}", retryable=retryable) from failure
        except TimeoutError as failure:
            reason = f"The review did not end within {request.deadline_seconds:g} seconds (AIXIV_REVIEW_SECONDS)."
            raise ReviewFailed(reason, retryable=False) from failure
        except CHECKPOINT_ERRORS as failure:
            raise ReviewFailed(f"The checkpoint database is away: {failure}", retryable=True) from failure
        except Exception as failure:
            reason = f"The review broke: {type(failure).__name__}: {failure}"
            raise ReviewFailed(reason, retryable=False) from failure

    async def forget(self, run_id: str) -> None:
        """Delete the checkpoints of a run whose result is stored; raises `ReviewFailed` when the database is away."""
        if self._checkpointer is None:
            return
        try:
            await self._checkpointer.adelete_thread(run_id)
        except CHECKPOINT_ERRORS as failure:
            raise ReviewFailed(f"The checkpoint database is away: {failure}", retryable=True) from failure

    async def _review(
        self, request: ReviewRequest, on_progress: OnProgress, find_related: FindRelated, look_up: LookUp
    ) -> Round:
        config: RunnableConfig = {"configurable": {"thread_id": request.run_id}}
        before = await self._graph.aget_state(config) if self._checkpointer is not None else None
        started = before is not None and bool(before.values)
        progress = ProgressCounter(request)
        if before is not None and started:
            await on_progress(progress.resume(_finished(before), roles=_roles(before, request)))
        values = cast("ReviewState", before.values) if before is not None and started else ReviewState()
        if "recommendation" not in values:
            context = self._context(request, find_related, look_up, spent=_usage(values))
            begin = None if started else ReviewState(fence=new_fence(untrusted_texts(request)))
            async for mode, chunk in self._graph.astream(
                begin, config, context=context, stream_mode=["updates", "values"], durability=self._durability
            ):
                if mode == "values":
                    values = cast("ReviewState", chunk)
                    continue
                for step, update in cast("dict[str, dict[str, Any] | None]", chunk).items():
                    if step in STEPS:  # LangGraph puts notes of its own beside them
                        await self._until_kept(request.run_id, step, update or {})
                        await on_progress(progress.finish(step, update))
        return _round(request, values)

    async def _until_kept(self, run_id: str, step: str, update: dict[str, Any]) -> None:
        if self._checkpointer is not None and step in KEPT:
            channel = KEPT[step]
            await until_kept(self._checkpointer, run_id, channel, update.get(channel, {}))

    @property
    def _durability(self) -> Any:
        return "sync" if self._checkpointer is not None else None

    def _context(
        self, request: ReviewRequest, find_related: FindRelated, look_up: LookUp, *, spent: Usage
    ) -> ReviewContext:
        deadline = asyncio.get_running_loop().time() + request.deadline_seconds
        budget = Budget(tokens=self._token_budget, deadline=deadline)
        budget.spend(spent)
        return ReviewContext(
            request=request,
            judge=self._judge,
            rubric=load_rubric(request.kind),
            find_related=find_related,
            look_up=look_up,
            budget=budget,
            embed=self._embed,
            screener=self._screener,
        )


def _finished(snapshot: StateSnapshot) -> list[tuple[str, str]]:
    """Units an earlier attempt finished, among them branches whose fan-out was interrupted."""
    units = list(finished_units(snapshot.values))
    for task in snapshot.tasks:
        if isinstance(task.result, dict):
            units += units_of(task.name, task.result)
    return units


def _roles(snapshot: StateSnapshot, request: ReviewRequest) -> tuple[str, ...]:
    """The panel's roles, also when the chair answered and the run ended before the next step."""
    values: dict[str, Any] = dict(snapshot.values)
    for task in snapshot.tasks:
        if task.name == "chair" and isinstance(task.result, dict):
            values |= task.result
    return roles_of(cast("ReviewState", values), request.policy)


def _usage(values: ReviewState) -> Usage:
    fan_outs = (values.get("answers"), values.get("opinions"), values.get("ballots"))
    answers = [answer for branch in fan_outs if branch for answer in branch.values()]
    answers += [values[key] for key in ("screening", "panel", "meta", "adjudication") if key in values]
    return sum((msgspec.convert(a["usage"], Usage) for a in answers if "usage" in a), Usage())


def _round(request: ReviewRequest, values: ReviewState) -> Round:
    meta = meta_of(values)
    reports = reports_of(values, roles_of(values, request.policy))
    return Round(
        screening=screening_of(values),
        checks=checks_of(values),
        reports=(*reports, meta) if meta else reports,
        ballots=ballots_of(values, [v.name for v in request.policy.voters]),
        recommendation=recommendation_of(values),
        comparison=comparison_of(values),
        related=related_of(values),
        mode=request.policy.mode,
        usage=_usage(values),
        panel=panel_of(values),
        grounding=grounding_of(values),
        adjudication=adjudication_of(values),
    )
