"""Forms as a browser without scripts sends them: done once, refused in place, never forgetting what was typed."""

from dataclasses import replace
from html import unescape

import msgspec
import pytest

from aixiv.db.review import ReportRow
from aixiv.domain.paper import Status
from aixiv.domain.people import Role
from tests.fixtures.deps import Clock
from tests.fixtures.judges import past_reports
from tests.fixtures.people import stored_version
from tests.fixtures.works import finding, report
from tests.web.door import Door, Somebody, served
from tests.web.portal import REVIEW, STEERED, fields, file, submit

pytestmark = pytest.mark.anyio
HTML = {"Accept": "text/html"}


async def test_a_refused_submission_keeps_what_was_typed_and_stores_nothing(door: Door, author: Somebody) -> None:
    mine = await door.of(author.session)
    typed = {"title": "Of <heaps> & pebbles", "abstract": "Many\nlines", "categories": "", "keywords": "a, b"}
    refused = await mine.post("/submit", data=fields(**typed), files=file())
    assert refused.status_code == 422
    page = unescape(refused.text)
    assert 'value="Of <heaps> & pebbles"' in page
    assert "Many\nlines</textarea>" in page
    assert 'value="Prospector"' in page
    assert 'id="categories-wrong">Name one to 5 different categories.' in page
    assert 'aria-invalid="true"' in page
    assert door.rows()["papers"] == 0


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ({"title": "x" * 301}, "title"),
        ({"abstract": "a\x01b"}, "abstract"),
        ({"keywords": ", ".join("abcdefghijklmnopqrstuvwxyz")}, "keywords"),
    ],
)
async def test_a_refusal_stands_at_its_field(door: Door, author: Somebody, typed: dict[str, str], wrong: str) -> None:
    mine = await door.of(author.session)
    refused = await mine.post("/submit", data=fields(**typed), files=file())
    assert refused.status_code == 422
    assert f'id="{wrong}-wrong"' in refused.text


async def test_a_form_sent_twice_is_one_work(door: Door, author: Somebody) -> None:
    mine = await door.of(author.session)
    key = (await mine.get("/submit", headers=HTML)).text.split('name="key" value="')[1].split('"')[0]
    first = await mine.post("/submit", data=fields(key=key), files=file())
    again = await mine.post("/submit", data=fields(key=key), files=file())
    assert first.headers["location"] == again.headers["location"]
    other = await mine.post("/submit", data=fields(key=key, title="Another"), files=file())
    assert other.status_code == 409
    assert "This form was sent already, with other content." in other.text
    assert key not in other.text
    assert door.rows()["papers"] == 1


async def test_a_file_that_cannot_be_read_is_refused_at_its_field(door: Door, author: Somebody) -> None:
    mine = await door.of(author.session)
    refused = await mine.post("/submit", data=fields(), files=file(b"\x00\x01 nothing", "work.pdf"))
    assert refused.status_code == 422
    assert 'id="file-wrong"' in refused.text
    missing = await mine.post("/submit", data=fields(), files=file(b"", ""))
    assert "Choose the manuscript file." in missing.text
    assert door.rows()["papers"] == 0


async def test_more_author_rows_without_a_script(door: Door, author: Somebody) -> None:
    mine = await door.of(author.session)
    more = await mine.post("/submit", data=fields(more="1", title="Kept"), files=file())
    assert more.status_code == 200
    assert more.text.count('name="author_name"') == 8
    assert 'value="Kept"' in more.text
    assert door.rows()["papers"] == 0


async def test_an_ai_author_without_a_model_is_refused_at_the_authors(door: Door, author: Somebody) -> None:
    mine = await door.of(author.session)
    refused = await mine.post("/submit", data=fields(author_model=[""] * 4), files=file())
    assert refused.status_code == 422
    assert 'id="authors-wrong"' in refused.text


