"""The authorization server's first half: what a client asks, and what its person allows it.

Nothing is kept of a request until the person consents; the consent page carries a ticket, a keyed hash over person,
request and time, so that what is allowed is what was shown, to whom it was shown.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
from authlib.common.urls import add_params_to_uri
from authlib.oauth2.rfc7636.challenge import CODE_CHALLENGE_PATTERN
from msgspec import Struct
from sqlalchemy import func, select

from aixiv.db.account import User
from aixiv.db.oauth import OAuthGrant
from aixiv.deps import Deps
from aixiv.domain.errors import AixivError, Conflict, Invalid, NotFound
from aixiv.domain.events import Event, Tag
from aixiv.domain.ids import new_id
from aixiv.domain.people import Action, Actor, Scope, may
from aixiv.usecases import rates
from aixiv.usecases.oauth_clients import Client, check_redirect, client_of
from aixiv.usecases.oauth_grants import grant_data
from aixiv.usecases.registration import RegisterAgent, register_agent
from aixiv.usecases.tokens import SCOPE_ROLES, keyed_hash, own_agent

CODE_LIFE = timedelta(seconds=60)
TICKET_LIFE = timedelta(minutes=10)
MAX_GRANTS = 50
LONGEST_STATE = 1000
S256_CHARACTERS = 43
FIRST_SCOPES = (Scope.PAPERS_READ, Scope.PAPERS_SUBMIT)
"""What most clients need at first; a challenge names more when more is needed."""

SCOPES = tuple(scope for scope in Scope if scope is not Scope.EDITOR)
"""What a client may ever ask for: nobody's agent is an editor."""


class OAuthRefused(AixivError):
    """A refusal for the client, in the words of RFC 6749: `code` is its error code."""


class Asked(Struct, frozen=True, kw_only=True):
    """A request for access that is in order. `dropped` are scopes that this person cannot give."""

    client: Client
    redirect_uri: str
    state: str | None
    challenge: str
    resource: str
    scopes: tuple[Scope, ...]
    dropped: tuple[Scope, ...] = ()


class Consent(Struct, frozen=True, kw_only=True):
    """What the person allows: some of the scopes, as one agent of theirs or as a new one."""

    scopes: tuple[Scope, ...]
    agent: UUID | RegisterAgent


class NotAsProposed(Exception):
    """The request cannot be granted, and the client may be told why: `back` is where to send the person."""

    def __init__(self, back: str) -> None:
        super().__init__(back)
        self.back = back


async def read_request(deps: Deps, actor: Actor, given: Mapping[str, list[str]]) -> Asked:
    """The request in these parameters.

    Raises `Invalid` for a client or redirect that cannot be trusted, which only the person may learn, and
    `NotAsProposed` for whatever else is wrong.
    """
    may(actor, Action.MANAGE_AGENTS)
    await rates.count_apart(deps, (f"oauth-ask:{actor.user_id}", 60, 10 * rates.MINUTE))
    client = await client_of(deps, _once(given, "client_id"))
    redirect = _once(given, "redirect_uri")
    check_redirect(client, redirect)
    state = given.get("state", [None])[0]
    try:
        return _checked(deps, actor, given, client, redirect, state)
    except OAuthRefused as refusal:
        raise NotAsProposed(sent_back(deps, redirect, state, error=refusal.code, about=refusal.message)) from refusal


async def approve(deps: Deps, actor: Actor, asked: Asked, consent: Consent) -> str:
    """Keep the consent; answers where to send the person, with the code. The agent is made first if it is new."""
    may(actor, Action.MANAGE_AGENTS)
    chosen = tuple(scope for scope in asked.scopes if scope in consent.scopes)
    if not chosen:
        raise Invalid("Allow at least one thing, or refuse.", code="token_scopes", hint="Tick what the client may do.")
    agent = consent.agent
    agent_id = agent if isinstance(agent, UUID) else (await register_agent(deps, actor, agent)).id
    code, now = secrets.token_urlsafe(32), deps.clock()
    async with deps.database.write() as tx:
        owner = await tx.session.get(User, actor.user_id, with_for_update=True) if actor.user_id else None
        if owner is None:
            raise NotFound("There is no such person.")
        await own_agent(tx, owner, agent_id)
        live = select(func.count()).where(OAuthGrant.user_id == owner.id, OAuthGrant.revoked_at.is_(None))
        if (await tx.session.execute(live)).scalar_one() >= MAX_GRANTS:
            raise Conflict(
                f"At most {MAX_GRANTS} connected clients.", code="too_many_grants", hint="Disconnect one first."
            )
        grant = OAuthGrant(
            id=new_id(),
            user_id=owner.id,
            agent_id=agent_id,
            client_id=asked.client.id,
            client_name=asked.client.name,
            redirect_uri=asked.redirect_uri,
            resource=asked.resource,
            scopes=[scope.value for scope in chosen],
            challenge=asked.challenge,
            code_hash=keyed_hash(deps, code),
            created_at=now,
            code_expires_at=now + CODE_LIFE,
        )
        tx.session.add(grant)
        tx.record(Event(tag=Tag.GRANT_MADE, actor=actor.label, at=now, data=grant_data(grant)))
    return sent_back(deps, asked.redirect_uri, asked.state, code=code)


