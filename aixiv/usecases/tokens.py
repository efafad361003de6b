"""Tokens: issued once, stored as a keyed hash, scoped, expiring, revocable. And who a token or a session cookie is.

A token is `aixiv_`, 32 random characters (190 bits) and a checksum of 6, so that a mistyped or cut token is refused
without asking the database, and a scanner can recognise a leaked one.
"""

import hashlib
import hmac
import re
import secrets
import zlib
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct, convert
from sqlalchemy import func, or_, select, update

from aixiv.db import Transaction
from aixiv.db.account import Agent, Session, Token, User
from aixiv.deps import Deps
from aixiv.domain.cards import TokenCard
from aixiv.domain.errors import Conflict, Invalid, NotFound, NotSignedIn
from aixiv.domain.events import Event, Tag
from aixiv.domain.ids import new_id
from aixiv.domain.people import Action, Actor, ActorKind, Role, Scope, Subject, may
from aixiv.domain.words import line

PREFIX = "aixiv_"
MAX_LIVE_TOKENS = 10
SHOWN = len(PREFIX) + 6  # how much of a token its card shows
MAX_DAYS = 365
SESSION_CHARACTERS = 43  # of a cookie or a sign-in link: 256 bits, url-safe
SCOPE_ROLES = {
    Scope.REVIEWS_WRITE: frozenset({Role.REVIEWER, Role.EDITOR, Role.ADMIN}),
    Scope.EDITOR: frozenset({Role.EDITOR, Role.ADMIN}),
}
"""Scopes that only an owner with one of these roles may put on a token."""

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_RANDOM, _CHECK = 32, 6
_SPELLING = re.compile(rf"{PREFIX}[0-9A-Za-z]{{{_RANDOM + _CHECK}}}")
_TOUCH = timedelta(minutes=1)


