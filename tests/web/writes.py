"""Every write the application has a route for, with a request that would do something if it were allowed."""

from collections.abc import Callable
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct

from tests.web.door import form

REPORT = {
    "summary": "It counts.",
    "scores": {"soundness": 3, "novelty": 3, "significance": 3, "clarity": 3, "reproducibility": 3},
    "overall": 5,
    "confidence": 3,
}
REASON = {"reason": "because of a test"}


class World(Struct, frozen=True):
    """Ids of things that belong to somebody else than the one who knocks."""

    public: UUID  # a published paper
    held: UUID  # a paper that only its owner and editors see
    comment: UUID
    agent: UUID
    token: UUID
    user: UUID
    connection: UUID


class Write(Struct, frozen=True, kw_only=True):
    """One request. `anybody_signed_in` marks what everybody may do with their own; `nobody` what needs no account."""

    path: Callable[[World], str]
    send: dict[str, Any] = {}
    allowed: Literal["others", "anybody_signed_in", "nobody"] = "others"


def _public(tail: str) -> Callable[[World], str]:
    return lambda world: f"/api/v1/papers/{world.public}/{tail}"


API_WRITES: dict[str, Write] = {
    "POST /api/v1/papers": Write(path=lambda _: "/api/v1/papers", send={"files": form()}, allowed="anybody_signed_in"),
    "POST /api/v1/papers/{paper:str}/versions": Write(
        path=_public("versions"), send={"files": form(metadata={"base_version": 1})}
    ),
    "PUT /api/v1/me/conflicts": Write(
        path=lambda _: "/api/v1/me/conflicts", send={"json": {"conflicts": []}}, allowed="anybody_signed_in"
    ),
    "POST /api/v1/papers/{paper:str}/reviews": Write(path=_public("reviews"), send={"json": REPORT}),
    "POST /api/v1/papers/{paper:str}/review-requests": Write(path=_public("review-requests")),
    "PUT /api/v1/uploads/{upload:uuid}": Write(
        path=lambda world: f"/api/v1/uploads/{world.agent}?signature=0", send={"content": b"x"}, allowed="nobody"
    ),
    "POST /api/v1/papers/{paper:str}/comments": Write(
        path=_public("comments"), send={"json": {"body": "Indeed."}}, allowed="anybody_signed_in"
    ),
    "POST /api/v1/papers/{paper:str}/decision": Write(
        path=lambda world: f"/api/v1/papers/{world.held}/decision", send={"json": {"outcome": "accept", **REASON}}
    ),
    "POST /api/v1/papers/{paper:str}/publish": Write(path=_public("publish")),
    "POST /api/v1/papers/{paper:str}/withdraw": Write(path=_public("withdraw"), send={"json": REASON}),
    "POST /api/v1/papers/{paper:str}/retract": Write(path=_public("retract"), send={"json": REASON}),
    "DELETE /api/v1/comments/{comment:uuid}": Write(path=lambda world: f"/api/v1/comments/{world.comment}"),
    "POST /api/v1/me/tokens": Write(
        path=lambda _: "/api/v1/me/tokens",
        send={"json": {"name": "mine", "scopes": ["papers:read"]}},
        allowed="anybody_signed_in",
    ),
    "POST /api/v1/agents": Write(
        path=lambda _: "/api/v1/agents",
        send={"json": {"name": "Spy", "model_family": "toy", "operator": "Nobody"}},
        allowed="anybody_signed_in",
    ),
    "DELETE /api/v1/agents/{agent:uuid}": Write(path=lambda world: f"/api/v1/agents/{world.agent}"),
    "POST /api/v1/agents/{agent:uuid}/tokens": Write(
        path=lambda world: f"/api/v1/agents/{world.agent}/tokens",
        send={"json": {"name": "stolen", "scopes": ["papers:read"]}},
    ),
    "DELETE /api/v1/tokens/{token:uuid}": Write(path=lambda world: f"/api/v1/tokens/{world.token}"),
    "DELETE /api/v1/me/connections/{connection:uuid}": Write(
        path=lambda world: f"/api/v1/me/connections/{world.connection}"
    ),
}

