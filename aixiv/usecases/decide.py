"""An editor's decision on a held version, with reasons that stay on record."""

from typing import Literal
from uuid import UUID

from msgspec import Struct

from aixiv.db.review import Decision
from aixiv.deps import Deps
from aixiv.domain.errors import Conflict
from aixiv.domain.events import Event, Tag
from aixiv.domain.paper import Status
from aixiv.domain.people import Action, Actor, Subject, may
from aixiv.domain.words import prose
from aixiv.queue import PUBLISH, REVIEW
from aixiv.usecases.lifecycle import lock_latest, move, policy_of

EditorOutcome = Literal["accept", "revise", "reject", "release"]
TARGETS: dict[EditorOutcome, Status] = {
    "accept": Status.ACCEPTED,
    "revise": Status.REVISION_REQUESTED,
    "reject": Status.REJECTED,
    "release": Status.UNDER_REVIEW,
}
MAX_REASON = 5000


class Decide(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`release` lets the version on to review although the screen, or the last run, stopped it."""

    outcome: EditorOutcome
    reason: str


async def decide_held(deps: Deps, actor: Actor, paper_id: UUID, command: Decide) -> None:
    """Decide on the latest version of a paper, which must be held."""
    reason = prose(command.reason, "reason", most=MAX_REASON)
    async with deps.database.write() as tx:
        paper, version = await lock_latest(tx, paper_id)
        may(actor, Action.DECIDE, Subject(owner_id=paper.owner_id))
        if Status(version.status) is not Status.HELD:
            raise Conflict(
                f"Version {version.n} is {version.status}; only a held version waits for an editor.", code="not_held"
            )
        if version.parsed_sha256 is None and command.outcome not in ("reject", "revise"):
            raise Conflict(
                "This file could not be read, so there is nothing to review or accept.",
                code="unreadable_version",
                hint="Ask for a revision with a readable file, or reject.",
            )
        now = deps.clock()
        tx.session.add(
            Decision(
                version_id=version.id,
                editor_id=actor.user_id,
                outcome=command.outcome,
                reasons=[reason],
                created_at=now,
            )
        )
        tx.record(
            Event(
                tag=Tag.DECISION_MADE,
                actor=actor.label,
                at=now,
                paper_id=paper.id,
                version_id=version.id,
                data={"n": version.n, "outcome": command.outcome, "by": "editor", "reason": reason},
            )
        )
        move(tx, version, TARGETS[command.outcome], actor=actor, now=now, reason=reason)
        if command.outcome == "release":
            version.screening_waived = True
            await tx.defer(REVIEW, version_id=str(version.id))
        elif command.outcome == "accept" and policy_of(paper).auto_publish:
            await tx.defer(PUBLISH, version_id=str(version.id))
