"""Agents and tokens, reviewing, discussing and deciding over REST."""

from uuid import UUID

import pytest

from aixiv.db.paper import Version
from aixiv.domain.paper import Status
from aixiv.domain.people import Scope
from tests.fixtures.people import stored_version
from tests.web.door import Door, Somebody, form
from tests.web.writes import REPORT

pytestmark = pytest.mark.anyio


async def paper_at(door: Door, owner: Somebody, status: Status) -> str:
    version_id = await stored_version(door.deps, owner.actor, status)
    async with door.deps.database.read() as session:
        return str((await session.get_one(Version, version_id)).paper_id)


async def test_an_agent_is_registered_gets_a_token_once_and_loses_it(door: Door, stranger: Somebody) -> None:
    person, key = await door.of(stranger.session), {"Idempotency-Key": "token-1"}
    asked = {"name": "Prober", "model_family": "toy", "operator": "Lab"}
    agent = (await person.post("/api/v1/agents", json=asked)).json()
    wanted = {"name": "work", "scopes": ["papers:read"]}
    issued = (await person.post(f"/api/v1/agents/{agent['id']}/tokens", json=wanted, headers=key)).json()
    repeated = (await person.post(f"/api/v1/agents/{agent['id']}/tokens", json=wanted, headers=key)).json()
    assert repeated == {**issued, "token": ""}
    acting = await door.of({"Authorization": f"Bearer {issued['token']}"})
    me = (await acting.get("/api/v1/me")).json()
    assert (me["kind"], me["agent"]["name"], me["scopes"]) == ("agent", "Prober", ["papers:read"])
    assert (await person.delete(f"/api/v1/tokens/{issued['card']['id']}")).json()["revoked_at"]
    assert (await acting.get("/api/v1/me")).json()["code"] == "token_revoked"
    assert issued["token"] not in (await person.get("/api/v1/me/tokens")).text


async def test_a_token_cannot_make_tokens(door: Door, author: Somebody) -> None:
    acting = await door.of(author.bearer)
    answer = await acting.post("/api/v1/me/tokens", json={"name": "more", "scopes": ["papers:read"]})
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")


async def test_a_token_that_may_only_submit_reads_its_own_answer(door: Door, stranger: Somebody) -> None:
    acting = await door.of(await door.own_token(stranger.actor, Scope.PAPERS_SUBMIT))
    sent = await acting.post("/api/v1/papers", files=form())
    assert sent.status_code == 202
    assert (await acting.get(sent.headers["location"])).status_code == 404


async def test_comments_are_written_answered_limited_and_removed(
    door: Door, author: Somebody, stranger: Somebody
) -> None:
    paper = await paper_at(door, author, Status.PUBLISHED)
    mine, other = await door.of(author.bearer), await door.of(stranger.session)
    first = await other.post(f"/api/v1/papers/{paper}/comments", json={"body": "Why twice?"})
    assert (first.status_code, first.headers["ratelimit-limit"]) == (201, "30")
    answer = {"body": "To be sure.", "parent_id": first.json()["id"], "version": 1}
    assert (await mine.post(f"/api/v1/papers/{paper}/comments", json=answer)).status_code == 201
    assert (await mine.delete(f"/api/v1/comments/{first.json()['id']}")).status_code == 403
    assert (await other.delete(f"/api/v1/comments/{first.json()['id']}")).json()["body"] == ""
    shown = (await door.http.get(f"/api/v1/papers/{paper}/versions/1/comments")).json()["items"]
    assert [comment["body"] for comment in shown] == [None, "To be sure."]
    for _ in range(29):
        last = await other.post(f"/api/v1/papers/{paper}/comments", json={"body": "More."})
    assert last.headers["ratelimit-remaining"] == "0"
    refused = await other.post(f"/api/v1/papers/{paper}/comments", json={"body": "Too much."})
    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    assert int(refused.headers["retry-after"]) > 0


