"""Who is asking: a session cookie or a bearer token becomes an `Actor`, with one indexed query."""

from datetime import UTC, datetime

from litestar.datastructures import Cookie

from aixiv.deps import Deps
from aixiv.domain.errors import NotSignedIn
from aixiv.domain.people import ANONYMOUS, Actor
from aixiv.settings import Settings
from aixiv.usecases.accounts import OpenedSession, Origin
from aixiv.usecases.tokens import authenticate_session, authenticate_token
from aixiv.web.errors import Call

SESSION_COOKIE = "aixiv_session"
ACTOR = "aixiv.actor"


async def provide_actor(request: Call, deps: Deps) -> Actor:
    """The actor of this request. A token that is not valid is refused, never taken for nobody."""
    authorization = request.headers.get("authorization")
    if authorization is not None:
        actor = await authenticate_token(deps, bearer_token(authorization), deps.settings.api_resource)
    else:
        cookie = request.cookies.get(SESSION_COOKIE)
        actor = (await authenticate_session(deps, cookie) if cookie else None) or ANONYMOUS
    request.scope[ACTOR] = actor.label  # type: ignore[literal-required]  # for the access log
    return actor


async def provide_signed_in(actor: Actor) -> Actor:
    """The actor, who must be somebody."""
    if not actor.signed_in:
        raise NotSignedIn("This needs somebody who is signed in.")
    return actor


def origin_of(request: Call) -> Origin:
    """Where a request came from."""
    address = request.client.host if request.client else "unknown"
    return Origin(address=address, user_agent=request.headers.get("user-agent", ""))


def session_cookie(settings: Settings, opened: OpenedSession) -> Cookie:
    """The cookie that carries a new session."""
    left = int((opened.expires_at - datetime.now(UTC)).total_seconds())
    return _cookie(settings, opened.cookie, max_age=max(0, left))


def ended_cookie(settings: Settings) -> Cookie:
    """The cookie that ends a session in the browser."""
    return _cookie(settings, "", max_age=0)


def _cookie(settings: Settings, value: str, *, max_age: int) -> Cookie:
    return Cookie(
        key=SESSION_COOKIE,
        value=value,
        max_age=max_age,
        path="/",
        httponly=True,
        samesite="lax",
        secure=settings.address.startswith("https://"),
    )


def bearer_token(authorization: str) -> str:
    """The token in a header Authorization."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise NotSignedIn(
            "The header Authorization must say 'Bearer' and a token.",
            code="authorization_scheme",
            hint="Send 'Authorization: Bearer aixiv_...'.",
        )
    return token.strip()
