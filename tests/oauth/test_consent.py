"""What a person is shown before a client may act, and everything that is refused before or instead."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from aixiv.domain.people import Scope
from tests.fixtures.deps import Clock
from tests.oauth.program import Browser, Program, told
from tests.oauth.site import FOREIGN, REDIRECT, Site
from tests.web.door import Door, Somebody
from tests.web.portal import harm_in

pytestmark = pytest.mark.anyio
ELSEWHERE = "https://evil.example/back"


@pytest.fixture
def program(site: Site, door: Door) -> Program:
    return Program(site, door)


async def test_the_page_says_who_asks_for_what_and_where_the_answer_goes(
    site: Site, program: Program, browser: Browser
) -> None:
    shown = await browser.open(program.query())
    for words in ("Desk Agent", site.netloc, "127.0.0.1:7777", "ada&#39;s agent", "Submit works and revisions"):
        assert words in shown.text
    assert "stays on this computer" in shown.text
    policy = shown.headers["content-security-policy"]
    assert "form-action 'self' http://127.0.0.1:7777;" in policy
    assert "frame-ancestors 'none'" in policy
    assert shown.headers["x-frame-options"] == "DENY"
    abroad = await browser.open(program.query(redirect_uri=FOREIGN))
    assert "stays on this computer" not in abroad.text
    assert "elsewhere.example" in abroad.text


async def test_nobody_signs_in_first_and_comes_back(door: Door, program: Program, ada: Somebody) -> None:
    asked = await Browser(door.http).open(program.query())
    sign_in = urlsplit(asked.headers["location"])
    back = parse_qs(sign_in.query)["next"][0]
    assert (asked.status_code, sign_in.path) == (303, "/sign-in")
    assert (await (await door.of(ada.session)).get(back)).status_code == 200
    assert f'value="{back}"'.replace("&", "&amp;") in (await door.http.get(asked.headers["location"])).text


async def test_a_token_gives_no_consent(door: Door, program: Program, ada: Somebody) -> None:
    for headers in (ada.bearer, await door.own_token(ada.actor, Scope.PAPERS_READ)):
        assert (await Browser(await door.of(headers)).open(program.query())).status_code == 403


async def test_allowed_refused_narrowed_and_as_a_new_agent(door: Door, program: Program, browser: Browser) -> None:
    issuer = door.deps.settings.address
    no = told(await browser.answer(await browser.open(program.query()), "refuse"))
    assert (no["error"], no["state"], no["iss"]) == ("access_denied", "a state", issuer)
    yes = await browser.allow(program.query(state=None))
    assert set(yes) == {"code", "iss"}
    narrow = await browser.allow(program.query(), scopes="papers:read")
    assert (await program.redeem(narrow["code"])).json()["scope"] == "papers:read"
    page = await browser.open(program.query())
    none = await browser.answer(page, scopes=[])
    nameless = await browser.answer(page, agent="new", model_family="")
    assert (none.status_code, nameless.status_code) == (422, 422)
    made = told(await browser.answer(page, agent="new", name="Desk", model_family="toy 2"))
    token = (await program.redeem(made["code"])).json()["access_token"]
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "my_work", "arguments": {}}}
    accepting = {"Authorization": f"Bearer {token}", "Accept": "application/json, text/event-stream"}
    assert "Desk" in (await door.http.post("/mcp", json=message, headers=accepting)).text


async def test_what_the_person_must_not_be_sent_away_with(site: Site, program: Program, browser: Browser) -> None:
    """A client or redirect that is not proven: the person is told, and no address of the request is followed."""
    wrong = {
        "other id": site.put("/other", {"client_id": site.client_id, "redirect_uris": [REDIRECT]}),
        "secret": site.describe("/secret", token_endpoint_auth_method="client_secret_post"),
        "no redirect": site.describe("/none", redirect_uris=[]),
        "not json": site.put("/text", b"hello"),
        "a list": site.put("/list", []),
        "no code": site.describe("/machine", grant_types=["client_credentials"]),
        "missing": f"https://{site.netloc}/missing",
        "moved": site.put("/moved", b"", status=302, location=site.client_id),
        "plain": f"http://{site.netloc}/client.json".replace("localhost", "127.0.0.1"),
        "own network": "https://169.254.169.254/latest/meta-data",
        "name": "desk-agent",
    }
    for reason, client_id in wrong.items():
        answer = await browser.open(program.query(client_id=client_id))
        assert answer.status_code == 422, reason
        assert "location" not in answer.headers
    site.describe("/odd", redirect_uris=["javascript:alert(1)", "http://evil.example/x", "https://a@b.example/"])
    redirects = (
        ELSEWHERE, f"{FOREIGN}/", FOREIGN.replace("back", "BACK"), f"{FOREIGN}?x=1", "http://127.0.0.1:7777/other",
        "http://127.0.0.1:7777/back#x", "http://localhost:7777/back", "http://127.0.0.1@evil.example/back",
        "https://127.0.0.1:7777/back", "", "javascript:alert(1)",
    )  # fmt: skip
    for redirect in redirects:
        answer = await browser.open(program.query(redirect_uri=redirect))
        assert (answer.status_code, "location" in answer.headers) == (422, False), redirect
    odd = f"https://{site.netloc}/odd"
    for redirect in ("javascript:alert(1)", "http://evil.example/x", "https://a@b.example/"):
        assert (await browser.open(program.query(client_id=odd, redirect_uri=redirect))).status_code == 422, redirect
    assert (await browser.open(program.query(redirect_uri=[REDIRECT, ELSEWHERE]))).status_code == 422
    any_port = "http://127.0.0.1:50123/back"
    assert (await browser.open(program.query(redirect_uri=any_port))).status_code == 200


async def test_what_the_client_is_told(program: Program, browser: Browser) -> None:
    wrong: dict[str, list[dict[str, Any]]] = {
        "unsupported_response_type": [{"response_type": "token"}, {"response_type": None}],
        "invalid_request": [
            {"code_challenge": None},
            {"code_challenge": "short"},
            {"code_challenge_method": "plain"},
            {"code_challenge_method": None},
            {"scope": ["papers:read", "papers:submit"]},
            {"state": "x" * 1001},
        ],
        "invalid_target": [{"resource": None}, {"resource": "https://other.example/mcp"}],
        "invalid_scope": [{"scope": "editor"}, {"scope": "papers:read everything"}, {"scope": "reviews:write"}],
    }
    for error, cases in wrong.items():
        for changes in cases:
            answer = await browser.open(program.query(**changes))
            assert told(answer)["error"] == error, changes
            assert answer.headers["location"].startswith(REDIRECT)
            assert answer.headers["referrer-policy"] == "no-referrer"
    shown = await browser.open(program.query(scope="papers:read reviews:write"))
    assert "which your role does not allow" in shown.text


async def test_a_consent_is_for_what_was_shown_to_whom_it_was_shown(
    door: Door, program: Program, browser: Browser, clock: Clock
) -> None:
    shown = await browser.open(program.query())
    before = door.rows()
    eve = await door.somebody("eve")
    after = door.rows()
    hers = Browser(await door.of(eve.session))
    tampered = [
        await browser.answer(shown, scope="papers:read papers:publish", scopes=["papers:publish"]),
        await browser.answer(shown, redirect_uri=FOREIGN),
        await browser.answer(shown, code_challenge="e" * 43),
        await browser.answer(shown, ticket=""),
        await browser.answer(shown, ticket="99999999999.00"),
        await hers.answer(shown),
    ]
    assert [answer.status_code for answer in tampered] == [422] * 6
    foreign = await hers.answer(await hers.open(program.query()), agent=str((await _agents(door, browser))[0]))
    assert foreign.status_code == 404
    across = await browser.http.post("/oauth/authorize", data={}, headers={"Sec-Fetch-Site": "cross-site"})
    assert across.status_code == 403
    clock.advance(timedelta(minutes=11))
    assert (await browser.answer(shown)).status_code == 422
    assert door.rows() == after
    assert before["oauth_grants"] == 0


async def test_what_a_client_calls_itself_is_only_text(site: Site, program: Program, browser: Browser) -> None:
    name = '</title><script>steal()</script>\u202e\u200b" onmouseover="steal()'
    hostile = site.describe("/hostile", client_name=name)
    shown = await browser.open(program.query(client_id=hostile, state='"><script>steal()</script>'))
    assert harm_in(shown.text) == []
    assert "\u202e" not in shown.text
    assert "code" in told(await browser.answer(shown))
    listed = await browser.http.get("/connections")
    assert harm_in(listed.text) == []


async def _agents(door: Door, browser: Browser) -> list[str]:
    answer = await browser.http.get("/api/v1/agents")
    return [agent["id"] for agent in answer.json()["items"]]
