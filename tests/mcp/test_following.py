"""What answers propose works when it is done literally; reviews are followed as tasks and by progress."""

import base64
import re
from typing import Any

import psycopg
import pytest

from aixiv.domain.paper import Status
from aixiv.domain.people import Role, Scope
from aixiv.usecases.ingest import ingest_version
from tests.fixtures.people import stored_version
from tests.mcp.hostile import every_scope
from tests.mcp.modern import Modern
from tests.mcp.talk import Refused, Somebody, Talk, new_paper, talking
from tests.web.door import TEXT, Door

pytestmark = pytest.mark.anyio

MOST_STATUS, MOST_PAGE = 800, 4_000
LAST = ("publish", "submit_revision", "submit_review", "decide", "request_review")
FILLED = {
    "reason": "It is sound.",
    "outcome": "reject",
    "summary": "It counts.",
    "overall": 6,
    "confidence": 3,
    "scores": {"soundness": 3, "novelty": 3, "significance": 3, "clarity": 3, "reproducibility": 3},
}


async def walk(talk: Talk, actions: list[dict[str, Any]], **filled: Any) -> list[str]:
    """Follow each proposal, those that change something last."""
    done = []
    for action in sorted(actions, key=lambda action: action["tool"] in LAST):
        given = {name: (FILLED | filled)[name] for name in action.get("fill_in", ())}
        await talk.follow(action, **given)
        done.append(action["tool"])
    return done


async def test_proposals_work_for_each_part(door: Door, author: Somebody) -> None:
    """Author, reviewer, editor and a stranger, each with works in the states that concern them."""
    for status, title in ((Status.ACCEPTED, "Accepted"), (Status.HELD, "Held"), (Status.WITHDRAWN, "Withdrawn")):
        await stored_version(door.deps, author.actor, status, title)
    referee = await door.somebody("rita", Role.REVIEWER, scopes=(Scope.PAPERS_READ, Scope.REVIEWS_WRITE))
    edith = await door.somebody("edith", Role.EDITOR)
    editors = Somebody(edith.actor, "", (await door.own_token(edith.actor, *Scope))["Authorization"].split()[1])
    async with talking(door, author) as mine, talking(door, referee) as hers, talking(door, editors) as theirs:
        sent = await mine("submit_paper", **new_paper())
        assert await walk(mine, sent["next_actions"]) == ["get_status"]
        work = await mine("my_work")
        (waiting,) = work["to_publish"]
        assert await walk(mine, waiting["next_actions"], confirm_title="Accepted") == ["get_reviews", "publish"]
        await set_under_review(door, sent["paper_id"])

        (to_review,) = (await hers("my_work"))["to_review"]
        assert await walk(hers, to_review["next_actions"]) == ["read_paper", "submit_review"]
        assert "to_review" not in await hers("my_work")
        (held,) = (await theirs("my_work"))["held_for_me"]
        assert await walk(theirs, held["next_actions"]) == ["get_reviews", "get_status", "decide"]
    async with talking(door) as nobody:
        page = await nobody("search_papers")
        for item in page["items"]:
            for tool in ("get_paper", "get_status"):
                shown = await nobody(tool, paper_id=item["paper_id"])
                readable = [a for a in shown["next_actions"] if a["tool"] != "read_paper"]  # its file is not stored
                await walk(nobody, readable)


async def test_a_published_work_may_get_a_new_version(door: Door, author: Somebody, stranger: Somebody) -> None:
    """Its owner is told so, again after a new version came to nothing; readers are not."""
    await stored_version(door.deps, author.actor, Status.PUBLISHED, "There is more to say")
    async with talking(door, author) as mine, talking(door, stranger) as other:
        (found,) = (await mine("search_papers", mine=True, query="more to say"))["items"]
        paper = found["paper_id"]
        for_readers = (await other("get_status", paper_id=paper))["next_actions"]
        assert [action["tool"] for action in for_readers] == ["read_paper", "get_reviews"]
        reviews, revise = (await mine("get_status", paper_id=paper))["next_actions"]
        assert (await mine.follow(reviews))["next_actions"] == [reviews, revise]
        said = {"manuscript": TEXT.decode(), "format": "markdown", "answers": {}}
        assert (await mine.follow(revise, **said))["version"] == 2
        title = (await mine("get_paper", paper_id=paper))["title"]
        gone = await mine("withdraw", paper_id=paper, reason="No.", confirm_title=title, idempotency_key="w")
        (again,) = gone["next_actions"]
        assert again["arguments"]["base_version"] == 1
        assert (await mine.follow(again, **said))["version"] == 3


