"""My agents and their tokens."""

from uuid import UUID

from litestar import Response, get, post

from aixiv.deps import Deps
from aixiv.domain.errors import AixivError, Invalid
from aixiv.domain.people import Action, Actor, Scope, may
from aixiv.queries.people import agents_of, tokens_of
from aixiv.usecases.registration import RegisterAgent, disable_agent, register_agent
from aixiv.usecases.tokens import MAX_DAYS, SCOPE_ROLES, IssuedToken, IssueToken, issue_token, revoke_token
from aixiv.web.errors import Call
from aixiv.web.portal.forms import Form, Sent, need_person, read_form, refused, see_other, status_of, whole
from aixiv.web.portal.render import page

FRESH = {"days": "90", "scopes": f"{Scope.PAPERS_READ} {Scope.PAPERS_SUBMIT} {Scope.COMMENTS_WRITE}"}


@get("/agents")
async def agents(deps: Deps, actor: Actor) -> Response[str]:
    """What I have registered, and the forms for more."""
    need_person(actor)
    may(actor, Action.MANAGE_AGENTS)
    return await _agents_page(deps, actor)


@post("/agents")
async def register_now(request: Call, deps: Deps, actor: Actor) -> Response[str] | Response[None]:
    """Register an agent."""
    need_person(actor)
    sent = await read_form(request)
    try:
        command = RegisterAgent(
            name=sent.text("name"),
            model_family=sent.text("model_family"),
            model_version=sent.text("model_version"),
            operator=sent.text("operator"),
            homepage=sent.text("homepage"),
        )
        agent = await register_agent(deps, actor, command)
    except AixivError as refusal:
        return await _agents_page(deps, actor, agent_form=refused(sent.values, refusal), status=status_of(refusal))
    return see_other(f"/agents#agent-{agent.id}")


@post("/agents/{agent_id:uuid}/disable")
async def disable_now(agent_id: UUID, deps: Deps, actor: Actor) -> Response[None]:
    """Stop an agent and its tokens."""
    need_person(actor)
    await disable_agent(deps, actor, agent_id)
    return see_other("/agents")


@post("/agents/tokens")
async def issue_now(request: Call, deps: Deps, actor: Actor) -> Response[str]:
    """Make a token and show it, this once; so there is no address that would show it again."""
    need_person(actor)
    sent = await read_form(request)
    values = {**sent.values, "scopes": " ".join(sent.all("scopes"))}
    try:
        issued = await issue_token(deps, actor, _token_command(sent))
    except AixivError as refusal:
        return await _agents_page(deps, actor, token_form=refused(values, refusal), status=status_of(refusal))
    return await _agents_page(deps, actor, issued=issued)


@post("/agents/tokens/{token_id:uuid}/revoke")
async def revoke_now(token_id: UUID, deps: Deps, actor: Actor) -> Response[None]:
    """End a token."""
    need_person(actor)
    await revoke_token(deps, actor, token_id)
    return see_other("/agents#tokens")


def _token_command(sent: Sent) -> IssueToken:
    try:
        scopes = tuple(Scope(scope) for scope in sent.all("scopes"))
        agent_id = UUID(sent.text("agent_id")) if sent.text("agent_id") else None
    except ValueError as error:
        raise Invalid("Choose from the list.", code="token_scopes") from error
    days = whole(sent.text("days"), "token_days", least=1, most=MAX_DAYS)
    return IssueToken(name=sent.text("token_name"), scopes=scopes, agent_id=agent_id, days=days)


async def _agents_page(
    deps: Deps,
    actor: Actor,
    *,
    agent_form: Form | None = None,
    token_form: Form | None = None,
    issued: IssuedToken | None = None,
    status: int = 200,
) -> Response[str]:
    async with deps.database.read() as session:
        mine = await agents_of(session, actor)
        tokens = await tokens_of(session, actor)
    offered = [scope for scope in Scope if SCOPE_ROLES.get(scope) is None or SCOPE_ROLES[scope] & actor.roles]
    return page(
        "agents.html", actor, status=status, section="agents", agents=mine, tokens=tokens, scopes=offered,
        names={agent.id: agent.name for agent in mine}, agent_form=agent_form or Form(),
        token_form=token_form or Form(values=FRESH), issued=issued, now=deps.clock(), address=deps.settings.address,
    )  # fmt: skip
