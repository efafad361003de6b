"""Who sees what: every status and kind of actor against a table written by hand."""

from uuid import UUID

import psycopg
import pytest
from sqlalchemy import select

from aixiv.db.paper import Paper, Version
from aixiv.db.visible import visible
from aixiv.deps import Deps
from aixiv.domain.errors import NotFound
from aixiv.domain.paper import Status
from aixiv.domain.people import ANONYMOUS, SYSTEM, Actor, Scope
from aixiv.queries.papers import find_paper
from tests.fixtures.people import Role, agent_of, person, stored_version, with_scopes
from tests.fixtures.works import version

pytestmark = pytest.mark.anyio

PUBLIC = {Status.PUBLISHED, Status.RETRACTED}
ALL = set(Status)
SEES = {
    "anonymous": PUBLIC,
    "stranger": PUBLIC,
    "stranger's agent": PUBLIC,
    "owner": ALL,
    "owner's agent": ALL,
    "owner's token to submit": PUBLIC,
    "reviewer": {*PUBLIC, Status.UNDER_REVIEW},
    "reviewer's agent": {*PUBLIC, Status.UNDER_REVIEW},
    "reviewer's token to read": PUBLIC,
    "editor": ALL,
    "admin": ALL,
    "editor's token to read": PUBLIC,
    "editor's token to edit": ALL,
    "system": ALL,
}


async def actors(deps: Deps, owner: Actor) -> dict[str, Actor]:
    stranger, referee = await person(deps, "eve"), await person(deps, "rita", Role.REVIEWER)
    editor, admin = await person(deps, "edith", Role.EDITOR), await person(deps, "root", Role.ADMIN)
    return {
        "anonymous": ANONYMOUS,
        "stranger": stranger,
        "stranger's agent": (await agent_of(deps, stranger, "E", Scope.PAPERS_READ))[0],
        "owner": owner,
        "owner's agent": (await agent_of(deps, owner, "O", Scope.PAPERS_READ))[0],
        "owner's token to submit": with_scopes(owner, Scope.PAPERS_SUBMIT),
        "reviewer": referee,
        "reviewer's agent": (await agent_of(deps, referee, "R", Scope.REVIEWS_WRITE))[0],
        "reviewer's token to read": with_scopes(referee, Scope.PAPERS_READ),
        "editor": editor,
        "admin": admin,
        "editor's token to read": with_scopes(editor, Scope.PAPERS_READ),
        "editor's token to edit": with_scopes(editor, Scope.EDITOR),
        "system": SYSTEM,
    }


@pytest.mark.parametrize("track", ["standard", "editorial"])
async def test_who_sees_a_version_at_each_status(deps: Deps, track: str) -> None:
    owner = await person(deps)
    stored = {await stored_version(deps, owner, status): status for status in Status}
    _set(deps, f"UPDATE papers SET track = '{track}'")
    seen = {
        name: {stored[i] for i in await seen_by(deps, actor)} for name, actor in (await actors(deps, owner)).items()
    }
    assert seen == SEES


async def seen_by(deps: Deps, actor: Actor) -> list[UUID]:
    query = select(Version.id).join(Paper, Paper.id == Version.paper_id).where(visible(actor)).order_by(Version.n)
    async with deps.database.read() as session:
        return list(await session.scalars(query))


HISTORIES: list[tuple[list[Status], set[int]]] = [
    ([Status.SUPERSEDED, Status.UNDER_REVIEW], set()),
    ([Status.SUPERSEDED, Status.ACCEPTED], set()),
    ([Status.SUPERSEDED, Status.SUPERSEDED, Status.PUBLISHED], {1, 2, 3}),
    ([Status.PUBLISHED, Status.SUPERSEDED, Status.UNDER_REVIEW], {1}),
    ([Status.SUPERSEDED, Status.PUBLISHED, Status.SUPERSEDED, Status.REVISION_REQUESTED], {1, 2}),
    ([Status.SUPERSEDED, Status.RETRACTED, Status.SUPERSEDED, Status.HELD], {1, 2}),
    ([Status.PUBLISHED, Status.REJECTED], {1}),
    ([Status.PUBLISHED, Status.WITHDRAWN], {1}),
    ([Status.SUPERSEDED, Status.WITHDRAWN], set()),
]


@pytest.mark.parametrize(("history", "public"), HISTORIES)
async def test_what_led_to_a_publication_is_public_and_what_leads_to_the_next_is_not(
    deps: Deps, history: list[Status], public: set[int]
) -> None:
    """A superseded version becomes public with the publication it led to, never while its successor is under review."""
    owner = await person(deps)
    versions = [await stored_version(deps, owner, status) for status in history]
    paper_id = (await version(deps, versions[0])).paper_id
    with psycopg.connect(deps.settings.database_url) as connection:
        connection.execute("SET session_replication_role = replica")
        for n, version_id in enumerate(versions, start=1):
            base = n - 1 or None
            query = "UPDATE versions SET paper_id = %s, n = %s, base_version = %s, published_at ="
            query += " CASE WHEN status IN ('published', 'retracted') THEN now() END WHERE id = %s"
            connection.execute(query.encode(), [paper_id, n, base, version_id])
        if any(status in PUBLIC for status in history):
            connection.execute("UPDATE papers SET yymm = '2611', number = 1 WHERE id = %s", [paper_id])
    seen = await seen_by(deps, ANONYMOUS)
    assert {versions.index(i) + 1 for i in seen} == public
    assert len(await seen_by(deps, owner)) == len(history)
    async with deps.database.read() as session:
        if public:
            card, _ = await find_paper(session, ANONYMOUS, str(paper_id))
            assert {v.n for v in card.versions} == public
            assert card.latest.n == max(public)
        else:
            with pytest.raises(NotFound):
                await find_paper(session, ANONYMOUS, str(paper_id))


async def test_a_superseded_version_that_was_published_stays_public(deps: Deps) -> None:
    superseded = await stored_version(deps, await person(deps), Status.SUPERSEDED)
    _set(deps, "UPDATE versions SET published_at = now()")
    assert await seen_by(deps, ANONYMOUS) == [superseded]


def _set(deps: Deps, statement: str) -> None:
    with psycopg.connect(deps.settings.database_url) as connection:
        connection.execute(statement.encode())
