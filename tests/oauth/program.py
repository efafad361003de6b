"""The two sides of a consent: a program that asks by hand, and a person who answers in a browser."""

import secrets
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from tests.oauth.site import REDIRECT, Site
from tests.web.door import Door

BASIC = ("papers:read", "papers:submit")


@dataclass
class Browser:
    """A browser that is signed in. It follows nothing by itself."""

    http: httpx2.AsyncClient

    async def open(self, query: dict[str, Any]) -> httpx2.Response:
        """The consent page for this request, or what comes instead."""
        return await self.http.get(f"/oauth/authorize?{urlencode(query, doseq=True)}")

    async def answer(self, shown: httpx2.Response, answer: str = "allow", **changes: Any) -> httpx2.Response:
        """Send the page's form as it stands, but for these changes."""
        assert shown.status_code == 200, shown.text
        form = _Form()
        form.feed(shown.text)
        return await self.http.post("/oauth/authorize", data=form.fields | {"answer": answer} | changes)

    async def allow(self, query: dict[str, Any], **changes: Any) -> dict[str, str]:
        """Allow what is asked; what the client is told."""
        return told(await self.answer(await self.open(query), **changes))


@dataclass
class Program:
    """A client that asks for access, with a verifier of its own."""

    site: Site
    door: Door
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    def query(self, **changes: Any) -> dict[str, Any]:
        """The parameters of a request that is in order, but for these changes; None leaves one out."""
        asked = {
            "response_type": "code",
            "client_id": self.site.client_id,
            "redirect_uri": REDIRECT,
            "scope": " ".join(BASIC),
            "state": "a state",
            "resource": self.door.deps.settings.mcp_resource,
            "code_challenge": create_s256_code_challenge(self.verifier),
            "code_challenge_method": "S256",
        }
        return {name: value for name, value in (asked | changes).items() if value is not None}

    async def token(self, **sent: Any) -> httpx2.Response:
        """Ask the token endpoint."""
        return await self.door.http.post("/oauth/token", data={"client_id": self.site.client_id} | sent)

    async def redeem(self, code: str, **changes: Any) -> httpx2.Response:
        """Turn a code into tokens."""
        sent = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": REDIRECT,
            "code_verifier": self.verifier,
        }
        return await self.token(**(sent | changes))

    async def refresh(self, token: str, **changes: Any) -> httpx2.Response:
        """Turn a refresh token into the next tokens."""
        return await self.token(**({"grant_type": "refresh_token", "refresh_token": token} | changes))

    async def tokens(self, browser: Browser, **changes: Any) -> dict[str, Any]:
        """Everything from the question to the tokens."""
        granted = await self.redeem((await browser.allow(self.query(**changes)))["code"])
        assert granted.status_code == 200, granted.text
        answer: dict[str, Any] = granted.json()
        return answer

    async def works(self, token: str, path: str = "/api/v1/me") -> int:
        """The status with which a token is answered."""
        bearer = {"Authorization": f"Bearer {token}", "Accept": "application/json, text/event-stream"}
        if path.startswith("/mcp"):
            message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
            return (await self.door.http.post(path, json=message, headers=bearer)).status_code
        return (await self.door.http.get(path, headers=bearer)).status_code


def told(answer: httpx2.Response) -> dict[str, str]:
    """What a redirect tells the client."""
    assert answer.status_code == 303, f"{answer.status_code} {answer.text}"
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


class _Form(HTMLParser):
    """The fields that a browser would send: hidden ones, ticked ones, and texts."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, Any] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if tag != "input" or (told.get("type") in ("checkbox", "radio") and "checked" not in told):
            return
        name, value = told.get("name") or "", told.get("value") or ""
        if told.get("type") == "checkbox":
            self.fields.setdefault(name, []).append(value)
        else:
            self.fields[name] = value
