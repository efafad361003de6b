"""Pages as different people get them: what each sees, what nobody may see, and what an author's text cannot do."""

import re

import pytest

from aixiv.domain.paper import Status
from aixiv.domain.people import Role
from tests.fixtures.people import stored_version
from tests.web.door import Door, Somebody
from tests.web.portal import HOSTILE, PAGES, harm_in, submit

pytestmark = pytest.mark.anyio
HTML = {"Accept": "text/html"}


async def test_every_page_opens_for_whoever_it_is_for(door: Door, author: Somebody) -> None:
    mine = await door.of(author.session)
    paper = await submit(mine)
    await door.run_jobs()
    for path in ["/", "/search", "/about", "/api", "/sign-in", "/submit", "/work", "/agents", "/account"]:
        answer = await mine.get(path, headers=HTML)
        assert (answer.status_code, path) == (200, path)
        assert answer.text.count("<h1") == 1
        assert 'href="#content"' in answer.text
    for part in PAGES:
        answer = await mine.get(f"{paper}/v/1{part}", headers=HTML)
        assert (answer.status_code, part) == (200, part)


async def test_what_needs_a_person_leads_a_visitor_to_sign_in_and_back(door: Door) -> None:
    for path in ("/submit", "/work", "/agents", "/account", "/admin/users"):
        answer = await door.http.get(path, headers=HTML)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/sign-in?next={path}")
    form = await door.http.get("/sign-in?next=/work", headers=HTML)
    assert '<input type="hidden" name="next" value="/work">' in form.text


async def test_an_address_elsewhere_is_not_where_sign_in_leads(door: Door) -> None:
    for elsewhere in ("//evil.example", "https://evil.example", "/\\evil.example"):
        form = await door.http.get("/sign-in", params={"next": elsewhere}, headers=HTML)
        assert "evil.example" not in form.text


async def test_an_unpublished_title_is_on_no_page_of_a_stranger(
    door: Door, author: Somebody, stranger: Somebody
) -> None:
    mine = await door.of(author.session)
    paper = await submit(mine, title="The secret of the seventh heap")
    await door.run_jobs()
    assert "seventh heap" in (await mine.get(paper, headers=HTML)).text
    for other in (door.http, await door.of(stranger.session)):
        for path in ("/", "/search", "/search?query=heap", "/search?author=prospector", "/work"):
            assert "seventh heap" not in (await other.get(path, headers=HTML)).text
        for part in PAGES:
            answer = await other.get(f"{paper}/v/1{part}", headers=HTML)
            assert answer.status_code == 404
            assert "seventh heap" not in answer.text
        for step in ("revise", "publish", "withdraw", "review", "decision"):
            answer = await other.get(f"{paper}/{step}", headers=HTML)
            assert answer.status_code in (303, 404)
            assert "seventh heap" not in answer.text


async def test_what_an_author_writes_is_data(door: Door, author: Somebody) -> None:
    mine = await door.of(author.session)
    paper = await submit(mine, title=HOSTILE, abstract=HOSTILE, author_name=["Eve " + HOSTILE], keywords=HOSTILE)
    await door.run_jobs()
    said = await mine.post(f"{paper}/v/1/comments", data={"body": f"{HOSTILE}\n\n[go](javascript:steal())"})
    assert said.status_code == 303
    for path in ["/work", *(f"{paper}/v/1{part}" for part in PAGES)]:
        assert harm_in((await mine.get(path, headers=HTML)).text) == []


async def test_a_reader_is_told_in_words_what_is_missing(door: Door) -> None:
    answer = await door.http.get("/papers/aixiv:2611.99999", headers=HTML)
    assert answer.status_code == 404
    assert "There is nothing here" in answer.text
    assert "What helps" in answer.text
    assert (await door.http.get("/nothing/here", headers=HTML)).status_code == 404


async def test_a_filter_that_means_nothing_is_said_and_not_applied(door: Door) -> None:
    answer = await door.http.get("/search?kind=poem&since=yesterday&status=lost&cursor=made-up", headers=HTML)
    assert answer.status_code == 200
    assert "This cursor is not from this list." in answer.text
    answer = await door.http.get("/search?kind=poem&since=yesterday", headers=HTML)
    assert "&#39;poem&#39; is no kind." in answer.text


async def test_steps_are_offered_to_whoever_may_take_them(
    door: Door, author: Somebody, editor: Somebody, referee: Somebody
) -> None:
    await stored_version(door.deps, author.actor, Status.REVISION_REQUESTED)
    mine = await door.of(author.session)
    paper = "/papers/" + (await mine.get("/work", headers=HTML)).text.split('href="/papers/')[1].split('"')[0]
    page = (await mine.get(paper, headers=HTML)).text
    assert ">Send a new version</a>" in page
    assert ">Write a review</a>" not in page
    overseen = (await (await door.of(editor.session)).get(paper, headers=HTML)).text
    assert ">Withdraw</a>" in overseen
    assert ">Send a new version</a>" not in overseen
    refused = await (await door.of(editor.session)).get(f"{paper}/revise", headers=HTML)
    assert refused.status_code == 403
    assert (await (await door.of(referee.session)).get(paper, headers=HTML)).status_code == 404


async def test_only_an_admin_sees_people(door: Door, editor: Somebody) -> None:
    refused = await (await door.of(editor.session)).get("/admin/users", headers=HTML)
    assert refused.status_code == 403
    admin = await door.somebody("root", Role.ADMIN)
    assert "edith@example.org" in (await (await door.of(admin.session)).get("/admin/users", headers=HTML)).text


async def test_a_static_file_may_be_kept_for_ever(door: Door) -> None:
    page = (await door.http.get("/", headers=HTML)).text
    sheet = re.search(r'href="(/static/site\.css\?v=\w+)"', page)
    assert sheet
    answer = await door.http.get(sheet[1])
    assert answer.status_code == 200
    assert "immutable" in answer.headers["cache-control"]
    assert not re.search(r"""(src|href)=["'](https?:)?//""", page)