async def test_a_revision_answers_each_finding_and_shows_the_answers(door: Door, author: Somebody) -> None:
    mine = await door.of(author.session)
    version = await stored_version(door.deps, author.actor, Status.REVISION_REQUESTED, title="Heaps")
    work = await mine.get("/work", headers=HTML)
    assert "Waits for you" in work.text
    assert "Read the reviews and send a revision" in work.text
    assert str(version) not in work.text
    paper = work.text.split('href="/papers/')[1].split('"')[0]
    stale = await mine.post(
        f"/papers/{paper}/revise", data=fields(base_version="7", letter="Dear reviewers, hello."), files=file()
    )
    assert stale.status_code == 409
    assert "Dear reviewers, hello." in stale.text
    said = report("ben", (finding(1),))
    async with door.deps.database.write() as tx:
        who = {"author_id": author.actor.user_id, "role": "ben", "judge": "person", "overall": 7.0}
        tx.session.add(ReportRow(version_id=version, body=msgspec.to_builtins(said), **who))
    other = await mine.post(
        f"/papers/{paper}/revise", data=fields(base_version="1", **{"answer:x.1": "Done."}), files=file()
    )
    assert other.status_code == 422
    assert 'id="letter-wrong">The review of version 1 has no finding x.1.' in other.text
    assert "Its reports have methods.1;" in other.text
    sent = await mine.post(
        f"/papers/{paper}/revise",
        data=fields(
            base_version="1", letter="**Thank you.**", summary="Counted again.", **{"answer:methods.1": "Done."}
        ),
        files=file(),
    )
    assert sent.status_code == 303
    letter = (await mine.get(f"/papers/{paper}/v/2/comparison", headers=HTML)).text
    assert "<strong>Thank you.</strong>" in letter
    assert "Done." in letter
    assert "Counted again." in (await mine.get(f"/papers/{paper}", headers=HTML)).text


async def test_an_editor_decides_with_a_reason(door: Door, author: Somebody, editor: Somebody) -> None:
    await stored_version(door.deps, author.actor, Status.HELD, title="Odd heaps")
    desk = await door.of(editor.session)
    work = (await desk.get("/work", headers=HTML)).text
    assert "Held for an editor" in work
    path = work.split('href="/papers/')[1].split('"')[0]
    decision = f"/papers/{path}/decision"
    assert 'value="accept"' not in (await desk.get(decision, headers=HTML)).text  # the file was never read
    nothing = await desk.post(decision, data={"outcome": "revise", "reason": " "})
    assert nothing.status_code == 422
    assert 'value="revise" required checked' in nothing.text
    done = await desk.post(decision, data={"outcome": "revise", "reason": "Please send a readable file."})
    assert done.status_code == 303
    page = (await (await door.of(author.session)).get(f"/papers/{path}", headers=HTML)).text
    assert "Please send a readable file." in page
    again = await desk.get(decision, headers=HTML)
    assert again.status_code == 409


async def test_a_conflict_declared_on_the_account_page_refuses_a_review_until_it_is_taken_back(
    door: Door, author: Somebody, editor: Somebody
) -> None:
    mine, desk = await door.of(author.session), await door.of(editor.session)
    paper = await submit(mine, STEERED)
    await door.run_jobs()
    assert 'href="/account#conflicts"' in (await desk.get(f"{paper}/review", headers=HTML)).text
    name = author.actor.name
    long = await desk.post("/account/conflicts", data={"conflicts": f"{name}: {'x' * 201}"})
    assert long.status_code == 422
    assert f"{name}: xxx" in long.text
    assert "At most 200 names" in long.text
    done = await desk.post("/account/conflicts", data={"conflicts": f"{name}:  We share an  office.\r\n\r\nEve"})
    assert done.headers["location"] == "/account?declared=1#conflicts"
    page = (await desk.get("/account?declared=1", headers=HTML)).text
    assert f"{name}: We share an office.\nEve</textarea>" in page
    assert "Your conflicts of interest are declared." in page
    refused = await desk.post(f"{paper}/review", data=REVIEW)
    assert (refused.status_code, "conflict of interest was declared" in refused.text) == (403, True)
    assert (await desk.post("/account/conflicts", data={"conflicts": ""})).status_code == 303
    assert (await desk.post(f"{paper}/review", data=REVIEW)).status_code == 303