async def test_an_editor_decides_about_what_is_held_but_not_about_their_own(
    door: Door, author: Somebody, editor: Somebody
) -> None:
    editing = await door.of(editor.session)
    held, own = await paper_at(door, author, Status.HELD), await paper_at(door, editor, Status.HELD)
    waiting = (await editing.get("/api/v1/me/work")).json()["held"]
    assert [card["paper_id"] for card in waiting] == [held]
    said = {"outcome": "reject", "reason": "Out of scope."}
    assert (await editing.post(f"/api/v1/papers/{own}/decision", json=said)).status_code == 403
    key = {"Idempotency-Key": "decide-1"}
    for _ in range(2):
        done = await editing.post(f"/api/v1/papers/{held}/decision", json=said, headers=key)
        assert done.json()["latest"]["status"] == "rejected"
    assert (await editing.post(f"/api/v1/papers/{held}/decision", json=said)).json()["code"] == "not_held"


async def test_a_reviewer_writes_one_report_whose_quotes_are_checked(
    door: Door, author: Somebody, referee: Somebody
) -> None:
    mine, reviewing = await door.of(author.bearer), await door.of(referee.bearer)
    paper = (await mine.post("/api/v1/papers", files=form())).json()["paper_id"]
    await door.run_jobs()
    async with door.deps.database.write() as tx:
        card = (await mine.get(f"/api/v1/papers/{paper}")).json()["latest"]
        version = await tx.session.get_one(Version, UUID(card["id"]))
        version.status = Status.UNDER_REVIEW.value
    weak = [
        {
            "claim": "Few heaps.",
            "severity": "minor",
            "criterion": "soundness",
            "quote": "gave equal counts",
        },
        {"claim": "Invented.", "severity": "major", "criterion": "soundness", "quote": "a thousand heaps"},
    ]
    assert [c["paper_id"] for c in (await reviewing.get("/api/v1/me/work")).json()["to_review"]] == [paper]
    myself = await door.of(referee.session)
    for conflicts in ([{"name": "ada", "reason": "We share an office."}], []):
        declared = await myself.put("/api/v1/me/conflicts", json={"conflicts": conflicts})
        assert declared.status_code == 200, declared.text
        shown = (await myself.get("/api/v1/me/conflicts")).json()["items"]
        assert [c["name"] for c in shown] == [c["name"] for c in conflicts]
        if conflicts:
            refused = await reviewing.post(f"/api/v1/papers/{paper}/reviews", json=REPORT)
            assert (refused.status_code, refused.json()["code"]) == (403, "conflict_of_interest")
    key = {"Idempotency-Key": "review-1"}
    answers = [
        await reviewing.post(f"/api/v1/papers/{paper}/reviews", json={**REPORT, "weaknesses": weak}, headers=key)
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [201, 201], answers[0].text
    assert answers[0].json() == answers[1].json()
    assert len(answers[0].json()["dropped"]) == 1
    again = await reviewing.post(f"/api/v1/papers/{paper}/reviews", json=REPORT)
    assert again.json()["code"] == "already_reviewed"
    assert (await reviewing.get("/api/v1/me/work")).json()["to_review"] == []


async def test_lists_page_by_cursor_and_show_nobody_else_s_drafts(
    door: Door, author: Somebody, stranger: Somebody
) -> None:
    for _ in range(3):
        await paper_at(door, author, Status.PUBLISHED)
    await paper_at(door, author, Status.HELD)
    seen: list[str] = []
    address = "/api/v1/papers?limit=2"
    while address:
        answer = await door.http.get(address)
        assert answer.json()["total"] == 3
        seen += [card["paper_id"] for card in answer.json()["items"]]
        address = answer.links.get("next", {}).get("url", "").partition("/api")[2]
        address = f"/api{address}" if address else ""
    assert len(seen) == len(set(seen)) == 3
    mine = await door.of(author.bearer)
    assert (await mine.get("/api/v1/papers?mine=true&status=held")).json()["total"] == 1
    other = await door.of(stranger.session)
    assert (await other.get("/api/v1/papers?status=held")).json()["total"] == 0
    assert (await door.http.get("/api/v1/search?q=work")).json()["total"] == 3
    for category, total in (("Computer science", 3), ("Computer", 0), ("Physics", 0)):
        found = await door.http.get("/api/v1/papers", params={"category": category})
        assert found.json()["total"] == total, category
    first = await door.http.get("/api/v1/papers")
    unchanged = await door.http.get("/api/v1/papers", headers={"If-None-Match": first.headers["etag"]})
    assert unchanged.status_code == 304
