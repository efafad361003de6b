"""A proposal from submission to retraction over REST, followed by its events; and what everybody may see of it."""

import json
import tomllib
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest

from tests.web.door import Door, Somebody, form

pytestmark = pytest.mark.anyio

PROPOSAL = Path(__file__).parents[2] / "examples" / "proposal"
KIND = {"kind": "proposal", "categories": ["Computer science"]}


def manuscript(version: str) -> bytes:
    return (PROPOSAL / version / "proposal.md").read_bytes()


def revision() -> dict[str, Any]:
    letter = tomllib.loads((PROPOSAL / "response.toml").read_text(encoding="utf-8"))
    metadata = {"base_version": 1, "response_letter": letter, "summary": "Numbers corrected."}
    return form(manuscript("v2"), filename="proposal.md", metadata=metadata)


async def follow(client: httpx2.AsyncClient, paper: str, last: str = "") -> list[tuple[str, str, dict[str, Any]]]:
    """Every event (id, kind, data) of a stream up to its end."""
    heard: list[tuple[str, str, dict[str, Any]]] = []
    headers = {"Last-Event-ID": last} if last else {}
    async with client.stream("GET", f"/api/v1/papers/{paper}/events", headers=headers) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        field: dict[str, str] = {}
        async for line in answer.aiter_lines():
            name, _, value = line.partition(": ")
            if line:
                field[name] = value
            elif "event" in field:
                heard.append((field["id"], field["event"], json.loads(field["data"])))
                field = {}
    return heard


async def test_from_submission_to_retraction(
    door: Door, author: Somebody, editor: Somebody, stranger: Somebody
) -> None:
    mine, editing = await door.of(author.bearer), await door.of(editor.session)
    other = await door.of(stranger.session)
    sent = await mine.post("/api/v1/papers", files=form(manuscript("v1"), filename="proposal.md", **KIND))
    paper = sent.json()["paper_id"]

    streams: list[list[tuple[str, str, dict[str, Any]]]] = []

    async def listen() -> None:
        streams.append(await follow(mine, paper))

    async with anyio.create_task_group() as both:
        both.start_soon(listen)
        both.start_soon(door.run_jobs)
    heard = streams[0]
    assert heard[-1][1:] == ("end", {"status": "revision_requested"})
    said = [data["text"] for _, kind, data in heard if kind == "timeline"]
    assert said[0] == "The work was entered."
    percents = [data["percent"] for _, kind, data in heard if kind == "progress"]
    assert percents == sorted(percents)

    middle = heard[len(heard) // 2][0]
    rest = await follow(mine, paper, last=middle)
    assert [e[0] for e in rest if e[1] == "timeline"] == [
        e[0] for e in heard if e[1] == "timeline" and int(e[0]) > int(middle.partition(".")[0])
    ]
    ended = await mine.get(f"/api/v1/papers/{paper}/events", headers={"Last-Event-ID": heard[-1][0]})
    assert ended.status_code == 204

    work = (await mine.get("/api/v1/me/work")).json()
    assert [card["paper_id"] for card in work["to_revise"]] == [paper]
    for path in ("", "/versions/1", "/versions/1/reviews", "/timeline", "/events"):
        assert (await other.get(f"/api/v1/papers/{paper}{path}")).status_code == 404, path

    revised = await mine.post(f"/api/v1/papers/{paper}/versions", files=revision())
    assert revised.status_code == 202, revised.text
    await door.run_jobs()
    card = (await other.get(f"/api/v1/papers/{paper}")).json()
    assert card["latest"]["status"] == "published"
    spelled = card["identifier"]
    for spelling in (
        spelled,
        spelled.upper(),
        spelled.removeprefix("aixiv:"),
        f"{spelled}v2",
        spelled.replace(":", "%3A"),
    ):
        assert (await other.get(f"/api/v1/papers/{spelling}")).json()["id"] == paper, spelling
    assert (await other.get(f"/api/v1/papers/{spelled}v9")).status_code == 404
    await reads(other, paper)
    await retraction(mine, other, spelled)
    assert (await editing.get(f"/api/v1/papers/{paper}")).json()["latest"]["status_reason"] == "We miscounted."


async def reads(reader: httpx2.AsyncClient, paper: str) -> None:
    """Everything the platform made of version 2 is there for everybody."""
    base = f"/api/v1/papers/{paper}/versions/2"
    assert (await reader.get(f"{base}/screening")).json()["screening"]["verdict"] == "clear"
    told = (await reader.get(f"{base}/reviews")).json()["items"]
    assert sorted(item["reviewer"] for item in told) == ["chair", "clarity", "evidence", "methods"]
    assert all("Too few past scores" in item["standing"]["note"] for item in told)
    assert {(item["report"]["usage"]["calls"], item["report"]["usage"]["cost"]) for item in told} == {(0, None)}
    run = (await reader.get(f"{base}/runs")).json()["items"][0]
    assert (run["panel"]["specialists"], run["adjudication"]) == ([], None)
    page = (
        await reader.get(f"/papers/{paper}/v/2/reviews", headers={"Accept": "text/html"}, follow_redirects=True)
    ).text
    assert (
        "The track&#39;s own reviewers read this work." in page or "The track's own reviewers read this work." in page
    )
    assert "No model was asked: no tokens and no cost" in page
    assert "Too few past scores of this judge" in page
    ballots = (await reader.get(f"{base}/ballots")).json()["items"]
    assert sum(ballot["vote"] == "accept" for ballot in ballots) >= 3
    assert (await reader.get(f"{base}/comparison")).json()["verdict"] == "better"
    assert (await reader.get(f"{base}/decisions")).json()["items"][-1]["outcome"] == "accept"
    assert (await reader.get(f"{base}/response")).json()["answers"]
    assert (await reader.get(f"/api/v1/papers/{paper}/versions/1/comparison")).json()["code"] == "not_there"
    entries = (await reader.get(f"/api/v1/papers/{paper}/timeline")).json()["items"]
    later = await reader.get(f"/api/v1/papers/{paper}/timeline?after={entries[-2]['seq']}")
    assert later.json()["items"] == entries[-1:]


async def retraction(mine: httpx2.AsyncClient, other: httpx2.AsyncClient, spelled: str) -> None:
    """It stays readable and says that it was retracted."""
    done = await mine.post(f"/api/v1/papers/{spelled}/retract", json={"reason": "We miscounted."})
    assert done.json()["latest"]["status"] == "retracted"
    file = await other.get(f"/api/v1/papers/{spelled}/versions/2/manuscript")
    assert (file.status_code, file.headers["aixiv-status"]) == (200, "retracted")
    again = await mine.post(f"/api/v1/papers/{spelled}/retract", json={"reason": "Twice."})
    assert (again.status_code, again.json()["code"]) == (409, "not_published")


async def test_a_withdrawn_version_leaves_a_tombstone(door: Door, author: Somebody) -> None:
    mine = await door.of(author.bearer)
    paper = (await mine.post("/api/v1/papers", files=form())).json()["paper_id"]
    key = {"Idempotency-Key": "withdraw-1"}
    for _ in range(2):
        done = await mine.post(f"/api/v1/papers/{paper}/withdraw", json={"reason": "Too early."}, headers=key)
        assert done.json()["latest"]["status"] == "withdrawn"
    file = await mine.get(f"/api/v1/papers/{paper}/versions/1/manuscript")
    assert (file.status_code, file.json()["code"]) == (410, "withdrawn")
    assert "Too early." in file.json()["detail"]
    assert (await mine.get(f"/api/v1/papers/{paper}/versions/1")).status_code == 200