async def test_an_editor_sees_whether_the_judges_still_score_as_they_did(
    door: Door, clock: Clock, author: Somebody, editor: Somebody
) -> None:
    desk = await door.of(editor.session)
    assert "No judge has scored yet" in (await desk.get("/work", headers=HTML)).text
    await past_reports(door.deps, clock, [4.0, 5.0] * 20 + [6.0, 7.0] * 25)
    page = (await desk.get("/work", headers=HTML)).text
    assert "Drifted" in page
    assert "+2.00" in page
    assert "How the judges score" not in (await (await door.of(author.session)).get("/work", headers=HTML)).text


async def test_withdrawing_leaves_a_tombstone(door: Door, author: Somebody) -> None:
    mine = await door.of(author.session)
    paper = await submit(mine)
    no_reason = await mine.post(f"{paper}/withdraw", data={"reason": ""})
    assert no_reason.status_code == 422
    assert (await mine.post(f"{paper}/withdraw", data={"reason": "Counted wrongly."})).status_code == 303
    page = await mine.get(paper, headers=HTML)
    assert page.status_code == 410
    assert "Counted wrongly." in page.text


async def test_retracting_needs_the_title_and_warns_every_reader(door: Door, author: Somebody) -> None:
    await stored_version(door.deps, author.actor, Status.PUBLISHED, title="Round heaps")
    mine = await door.of(author.session)
    path = (await mine.get("/work", headers=HTML)).text.split('href="/papers/')[1].split('"')[0]
    wrong = await mine.post(f"/papers/{path}/retract", data={"reason": "False.", "confirm": "Heaps"})
    assert wrong.status_code == 422
    assert "What was typed is not the title." in wrong.text
    done = await mine.post(f"/papers/{path}/retract", data={"reason": "False.", "confirm": "Round heaps"})
    assert done.status_code == 303
    seen = await door.http.get(f"/papers/{path}", headers=HTML)
    assert "This work is retracted." in seen.text
    assert "Reason: False." in seen.text


async def test_a_comment_is_answered_one_level_deep_and_removed_without_a_gap(
    door: Door, author: Somebody, stranger: Somebody
) -> None:
    await stored_version(door.deps, author.actor, Status.PUBLISHED)
    mine, other = await door.of(author.session), await door.of(stranger.session)
    path = (await mine.get("/work", headers=HTML)).text.split('href="/papers/')[1].split('"')[0]
    said = await other.post(f"/papers/{path}/v/1/comments", data={"body": "Which *heaps*?"})
    first = said.headers["location"].rpartition("comment-")[2]
    await mine.post(f"/papers/{path}/v/1/comments", data={"body": "All of them.", "parent_id": first})
    page = (await door.http.get(f"/papers/{path}/v/1/discussion", headers=HTML)).text
    assert "Which <em>heaps</em>?" in page
    assert page.index("<em>heaps</em>") < page.index('class="replies"') < page.index("All of them.")
    assert (await mine.post(f"/papers/{path}/comments/{first}/remove", data={"back": "1"})).status_code == 403
    assert (await other.post(f"/papers/{path}/comments/{first}/remove", data={"back": "1"})).status_code == 303
    after = (await door.http.get(f"/papers/{path}/v/1/discussion", headers=HTML)).text
    assert "This comment was removed." in after
    assert "All of them." in after
    empty = await mine.post(f"/papers/{path}/v/1/comments", data={"body": "  "})
    assert empty.status_code == 422