async def set_under_review(door: Door, paper: str) -> None:
    """The file is read and no worker has begun."""
    with psycopg.connect(door.deps.settings.database_url) as connection:
        version = connection.execute("SELECT id FROM versions WHERE paper_id = %s", (paper,)).fetchone()
        assert version is not None
        await ingest_version(door.deps, version[0])
        connection.execute("UPDATE versions SET status = 'under_review' WHERE paper_id = %s", (paper,))


async def test_a_broken_off_review_is_asked_for_again_by_its_owner_only(door: Door, author: Somebody) -> None:
    scopes = (Scope.PAPERS_READ, Scope.REVIEWS_REQUEST)
    owner = Somebody(author.actor, "", (await door.own_token(author.actor, *scopes))["Authorization"].split()[1])
    async with talking(door, author) as mine, talking(door, owner) as asking:
        paper = (await mine("submit_paper", **new_paper()))["paper_id"]
        await set_under_review(door, paper)
        with psycopg.connect(door.deps.settings.database_url) as connection:
            connection.execute("UPDATE versions SET status = 'held', generation = 1")
            connection.execute(
                "INSERT INTO runs (id, version_id, generation, status, step, message, percent, started_at) "
                "SELECT gen_random_uuid(), id, 1, 'failed', '', 'broke off', 0, now() FROM versions"
            )
        status = await asking("get_status", paper_id=paper)
        assert await walk(asking, status["next_actions"]) == ["get_reviews", "get_status", "request_review"]
        assert (await asking("get_status", paper_id=paper))["state"] == "under_review"
        await door.run_jobs()
        assert (await asking("get_status", paper_id=paper))["state"] not in ("under_review", "submitted")
        with pytest.raises(Refused, match=r"^not_requestable: .* Fix: "):
            await asking("request_review", paper_id=paper, idempotency_key="more")


async def test_what_is_held_again_is_acted_on_again(door: Door, author: Somebody) -> None:
    """The keys in actions are for one time that a work is held, not for ever: a repeat would change nothing."""
    edith = await every_scope(door, "edgar", Role.EDITOR)
    async with talking(door, author) as mine, talking(door, edith) as theirs:
        paper = (await mine("submit_paper", **new_paper()))["paper_id"]
        await set_under_review(door, paper)
        keys = set()
        for reason in ("Once.", "Twice."):
            with psycopg.connect(door.deps.settings.database_url) as connection:
                held = "UPDATE versions SET status = 'held', decided_at = clock_timestamp() WHERE paper_id = %s"
                connection.execute(held, (paper,))
            (waiting,) = [w for w in (await theirs("my_work"))["held_for_me"] if w["paper_id"] == paper]
            (decide,) = [a for a in waiting["next_actions"] if a["tool"] == "decide"]
            assert (await theirs.follow(decide, outcome="release", reason=reason))["state"] == "under_review"
            keys.add(decide["arguments"]["idempotency_key"])
    assert len(keys) == 2


async def test_answers_are_small(door: Door, author: Somebody) -> None:
    for number in range(10):
        await stored_version(door.deps, author.actor, Status.PUBLISHED, f"{number} " + "A very long title " * 15)
    async with talking(door, author) as mine:
        page = await mine.client.call_tool("search_papers", {})
        assert len(page.content[0].text) <= MOST_PAGE  # type: ignore[union-attr]  # all of ours are texts
        items = page.structured_content["items"]  # type: ignore[index]
        assert len(items) == 10
        status = await mine.client.call_tool("get_status", {"paper_id": items[0]["paper_id"]})
        assert len(status.content[0].text) <= MOST_STATUS  # type: ignore[union-attr]


