"""Ending what a person allowed a client: the grant, its access tokens, and with it every refresh token."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct
from sqlalchemy import ColumnElement, select

from aixiv.db import Transaction
from aixiv.db.account import Token
from aixiv.db.oauth import OAuthGrant
from aixiv.deps import Deps
from aixiv.domain.errors import NotFound
from aixiv.domain.events import Event, Tag
from aixiv.domain.people import Action, Actor, Role, Subject, may
from aixiv.usecases.tokens import revoke

Reason = Literal["person", "client", "code_replayed", "refresh_reused", "agent_disabled", "user_disabled"]


class Disconnected(Struct, frozen=True, kw_only=True):
    """A connection that has ended, and since when."""

    id: UUID
    revoked_at: datetime


async def disconnect(deps: Deps, actor: Actor, grant_id: UUID) -> Disconnected:
    """End a grant now, by the person who gave it or an admin. Ending it twice changes nothing."""
    may(actor, Action.REVOKE)
    async with deps.database.write() as tx:
        grant = await tx.session.get(OAuthGrant, grant_id, with_for_update=True)
        if grant is None or (actor.user_id != grant.user_id and Role.ADMIN not in actor.roles):
            raise NotFound("You have no such connection.", hint="GET /api/v1/me/connections lists yours.")
        may(actor, Action.REVOKE, Subject(owner_id=grant.user_id))
        ended = await end_grant(tx, grant, actor=actor, reason="person", now=deps.clock())
        return Disconnected(id=grant.id, revoked_at=ended)


async def end_grants(
    tx: Transaction, which: ColumnElement[bool], *, actor: Actor, reason: Reason, now: datetime
) -> None:
    """End every live grant that fits."""
    live = select(OAuthGrant).where(which, OAuthGrant.revoked_at.is_(None)).order_by(OAuthGrant.id).with_for_update()
    for grant in await tx.session.scalars(live):
        await end_grant(tx, grant, actor=actor, reason=reason, now=now)


async def end_grant(tx: Transaction, grant: OAuthGrant, *, actor: Actor, reason: Reason, now: datetime) -> datetime:
    """End this grant, which the caller has locked; answers since when it is over. Its refresh tokens end with it."""
    ended = grant.revoked_at or now
    if grant.revoked_at is None:
        grant.revoked_at = now
        data = grant_data(grant) | {"reason": reason}
        tx.record(Event(tag=Tag.GRANT_REVOKED, actor=actor.label, at=now, data=data))
    tokens = select(Token).where(Token.grant_id == grant.id, Token.revoked_at.is_(None)).with_for_update()
    revoke(tx, list(await tx.session.scalars(tokens)), actor=actor, now=now)
    return ended


def grant_data(grant: OAuthGrant) -> dict[str, Any]:
    """What events say of a grant."""
    return {
        "grant_id": str(grant.id),
        "user_id": str(grant.user_id),
        "agent_id": str(grant.agent_id),
        "client_id": grant.client_id,
        "resource": grant.resource,
        "scopes": list(grant.scopes),
    }
