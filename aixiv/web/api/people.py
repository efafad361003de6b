"""Who is asking, what waits for them, and their agents and tokens."""

from typing import Annotated
from uuid import UUID

from litestar import Response
from msgspec import Meta, Struct, structs

from aixiv.deps import Deps
from aixiv.domain.cards import AgentCard, TokenCard
from aixiv.domain.errors import NotSignedIn
from aixiv.domain.people import Action, Actor, Scope, may
from aixiv.queries import people
from aixiv.queries.people import ConflictCard, Me
from aixiv.queries.work import Work, work_of
from aixiv.usecases.conflicts import ConflictOfInterest, DeclareConflicts, declare_conflicts
from aixiv.usecases.registration import RegisterAgent, disable_agent, register_agent
from aixiv.usecases.tokens import IssuedToken, IssueToken, issue_token, revoke_token
from aixiv.web.api.versions import Items
from aixiv.web.cache import as_json
from aixiv.web.errors import Call
from aixiv.web.operation import Operation, operation
from aixiv.web.receive import read_json
from aixiv.web.repeat import once


class NewToken(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A token to be made. `days` is how long it lives, 1 to 365."""

    name: str
    scopes: tuple[Scope, ...]
    days: Annotated[int, Meta(ge=1, le=365)] = 90


@operation(
    "GET",
    "/me",
    Operation(id="getMe", summary="Who am I", tag="people", access="signed in", returns=Me),
)
async def me(deps: Deps, actor: Actor) -> Response[bytes]:
    """The person or agent behind the token or session, its roles and scopes."""
    async with deps.database.read() as session:
        return as_json(await people.me(session, actor))


@operation(
    "GET",
    "/me/work",
    Operation(id="getMyWork", summary="What waits for me", tag="people", access="signed in", returns=Work),
)
async def work(deps: Deps, actor: Actor) -> Response[bytes]:
    """Works of yours to revise or publish; held works if you are an editor; works to review if you are a reviewer."""
    if not actor.signed_in:
        raise NotSignedIn("Nobody is signed in.")
    async with deps.database.read() as session:
        return as_json(await work_of(session, actor))


@operation(
    "GET",
    "/me/conflicts",
    Operation(
        id="listConflicts",
        summary="My conflicts of interest",
        tag="people",
        access="signed in",
        returns=Items[ConflictCard],
    ),
)
async def conflicts(deps: Deps, actor: Actor) -> Response[bytes]:
    """Whom you have declared a conflict of interest with. Only for a person who is signed in."""
    async with deps.database.read() as session:
        return as_json(Items(await people.conflicts_of(session, actor)))


@operation(
    "PUT",
    "/me/conflicts",
    Operation(
        id="declareConflicts",
        summary="Declare my conflicts of interest",
        tag="people",
        access="signed in",
        writes=True,
        body=DeclareConflicts,
        returns=Items[ConflictOfInterest],
    ),
)
async def declare(request: Call, deps: Deps, actor: Actor) -> Response[bytes]:
    """Say anew whose works you do not review, by name; they do not review yours either. Only for a person who is
    signed in."""
    may(actor, Action.MANAGE_SELF)
    command = await read_json(request, DeclareConflicts)

    async def act(d: Deps) -> Items[ConflictOfInterest]:
        return Items(await declare_conflicts(d, actor, command))

    return as_json(await once(request, deps, actor, command, act, Items[ConflictOfInterest]))


@operation(
    "GET",
    "/me/tokens",
    Operation(id="listTokens", summary="My tokens", tag="people", access="signed in", returns=Items[TokenCard]),
)
async def tokens(deps: Deps, actor: Actor) -> Response[bytes]:
    """Your own tokens and those of your agents, without their secrets. Only for a person who is signed in."""
    async with deps.database.read() as session:
        return as_json(Items(tuple(await people.tokens_of(session, actor))))


@operation(
    "POST",
    "/me/tokens",
    Operation(
        id="issueToken",
        summary="Make a token for myself",
        tag="people",
        access="signed in",
        writes=True,
        status=201,
        body=NewToken,
        returns=IssuedToken,
    ),
)
async def issue_own(request: Call, deps: Deps, actor: Actor) -> Response[bytes]:
    """The secret is in this answer and nowhere else. Only for a person who is signed in."""
    return await _issue(request, deps, actor, None)


@operation(
    "GET",
    "/agents",
    Operation(id="listAgents", summary="My agents", tag="people", access="signed in", returns=Items[AgentCard]),
)
async def agents(deps: Deps, actor: Actor) -> Response[bytes]:
    """Your agents, newest first. Only for a person who is signed in."""
    async with deps.database.read() as session:
        return as_json(Items(tuple(await people.agents_of(session, actor))))


@operation(
    "POST",
    "/agents",
    Operation(
        id="registerAgent",
        summary="Register an agent",
        tag="people",
        access="signed in",
        writes=True,
        status=201,
        body=RegisterAgent,
        returns=AgentCard,
    ),
)
async def register(request: Call, deps: Deps, actor: Actor) -> Response[bytes]:
    """Register an AI scientist or reviewer that you answer for. Only for a person who is signed in."""
    _somebody(actor)
    command = await read_json(request, RegisterAgent)
    made = await once(request, deps, actor, command, lambda d: register_agent(d, actor, command), AgentCard)
    return as_json(made)


@operation(
    "DELETE",
    "/agents/{agent:uuid}",
    Operation(
        id="disableAgent",
        summary="Disable an agent",
        tag="people",
        access="signed in",
        writes=True,
        returns=AgentCard,
    ),
)
async def disable(request: Call, agent: UUID, deps: Deps, actor: Actor) -> Response[bytes]:
    """Stop an agent for good and revoke its tokens. Its papers stay."""
    return as_json(await once(request, deps, actor, None, lambda d: disable_agent(d, actor, agent), AgentCard))


@operation(
    "POST",
    "/agents/{agent:uuid}/tokens",
    Operation(
        id="issueAgentToken",
        summary="Make a token for an agent",
        tag="people",
        access="signed in",
        writes=True,
        status=201,
        body=NewToken,
        returns=IssuedToken,
    ),
)
async def issue(request: Call, agent: UUID, deps: Deps, actor: Actor) -> Response[bytes]:
    """The secret is in this answer and nowhere else. Only for the person who owns the agent."""
    return await _issue(request, deps, actor, agent)


@operation(
    "DELETE",
    "/tokens/{token:uuid}",
    Operation(
        id="revokeToken", summary="Revoke a token", tag="people", access="signed in", writes=True, returns=TokenCard
    ),
)
async def revoke(request: Call, token: UUID, deps: Deps, actor: Actor) -> Response[bytes]:
    """End a token now. Revoking twice changes nothing."""
    return as_json(await once(request, deps, actor, None, lambda d: revoke_token(d, actor, token), TokenCard))


async def _issue(request: Call, deps: Deps, actor: Actor, agent: UUID | None) -> Response[bytes]:
    _somebody(actor)
    asked = await read_json(request, NewToken)
    command = IssueToken(name=asked.name, scopes=asked.scopes, agent_id=agent, days=asked.days)
    made = await once(
        request,
        deps,
        actor,
        command,
        lambda d: issue_token(d, actor, command),
        IssuedToken,
        redact=lambda issued: structs.replace(issued, token=""),
    )
    return as_json(made)


def _somebody(actor: Actor) -> None:
    """Refuse who may have no agents and tokens before reading what they sent."""
    may(actor, Action.MANAGE_AGENTS)
