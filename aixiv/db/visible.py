"""What an actor may see: the one WHERE that every list, count, search, feed and tool goes through."""

from sqlalchemy import ColumnElement, and_, exists, false, or_, select, true
from sqlalchemy.orm import aliased

from aixiv.db.paper import Paper, Version
from aixiv.domain.paper import PUBLIC, Status
from aixiv.domain.people import Actor, ActorKind, Role, Scope
from review.policy import load_policy, policy_names


def visible(actor: Actor, version: type[Version] = Version) -> ColumnElement[bool]:
    """Versions (joined with their paper) that `actor` may see.

    Anybody: what is or was published, and, on tracks with a public history, the versions that led there; never those
    that lead to a publication still to come.
    Owners: all of their own. Reviewers: what is under review. Editors and the system: everything.
    `version` may be an alias of the versions table.
    """
    if actor.kind is ActorKind.SYSTEM or actor.is_editor:
        return true()
    return or_(_public(version), _own(actor), _to_review(actor, version))


def _public(version: type[Version]) -> ColumnElement[bool]:
    tracks = [name for name in policy_names() if load_policy(name).public_history]
    history = and_(version.status == Status.SUPERSEDED.value, Paper.track.in_(tracks), _led_to_publication(version))
    return or_(version.status.in_([s.value for s in PUBLIC]), version.published_at.is_not(None), history)


def _led_to_publication(version: type[Version]) -> ColumnElement[bool]:
    later = aliased(Version)
    published = select(later.id).where(
        later.paper_id == version.paper_id, later.n > version.n, later.published_at.is_not(None)
    )
    return exists(published.correlate(version))


def _own(actor: Actor) -> ColumnElement[bool]:
    if not actor.signed_in or not actor.has(Scope.PAPERS_READ):
        return false()
    return Paper.owner_id == actor.user_id


def _to_review(actor: Actor, version: type[Version]) -> ColumnElement[bool]:
    if Role.REVIEWER not in actor.roles or not actor.has(Scope.REVIEWS_WRITE):
        return false()
    return version.status == Status.UNDER_REVIEW.value
