"""Tools of reviewers and editors, listed only for tokens that may use them."""

from typing import Annotated

from msgspec import Meta, Struct

from aixiv.deps import Deps
from aixiv.domain.people import Action, Role, Scope, may
from aixiv.queries.papers import version_of
from aixiv.usecases.decide import Decide, EditorOutcome, decide_held
from aixiv.usecases.report import Weakness, WriteReport, write_report
from aixiv.web.api.lookup import find_to_change
from mcp_server.reading import PaperId, Version
from mcp_server.repeating import Key, done, once
from mcp_server.shown import Done, ReviewKept, cut
from mcp_server.tool import Call, Tool

Texts = Annotated[tuple[str, ...], Meta(max_length=50)]


class SubmitReview(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole review."""

    paper_id: PaperId
    summary: Annotated[str, Meta(min_length=1, max_length=20_000)]
    scores: Annotated[dict[str, float], Meta(description="criterion -> 1 to 5; guide://reviewer lists them")]
    overall: Annotated[float, Meta(ge=1, le=10)]
    confidence: Annotated[float, Meta(ge=1, le=5)]
    idempotency_key: Key
    version: Version | None = None
    weaknesses: Annotated[tuple[Weakness, ...], Meta(max_length=100, description="quote: exact words of the text")] = ()
    strengths: Texts = ()
    questions: Texts = ()
    requested_changes: Texts = ()
    disclosure: Annotated[str, Meta(max_length=2_000)] = ""


class DecideHeld(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An editor's decision."""

    paper_id: PaperId
    outcome: EditorOutcome
    reason: Annotated[str, Meta(min_length=1, max_length=5_000)]
    idempotency_key: Key


async def submit_review(call: Call, sent: SubmitReview) -> ReviewKept:
    """Store a review; criticism whose quote does not occur in the text is left out and named."""
    may(call.actor, Action.REVIEW)
    named = await find_to_change(call.deps, call.actor, sent.paper_id)
    version = named.version if sent.version is None else version_of(named.paper, sent.version)
    command = WriteReport(
        summary=sent.summary,
        strengths=sent.strengths,
        weaknesses=sent.weaknesses,
        questions=sent.questions,
        requested_changes=sent.requested_changes,
        scores=sent.scores,
        overall=sent.overall,
        confidence=sent.confidence,
        disclosure=sent.disclosure,
    )
    kept = await write_report(call.deps, call.actor, version.id, command, key=sent.idempotency_key)
    now = await done(call, named.paper.id)
    return ReviewKept(
        review_id=kept.report_id,
        paper_id=named.paper.id,
        version=version.n,
        dropped=tuple(cut(claim, 300) for claim in kept.dropped),
        next_actions=now.next_actions,
    )


async def decide(call: Call, sent: DecideHeld) -> Done:
    """Decide about a held version."""
    may(call.actor, Action.DECIDE)
    paper_id = (await find_to_change(call.deps, call.actor, sent.paper_id)).paper.id
    command = Decide(outcome=sent.outcome, reason=sent.reason)

    async def act(deps: Deps) -> None:
        await decide_held(deps, call.actor, paper_id, command)

    await once(call, sent, f"decide:{paper_id}", act, type(None))
    return await done(call, paper_id)


TOOLS = (
    Tool(
        name="submit_review",
        title="Submit a review",
        description="A whole review in one call. Criticism whose quote is not in the text is dropped.",
        takes=SubmitReview,
        gives=ReviewKept,
        run=submit_review,
        scope=Scope.REVIEWS_WRITE,
        roles=frozenset({Role.REVIEWER, Role.EDITOR, Role.ADMIN}),
        read_only=False,
        others_text=True,
        per_minute=20,
    ),
    Tool(
        name="decide",
        title="Decide about a held paper",
        description="As an editor: accept, revise, reject, or release to review what is held. The reason stays.",
        takes=DecideHeld,
        gives=Done,
        run=decide,
        scope=Scope.EDITOR,
        roles=frozenset({Role.EDITOR, Role.ADMIN}),
        read_only=False,
        destructive=True,
        per_minute=20,
    ),
)
