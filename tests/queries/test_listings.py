"""Lists: complete without gaps or repeats whatever the filter, nothing unpublished in rows, totals or search."""

import asyncio
import base64
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from aixiv.db import Database
from aixiv.db.account import User
from aixiv.db.paper import Artifact, Paper, Version, VersionAuthor
from aixiv.domain.errors import Invalid
from aixiv.domain.ids import new_id
from aixiv.domain.paper import Status
from aixiv.domain.people import ANONYMOUS, Actor, ActorKind, Role
from aixiv.queries.listings import Filter, Page, counts_by_status, list_papers
from aixiv.queries.work import Work, work_of
from aixiv.queue import Deferrer, make_queue

KEY = b"a key of the test"
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
WORDS = ("heron", "tide", "lichen", "quartz")
CATEGORIES = ("Physics", "Physics/Optics", "Computer science", "Computer science/Databases")
NAMES = ("Ada Lovelace", "Émile Zola", "100% Human", "under_score")
PAPERS = 60
VISIBLE = {Status.PUBLISHED, Status.RETRACTED}


@dataclass
class Known:
    """One version as the test stored it."""

    id: UUID
    paper_id: UUID
    n: int
    owner_id: UUID
    kind: str
    status: Status
    words: str
    category: str
    author: str
    at: datetime


@dataclass
class Corpus:
    """A database full of works, many of them submitted at the same moment, and the loop it is asked on."""

    loop: asyncio.AbstractEventLoop
    database: Database
    people: dict[str, Actor]
    known: list[Known]

    def page(self, actor: Actor, asked: Filter) -> Page:
        async def ask() -> Page:
            async with self.database.read() as session:
                return await list_papers(session, actor, asked, key=KEY)

        return self.loop.run_until_complete(ask())

    def counts(self, actor: Actor) -> dict[Status, int]:
        async def ask() -> dict[Status, int]:
            async with self.database.read() as session:
                return await counts_by_status(session, actor)

        return self.loop.run_until_complete(ask())

    def work(self, actor: Actor) -> tuple[Work, int]:
        """What waits for somebody, and how many statements it took."""
        sent: list[str] = []

        async def ask() -> Work:
            async with self.database.read() as session:
                engine = (await session.connection()).sync_engine
                event.listen(engine, "before_cursor_execute", lambda *said: sent.append(said[2]))
                return await work_of(session, actor)

        return self.loop.run_until_complete(ask()), len(sent)

    def expected(self, actor: Actor, asked: Filter) -> list[Known]:
        """What the list must hold, found the slow way."""
        newest: dict[UUID, Known] = {}
        for v in self.known:
            mine = actor.user_id == v.owner_id
            seen = v.status in VISIBLE or mine or actor.is_editor
            if seen and (v.paper_id not in newest or newest[v.paper_id].n < v.n):
                newest[v.paper_id] = v
        return [v for v in newest.values() if fits(v, asked, actor)]


def fits(v: Known, asked: Filter, actor: Actor) -> bool:
    return (
        (not asked.query or asked.query in v.words)
        and asked.kind in (None, v.kind)
        and (not asked.category or (v.category + "/").startswith(asked.category + "/"))
        and asked.author.lower() in v.author.lower()
        and asked.status in (None, v.status)
        and (asked.since is None or v.at >= asked.since)
        and (not asked.mine or v.owner_id == actor.user_id)
    )


@pytest.fixture(scope="module")
def corpus(module_database_url: str) -> Iterator[Corpus]:
    loop = asyncio.new_event_loop()
    database = Database(module_database_url, defer=Deferrer(make_queue(module_database_url)))
    made = Corpus(loop, database, {"anonymous": ANONYMOUS}, [])
    loop.run_until_complete(fill(made, random.Random(5)))
    yield made
    loop.run_until_complete(database.close())
    loop.close()


async def fill(corpus: Corpus, chance: random.Random) -> None:
    async with corpus.database.write() as tx:
        for name, role in (("ada", Role.AUTHOR), ("ben", Role.AUTHOR), ("edith", Role.EDITOR)):
            user = User(id=new_id(), email=f"{name}@example.org", name=name, roles=[role.value])
            tx.session.add(user)
            roles = frozenset({role})
            corpus.people[name] = Actor(kind=ActorKind.USER, user_id=user.id, name=name, roles=roles)
        tx.session.add(Artifact(sha256="a" * 64, size=1, media_type="text/markdown"))
        await tx.session.flush()
        owners = [corpus.people["ada"].user_id, corpus.people["ben"].user_id]
        for _ in range(PAPERS):
            add_paper(corpus, tx.session, chance, chance.choice(owners))
            await tx.session.flush()


