"""Codes and tokens: each in its own hands, once, at its own address, and only for as long as the person wants."""

import asyncio
import secrets
from datetime import timedelta

import psycopg
import pytest

from aixiv.usecases.housekeeping import remove_expired
from aixiv.web.oauth import tokens
from tests.fixtures.deps import Clock
from tests.oauth.program import BASIC, Browser, Program
from tests.oauth.site import FOREIGN, Site
from tests.web.door import Door, Somebody

pytestmark = pytest.mark.anyio


@pytest.fixture
def program(site: Site, door: Door) -> Program:
    return Program(site, door)


async def test_a_code_is_good_once_in_time_for_who_asked(
    door: Door, site: Site, program: Program, browser: Browser, clock: Clock
) -> None:
    code = (await browser.allow(program.query()))["code"]
    other = site.describe("/other")
    wrong = [
        {"code_verifier": secrets.token_urlsafe(48)},
        {"code_verifier": "short"},
        {"redirect_uri": FOREIGN},
        {"redirect_uri": "http://127.0.0.1:8888/back"},
        {"client_id": other},
        {"code": secrets.token_urlsafe(32)},
    ]
    for changes in wrong:
        refused = await program.redeem(**({"code": code} | changes))
        assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant"), changes
        assert refused.headers["cache-control"] == "no-store"
    elsewhere = await program.redeem(code, resource=door.deps.settings.api_resource)
    assert elsewhere.json()["error"] == "invalid_target"
    granted = await program.redeem(code, resource=door.deps.settings.mcp_resource)
    answer = granted.json()
    assert granted.headers["cache-control"] == "no-store"
    assert (answer["token_type"], answer["expires_in"], answer["scope"]) == ("Bearer", 3600, " ".join(BASIC))
    late = (await browser.allow(program.query()))["code"]
    clock.advance(timedelta(seconds=61))
    assert (await program.redeem(late)).json()["error"] == "invalid_grant"
    assert await program.works(answer["access_token"], "/mcp") == 200


async def test_malformed_requests_are_told_apart(door: Door, program: Program) -> None:
    for sent, error in (
        ({}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "authorization_code", "code": "x"}, "invalid_request"),
        ({"grant_type": ["refresh_token", "refresh_token"]}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "\0"}, "invalid_request"),
    ):
        refused = await program.token(**sent)
        assert (refused.status_code, refused.json()["error"]) == (400, error), sent
    json = await door.http.post("/oauth/token", json={"grant_type": "refresh_token"})
    assert (json.status_code, json.json()["error"]) == (400, "invalid_request")


async def test_a_code_that_comes_twice_ends_what_came_of_it(program: Program, browser: Browser) -> None:
    code = (await browser.allow(program.query()))["code"]
    answers = await asyncio.gather(program.redeem(code), program.redeem(code))
    granted = [answer.json() for answer in answers if answer.status_code == 200]
    assert len(granted) == 1
    assert await program.works(granted[0]["access_token"], "/mcp") == 401
    refused = await program.refresh(granted[0]["refresh_token"])
    assert refused.json()["error"] == "invalid_grant"


async def test_a_token_is_good_at_its_own_address_only(
    door: Door, program: Program, browser: Browser, ada: Somebody
) -> None:
    api = door.deps.settings.api_resource
    for_mcp = (await program.tokens(browser))["access_token"]
    for_api = (await program.tokens(browser, resource=api))["access_token"]
    tried = {(t, p): await program.works(t, p) for t in (for_mcp, for_api) for p in ("/mcp", "/api/v1/me", "/work")}
    assert [tried[for_mcp, path] for path in ("/mcp", "/api/v1/me")] == [200, 401]
    assert [tried[for_api, path] for path in ("/mcp", "/api/v1/me")] == [401, 200]
    assert tried[for_mcp, "/work"] != 200
    told = await door.http.get("/api/v1/me", headers={"Authorization": f"Bearer {for_mcp}"})
    assert told.json()["code"] == "token_audience"
    assert await program.works(ada.token, "/mcp") == await program.works(ada.token, "/api/v1/me") == 200


async def test_scopes_and_sessions_stay_with_the_person(door: Door, program: Program, browser: Browser) -> None:
    api = door.deps.settings.api_resource
    token = (await program.tokens(browser, resource=api, scope="papers:read"))["access_token"]
    mine = await door.of({"Authorization": f"Bearer {token}"})
    me = (await mine.get("/api/v1/me")).json()
    assert (me["kind"], me["scopes"]) == ("agent", ["papers:read"])
    for path in ("/api/v1/me/connections", "/api/v1/me/tokens", "/api/v1/agents"):
        assert (await mine.get(path)).status_code == 403
    connection = (await browser.http.get("/api/v1/me/connections")).json()["items"][0]["id"]
    assert (await mine.delete(f"/api/v1/me/connections/{connection}")).status_code == 403
    assert (await browser.http.get("/api/v1/me/tokens")).json()["items"][0]["name"] == "test"