class IssueToken(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Ask for a token of one of your agents, or, without `agent_id`, of yourself."""

    name: str
    scopes: tuple[Scope, ...]
    agent_id: UUID | None = None
    days: int = 90


class IssuedToken(Struct, frozen=True, kw_only=True):
    """The only time a token is shown. `token` is empty when an idempotency key repeats the request."""

    token: str
    card: TokenCard


async def issue_token(deps: Deps, actor: Actor, command: IssueToken) -> IssuedToken:
    """Make a token; at most ten live ones per agent or person."""
    may(actor, Action.MANAGE_AGENTS)
    name = line(command.name, "name", most=80)
    _check_lifetime(command.days)
    token, now = make_token(), deps.clock()
    async with deps.database.write() as tx:
        owner = await _lock_holder(tx, actor, command.agent_id, now)
        _check_scopes(command, owner)
        row = Token(
            id=new_id(),
            user_id=owner.id,
            agent_id=command.agent_id,
            name=name,
            prefix=token[:SHOWN],
            token_hash=keyed_hash(deps, token),
            scopes=[scope.value for scope in command.scopes],
            created_at=now,
            expires_at=now + timedelta(days=command.days),
        )
        tx.session.add(row)
        await tx.session.flush()
        card = convert(row, TokenCard, from_attributes=True)
        tx.record(Event(tag=Tag.TOKEN_ISSUED, actor=actor.label, at=now, data=token_data(card)))
    return IssuedToken(token=token, card=card)


async def revoke_token(deps: Deps, actor: Actor, token_id: UUID) -> TokenCard:
    """End a token now, by its owner or an admin. Revoking twice changes nothing."""
    may(actor, Action.REVOKE)
    async with deps.database.write() as tx:
        row = await tx.session.get(Token, token_id, with_for_update=True)
        if row is None or (actor.user_id != row.user_id and Role.ADMIN not in actor.roles):
            raise NotFound("You have no such token.", hint="GET /api/v1/me/tokens lists yours.")
        may(actor, Action.REVOKE, Subject(owner_id=row.user_id))
        revoke(tx, [row], actor=actor, now=deps.clock())
        await tx.session.flush()
        return convert(row, TokenCard, from_attributes=True)


def revoke(tx: Transaction, rows: list[Token], *, actor: Actor, now: datetime) -> None:
    """Revoke each token that still lives, with an event for each."""
    for row in rows:
        if row.revoked_at is None:
            row.revoked_at = now
            said = token_data(convert(row, TokenCard, from_attributes=True))
            tx.record(Event(tag=Tag.TOKEN_REVOKED, actor=actor.label, at=now, data=said))


async def authenticate_token(deps: Deps, token: str, resource: str = "") -> Actor:
    """Who this token is at this resource, or `NotSignedIn` with a code that says why not.

    Only somebody who holds the token learns that it is expired, revoked, or for another resource. Where no resource is
    named, only personal tokens are taken.
    """
    if not is_token(token):
        raise NotSignedIn(
            "This is not an aiXiv token.",
            code="token_malformed",
            hint="Copy the whole token: aixiv_ and 38 characters.",
        )
    query = (
        select(Token, User, Agent)
        .join(User, User.id == Token.user_id)
        .outerjoin(Agent, Agent.id == Token.agent_id)
        .where(Token.token_hash == keyed_hash(deps, token))
    )
    async with deps.database.read() as session:
        found = (await session.execute(query)).one_or_none()
    if found is None:
        raise NotSignedIn("Nobody has this token.", code="token_unknown")
    row, user, agent = found
    now = deps.clock()
    _check_alive(row, user, agent, now)
    if row.audience is not None and row.audience != resource:
        raise NotSignedIn(
            "This token was made for another resource.",
            code="token_audience",
            hint="Ask for a token with this address as its resource.",
        )
    await _touch(deps, row, now)
    return _token_actor(row, user, agent)


async def authenticate_session(deps: Deps, cookie: str) -> Actor | None:
    """Who is signed in with this cookie, or None."""
    if len(cookie) != SESSION_CHARACTERS:
        return None
    query = (
        select(User)
        .join(Session, Session.user_id == User.id)
        .where(
            Session.token_hash == session_hash(cookie), Session.expires_at > deps.clock(), User.disabled_at.is_(None)
        )
    )
    async with deps.database.read() as session:
        user = await session.scalar(query)
    if user is None:
        return None
    return Actor(kind=ActorKind.USER, user_id=user.id, name=user.name, roles=_roles(user))


def session_hash(cookie: str) -> str:
    """How a session cookie or sign-in link is stored: it is random, so a plain SHA-256 is enough."""
    return hashlib.sha256(cookie.encode()).hexdigest()


def make_token(prefix: str = PREFIX) -> str:
    """A fresh token with its checksum."""
    random = "".join(secrets.choice(_DIGITS) for _ in range(_RANDOM))
    return f"{prefix}{random}{_checksum(random)}"


def is_token(text: str) -> bool:
    """Whether this is spelt like a token and its checksum is right."""
    if not _SPELLING.fullmatch(text):
        return False
    return text[-_CHECK:] == _checksum(text[len(PREFIX) : -_CHECK])


def _checksum(random: str) -> str:
    number = zlib.crc32(random.encode())
    digits = ""
    for _ in range(_CHECK):
        number, digit = divmod(number, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return digits


def keyed_hash(deps: Deps, token: str) -> str:
    """How a token is stored."""
    key = deps.settings.secret_key.get_secret_value()
    return hmac.new(key.encode(), token.encode(), hashlib.sha256).hexdigest()


def _check_lifetime(days: int) -> None:
    if not 1 <= days <= MAX_DAYS:
        raise Invalid(f"A token lives 1 to {MAX_DAYS} days, not {days}.", code="token_days")


def _check_scopes(command: IssueToken, owner: User) -> None:
    scopes = command.scopes
    if not scopes or len(set(scopes)) != len(scopes):
        raise Invalid("Name at least one scope, each once.", code="token_scopes", hint=f"One of {', '.join(Scope)}.")
    if command.agent_id is not None and Scope.EDITOR in scopes:
        raise Invalid("An agent is never an editor.", code="agent_editor", hint="Leave the scope editor out.")
    for scope in scopes:
        needed = SCOPE_ROLES.get(scope)
        if needed is not None and not needed & _roles(owner):
            raise Invalid(
                f"The scope {scope.value} needs a role you do not have.",
                code="scope_role",
                hint=f"Ask an admin for one of these roles: {', '.join(sorted(needed))}.",
            )


async def _lock_holder(tx: Transaction, actor: Actor, agent_id: UUID | None, now: datetime) -> User:
    """The person who will answer for the token, with their tokens counted under a lock."""
    owner = await tx.session.get(User, actor.user_id, with_for_update=True) if actor.user_id else None
    if owner is None:
        raise NotFound("There is no such person.")
    if agent_id is not None:
        await own_agent(tx, owner, agent_id)
    holder = Token.agent_id.is_(None) if agent_id is None else Token.agent_id == agent_id
    live = select(func.count()).where(
        Token.user_id == owner.id,
        holder,
        Token.grant_id.is_(None),
        Token.revoked_at.is_(None),
        Token.expires_at > now,
    )
    if (await tx.session.execute(live)).scalar_one() >= MAX_LIVE_TOKENS:
        raise Conflict(
            f"At most {MAX_LIVE_TOKENS} live tokens.", code="too_many_tokens", hint="Revoke one you no longer need."
        )
    return owner


async def own_agent(tx: Transaction, owner: User, agent_id: UUID) -> None:
    """Raise `NotFound` or `Conflict` unless this is an agent of the owner's that still acts."""
    agent = await tx.session.get(Agent, agent_id)
    if agent is None or agent.owner_id != owner.id:
        raise NotFound("You have no such agent.", hint="GET /api/v1/agents lists yours.")
    if agent.disabled_at is not None:
        raise Conflict("This agent is disabled.", code="agent_disabled", hint="Register a new agent.")


def _check_alive(row: Token, user: User, agent: Agent | None, now: datetime) -> None:
    hint = "Ask its owner for a new token."
    if row.revoked_at is not None:
        raise NotSignedIn("This token was revoked.", code="token_revoked", hint=hint)
    if row.expires_at <= now:
        raise NotSignedIn(f"This token expired on {row.expires_at:%Y-%m-%d}.", code="token_expired", hint=hint)
    if agent is not None and agent.disabled_at is not None:
        raise NotSignedIn("The agent of this token is disabled.", code="agent_disabled", hint=hint)
    if user.disabled_at is not None:
        raise NotSignedIn("The account of this token is disabled.", code="user_disabled", hint="Ask an admin.")


async def _touch(deps: Deps, row: Token, now: datetime) -> None:
    """Note the use, at most once a minute; never on a platform that must not be written to."""
    if deps.settings.read_only or (row.last_used_at is not None and row.last_used_at > now - _TOUCH):
        return
    stale = or_(Token.last_used_at.is_(None), Token.last_used_at <= now - _TOUCH)
    async with deps.database.write() as tx:
        await tx.session.execute(update(Token).where(Token.id == row.id, stale).values(last_used_at=now))


def _token_actor(row: Token, user: User, agent: Agent | None) -> Actor:
    known = frozenset(Scope) & frozenset(row.scopes)  # a scope that no longer exists allows nothing
    return Actor(
        kind=ActorKind.USER if agent is None else ActorKind.AGENT,
        user_id=user.id,
        agent_id=None if agent is None else agent.id,
        name=user.name if agent is None else agent.name,
        roles=_roles(user),
        scopes=frozenset(Scope(scope) for scope in known),
    )


def _roles(user: User) -> frozenset[Role]:
    return frozenset(Role(role) for role in user.roles)


def token_data(card: TokenCard) -> dict[str, object]:
    """What events say of a token."""
    return {
        "token_id": str(card.id),
        "user_id": str(card.user_id),
        "agent_id": str(card.agent_id) if card.agent_id else None,
        "scopes": [scope.value for scope in card.scopes],
    }
