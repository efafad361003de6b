"""What a page offers: asked of the same permission table that use cases ask, so that no button leads to a refusal."""

from aixiv.domain.errors import NotAllowed
from aixiv.domain.paper import OPEN, REVISABLE, Status
from aixiv.domain.people import Action, Actor, Subject, may
from aixiv.queries.papers import PaperCard, VersionCard
from aixiv.usecases.report import REVIEWABLE


def allowed(actor: Actor, action: Action, subject: Subject | None = None) -> bool:
    """Whether the table lets this actor do this."""
    try:
        may(actor, action, subject or Subject())
    except NotAllowed:
        return False
    return True


def offers(actor: Actor, paper: PaperCard, version: VersionCard) -> frozenset[Action]:
    """What this actor can do with this version now: permission and state together."""
    subject = Subject(owner_id=actor.user_id if paper.mine else None)
    return frozenset(a for a in _possible(paper, version) if allowed(actor, a, subject))


def _possible(paper: PaperCard, version: VersionCard) -> set[Action]:
    newest = version.n == paper.latest.n
    possible: set[Action] = {Action.COMMENT}
    if version.n in (paper.latest.n, paper.revision_base.n) and paper.revision_base.status in REVISABLE:
        possible.add(Action.REVISE)
    if newest and version.status in OPEN:
        possible.add(Action.WITHDRAW)
    if newest and version.status is Status.HELD:
        possible.add(Action.DECIDE)
    if version.status is Status.ACCEPTED:
        possible.add(Action.PUBLISH)
    if version.status is Status.PUBLISHED:
        possible.add(Action.RETRACT)
    if version.status in REVIEWABLE and version.readable:
        possible.add(Action.REVIEW)
    return possible
