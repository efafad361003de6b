"""The page on which a person says what a client may do, and as which of their agents."""

from urllib.parse import quote, urlsplit
from uuid import UUID

from litestar import Response, get, post

from aixiv.deps import Deps
from aixiv.domain.errors import AixivError, Invalid, NotSignedIn
from aixiv.domain.people import Actor, Scope
from aixiv.queries.people import agents_of
from aixiv.usecases.oauth import Asked, Consent, NotAsProposed, approve, check_ticket, read_request, refuse, ticket
from aixiv.usecases.oauth_clients import is_local
from aixiv.usecases.registration import RegisterAgent
from aixiv.web.errors import Call
from aixiv.web.oauth.metadata import AUTHORIZE
from aixiv.web.portal.entry import LONGEST_NEXT
from aixiv.web.portal.forms import Form, Sent, read_form, refused, see_other, status_of
from aixiv.web.portal.render import page
from aixiv.web.security import POLICY

PARAMETERS = (
    "client_id", "redirect_uri", "response_type", "scope", "state", "resource", "code_challenge",
    "code_challenge_method",
)  # fmt: skip
NEW_AGENT = "new"


@get(AUTHORIZE)
async def ask(request: Call, deps: Deps, actor: Actor) -> Response[str] | Response[None]:
    """Show what is asked; somebody who is not signed in does that first and comes back."""
    if not actor.signed_in:
        return see_other(_sign_in(request))
    query = request.query_params.multi_items()
    given: dict[str, list[str]] = {}
    for name, value in query:
        given.setdefault(name, []).append(value)
    try:
        asked = await read_request(deps, actor, given)
    except NotAsProposed as answer:
        return _back(answer.back)
    return await _consent_page(deps, actor, asked, _fresh(actor, asked), _known(given))


@post(AUTHORIZE)
async def answer(request: Call, deps: Deps, actor: Actor) -> Response[str] | Response[None]:
    """Take the person's answer to the client, with a code or without."""
    if not actor.signed_in:
        raise NotSignedIn("Sign in, and start again in the client.")
    sent = await read_form(request)
    given = {name: sent.all(name) for name in PARAMETERS if sent.all(name)}
    try:
        asked = await read_request(deps, actor, given)
    except NotAsProposed as unfit:
        return _back(unfit.back)
    check_ticket(deps, actor, asked, sent.text("ticket"))
    if sent.text("answer") != "allow":
        return _back(refuse(deps, asked))
    try:
        return _back(await approve(deps, actor, asked, _consent(sent)))
    except AixivError as refusal:
        values = {**sent.values, "scopes": " ".join(sent.all("scopes"))}
        form = refused(values, refusal)
        return await _consent_page(deps, actor, asked, form, _known(given), status=status_of(refusal))


async def _consent_page(
    deps: Deps, actor: Actor, asked: Asked, form: Form, given: dict[str, str], *, status: int = 200
) -> Response[str]:
    async with deps.database.read() as session:
        agents = [agent for agent in await agents_of(session, actor) if agent.disabled_at is None]
    target = urlsplit(asked.redirect_uri)
    shown = page(
        "consent.html", actor, status=status, section="agents", asked=asked, agents=agents, form=form, given=given,
        ticket=ticket(deps, actor, asked), target=target.netloc, local=is_local(asked.redirect_uri),
        mcp=asked.resource == deps.settings.mcp_resource, new=NEW_AGENT,
    )  # fmt: skip
    # browsers hold the redirect behind a form to form-action too
    origin = f"{target.scheme}://{target.netloc}"
    shown.headers["Content-Security-Policy"] = POLICY.replace("form-action 'self'", f"form-action 'self' {origin}")
    return shown


def _consent(sent: Sent) -> Consent:
    try:
        scopes = tuple(Scope(scope) for scope in sent.all("scopes"))
        agent = sent.text("agent")
        chosen = _new_agent(sent) if agent == NEW_AGENT else UUID(agent)
    except ValueError as error:
        raise Invalid("Choose from the list.", code="token_scopes") from error
    return Consent(scopes=scopes, agent=chosen)


def _new_agent(sent: Sent) -> RegisterAgent:
    return RegisterAgent(name=sent.text("name"), model_family=sent.text("model_family"), operator=sent.text("operator"))


def _fresh(actor: Actor, asked: Asked) -> Form:
    values = {"name": asked.client.name, "operator": actor.name, "scopes": " ".join(asked.scopes)}
    return Form(values=values)


def _known(given: dict[str, list[str]]) -> dict[str, str]:
    return {name: given[name][0] for name in PARAMETERS if name in given}


def _sign_in(request: Call) -> str:
    here = f"{AUTHORIZE}?{request.url.query}"
    if len(here) >= LONGEST_NEXT:
        raise NotSignedIn("Sign in first, and start again in the client.")
    return f"/sign-in?next={quote(here)}"


def _back(address: str) -> Response[None]:
    """To the client, which learns nothing of the page it came from."""
    done = see_other(address)
    done.headers["Referrer-Policy"] = "no-referrer"
    return done