async def test_a_token_is_shown_once(door: Door, author: Somebody) -> None:
    mine = await door.of(author.session)
    made = await mine.post("/agents", data={"name": "Digger", "model_family": "toy", "operator": "Lab"})
    assert made.status_code == 303
    refused = await mine.post("/agents/tokens", data={"token_name": "laptop", "days": "90", "agent_id": ""})
    assert refused.status_code == 422
    assert 'value="laptop"' in refused.text
    wanted = {"token_name": "laptop", "days": "30", "agent_id": "", "scopes": ["papers:read", "comments:write"]}
    issued = await mine.post("/agents/tokens", data=wanted)
    token = issued.text.split('id="token">')[1].split("<")[0]
    bearer = await door.of({"Authorization": f"Bearer {token}"})
    assert (await bearer.get("/api/v1/me")).json()["scopes"] == ["papers:read", "comments:write"]
    page = (await mine.get("/agents", headers=HTML)).text
    assert token not in page
    assert token[:12] in page


async def test_an_admin_lets_somebody_in_with_a_link_that_only_a_button_spends(door: Door) -> None:
    boss = await door.somebody("root", Role.ADMIN)
    desk = await door.of(boss.session)
    made = await desk.post("/admin/users", data={"name": "New", "email": "new@example.org", "roles": "author"})
    link = made.text.split('id="link">')[1].split("<")[0]
    path = "/" + link.split("/", 3)[3]
    for _ in range(2):  # a scanner may look as often as it likes
        assert "<button>Sign in</button>" in (await door.http.get(path, headers=HTML)).text
    welcome = await door.http.post(path)
    assert (welcome.status_code, welcome.headers["location"]) == (303, "/work")
    theirs = await door.of({"Cookie": welcome.headers["set-cookie"].split(";")[0]})
    assert ">New</a>" in (await theirs.get("/work", headers=HTML)).text
    door.http.cookies.clear()
    spent = await door.http.post(path, headers=HTML)
    assert spent.status_code == 410
    changed = await theirs.post("/account/password", data={"new": "a long enough password"})
    assert changed.headers["location"] == "/account?changed=1"
    wrong = await door.http.post("/sign-in", data={"email": "new@example.org", "password": "nope", "next": "/agents"})
    assert wrong.status_code == 401
    assert 'value="new@example.org"' in wrong.text
    right = {"email": "new@example.org", "password": "a long enough password", "next": "/agents"}
    assert (await door.http.post("/sign-in", data=right)).headers["location"] == "/agents"


async def test_a_write_from_another_site_is_refused(door: Door, author: Somebody) -> None:
    mine = await door.of(author.session | {"Sec-Fetch-Site": "cross-site"})
    refused = await mine.post("/agents", data={"name": "Evil", "model_family": "x", "operator": "y"}, headers=HTML)
    assert refused.status_code == 403
    assert door.rows()["agents"] == 1


async def test_accounts_are_made_by_oneself_only_where_the_platform_is_open(door: Door) -> None:
    assert (await door.http.get("/sign-up", headers=HTML)).status_code == 404
    assert (await door.http.post("/sign-up", data={"email": "a@example.org"})).status_code == 404
    settings = door.deps.settings.model_copy(update={"registration": "open"})
    async with served(replace(door.deps, settings=settings)) as open_door:
        assert 'href="/sign-up"' in (await open_door.http.get("/sign-in", headers=HTML)).text
        typed = {"name": "Newcomer", "email": "newcomer@example.org", "password": "short"}
        refused = await open_door.http.post("/sign-up", data=typed)
        assert refused.status_code == 422
        assert 'id="password-wrong"' in refused.text
        assert 'value="newcomer@example.org"' in refused.text
        assert 'value="short"' not in refused.text
        made = await open_door.http.post("/sign-up", data=typed | {"password": "long enough for us"})
        assert (made.status_code, made.headers["location"]) == (303, "/work")


async def test_a_session_ends_on_the_server_too(door: Door, author: Somebody) -> None:
    mine = await door.of(author.session)
    assert (await mine.get("/work", headers=HTML)).status_code == 200
    gone = await mine.post("/sign-out")
    assert (gone.status_code, gone.headers["location"]) == (303, "/")
    assert "Max-Age=0" in gone.headers["set-cookie"]
    assert (await mine.get("/work", headers=HTML)).headers["location"] == "/sign-in?next=/work"
