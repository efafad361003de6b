"""Clients that nobody registered: a client is its address, where it says who it is (client id metadata documents).

Only public clients with redirects by https or to the person's own machine; nobody can tell such a client apart from
a program that uses its address there, which is why the consent page says where the code goes.
"""

import re
from urllib.parse import SplitResult, urlsplit

import msgspec
from msgspec import Struct

from aixiv.deps import Deps
from aixiv.domain.errors import Invalid
from aixiv.fetch import DocumentRefused

LOOPBACK = ("127.0.0.1", "::1", "localhost")
MOST_REDIRECTS = 50
LONGEST_REDIRECT = 1000

_SPELLING = re.compile(r"[A-Za-z0-9\-._~:/?\[\]@!$&'()*+,;=%]+")
_HOST = re.compile(r"[a-z0-9.-]+|[0-9a-f:.]+")


class Client(Struct, frozen=True, kw_only=True):
    """Who asks for access. `name` is what it calls itself; `host` is where its document stands, which is proven."""

    id: str
    name: str
    host: str
    redirects: tuple[str, ...]


class _Document(Struct, frozen=True, kw_only=True):
    """What of a client's document is looked at."""

    client_id: str
    redirect_uris: tuple[str, ...]
    client_name: str | None = None
    token_endpoint_auth_method: str | None = None
    grant_types: tuple[str, ...] | None = None


async def client_of(deps: Deps, client_id: str) -> Client:
    """The client at this address. Raises `Invalid`, which is for the person, never for the client."""
    try:
        content = await deps.documents.get(client_id)
    except DocumentRefused as refusal:
        raise _unknown(f"Its document cannot be used: {refusal}.") from refusal
    try:
        told = msgspec.json.decode(content, type=_Document)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError, RecursionError) as error:
        raise _unknown("Its document is not one of a client.") from error
    if told.client_id != client_id:
        raise _unknown("Its document is one of another client.")
    if told.token_endpoint_auth_method not in (None, "none"):
        raise _unknown("It wants to sign in with a secret or a key, which is not supported here.")
    if told.grant_types is not None and "authorization_code" not in told.grant_types:
        raise _unknown("It does not use authorization codes.")
    if not 1 <= len(told.redirect_uris) <= MOST_REDIRECTS:
        raise _unknown(f"It names no redirect address, or more than {MOST_REDIRECTS}.")
    host = urlsplit(client_id).netloc
    return Client(id=client_id, name=_plain(told.client_name or "") or host, host=host, redirects=told.redirect_uris)


def check_redirect(client: Client, redirect: str) -> SplitResult:
    """Raise `Invalid` unless the client's document names this redirect and it is of a kind that is safe.

    A redirect is the same only when each character is; on the person's own machine any port will do, because programs
    there take one that is free.
    """
    parts = _redirect_parts(redirect)
    if parts is None or not any(_same(redirect, known) for known in client.redirects):
        raise Invalid(
            "The client wants the answer at an address that its document does not name, or that is not safe.",
            code="oauth_redirect",
            hint="Nothing was allowed. Tell who makes the client.",
        )
    return parts


def is_local(redirect: str) -> bool:
    """Whether this redirect leads to the person's own machine, where any program may stand behind it."""
    return urlsplit(redirect).hostname in LOOPBACK


def _redirect_parts(redirect: str) -> SplitResult | None:
    if len(redirect) > LONGEST_REDIRECT or not _SPELLING.fullmatch(redirect):
        return None
    try:
        parts = urlsplit(redirect)
        safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
        usable = parts.hostname is not None and _HOST.fullmatch(parts.hostname) and "@" not in parts.netloc
        return parts if safe and usable and parts.port != 0 else None
    except ValueError:
        return None


def _same(asked: str, known: str) -> bool:
    if asked == known:
        return True
    here, there = _redirect_parts(asked), _redirect_parts(known)
    if here is None or there is None or here.hostname not in LOOPBACK or here.scheme != "http":
        return False
    return here._replace(netloc=here.hostname) == there._replace(netloc=there.hostname or "")


def _plain(name: str) -> str:
    """What a client calls itself, without characters that draw nothing or turn the direction of text."""
    return " ".join("".join(c for c in name if c.isprintable()).split())[:80]


def _unknown(reason: str) -> Invalid:
    return Invalid(
        f"This client cannot be let in. {reason}",
        code="oauth_client",
        hint="Nothing was allowed. Tell who makes the client, or make a token for it by hand.",
    )
