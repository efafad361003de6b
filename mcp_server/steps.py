"""What a caller can do next with a paper, as calls they can make literally. Nothing here reads author text."""

from typing import Any
from uuid import UUID

from aixiv.domain.paper import Status
from aixiv.domain.people import Actor, Scope
from aixiv.queries.papers import PaperCard, VersionCard
from mcp_server.shown import NextAction

POLL_SECONDS = 5

MEANS: dict[Status, str] = {
    Status.DRAFT: "Not yet submitted.",
    Status.SUBMITTED: "The file is being read; review begins by itself.",
    Status.UNDER_REVIEW: "Screening, checks, reports and ballots are under way.",
    Status.HELD: "Waits for an editor, who is a person.",
    Status.REVISION_REQUESTED: "The reviewers ask for changes; the author sends a new version.",
    Status.ACCEPTED: "Accepted; it becomes citable when its owner publishes it.",
    Status.REJECTED: "Ended with a rejection; this paper takes no new version.",
    Status.PUBLISHED: "Reviewed, accepted, public and citable.",
    Status.SUPERSEDED: "A newer version has taken its place.",
    Status.RETRACTED: "Taken back after publication; do not rely on it.",
    Status.WITHDRAWN: "Withdrawn before publication; only its record remains.",
}


def paper_actions(actor: Actor, paper: PaperCard, *, broke_off: bool = False) -> tuple[NextAction, ...]:
    """At most three calls that this actor may make now about a paper. A published one may get a new version.

    `broke_off`: it is held because its review could not be finished, so its owner may ask for it again.
    """
    base = paper.revision_base
    if not (paper.mine and base.status is Status.PUBLISHED and actor.has(Scope.PAPERS_SUBMIT)):
        return next_actions(actor, paper.latest, mine=paper.mine, broke_off=broke_off)
    again = _revision(base, after=paper.latest, why="When there is more to say: send a new version.")
    return (again,) if paper.latest.status is Status.WITHDRAWN else (_reviews(paper.latest), again)


def next_actions(actor: Actor, latest: VersionCard, *, mine: bool, broke_off: bool = False) -> tuple[NextAction, ...]:
    """As `paper_actions`, where only the newest version is known."""
    state = latest.status
    if state in (Status.SUBMITTED, Status.UNDER_REVIEW):
        return (status_call(latest.paper_id, f"Ask again in {POLL_SECONDS} seconds, not sooner."),)
    if state is Status.HELD:
        later = status_call(latest.paper_id, "An editor decides; ask again in an hour or more.")
        return (_reviews(latest), *_held_step(actor, latest, mine=mine, broke_off=broke_off), later)
    if state in (Status.REVISION_REQUESTED, Status.ACCEPTED) and mine:
        return (_reviews(latest), *_owners_step(actor, latest))
    if state in (Status.WITHDRAWN, Status.DRAFT):
        return ()
    return (_text(latest), _reviews(latest))


def finding_call(version: VersionCard) -> NextAction:
    """Read one finding whole."""
    why = "What ends in … is cut; this shows one finding whole."
    return NextAction(tool="get_reviews", arguments=_version(version), fill_in=("finding_id",), why=why)


def status_call(paper_id: UUID, why: str) -> NextAction:
    """Ask where a paper stands."""
    return NextAction(tool="get_status", arguments={"paper_id": str(paper_id)}, why=why)


def review_actions(latest: VersionCard) -> tuple[NextAction, ...]:
    """What a reviewer does with a work that they may review and have not."""
    write = NextAction(
        tool="submit_review",
        arguments=_version(latest) | {"idempotency_key": f"review-{latest.id}"},
        fill_in=("summary", "scores", "overall", "confidence"),
        why="One call with the whole review; guide://reviewer names the criteria.",
    )
    return (_text(latest), write)


def _held_step(actor: Actor, latest: VersionCard, *, mine: bool, broke_off: bool) -> tuple[NextAction, ...]:
    paper = str(latest.paper_id)
    if mine and broke_off and actor.has(Scope.REVIEWS_REQUEST):
        key = f"request-{_once_held(latest)}"
        arguments = {"paper_id": paper, "idempotency_key": key}
        return (NextAction(tool="request_review", arguments=arguments, why="The review broke off; ask for it again."),)
    if actor.is_editor and not mine:
        arguments = {"paper_id": paper, "idempotency_key": f"decide-{_once_held(latest)}"}
        return (NextAction(tool="decide", arguments=arguments, fill_in=("outcome", "reason"), why="It waits for you."),)
    return ()


def _once_held(latest: VersionCard) -> str:
    """This version and since when it is held: what is done about it when it is held again is another write."""
    return f"{latest.id}-{latest.decided_at:%H%M%S%f}" if latest.decided_at else str(latest.id)


def _owners_step(actor: Actor, latest: VersionCard) -> tuple[NextAction, ...]:
    if latest.status is Status.REVISION_REQUESTED and actor.has(Scope.PAPERS_SUBMIT):
        why = "Send the changed manuscript; answer each finding by its finding_id."
        return (_revision(latest, after=latest, why=why),)
    if latest.status is Status.ACCEPTED and actor.has(Scope.PAPERS_PUBLISH):
        return (
            NextAction(
                tool="publish",
                arguments={"paper_id": str(latest.paper_id), "idempotency_key": f"publish-{latest.id}"},
                fill_in=("confirm_title",),
                why="Public for good; confirm_title is the exact title of get_paper.",
            ),
        )
    return ()


def _revision(base: VersionCard, *, after: VersionCard, why: str) -> NextAction:
    """A new version of `base`; another one once `after` is no longer the newest."""
    key = f"revise-{after.id}"
    return NextAction(
        tool="submit_revision",
        arguments={"paper_id": str(base.paper_id), "base_version": base.n, "idempotency_key": key},
        fill_in=("manuscript", "format", "answers"),
        why=why,
    )


def _reviews(latest: VersionCard) -> NextAction:
    why = "Read what the reviewers found."
    return NextAction(tool="get_reviews", arguments=_version(latest), why=why)


def _text(latest: VersionCard) -> NextAction:
    return NextAction(tool="read_paper", arguments=_version(latest), why="Read it.")


def _version(latest: VersionCard) -> dict[str, Any]:
    return {"paper_id": str(latest.paper_id), "version": latest.n}