def refuse(deps: Deps, asked: Asked) -> str:
    """Where to send a person who said no."""
    return sent_back(deps, asked.redirect_uri, asked.state, error="access_denied", about="The person said no.")


def ticket(deps: Deps, actor: Actor, asked: Asked) -> str:
    """Proof that this person was shown this request, for ten minutes."""
    until = int((deps.clock() + TICKET_LIFE).timestamp())
    return f"{until}.{_sealed(deps, actor, asked, until)}"


def check_ticket(deps: Deps, actor: Actor, asked: Asked, shown: str) -> None:
    """Raise `Invalid` unless the ticket is of this person and this request, and in time."""
    until, _, seal = shown.partition(".")
    known = until.isascii() and until.isdigit() and len(until) < 12
    right = known and hmac.compare_digest(seal.encode(), _sealed(deps, actor, asked, int(until)).encode())
    if not right or datetime.fromtimestamp(int(until), UTC) <= deps.clock():
        raise Invalid(
            "This page was open for too long, or is not of this request.",
            code="oauth_ticket",
            hint="Start again in the client.",
        )


def sent_back(deps: Deps, redirect: str, state: str | None, **said: str) -> str:
    """The redirect with an answer for the client, and who answers (RFC 9207)."""
    about = {"error_description": said.pop("about")} if "about" in said else {}
    kept = {} if state is None else {"state": state}
    answer = {**said, **about, **kept, "iss": deps.settings.address}
    address: str = add_params_to_uri(redirect, list(answer.items()))
    return address


def resources(deps: Deps) -> tuple[str, str]:
    """What tokens can be made for: the MCP server, and the REST interface."""
    return deps.settings.mcp_resource, deps.settings.api_resource


def read_scopes(text: str) -> tuple[Scope, ...]:
    """Scopes of a parameter, in the table's order. Raises `OAuthRefused`."""
    words = set(text.split())
    if not words <= set(SCOPES):
        raise OAuthRefused(f"Scopes are {' '.join(SCOPES)}.", code="invalid_scope")
    return tuple(scope for scope in SCOPES if scope in words)


def _checked(
    deps: Deps, actor: Actor, given: Mapping[str, list[str]], client: Client, redirect: str, state: str | None
) -> Asked:
    if any(len(values) > 1 for values in given.values()):
        raise OAuthRefused("Give each parameter once.", code="invalid_request")
    if state is not None and not (len(state) <= LONGEST_STATE and state.isascii() and state.isprintable()):
        raise OAuthRefused(f"state is up to {LONGEST_STATE} printable characters.", code="invalid_request")
    said = {name: values[0] for name, values in given.items()}
    if said.get("response_type") != "code":
        raise OAuthRefused("response_type must be code.", code="unsupported_response_type")
    challenge, method = said.get("code_challenge", ""), said.get("code_challenge_method")
    if method != "S256" or len(challenge) != S256_CHARACTERS or not CODE_CHALLENGE_PATTERN.match(challenge):
        raise OAuthRefused("PKCE with S256 is required.", code="invalid_request")
    resource = said.get("resource", "")
    if resource not in resources(deps):
        raise OAuthRefused(f"resource must be one of {' '.join(resources(deps))}.", code="invalid_target")
    scopes = read_scopes(said.get("scope", "")) or FIRST_SCOPES
    granted = tuple(s for s in scopes if s not in SCOPE_ROLES or SCOPE_ROLES[s] & actor.roles)
    if not granted:
        raise OAuthRefused("The person does not have the role for these scopes.", code="invalid_scope")
    dropped = tuple(s for s in scopes if s not in granted)
    return Asked(
        client=client, redirect_uri=redirect, state=state, challenge=challenge, resource=resource, scopes=granted,
        dropped=dropped,
    )  # fmt: skip


def _once(given: Mapping[str, list[str]], name: str) -> str:
    values = given.get(name, [])
    if len(values) != 1:
        raise Invalid(f"The request must name {name} once.", code="oauth_client", hint="Start again in the client.")
    return values[0]


def _sealed(deps: Deps, actor: Actor, asked: Asked, until: int) -> str:
    key = deps.settings.secret_key.get_secret_value()
    content = msgspec.json.encode(["consent", str(actor.user_id), until, asked], order="deterministic")
    return hmac.new(key.encode(), content, hashlib.sha256).hexdigest()
