"""Submitting and reading over REST, as a program does it."""

import hashlib

import pytest

from tests.web.door import TEXT, Door, Somebody, form

pytestmark = pytest.mark.anyio


async def test_a_submission_is_accepted_and_found_under_its_location(door: Door, author: Somebody) -> None:
    mine = await door.of(author.bearer)
    answer = await mine.post("/api/v1/papers", files=form())
    assert answer.status_code == 202, answer.text
    card = answer.json()
    assert card["status"] == "submitted"
    assert int(answer.headers["ratelimit-remaining"]) == int(answer.headers["ratelimit-limit"]) - 1
    found = await mine.get(answer.headers["location"])
    assert found.json()["file_sha256"] == hashlib.sha256(TEXT).hexdigest()
    assert (await door.http.get(answer.headers["location"])).status_code == 404


async def test_the_file_comes_back_as_it_was_sent(door: Door, author: Somebody) -> None:
    mine = await door.of(author.bearer)
    location = (await mine.post("/api/v1/papers", files=form())).headers["location"]
    file = await mine.get(f"{location}/manuscript")
    assert file.content == TEXT
    assert file.headers["content-disposition"] == "attachment; filename*=UTF-8''pebbles.md"
    again = await mine.get(f"{location}/manuscript", headers={"If-None-Match": file.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_the_text_is_there_once_it_was_read(door: Door, author: Somebody) -> None:
    mine = await door.of(author.bearer)
    location = (await mine.post("/api/v1/papers", files=form())).headers["location"]
    assert (await mine.get(f"{location}/text")).json()["code"] == "no_text"
    await door.run_jobs()
    read = (await mine.get(f"{location}/text")).json()
    assert read["title"] == "Counting pebbles twice"
    section = next(s for s in read["sections"] if s["title"] == "Results")
    assert "310 pebbles" in read["text"][section["body"] : section["end"]]
    plain = await mine.get(f"{location}/text", headers={"Accept": "text/plain"})
    assert plain.text == read["text"]
    assert plain.headers["content-type"].startswith("text/plain")
