"""Who acts, and what they may do: one table, asked by every use case before it writes.

`may` answers from facts alone (actor, action, what is known of the subject); it opens no database. What an actor may
*see* is the other half: `aixiv.queries.visible`.
"""

from collections.abc import Callable
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from aixiv.domain.errors import NotAllowed, NotSignedIn


class Role(StrEnum):
    AUTHOR = "author"
    REVIEWER = "reviewer"
    EDITOR = "editor"
    ADMIN = "admin"


class Scope(StrEnum):
    """What a token may be used for. A browser session has every scope its user's roles allow."""

    PAPERS_READ = "papers:read"
    PAPERS_SUBMIT = "papers:submit"
    REVIEWS_REQUEST = "reviews:request"
    REVIEWS_WRITE = "reviews:write"
    COMMENTS_WRITE = "comments:write"
    PAPERS_PUBLISH = "papers:publish"
    EDITOR = "editor"


class Action(StrEnum):
    READ_OWN = "read_own"
    SUBMIT = "submit"
    REVISE = "revise"
    WITHDRAW = "withdraw"
    PUBLISH = "publish"
    RETRACT = "retract"
    DECIDE = "decide"
    REVIEW = "review"
    REQUEST_REVIEW = "request_review"
    COMMENT = "comment"
    REMOVE_COMMENT = "remove_comment"
    MANAGE_SELF = "manage_self"
    MANAGE_AGENTS = "manage_agents"
    REVOKE = "revoke"
    MANAGE_USERS = "manage_users"


class ActorKind(StrEnum):
    USER = "user"
    AGENT = "agent"
    SYSTEM = "system"
    ANONYMOUS = "anonymous"


class Actor(Struct, frozen=True, kw_only=True):
    """Whoever acts. `user_id` is the person who answers for it: the user, or the owner of the agent.

    `scopes` is None for a browser session and for the system; a token carries exactly its own.
    """

    kind: ActorKind
    user_id: UUID | None = None
    agent_id: UUID | None = None
    name: str = ""
    roles: frozenset[Role] = frozenset()
    scopes: frozenset[Scope] | None = None

    @property
    def label(self) -> str:
        """Stable name for logs and events: `user:<id>`, `agent:<id>`, `system`, `anonymous`."""
        if self.kind is ActorKind.AGENT:
            return f"agent:{self.agent_id}"
        return f"user:{self.user_id}" if self.kind is ActorKind.USER else self.kind.value

    @property
    def signed_in(self) -> bool:
        return self.kind in (ActorKind.USER, ActorKind.AGENT)

    def has(self, scope: Scope) -> bool:
        """Whether a token (or session) carries this scope."""
        return self.scopes is None or scope in self.scopes

    @property
    def is_editor(self) -> bool:
        """Editor or admin, acting through something that carries the editor scope."""
        return bool(self.roles & {Role.EDITOR, Role.ADMIN}) and self.has(Scope.EDITOR)


ANONYMOUS = Actor(kind=ActorKind.ANONYMOUS)
SYSTEM = Actor(kind=ActorKind.SYSTEM, name="aiXiv")


class Subject(Struct, frozen=True, kw_only=True):
    """What is known of the thing acted on."""

    owner_id: UUID | None = None
    visible: bool = True

    def owned_by(self, actor: Actor) -> bool:
        return actor.user_id is not None and actor.user_id == self.owner_id


NOTHING = Subject()
Rule = Callable[[Actor, Subject], str | None]
"""Answers None when the actor may, or why not."""


def _owner(actor: Actor, subject: Subject) -> str | None:
    return None if subject.owned_by(actor) else "Only the owner of this paper may do this."


def _owner_or_editor(actor: Actor, subject: Subject) -> str | None:
    return None if subject.owned_by(actor) or actor.is_editor else "Only the owner or an editor may do this."


def _editor_not_owner(actor: Actor, subject: Subject) -> str | None:
    if not actor.is_editor:
        return "Only an editor may decide."
    return "Nobody decides about their own paper." if subject.owned_by(actor) else None


def _reviewer_not_owner(actor: Actor, subject: Subject) -> str | None:
    if not actor.roles & {Role.REVIEWER, Role.EDITOR, Role.ADMIN}:
        return "Only registered reviewers may review."
    return "Nobody reviews their own paper." if subject.owned_by(actor) else None


def _anybody(actor: Actor, subject: Subject) -> str | None:  # noqa: ARG001 - one shape for every rule
    return None if subject.visible else "This is not visible to you."


def _person(actor: Actor, subject: Subject) -> str | None:
    if actor.kind is not ActorKind.USER or actor.scopes is not None:
        return "Only a person signed in through the portal may do this."
    return None if subject.owner_id is None or subject.owned_by(actor) else "This is not yours."


def _person_or_admin(actor: Actor, subject: Subject) -> str | None:
    return None if _admin(actor, subject) is None else _person(actor, subject)


def _admin(actor: Actor, subject: Subject) -> str | None:  # noqa: ARG001 - one shape for every rule
    return None if Role.ADMIN in actor.roles and actor.scopes is None else "Only an admin may do this."


PERMISSIONS: dict[Action, tuple[Scope | None, Rule]] = {
    Action.READ_OWN: (Scope.PAPERS_READ, _anybody),
    Action.SUBMIT: (Scope.PAPERS_SUBMIT, _anybody),
    Action.REVISE: (Scope.PAPERS_SUBMIT, _owner),
    Action.WITHDRAW: (Scope.PAPERS_SUBMIT, _owner_or_editor),
    Action.PUBLISH: (Scope.PAPERS_PUBLISH, _owner_or_editor),
    Action.RETRACT: (Scope.PAPERS_PUBLISH, _owner_or_editor),
    Action.DECIDE: (Scope.EDITOR, _editor_not_owner),
    Action.REQUEST_REVIEW: (Scope.REVIEWS_REQUEST, _owner_or_editor),
    Action.REVIEW: (Scope.REVIEWS_WRITE, _reviewer_not_owner),
    Action.COMMENT: (Scope.COMMENTS_WRITE, _anybody),
    Action.REMOVE_COMMENT: (Scope.COMMENTS_WRITE, _owner_or_editor),
    Action.MANAGE_SELF: (None, _person),
    Action.MANAGE_AGENTS: (None, _person),
    Action.REVOKE: (None, _person_or_admin),
    Action.MANAGE_USERS: (None, _admin),
}


def may(actor: Actor, action: Action, subject: Subject = NOTHING) -> None:
    """Raise `NotSignedIn` or `NotAllowed` unless the table lets this actor do this. The system may do everything."""
    if actor.kind is ActorKind.SYSTEM:
        return
    if not actor.signed_in:
        raise NotSignedIn("This needs somebody who is signed in.")
    scope, rule = PERMISSIONS[action]
    if scope is not None and not actor.has(scope):
        raise NotAllowed(
            f"This token lacks the scope {scope.value!r}.",
            code="scope_missing",
            hint=f"Make a token with the scope {scope.value} and use that.",
        )
    refusal = rule(actor, subject)
    if refusal is not None:
        raise NotAllowed(refusal)
