"""The authorization server's second half: a code for tokens, a refresh token for the next ones, and their end.

A code or refresh token that comes a second time has been in two hands; nobody can tell which of them is the client, so
the whole grant ends. That has to be kept although the request is refused: the refusal is raised behind the commit.
"""

import hmac
from datetime import datetime, timedelta

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oauth2.rfc7636.challenge import CODE_VERIFIER_PATTERN
from msgspec import Struct, convert
from sqlalchemy import select

from aixiv.db import Transaction
from aixiv.db.account import Agent, Token, User
from aixiv.db.oauth import OAuthGrant, OAuthRefresh
from aixiv.deps import Deps
from aixiv.domain.cards import TokenCard
from aixiv.domain.events import Event, Tag
from aixiv.domain.ids import new_id
from aixiv.domain.people import Actor, ActorKind, Scope
from aixiv.usecases.oauth import OAuthRefused, read_scopes
from aixiv.usecases.oauth_grants import Reason, end_grant
from aixiv.usecases.tokens import SHOWN, keyed_hash, make_token, token_data

ACCESS_LIFE = timedelta(hours=1)
REFRESH_LIFE = timedelta(days=30)
REFRESH_PREFIX = "aixivr_"


class Redeem(Struct, frozen=True, kw_only=True):
    """A code to be turned into tokens. `resource` may be left out; given, it must be the one that was allowed."""

    client_id: str
    code: str
    redirect_uri: str
    code_verifier: str
    resource: str = ""


class Refresh(Struct, frozen=True, kw_only=True):
    """A refresh token to be turned into the next tokens, perhaps with fewer scopes."""

    client_id: str
    refresh_token: str
    scope: str = ""
    resource: str = ""


class TokenAnswer(Struct, frozen=True, kw_only=True):
    """Tokens as RFC 6749 answers them; `expires_in` in seconds."""

    access_token: str
    token_type: str
    expires_in: int
    refresh_token: str
    scope: str


async def redeem(deps: Deps, command: Redeem) -> TokenAnswer:
    """Tokens for a code. Raises `OAuthRefused`; a code that was used before ends its grant."""
    now = deps.clock()
    by_code = select(OAuthGrant).where(OAuthGrant.code_hash == keyed_hash(deps, command.code)).with_for_update()
    async with deps.database.write() as tx:
        grant = await tx.session.scalar(by_code)
        if grant is None or grant.client_id != command.client_id:
            raise _invalid_grant()
        if grant.redeemed_at is None:
            _check_code(grant, command, now)
            await _check_alive(tx, grant)
            grant.redeemed_at = now
            return _issue(tx, deps, grant, _scopes(grant), now)
        await _end(tx, grant, "code_replayed", now)
    raise _invalid_grant()


async def refresh(deps: Deps, command: Refresh) -> TokenAnswer:
    """The next tokens. Raises `OAuthRefused`; a refresh token that was used before ends its grant."""
    now = deps.clock()
    async with deps.database.write() as tx:
        kept = await tx.session.get(
            OAuthRefresh, keyed_hash(deps, command.refresh_token), with_for_update=True, populate_existing=True
        )
        grant = await tx.session.get(OAuthGrant, kept.grant_id, with_for_update=True) if kept else None
        if kept is None or grant is None or grant.client_id != command.client_id:
            raise _invalid_grant()
        if kept.used_at is None:
            if kept.expires_at <= now:
                raise _invalid_grant()
            await _check_alive(tx, grant)
            _check_resource(grant, command.resource)
            scopes = read_scopes(command.scope) or _scopes(grant)
            if not set(scopes) <= set(_scopes(grant)):
                raise OAuthRefused("A refresh can only narrow the scopes.", code="invalid_scope")
            kept.used_at = now
            return _issue(tx, deps, grant, scopes, now)
        await _end(tx, grant, "refresh_reused", now)
    raise _invalid_grant()


async def give_up(deps: Deps, client_id: str, token: str) -> None:
    """End the grant of an access or refresh token, for its client (RFC 7009); what is unknown is ended already."""
    hashed = keyed_hash(deps, token)
    async with deps.database.write() as tx:
        grant_id = await tx.session.scalar(select(OAuthRefresh.grant_id).where(OAuthRefresh.token_hash == hashed))
        grant_id = grant_id or await tx.session.scalar(select(Token.grant_id).where(Token.token_hash == hashed))
        grant = await tx.session.get(OAuthGrant, grant_id, with_for_update=True) if grant_id else None
        if grant is not None and grant.client_id == client_id:
            await _end(tx, grant, "client", deps.clock())


def _check_code(grant: OAuthGrant, command: Redeem, now: datetime) -> None:
    if grant.revoked_at is not None or grant.code_expires_at <= now or grant.redirect_uri != command.redirect_uri:
        raise _invalid_grant()
    verifier = command.code_verifier
    if not CODE_VERIFIER_PATTERN.fullmatch(verifier) or not hmac.compare_digest(
        create_s256_code_challenge(verifier), grant.challenge
    ):
        raise _invalid_grant()
    _check_resource(grant, command.resource)


def _check_resource(grant: OAuthGrant, resource: str) -> None:
    if resource and resource != grant.resource:
        raise OAuthRefused("The person allowed another resource.", code="invalid_target")


async def _check_alive(tx: Transaction, grant: OAuthGrant) -> None:
    agent = await tx.session.get_one(Agent, grant.agent_id)
    owner = await tx.session.get_one(User, grant.user_id)
    if grant.revoked_at is not None or agent.disabled_at is not None or owner.disabled_at is not None:
        raise _invalid_grant()


def _issue(tx: Transaction, deps: Deps, grant: OAuthGrant, scopes: tuple[Scope, ...], now: datetime) -> TokenAnswer:
    access, following = make_token(), make_token(REFRESH_PREFIX)
    row = Token(
        id=new_id(),
        user_id=grant.user_id,
        agent_id=grant.agent_id,
        name=grant.client_name,
        prefix=access[:SHOWN],
        grant_id=grant.id,
        audience=grant.resource,
        token_hash=keyed_hash(deps, access),
        scopes=[scope.value for scope in scopes],
        created_at=now,
        expires_at=now + ACCESS_LIFE,
        revoked_at=None,
        last_used_at=None,
    )
    tx.session.add(row)
    tx.session.add(
        OAuthRefresh(
            token_hash=keyed_hash(deps, following), grant_id=grant.id, created_at=now, expires_at=now + REFRESH_LIFE
        )
    )
    said = token_data(convert(row, TokenCard, from_attributes=True)) | {"grant_id": str(grant.id)}
    tx.record(Event(tag=Tag.TOKEN_ISSUED, actor=_agent(grant).label, at=now, data=said))
    return TokenAnswer(
        access_token=access,
        token_type="Bearer",  # noqa: S106 - its kind
        expires_in=int(ACCESS_LIFE.total_seconds()),
        refresh_token=following,
        scope=" ".join(scopes),
    )


async def _end(tx: Transaction, grant: OAuthGrant, reason: Reason, now: datetime) -> None:
    await end_grant(tx, grant, actor=_agent(grant), reason=reason, now=now)


def _agent(grant: OAuthGrant) -> Actor:
    return Actor(kind=ActorKind.AGENT, user_id=grant.user_id, agent_id=grant.agent_id)


def _scopes(grant: OAuthGrant) -> tuple[Scope, ...]:
    return tuple(scope for scope in Scope if scope in grant.scopes)


def _invalid_grant() -> OAuthRefused:
    """One answer for every reason, so that who tries codes learns nothing."""
    return OAuthRefused("The code or refresh token is not valid here, or not any more.", code="invalid_grant")
