"""What a run remembers between steps, in plain JSON types, so that a checkpoint holds no class to rebuild.

Results of a fan-out are dictionaries keyed by who answered: a branch that is run again replaces its own answer and
never doubles it. What the run was given (manuscript, policy, letter) is not here; it comes with every call.
"""

from collections.abc import Sequence
from typing import Annotated, Any, TypedDict, TypeVar

import msgspec

from review.policy import Policy
from review.report import (
    Adjudication,
    Ballot,
    CheckResult,
    Comparison,
    Grounding,
    PairwiseOpinion,
    Panel,
    Recommendation,
    RelatedWork,
    Report,
    Screening,
)

JSON = dict[str, Any]
T = TypeVar("T")


def merge_by_key(old: dict[str, JSON], new: dict[str, JSON]) -> dict[str, JSON]:
    """Reducer of fan-out results: the latest answer of each key."""
    return {**old, **new}


class ReviewState(TypedDict, total=False):
    """Results so far. Keys appear when their step is done."""

    fence: str
    screening: JSON
    related: list[JSON]
    grounding: JSON
    checks: list[JSON]
    panel: JSON  # who reviews, as the chair says
    answers: Annotated[dict[str, JSON], merge_by_key]  # role -> report as delivered, or {"absent": reason}
    reports: dict[str, JSON]  # role -> report after the quote check
    meta: JSON  # the chair's report; empty when there is nothing to consolidate
    opinions: Annotated[dict[str, JSON], merge_by_key]  # "old_first/letter" -> opinion
    comparison: JSON
    ballots: Annotated[dict[str, JSON], merge_by_key]  # voter -> ballot
    adjudication: JSON  # empty when the round is not contested
    recommendation: JSON


def plain(value: Any) -> Any:
    """A struct, or a sequence of them, as JSON types."""
    return msgspec.to_builtins(value)


def _many(raw: Sequence[JSON], kind: type[T]) -> tuple[T, ...]:
    return tuple(msgspec.convert(item, kind) for item in raw)


def screening_of(state: ReviewState) -> Screening:
    """The screen's verdict."""
    return msgspec.convert(state["screening"], Screening)


def related_of(state: ReviewState) -> tuple[RelatedWork, ...]:
    """Related work that was found."""
    return _many(state.get("related", []), RelatedWork)


def grounding_of(state: ReviewState) -> Grounding | None:
    """What is known of the works the manuscript cites and of those that share its wording."""
    raw = state.get("grounding")
    return msgspec.convert(raw, Grounding) if raw else None


def checks_of(state: ReviewState) -> tuple[CheckResult, ...]:
    """Results of the deterministic checks."""
    return _many(state.get("checks", []), CheckResult)


def panel_of(state: ReviewState) -> Panel | None:
    """The panel the chair made; None before it, and when the screen kept the manuscript from it."""
    raw = state.get("panel")
    return msgspec.convert(raw, Panel) if raw else None


def roles_of(state: ReviewState, policy: Policy) -> tuple[str, ...]:
    """Roles that review in this round: the chair's, or the track's."""
    panel = panel_of(state)
    return panel.roles if panel and panel.specialists else policy.panel


def reports_of(state: ReviewState, roles: Sequence[str]) -> tuple[Report, ...]:
    """Checked reports in the order of the panel; an absent reviewer has none."""
    reports = state.get("reports", {})
    return tuple(msgspec.convert(reports[role], Report) for role in roles if role in reports)


def absences_of(state: ReviewState) -> dict[str, str]:
    """Why a reviewer delivered nothing that can be used, by role."""
    return {role: answer["absent"] for role, answer in state.get("answers", {}).items() if "absent" in answer}


def meta_of(state: ReviewState) -> Report | None:
    """The chair's report on the reports, when there is one."""
    raw = state.get("meta")
    return msgspec.convert(raw, Report) if raw else None


def opinions_of(state: ReviewState) -> tuple[PairwiseOpinion, ...]:
    """Pairwise opinions, in a stable order."""
    opinions = state.get("opinions", {})
    return tuple(msgspec.convert(opinions[key], PairwiseOpinion) for key in sorted(opinions))


def comparison_of(state: ReviewState) -> Comparison | None:
    """The comparison with the predecessor, when there is one."""
    raw = state.get("comparison")
    return msgspec.convert(raw, Comparison) if raw else None


def ballots_of(state: ReviewState, voters: Sequence[str]) -> tuple[Ballot, ...]:
    """Ballots in the order of the policy's seats."""
    ballots = state.get("ballots", {})
    return tuple(msgspec.convert(ballots[v], Ballot) for v in voters if v in ballots)


def adjudication_of(state: ReviewState) -> Adjudication | None:
    """The further look at a contested round, when there was one."""
    raw = state.get("adjudication")
    return msgspec.convert(raw, Adjudication) if raw else None


def recommendation_of(state: ReviewState) -> Recommendation:
    """What the policy made of the round."""
    return msgspec.convert(state["recommendation"], Recommendation)
