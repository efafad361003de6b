"""Outside indexes asked for one review: answers kept in the database, a budget of calls and seconds, failures noted.

No question is asked inside a transaction, and no failure of an index is one of the review.
"""

import asyncio
from datetime import timedelta

import msgspec
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from aixiv.db.works import SourceAnswer
from aixiv.deps import Deps
from aixiv.fetch import Question, Source, SourceSilent
from review.references import Entry, Work, find_match
from review.references.keys import arxiv_key, doi_key

KEPT = timedelta(days=30)  # how long an answer stands
SHORTEST_TITLE = 3  # words; shorter titles find everything


class Literature:
    """The outside indexes as one round sees them."""

    def __init__(self, deps: Deps) -> None:
        self._deps, self._fetcher = deps, deps.fetcher
        self.sources = deps.fetcher.sources if deps.fetcher else ()
        self._calls = deps.settings.literature_calls
        self._until: float | None = None
        self.answered: set[str] = set()
        self.silent: dict[str, str] = {}  # index -> why it did not answer

    async def works_of(self, entry: Entry) -> tuple[Work, ...]:
        """Works that the indexes hold for an entry; the first index that has the work ends the search."""
        question = question_of(entry)
        found: tuple[Work, ...] = ()
        if question is None:
            return found
        for source in self.sources:
            found += await self.ask(source, question)
            if find_match(entry, found):
                break
        return found

    async def about(self, words: str) -> tuple[Work, ...]:
        """Works about these words, of every index."""
        answers = [await self.ask(source, Question("words", words)) for source in self.sources]
        return tuple(work for answer in answers for work in answer)

    async def ask(self, source: Source, question: Question) -> tuple[Work, ...]:
        """The answer of one index: kept, or fresh while the budget lasts, or nothing."""
        kept = await self._kept(source, question)
        if kept is not None:
            self.answered.add(source.name)
            return kept
        left = self._seconds_left()
        if source.name in self.silent or self._fetcher is None:
            return ()
        if self._calls < 1 or left <= 0:
            self.silent[source.name] = f"{source.name}: the budget of this review is spent"
            return ()
        self._calls -= 1
        try:
            async with asyncio.timeout(left):
                works = await self._fetcher.ask(source, question)
        except (SourceSilent, TimeoutError) as failure:
            self.silent[source.name] = str(failure) or f"{source.name}: no answer in time"
            return ()
        self.answered.add(source.name)
        await self._keep(source, question, works)
        return works

    def _seconds_left(self) -> float:
        """Counted from the first question of the round."""
        now = asyncio.get_running_loop().time()
        self._until = self._until or now + self._deps.settings.literature_seconds
        return self._until - now

    async def _kept(self, source: Source, question: Question) -> tuple[Work, ...] | None:
        async with self._deps.database.read() as session:
            row = await session.scalar(
                select(SourceAnswer).where(
                    SourceAnswer.source == source.name,
                    SourceAnswer.question == question.key,
                    SourceAnswer.asked_at > self._deps.clock() - KEPT,
                )
            )
        return None if row is None else msgspec.convert(row.works, tuple[Work, ...])

    async def _keep(self, source: Source, question: Question, works: tuple[Work, ...]) -> None:
        plain = msgspec.json.decode(msgspec.json.encode(works).replace(b"\\u0000", b""))  # the database stores no NUL
        row = {"works": plain, "asked_at": self._deps.clock()}
        statement = insert(SourceAnswer).values(source=source.name, question=question.key, **row)
        async with self._deps.database.write() as tx:
            await tx.session.execute(statement.on_conflict_do_update(index_elements=["source", "question"], set_=row))


def question_of(entry: Entry) -> Question | None:
    """The surest question about an entry, or None for one that nobody could look up."""
    if entry.doi:
        return Question("doi", doi_key(entry.doi))
    if entry.arxiv:
        return Question("arxiv", arxiv_key(entry.arxiv))
    return Question("title", entry.title) if len(entry.title.split()) >= SHORTEST_TITLE else None