async def test_refreshing_rotates_and_only_narrows(
    site: Site, program: Program, browser: Browser, clock: Clock
) -> None:
    first = await program.tokens(browser)
    clock.advance(timedelta(minutes=61))
    assert await program.works(first["access_token"], "/mcp") == 401
    wider = await program.refresh(first["refresh_token"], scope="papers:read papers:publish")
    foreign = await program.refresh(first["refresh_token"], client_id=site.describe("/other"))
    abroad = await program.refresh(first["refresh_token"], resource="https://other.example/mcp")
    errors = [answer.json()["error"] for answer in (wider, foreign, abroad)]
    assert errors == ["invalid_scope", "invalid_grant", "invalid_target"]
    second = (await program.refresh(first["refresh_token"], scope="papers:read")).json()
    assert second["scope"] == "papers:read"
    third = (await program.refresh(second["refresh_token"])).json()
    assert third["scope"] == " ".join(BASIC)  # what was allowed is not lost by having asked for less
    assert await program.works(third["access_token"], "/mcp") == 200
    assert (await program.refresh(first["access_token"])).json()["error"] == "invalid_grant"
    assert await program.works(third["refresh_token"], "/mcp") == 401
    clock.advance(timedelta(days=31))
    assert (await program.refresh(third["refresh_token"])).json()["error"] == "invalid_grant"


async def test_a_refresh_token_that_comes_twice_ends_the_family(program: Program, browser: Browser) -> None:
    first = await program.tokens(browser)
    second = (await program.refresh(first["refresh_token"])).json()
    assert (await program.refresh(first["refresh_token"])).json()["error"] == "invalid_grant"
    assert await program.works(second["access_token"], "/mcp") == 401
    assert (await program.refresh(second["refresh_token"])).json()["error"] == "invalid_grant"


async def test_the_person_ends_it_on_the_page_and_over_rest(door: Door, program: Program, browser: Browser) -> None:
    for by_rest in (False, True):
        granted = await program.tokens(browser)
        listed = (await browser.http.get("/api/v1/me/connections")).json()["items"][0]
        assert (listed["client_id"], listed["revoked_at"]) == (program.site.client_id, None)
        assert "Desk Agent" in (await browser.http.get("/connections")).text
        if by_rest:
            ended = await browser.http.delete(f"/api/v1/me/connections/{listed['id']}")
            assert ended.json()["revoked_at"] is not None
        else:
            assert (await browser.http.post(f"/connections/{listed['id']}/end")).status_code == 303
        assert await program.works(granted["access_token"], "/mcp") == 401
        assert (await program.refresh(granted["refresh_token"])).json()["error"] == "invalid_grant"
    assert (await browser.http.get("/connections")).text.count("Ended") == 2


async def test_the_client_ends_its_own_and_no_other_s(site: Site, program: Program, browser: Browser) -> None:
    granted, other = await program.tokens(browser), site.describe("/other")
    for client, token, left in (
        (other, granted["refresh_token"], 200),
        (program.site.client_id, "unknown", 200),
        (program.site.client_id, granted["access_token"], 401),
    ):
        sent = {"client_id": client, "token": token, "token_type_hint": "access_token"}
        assert (await program.door.http.post("/oauth/revoke", data=sent)).status_code == 200
        assert await program.works(granted["access_token"], "/mcp") == left


async def test_a_disabled_agent_loses_its_clients(program: Program, browser: Browser, ada: Somebody) -> None:
    granted = await program.tokens(browser)
    agent = (await browser.http.get("/api/v1/agents")).json()["items"][0]["id"]
    waiting = (await browser.allow(program.query()))["code"]
    assert (await browser.http.delete(f"/api/v1/agents/{agent}")).status_code == 200
    assert await program.works(granted["access_token"], "/mcp") == 401
    assert (await program.refresh(granted["refresh_token"])).json()["error"] == "invalid_grant"
    assert (await program.redeem(waiting)).json()["error"] == "invalid_grant"


async def test_what_happened_is_kept_and_no_secret_is(
    door: Door, program: Program, browser: Browser, clock: Clock, capfd: pytest.CaptureFixture[str]
) -> None:
    code = (await browser.allow(program.query()))["code"]
    granted = (await program.redeem(code)).json()
    await program.refresh(granted["refresh_token"])
    await program.refresh(granted["refresh_token"])
    unused = (await browser.allow(program.query()))["code"]
    said = capfd.readouterr()
    secret = (code, unused, program.verifier, granted["access_token"], granted["refresh_token"])
    with psycopg.connect(door.deps.settings.database_url) as connection:
        tables = ("events", "tokens", "oauth_grants", "oauth_refreshes")
        stored = {table: str(connection.execute(f"SELECT * FROM {table}").fetchall()) for table in tables}
    for tag in ("grant:made", "token:issued", "grant:revoked", "refresh_reused"):
        assert tag in stored["events"]
    for word in secret:
        assert word not in said.out + said.err
        assert not any(word in content for content in stored.values())
    clock.advance(timedelta(days=40))
    await remove_expired(door.deps)
    rows = door.rows()
    assert (rows["oauth_grants"], rows["tokens"]) == (1, 1)  # the one that was used, and the personal token


async def test_tokens_are_asked_for_so_often_only(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "PER_MINUTE", 3)
    answers = [await program.token() for _ in range(4)]
    assert [answer.status_code for answer in answers] == [400, 400, 400, 429]
    assert answers[-1].headers["retry-after"].isdigit()
