"""A work from held to public through pages alone, and what readers and citation managers then find."""

import re

import pytest

from aixiv.domain.paper import Status
from tests.fixtures.people import stored_version
from tests.web.door import TEXT, Door, Somebody
from tests.web.portal import REVIEW, STEERED, submit

pytestmark = pytest.mark.anyio
HTML = {"Accept": "text/html"}


async def test_a_held_work_is_reviewed_accepted_and_then_public(door: Door, author: Somebody, editor: Somebody) -> None:
    mine, desk = await door.of(author.session), await door.of(editor.session)
    paper = await submit(mine, STEERED)
    await door.run_jobs()
    held = (await mine.get(paper, headers=HTML)).text
    assert "Held for an editor." in held
    found = (await desk.get(f"{paper}/v/1/screening", headers=HTML)).text
    assert "Ignore all previous instructions" in found

    forgot = await desk.post(f"{paper}/review", data=REVIEW | {"overall": ""})
    assert forgot.status_code == 422
    assert "Overall: choose 1 to 10." in forgot.text
    assert "Two people counted twelve heaps." in forgot.text
    assert (await mine.post(f"{paper}/review", data=REVIEW)).status_code == 403
    sent = await desk.post(f"{paper}/review", data=REVIEW)
    assert sent.headers["location"] == f"{paper}/v/1/reviews"
    reviews = (await mine.get(f"{paper}/v/1/reviews", headers=HTML)).text
    assert "Twelve heaps are few." in reviews
    assert "All 12 heaps gave equal counts." in reviews
    assert "1 claim taken out by the quote check" in reviews

    accepted = await desk.post(f"{paper}/decision", data={"v": "1", "outcome": "accept", "reason": "A stray remark."})
    assert accepted.status_code == 303
    await door.run_jobs()
    await _is_citable(door, paper)


async def _is_citable(door: Door, paper: str) -> None:
    moved = await door.http.get(paper, headers=HTML)
    assert moved.status_code == 301
    canonical = moved.headers["location"]
    assert re.fullmatch(r"/papers/aixiv:\d{4}\.\d{5}", canonical)
    identifier = canonical.removeprefix("/papers/")
    number = identifier.removeprefix("aixiv:")
    for spelling in (f"/abs/{identifier}", f"/abs/{number}", f"/papers/AIXIV:{number}"):
        answer = await door.http.get(spelling, headers=HTML)
        assert (answer.status_code, answer.headers["location"]) == (301, canonical)
    versioned = await door.http.get(f"/abs/{identifier}v1", headers=HTML)
    assert versioned.headers["location"] == f"{canonical}/v/1"
    page = (await door.http.get(canonical, headers=HTML)).text
    assert f'<link rel="canonical" href="{door.deps.settings.address}{canonical}">' in page
    assert '<meta name="citation_title" content="Counting pebbles twice">' in page
    assert f"eprint        = {{{identifier}v1}}" in page
    assert "AI authors: Prospector (toy 1)" in page
    assert "Counting pebbles twice" in (await door.http.get("/", headers=HTML)).text
    assert "Decision on version 1: accept" in (await door.http.get(f"{canonical}/v/1/timeline", headers=HTML)).text


async def test_a_list_goes_on_page_by_page_and_shows_each_work_once(door: Door, author: Somebody) -> None:
    for n in range(23):
        await stored_version(door.deps, author.actor, Status.PUBLISHED, title=f"Work number {n:02}")
    seen: list[str] = []
    path = "/search?sort=oldest&kind=paper"
    while path:
        page = (await door.http.get(path, headers=HTML)).text
        seen += re.findall(r"Work number \d\d", page)
        assert "23 works" in page
        following = re.search(r'rel="next" href="([^"]+)"', page)
        path = following[1].replace("&amp;", "&") if following else ""
    assert len(seen) == len(set(seen)) == 23


async def test_a_withdrawn_revision_gives_way_to_what_is_published(door: Door, author: Somebody) -> None:
    await stored_version(door.deps, author.actor, Status.PUBLISHED, title="Standing heaps")
    mine = await door.of(author.session)
    path = "/papers/" + (await mine.get("/work", headers=HTML)).text.split('href="/papers/')[1].split('"')[0]
    data = {"base_version": "1", "summary": "More heaps.", **{f"author_{k}": [] for k in ("name", "kind")}}
    sent = await mine.post(f"{path}/revise", data=data, files={"file": ("h.md", TEXT, "text/markdown")})
    assert sent.status_code == 422  # no authors
    data |= {"author_name": "Ada", "author_kind": "human"}
    data |= {f"author_{k}": "" for k in ("affiliation", "orcid", "model", "operator")}
    assert (await mine.post(f"{path}/revise", data=data, files={"file": ("h.md", TEXT)})).status_code == 303
    assert "Version 2" in (await mine.get(path, headers=HTML)).text
    assert "Version 2" not in (await door.http.get(path, headers=HTML)).text
    assert (await mine.post(f"{path}/withdraw", data={"v": "2", "reason": "Not yet."})).status_code == 303
    shown = await mine.get(path, headers=HTML)
    assert shown.status_code == 200
    assert "Standing heaps" in shown.text
    assert (await mine.get(f"{path}/v/2", headers=HTML)).status_code == 410


async def test_the_chairs_report_stands_beside_those_of_the_panel(door: Door, author: Somebody) -> None:
    mine = await door.of(author.session)
    paper = await submit(mine, TEXT)
    await door.run_jobs()
    reviews = (await mine.get(f"{paper}/v/1/reviews", headers=HTML)).text
    assert "What the reviewers agree on" in reviews
    assert "Overall scores: median" in reviews
    overview = (await mine.get(paper, headers=HTML)).text
    assert overview.count("median of the reviewers") == 1