def add_paper(
    corpus: Corpus, session: Any, chance: random.Random, owner: UUID | None, at: datetime | None = None
) -> None:
    assert owner is not None
    paper = Paper(id=new_id(), kind=chance.choice(["paper", "proposal"]), track="standard", owner_id=owner)
    session.add(paper)
    states = [Status.PUBLISHED, Status.UNDER_REVIEW] if chance.random() < 0.3 else [chance.choice(list(Status))]
    for n, status in enumerate(states, start=1):
        submitted = at or NOON + timedelta(hours=chance.randrange(4))
        words = " ".join(chance.choices(WORDS, k=2))
        title, abstract, body = chance.sample([words, "something", "else"], 3)
        known = Known(
            new_id(),
            paper.id,
            n,
            owner,
            paper.kind,
            status,
            words,
            chance.choice(CATEGORIES),
            chance.choice(NAMES),
            submitted,
        )
        session.add(
            Version(
                id=known.id,
                paper_id=paper.id,
                n=n,
                base_version=n - 1 or None,
                status=status.value,
                status_reason="so",
                title=title,
                abstract=abstract,
                body=body,
                categories=[known.category],
                keywords=[],
                licence="CC-BY-4.0",
                submitted_by="user",
                file_name="f",
                file_sha256="a" * 64,
                submitted_at=submitted,
                published_at=submitted if status in VISIBLE else None,
            )
        )
        session.add(VersionAuthor(version_id=known.id, position=1, name=known.author, kind="human"))
        corpus.known.append(known)


def test_what_waits_for_somebody_is_found_at_once(corpus: Corpus) -> None:
    """The lists hold what filtered listings hold, never somebody's own work for their decision, in two statements."""
    for name, actor in corpus.people.items():
        work, statements = corpus.work(actor)

        def listed(status: Status, *, mine: bool, who: Actor = actor) -> list[UUID]:
            items = corpus.page(who, Filter(status=status, mine=mine, limit=100)).items
            own = {v.paper_id for v in corpus.known if v.owner_id == who.user_id}
            return [card.id for card in items if mine or card.paper_id not in own]

        assert [c.id for c in work.to_revise] == listed(Status.REVISION_REQUESTED, mine=True)
        assert [c.id for c in work.to_publish] == listed(Status.ACCEPTED, mine=True)
        waiting = [listed(status, mine=True) for status in (Status.SUBMITTED, Status.UNDER_REVIEW, Status.HELD)]
        assert [c.id for c in work.in_review] == [id_ for ids in waiting for id_ in ids]
        assert [c.id for c in work.held] == (listed(Status.HELD, mine=False) if actor.is_editor else [])
        assert work.to_review == ()
        assert any(waiting) == (name in ("ada", "ben")), "the corpus has something for each author"
        assert statements <= 2


filters = st.builds(
    Filter,
    query=st.sampled_from(["", "", *WORDS]),
    kind=st.sampled_from([None, None, "paper", "proposal"]),
    category=st.sampled_from(["", "", "Physics", "Computer science", "Computer", "Physics/Optics"]),
    author=st.sampled_from(["", "", "ada", "ÉMILE", "%", "_", "\\"]),
    status=st.sampled_from([None, None, None, *Status]),
    since=st.sampled_from([None, NOON + timedelta(hours=2)]),
    mine=st.booleans(),
    sort=st.sampled_from(["newest", "oldest", "relevance"]),
    limit=st.integers(1, 7),
)
names = st.sampled_from(["anonymous", "ada", "ben", "edith"])


