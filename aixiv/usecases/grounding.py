"""What the platform tells the reviewer graph of other works: what is near, what is cited, whose wording is shared."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from agents.port import ReviewFailed
from aixiv.db.bibliography import candidates, notices
from aixiv.db.corpus import NEAR, Near, Sharing, related_published, sharing
from aixiv.db.paper import EMBEDDING_SIZE
from aixiv.db.works import VersionSketch
from aixiv.deps import Deps
from aixiv.domain.errors import Unavailable
from aixiv.usecases.literature import Literature
from inference.client import InferenceRefused, InferenceUnavailable
from review.manuscript import Manuscript
from review.overlap import NEAR_DUPLICATE, SHARED, Sketch, shared, sketch
from review.references import Entry, Work, entry_from_reference, find_match
from review.references.keys import title_keys
from review.references.known import Known
from review.references.landmarks import landmarks
from review.report import Overlap, RelatedWork

RELATED = 5
KEYWORDS = 12  # of the manuscript, added to the title when the corpus is asked by words


class Grounds:
    """Answers the graph's questions for one version. A database that is away ends the run for a retry."""

    def __init__(self, deps: Deps, *, paper_id: UUID, version_id: UUID) -> None:
        self._deps, self._paper_id, self._version_id = deps, paper_id, version_id
        self._literature = Literature(deps)

    async def find_related(self, manuscript: Manuscript) -> Sequence[RelatedWork]:
        """Published works of the own corpus near the manuscript; without embeddings they are found by words."""
        words = f"{manuscript.title} {' '.join(manuscript.keywords[:KEYWORDS])}"
        vector = await self._vector(f"{manuscript.title}\n{manuscript.abstract}")
        try:
            async with self._deps.database.read() as session:
                near = await related_published(session, words, vector, but=self._paper_id, limit=RELATED)
            found = [_related(work) for work in near]
            outside = await self._literature.about(manuscript.title)
        except Unavailable as outage:
            raise ReviewFailed(outage.message, retryable=True) from outage
        return found + await self._outside(manuscript, vector, outside)

    async def look_up(self, manuscript: Manuscript) -> Known:
        """What the index, the list of retractions and the corpus know of the manuscript's references and wording."""
        entries = {reference.index: entry_from_reference(reference) for reference in manuscript.references}
        try:
            overlaps = await self._overlaps(sketch(manuscript))
            return await self._known(entries, overlaps)
        except Unavailable as outage:
            raise ReviewFailed(outage.message, retryable=True) from outage

    async def _known(self, entries: Mapping[int, Entry], overlaps: tuple[Overlap, ...] | None) -> Known:
        async with self._deps.database.read() as session:
            works = await candidates(session, entries)
            noticed = await notices(session, entries)
        for number, entry in entries.items() if self._literature.sources else ():
            if find_match(entry, (*works.get(number, ()), *landmarks())) is None:
                works[number] = (*works.get(number, ()), *await self._literature.works_of(entry))
        return Known(
            now=self._deps.clock(),
            works=works,
            sources=tuple(sorted(self._literature.answered)),
            silent=tuple(self._literature.silent.values()),
            notices=noticed or {},
            retraction_list=noticed is not None,
            overlaps=overlaps,
        )

    async def _overlaps(self, own: Sketch) -> tuple[Overlap, ...] | None:
        """Earlier works that share wording; the version's own sketch is kept first, so that of two submissions at the
        same moment one always sees the other."""
        if not own.telling:
            return None
        hashes = list(own.places)
        async with self._deps.database.write() as tx:
            kept = insert(VersionSketch).values(version_id=self._version_id, hashes=hashes)
            await tx.session.execute(kept.on_conflict_do_nothing())
        async with self._deps.database.read() as session:
            fewest = max(1, int(SHARED * len(hashes)))
            rows = await sharing(session, hashes, paper_id=self._paper_id, fewest=fewest)
        return _best_of_each(own, rows)

    async def _outside(
        self, manuscript: Manuscript, vector: Sequence[float] | None, works: Sequence[Work]
    ) -> list[RelatedWork]:
        """The nearest works of outside indexes, each once and never the manuscript itself."""
        others = {w.title.lower(): w for w in works if title_keys(w.title) != title_keys(manuscript.title)}
        try:
            vectors = await self._deps.embedder.embed(list(others)) if vector and others else []
        except (InferenceUnavailable, InferenceRefused):
            vectors = []
        cosines = [sum(a * b for a, b in zip(vector or (), v, strict=True)) for v in vectors] or [0.0] * len(others)
        found = [
            RelatedWork(
                title=work.title,
                ref=f"doi:{work.doi}" if work.doi else f"arXiv:{work.arxiv}" if work.arxiv else work.title,
                similarity=round(cosine, 3),
                year=max(work.years, default=None),
                source=work.source,
            )
            for work, cosine in zip(others.values(), cosines, strict=True)
            if not vectors or cosine >= NEAR
        ]
        return sorted(found, key=lambda work: -work.similarity)[:RELATED]

    async def _vector(self, text: str) -> Sequence[float] | None:
        try:
            (vector,) = await self._deps.embedder.embed([text])
        except (InferenceUnavailable, InferenceRefused):
            return None
        return vector if len(vector) == EMBEDDING_SIZE else None


def _related(work: Near) -> RelatedWork:
    similarity = 0.0 if work.similarity is None else work.similarity
    return RelatedWork(title=work.title, ref=str(work.id), similarity=similarity, year=work.published_at.year)


def _best_of_each(own: Sketch, rows: Sequence[Sharing]) -> tuple[Overlap, ...]:
    """One overlap per paper, the widest first: of its published versions if there are any, else of the others."""
    best: dict[UUID, tuple[bool, float, Overlap]] = {}
    for row in rows:
        share, (start, end) = shared(own, row.hashes)
        if share < (SHARED if row.id else NEAR_DUPLICATE):
            continue
        overlap = Overlap(
            share=round(share, 3),
            start=start,
            end=end,
            ref=str(row.id) if row.id else "",
            title=row.title,
            paper="" if row.id else str(row.paper_id),
        )
        found = (row.id is not None, share, overlap)
        if row.paper_id not in best or found[:2] > best[row.paper_id][:2]:
            best[row.paper_id] = found
    return tuple(overlap for _, _, overlap in sorted(best.values(), key=lambda item: -item[1]))
