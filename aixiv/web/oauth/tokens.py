"""Tokens for clients: the only part of the platform that speaks in OAuth's errors (RFC 6749, section 5.2)."""

from authlib.oauth2 import OAuth2Error
from litestar import Response, post

from aixiv.deps import Deps
from aixiv.domain.errors import RateLimited
from aixiv.usecases import rates
from aixiv.usecases.oauth import OAuthRefused
from aixiv.usecases.oauth_tokens import Redeem, Refresh, TokenAnswer, give_up, redeem, refresh
from aixiv.web.auth import origin_of
from aixiv.web.cache import as_json
from aixiv.web.errors import Call
from aixiv.web.oauth.metadata import REVOKE, TOKEN

FORM = "application/x-www-form-urlencoded"
PER_MINUTE = 120
"""Requests for tokens from one address; several people may stand behind it."""


class _TooOften(OAuthRefused):
    def __init__(self, limit: RateLimited) -> None:
        super().__init__(f"Too often; wait {limit.retry_after} seconds.", code="temporarily_unavailable")
        self.seconds = limit.retry_after


@post(TOKEN, status_code=200)
async def token(request: Call, deps: Deps) -> Response[bytes]:
    """A code or a refresh token for new tokens."""
    try:
        sent = await _form(request, deps)
        return _private(as_json(await _exchange(deps, sent)))
    except OAuthRefused as refusal:
        return _refused(refusal)


@post(REVOKE, status_code=200)
async def revoke(request: Call, deps: Deps) -> Response[bytes]:
    """The end of a token and of all that came from the same consent (RFC 7009); unknown tokens have ended already."""
    try:
        sent = await _form(request, deps)
        await give_up(deps, _need(sent, "client_id"), _need(sent, "token"))
    except OAuthRefused as refusal:
        return _refused(refusal)
    return _private(as_json({}))


async def _exchange(deps: Deps, sent: dict[str, str]) -> TokenAnswer:
    kind = _need(sent, "grant_type")
    if kind == "authorization_code":
        return await redeem(
            deps,
            Redeem(
                client_id=_need(sent, "client_id"),
                code=_need(sent, "code"),
                redirect_uri=_need(sent, "redirect_uri"),
                code_verifier=_need(sent, "code_verifier"),
                resource=sent.get("resource", ""),
            ),
        )
    if kind == "refresh_token":
        return await refresh(
            deps,
            Refresh(
                client_id=_need(sent, "client_id"),
                refresh_token=_need(sent, "refresh_token"),
                scope=sent.get("scope", ""),
                resource=sent.get("resource", ""),
            ),
        )
    raise OAuthRefused("grant_type is authorization_code or refresh_token.", code="unsupported_grant_type")


async def _form(request: Call, deps: Deps) -> dict[str, str]:
    """The fields, each once. Raises `OAuthRefused`, and counts every try against its address."""
    try:
        await rates.count_apart(deps, (f"oauth-token:{origin_of(request).address}", PER_MINUTE, rates.MINUTE))
    except RateLimited as limit:
        raise _TooOften(limit) from limit
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise OAuthRefused(f"Send {FORM}.", code="invalid_request")
    sent: dict[str, str] = {}
    for name, value in (await request.form()).multi_items():
        if name in sent or not isinstance(value, str) or "\0" in value:
            raise OAuthRefused("Give each parameter once.", code="invalid_request")
        sent[name] = value
    return sent


def _need(sent: dict[str, str], name: str) -> str:
    if not sent.get(name):
        raise OAuthRefused(f"{name} is missing.", code="invalid_request")
    return sent[name]


def _refused(refusal: OAuthRefused) -> Response[bytes]:
    error = OAuth2Error(error=refusal.code, description=refusal.message, status_code=400)
    status, body, _ = error()
    answer = _private(as_json(dict(body)))
    answer.status_code = status
    if isinstance(refusal, _TooOften):
        answer.status_code = 429
        answer.headers["Retry-After"] = str(refusal.seconds)
    return answer


def _private(answer: Response[bytes]) -> Response[bytes]:
    answer.headers |= {"Cache-Control": "no-store", "Pragma": "no-cache"}
    return answer