_SUBMISSION = {
    "data": {"title": "Pebbles", "kind": "paper", "licence": "CC-BY-4.0", "track": "standard"},
    "files": {"file": ("pebbles.md", b"# Pebbles\n\nWe count.\n", "text/markdown")},
}
PORTAL_WRITES: dict[str, Write] = {
    "POST /sign-in": Write(
        path=lambda _: "/sign-in", send={"data": {"email": "x@example.org", "password": "wrong"}}, allowed="nobody"
    ),
    "POST /sign-in/link/{secret:str}": Write(path=lambda _: f"/sign-in/link/{'a' * 43}", allowed="nobody"),
    "POST /sign-out": Write(path=lambda _: "/sign-out", allowed="nobody"),
    "POST /sign-up": Write(
        path=lambda _: "/sign-up",
        send={"data": {"email": "x@example.org", "name": "X", "password": "quite long enough"}},
        allowed="nobody",
    ),
    "POST /submit": Write(path=lambda _: "/submit", send=_SUBMISSION, allowed="anybody_signed_in"),
    "POST /papers/{reference:str}/revise": Write(
        path=lambda world: f"/papers/{world.public}/revise", send={**_SUBMISSION, "data": {"base_version": "1"}}
    ),
    "POST /papers/{reference:str}/{step:str}": Write(
        path=lambda world: f"/papers/{world.public}/retract", send={"data": {"v": "1", **REASON}}
    ),
    "POST /papers/{reference:str}/v/{n:int}/comments": Write(
        path=lambda world: f"/papers/{world.public}/v/1/comments",
        send={"data": {"body": "Indeed."}},
        allowed="anybody_signed_in",
    ),
    "POST /papers/{reference:str}/comments/{comment_id:uuid}/remove": Write(
        path=lambda world: f"/papers/{world.public}/comments/{world.comment}/remove", send={"data": {"back": "1"}}
    ),
    "POST /account/password": Write(
        path=lambda _: "/account/password",
        send={"data": {"new": "a new long password", "current": ""}},
        allowed="anybody_signed_in",
    ),
    "POST /account/conflicts": Write(
        path=lambda _: "/account/conflicts", send={"data": {"conflicts": "Eve"}}, allowed="anybody_signed_in"
    ),
    "POST /agents": Write(
        path=lambda _: "/agents",
        send={"data": {"name": "Spy", "model_family": "toy", "operator": "Nobody"}},
        allowed="anybody_signed_in",
    ),
    "POST /agents/tokens": Write(
        path=lambda _: "/agents/tokens",
        send={"data": {"name": "mine", "scopes": "papers:read", "days": "90"}},
        allowed="anybody_signed_in",
    ),
    "POST /agents/tokens/{token_id:uuid}/revoke": Write(path=lambda world: f"/agents/tokens/{world.token}/revoke"),
    "POST /agents/{agent_id:uuid}/disable": Write(path=lambda world: f"/agents/{world.agent}/disable"),
    "POST /connections/{connection_id:uuid}/end": Write(path=lambda world: f"/connections/{world.connection}/end"),
    "POST /admin/users": Write(
        path=lambda _: "/admin/users", send={"data": {"email": "y@example.org", "name": "Y", "roles": "admin"}}
    ),
    "POST /admin/users/{user_id:uuid}/roles": Write(
        path=lambda world: f"/admin/users/{world.user}/roles", send={"data": {"roles": "admin"}}
    ),
    "POST /admin/users/{user_id:uuid}/link": Write(path=lambda world: f"/admin/users/{world.user}/link"),
    "POST /admin/users/{user_id:uuid}/disable": Write(path=lambda world: f"/admin/users/{world.user}/disable"),
}
OAUTH_WRITES: dict[str, Write] = {
    "POST /oauth/authorize": Write(
        path=lambda _: "/oauth/authorize",
        send={"data": {"client_id": "https://client.example/me", "answer": "allow"}},
        allowed="anybody_signed_in",
    ),
    "POST /oauth/token": Write(
        path=lambda _: "/oauth/token", send={"data": {"grant_type": "refresh_token"}}, allowed="nobody"
    ),
    "POST /oauth/revoke": Write(path=lambda _: "/oauth/revoke", send={"data": {"token": "x"}}, allowed="nobody"),
}
WRITES = API_WRITES | PORTAL_WRITES | OAUTH_WRITES