@settings(max_examples=120, deadline=None)
@given(asked=filters, name=names)
def test_the_pages_together_are_the_whole_list_once(corpus: Corpus, asked: Filter, name: str) -> None:
    actor = corpus.people[name]
    wanted = corpus.expected(actor, asked)
    shown: list[Any] = []
    page = corpus.page(actor, asked)
    while True:
        assert page.total == len(wanted)
        assert len(page.items) <= asked.limit
        shown += page.items
        assert len(shown) <= len(wanted)
        if page.next is None:
            break
        assert len(page.items) == asked.limit
        page = corpus.page(actor, msgspec.structs.replace(asked, cursor=page.next))
    assert sorted(card.id for card in shown) == sorted(v.id for v in wanted)
    if asked.sort == "oldest":
        assert [c.submitted_at for c in shown] == sorted(c.submitted_at for c in shown)
    elif asked.sort == "newest":
        assert [c.submitted_at for c in shown] == sorted((c.submitted_at for c in shown), reverse=True)


@pytest.mark.parametrize("name", ["anonymous", "ada", "edith"])
def test_counts_agree_with_lists(corpus: Corpus, name: str) -> None:
    actor = corpus.people[name]
    counted = corpus.counts(actor)
    assert counted == {s: t for s in Status if (t := corpus.page(actor, Filter(status=s)).total)}
    assert sum(counted.values()) == corpus.page(actor, Filter()).total
    if name == "anonymous":
        assert set(counted) == VISIBLE


@pytest.mark.parametrize("place", ["title", "abstract", "body"])
def test_search_finds_words_of_title_abstract_and_body_best_first(corpus: Corpus, place: str) -> None:
    editor = corpus.people["edith"]
    page = corpus.page(editor, Filter(query="herons", sort="relevance", limit=100))
    assert page.total == len(corpus.expected(editor, Filter(query="heron")))
    where = ["title" if "heron" in c.title else "abstract" if "heron" in c.abstract else "body" for c in page.items]
    assert place in where
    assert where == sorted(where, key=["title", "abstract", "body"].index)


def test_phrases_and_exclusions_work_and_odd_queries_do_no_harm(corpus: Corpus) -> None:
    editor = corpus.people["edith"]
    without = corpus.page(editor, Filter(query="heron -tide", limit=100))
    assert without.total == sum("heron" in v.words and "tide" not in v.words for v in corpus.expected(editor, Filter()))
    for odd in ('"', "'", "-", "a & | !", "<->", "%", "\\", "(((", "the", "é" * 400, ":*"):
        assert corpus.page(editor, Filter(query=odd, sort="relevance")).total >= 0


@pytest.mark.parametrize(
    "wrong", [{"query": "a\0b"}, {"author": "\0"}, {"category": "\0"}, {"limit": 0}, {"limit": 101}]
)
def test_what_cannot_be_asked_is_refused(corpus: Corpus, wrong: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        corpus.page(ANONYMOUS, Filter(**wrong))


def test_cursors_of_another_sort_or_forged_are_refused(corpus: Corpus) -> None:
    editor = corpus.people["edith"]
    cursor = corpus.page(editor, Filter(limit=2)).next
    assert cursor is not None
    raw = bytearray(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    raw[-3] ^= 1
    changed = base64.urlsafe_b64encode(raw).decode().rstrip("=")
    unsealed = base64.urlsafe_b64encode(bytes(16) + bytes(raw[16:])).decode()
    wrong = [
        Filter(cursor=cursor, sort="oldest"),
        Filter(cursor=cursor, sort="relevance", query="heron"),
        *(Filter(cursor=c) for c in (changed, unsealed, "x", "é", "====", "a\0", cursor[:-8])),
    ]
    for asked in wrong:
        with pytest.raises(Invalid) as refusal:
            corpus.page(editor, asked)
        assert refusal.value.code == "cursor"


def test_a_work_that_arrives_meanwhile_repeats_nothing(corpus: Corpus) -> None:
    editor = corpus.people["edith"]
    first = corpus.page(editor, Filter(limit=10))
    assert first.next is not None
    before = {card.id for card in first.items}
    corpus.loop.run_until_complete(_arrive(corpus))
    second = corpus.page(editor, Filter(limit=100, cursor=first.next))
    assert before.isdisjoint(card.id for card in second.items)
    assert len(before) + len(second.items) == first.total


async def _arrive(corpus: Corpus) -> None:
    async with corpus.database.write() as tx:
        add_paper(corpus, tx.session, random.Random(1), corpus.people["ben"].user_id, NOON + timedelta(days=1))
