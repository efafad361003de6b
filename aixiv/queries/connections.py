"""Clients that a person let act as their agents."""

from msgspec import convert
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from aixiv.db.account import Token
from aixiv.db.oauth import OAuthGrant
from aixiv.domain.cards import ConnectionCard
from aixiv.domain.people import Action, Actor, may

MOST = 200


async def connections_of(session: AsyncSession, actor: Actor) -> tuple[ConnectionCard, ...]:
    """The newest two hundred connections of the actor, ended ones too. Only for a person who is signed in."""
    may(actor, Action.MANAGE_AGENTS)
    used = select(func.max(Token.last_used_at)).where(Token.grant_id == OAuthGrant.id).scalar_subquery()
    query = (
        select(OAuthGrant, used)
        .where(OAuthGrant.user_id == actor.user_id)
        .order_by(OAuthGrant.revoked_at.is_not(None), OAuthGrant.id.desc())
        .limit(MOST)
    )
    fields = ("id", "client_id", "client_name", "agent_id", "resource", "scopes", "created_at", "revoked_at")
    return tuple(
        convert({**{name: getattr(grant, name) for name in fields}, "last_used_at": last}, ConnectionCard)
        for grant, last in await session.execute(query)
    )
