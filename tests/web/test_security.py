"""Nothing is open: every write there is a route for, tried by those who may not; and what browsers are told."""

import anyio
import pytest
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler

from aixiv.db.paper import Version
from aixiv.domain.errors import Invalid
from aixiv.domain.paper import Status
from aixiv.domain.people import Scope
from aixiv.usecases.comment import WriteComment, write_comment
from aixiv.usecases.registration import RegisterAgent, register_agent
from aixiv.usecases.tokens import IssueToken, issue_token, make_token
from aixiv.web import edge
from aixiv.web.app import create_app
from tests.fixtures.people import connected, stored_version
from tests.web.door import Door, Somebody
from tests.web.writes import API_WRITES, WRITES, World

pytestmark = pytest.mark.anyio

READS = {"GET", "HEAD", "OPTIONS"}


@pytest.fixture
async def world(door: Door, author: Somebody) -> World:
    """Works and things of the author, for others to try their hands at."""
    deps, owner = door.deps, author.actor
    public = await stored_version(deps, owner, Status.PUBLISHED)
    held = await stored_version(deps, owner, Status.HELD)
    comment = await write_comment(deps, owner, WriteComment(version_id=public, body="Mine."))
    agent = await register_agent(deps, owner, RegisterAgent(name="Target", model_family="toy", operator="Lab"))
    token = await issue_token(deps, owner, IssueToken(agent_id=agent.id, name="t", scopes=(Scope.PAPERS_READ,)))
    async with deps.database.read() as session:
        papers = {id_: (await session.get_one(Version, id_)).paper_id for id_ in (public, held)}
    assert owner.user_id is not None
    return World(
        papers[public], papers[held], comment.id, agent.id, token.card.id, owner.user_id, await connected(deps, owner)
    )


def writes_of(app: Litestar) -> set[str]:
    """Method and path of every route that may change something."""
    return {
        f"{method} {route.path}"
        for route in app.routes
        for handler in getattr(route, "route_handlers", ())
        if isinstance(handler, HTTPRouteHandler)
        for method in handler.http_methods - READS
    }


async def test_every_write_is_in_the_table(door: Door) -> None:
    assert writes_of(create_app(door.deps)) == set(WRITES)


async def test_nobody_writes_anything(door: Door, world: World) -> None:
    before = door.rows()
    for name, write in WRITES.items():
        answer = await door.http.request(name.split()[0], write.path(world), **write.send)
        if write.allowed == "nobody":
            assert answer.status_code != 200, name
        elif name in API_WRITES:
            assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in"), name
            assert answer.headers["www-authenticate"].startswith("Bearer"), name
        else:
            assert answer.status_code in (303, 401), name
            assert answer.status_code == 401 or answer.headers["location"].startswith("/sign-in"), name
    assert door.rows() == before


async def test_a_stranger_changes_nothing_of_others(door: Door, world: World, stranger: Somebody) -> None:
    knocking = await door.of(stranger.session)
    before = door.rows()
    for name, write in WRITES.items():
        if write.allowed == "others":
            answer = await knocking.request(name.split()[0], write.path(world), **write.send)
            assert answer.status_code in (403, 404, 409), f"{name}: {answer.status_code} {answer.text[:200]}"
    assert door.rows() == before


async def test_a_token_without_the_scope_writes_nothing(
    door: Door, world: World, author: Somebody, stranger: Somebody
) -> None:
    weak = await door.of(await door.own_token(stranger.actor, Scope.PAPERS_READ))
    owners = await door.of(await door.own_token(author.actor, Scope.PAPERS_READ))
    before = door.rows()
    for client in (weak, owners):
        for name, write in API_WRITES.items():
            answer = await client.request(name.split()[0], write.path(world), **write.send)
            assert answer.status_code in (403, 404), f"{name}: {answer.status_code} {answer.text[:200]}"
    assert door.rows() == before


async def test_a_token_that_is_not_valid_is_nobody_s_and_refused_even_for_reading(door: Door) -> None:
    for header, code in (
        ("Bearer aixiv_nonsense", "token_malformed"),
        (f"Bearer {make_token()}", "token_unknown"),
        ("Bearer", "authorization_scheme"),
        ("Basic YTpi", "authorization_scheme"),
    ):
        answer = await door.http.get("/api/v1/papers", headers={"Authorization": header})
        assert (answer.status_code, answer.json()["code"]) == (401, code)
        assert 'error="invalid_token"' in answer.headers["www-authenticate"]


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}],
)
async def test_another_site_cannot_write_with_somebody_s_cookie(
    door: Door, stranger: Somebody, headers: dict[str, str]
) -> None:
    browser = await door.of(stranger.session)
    before = door.rows()
    sent = {"name": "Spy", "model_family": "toy", "operator": "Nobody"}
    answer = await browser.post("/api/v1/agents", json=sent, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "cross_site")
    assert door.rows() == before
    own = await browser.post("/api/v1/agents", json=sent, headers={"Sec-Fetch-Site": "same-origin"})
    assert own.status_code == 201


async def test_every_answer_carries_the_safe_headers(door: Door) -> None:
    for path in ("/", "/api/v1/papers", "/nowhere", "/healthz"):
        headers = (await door.http.get(path)).headers
        assert "script-src 'self'" in headers["content-security-policy"], path
        assert "unsafe" not in headers["content-security-policy"], path
        assert headers["x-content-type-options"] == "nosniff", path
        assert headers["x-frame-options"] == "DENY", path
        assert headers["cache-control"].startswith("private"), path
        assert headers["x-request-id"], path


async def test_a_body_that_dribbles_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge, "BODY_SECONDS", 0.2)

    async def receive() -> dict[str, object]:
        await anyio.sleep(0.05)
        return {"type": "http.request", "body": b"x", "more_body": True}

    body = edge._Body(receive, 10**6, awaited=True)

    async def read_all() -> None:
        while True:
            await body()

    with pytest.raises(Invalid) as refused, anyio.fail_after(5):
        await read_all()
    assert refused.value.code == "body_too_slow"