async def test_a_limit_says_how_long_to_wait(door: Door, author: Somebody, stranger: Somebody) -> None:
    async with talking(door, author) as mine, talking(door, stranger) as other:
        answers = [await mine.client.call_tool("withdraw", {}) for _ in range(25)]
        said = [answer.content[0].text for answer in answers]  # type: ignore[union-attr]  # all of ours are texts
        assert said[0].startswith("invalid_argument: ")
        assert re.fullmatch(
            r"rate_limited: Too often.* Fix: Wait \d+ seconds, then send the same call again\.", said[-1]
        )
        assert "items" in await other("search_papers")


async def test_progress_comes_to_who_asks_for_it(door: Door, author: Somebody) -> None:
    heard: list[tuple[float, float | None, str | None]] = []

    async def hear(done: float, total: float | None, words: str | None) -> None:
        heard.append((done, total, words))

    async with talking(door, author) as mine:
        sent = await mine.client.call_tool("submit_paper", new_paper(), progress_callback=hear)
        assert [done for done, _, _ in heard] == [1, 2]
        heard.clear()
        asked = {"paper_id": (sent.structured_content or {})["paper_id"], "wait_s": 3}
        await mine.client.call_tool("get_status", asked, progress_callback=hear)
    assert [done for done, _, _ in heard] == [0], "told again only when it has risen"


async def test_every_write_is_logged_with_its_client_and_readers_are_not_told(door: Door, author: Somebody) -> None:
    async with talking(door, author) as mine:
        paper = (await mine("submit_paper", **new_paper()))["paper_id"]
    with psycopg.connect(door.deps.settings.database_url) as connection:
        found = connection.execute("SELECT actor, data->'via' FROM events WHERE paper_id = %s", (paper,)).fetchall()
    assert len(found) == 2
    for actor, via in found:
        assert actor.startswith("agent:")
        assert via["door"] == "mcp"
        assert "mcp" in via["client"]
    shown = await (await door.of(author.bearer)).get(f"/api/v1/papers/{paper}/timeline")
    assert '"via"' not in shown.text


async def test_a_review_is_followed_as_a_task(door: Door, author: Somebody, stranger: Somebody) -> None:
    mine = Modern(await door.of(author.bearer))
    others = Modern(await door.of(stranger.bearer))
    silent = Modern(await door.of(author.bearer), tasks=False)
    begun = (await mine("tools/call", "submit_paper", name="submit_paper", arguments=new_paper()))["result"]
    assert (begun["resultType"], begun["status"]) == ("task", "working")
    task = begun["taskId"]
    again = (await mine("tools/call", "submit_paper", name="submit_paper", arguments=new_paper()))["result"]
    assert again["taskId"] == task
    plain = (await silent("tools/call", "submit_paper", name="submit_paper", arguments=new_paper()))["result"]
    assert plain["structuredContent"]["state"] == "submitted"

    unknown = base64.urlsafe_b64encode(bytes(34)).decode().rstrip("=")
    said = {
        answer["error"]["message"]
        for answer in (
            await others("tasks/get", task, taskId=task),
            await mine("tasks/get", unknown, taskId=unknown),
            await mine("tasks/get", "../x", taskId="../x"),
        )
    }
    assert said == {"Unknown task"}
    assert (await silent("tasks/get", task, taskId=task))["error"]["code"] == -32021
    assert (await mine("tasks/get", "other", taskId=task))["error"]["code"] == -32020
    assert (await mine("tasks/cancel", task, taskId=task))["result"]["resultType"] == "complete"
    assert (await mine("tasks/get", task, taskId=task))["result"]["status"] == "working"
    await door.run_jobs()
    ended = (await mine("tasks/get", task, taskId=task))["result"]
    assert ended["status"] == "completed"
    assert ended["result"]["structuredContent"]["version"] == 1
