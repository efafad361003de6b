"""The composition root: the only package that names every concrete class and puts a process together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from procrastinate import App

from agents.port import Embed, FindRelated, LookUp, OnProgress, ReviewRequest, nothing_known
from aixiv.db import Database
from aixiv.deps import Deps
from aixiv.fetch import Documents, Fetcher, local_hosts, sources_of
from aixiv.queue import Deferrer, make_queue
from aixiv.settings import Settings
from aixiv.storage import Blobs
from aixiv.text import Loads, ParseLimits, Readers
from inference.client import EmbeddingClient
from review.report import Round

LOOKS_AT_ONCE = 2
"""Files a process opens at the same time, and a worker with more jobs at once as many as these; each may take
`AIXIV_PARSE_MEMORY_BYTES`. Further ones wait."""


@dataclass(frozen=True, kw_only=True)
class Platform:
    """One process's parts: what use cases need, and the queue it defers to or works from."""

    deps: Deps
    queue: App
    embedder: EmbeddingClient
    readers: Readers

    async def close(self) -> None:
        """Give every connection back and end every reader."""
        await self.readers.close()
        await self.embedder.aclose()
        if self.deps.fetcher:
            await self.deps.fetcher.aclose()
        await self.deps.database.close()


def build(settings: Settings, loads: Loads = "nothing") -> Platform:
    """Put the parts together; touches no network yet. Every address must be set by now (`aixiv up` does).

    `loads` is what is made ready for the files that this process will read.
    """
    settings = settings.with_secrets()
    queue = make_queue(settings.database_url)
    embedder = embedding_client(settings)
    at_once = max(LOOKS_AT_ONCE, settings.worker_concurrency)
    readers = Readers(parse_limits(settings), at_once=at_once, loads=loads)

    sources = sources_of(settings.literature)
    deps = Deps(
        settings=settings,
        database=Database(settings.database_url, defer=Deferrer(queue), read_only=settings.read_only),
        blobs=Blobs(
            settings.s3_endpoint,
            settings.s3_access_key.get_secret_value(),
            settings.s3_secret_key.get_secret_value(),
            settings.s3_bucket,
            settings.s3_region,
        ),
        reviewer=ReviewerOnDemand(settings),
        embedder=embedder,
        parse=readers.parse,
        judge=readers.judge,
        preflight=readers.look,
        crop=readers.crop,
        fetcher=Fetcher(sources, mail=settings.literature_mail) if sources else None,
        documents=Documents(local_hosts(settings.oauth_local_clients)),
    )
    return Platform(deps=deps, queue=queue, embedder=embedder, readers=readers)


@asynccontextmanager
async def working(settings: Settings) -> AsyncIterator[Platform]:
    """The parts of a worker: like `build`, with a reviewer that remembers its runs in the database."""
    from aixiv.bootstrap.reviewing import remembering_reviewer

    parts = build(settings, "reading")
    try:
        async with remembering_reviewer(parts.deps.settings, embed_of(parts)) as reviewer:
            yield replace(parts, deps=replace(parts.deps, reviewer=reviewer))
    finally:
        await parts.close()


def embed_of(parts: Platform) -> Embed | None:
    """How the screen gets vectors; None where no embedding service is configured."""
    return parts.embedder.embed if parts.deps.settings.inference_url else None


def embedding_client(settings: Settings) -> EmbeddingClient:
    """The inference service, asked for vectors."""
    return EmbeddingClient(settings.inference_url, api_key=settings.inference_api_key.get_secret_value())


@asynccontextmanager
async def embedding(settings: Settings) -> AsyncIterator[Embed | None]:
    """The same for a command that has no platform."""
    if not settings.inference_url:
        yield None
        return
    async with embedding_client(settings) as client:
        yield client.embed


class ReviewerOnDemand:
    """Builds the graph when it is first asked: processes that never review do not load it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def review(
        self,
        request: ReviewRequest,
        *,
        on_progress: OnProgress,
        find_related: FindRelated,
        look_up: LookUp = nothing_known,
    ) -> Round:
        """Review one version without a memory of earlier calls."""
        from aixiv.bootstrap.reviewing import make_reviewer

        async with embedding(self._settings) as embed:
            reviewer = make_reviewer(self._settings, embed)
            return await reviewer.review(request, on_progress=on_progress, find_related=find_related, look_up=look_up)

    async def forget(self, run_id: str) -> None:
        """Nothing was kept."""


def parse_limits(settings: Settings) -> ParseLimits:
    """Bounds on one parse."""
    return ParseLimits(
        seconds=float(settings.parse_seconds),
        memory_bytes=settings.parse_memory_bytes,
        max_pages=settings.max_pages,
        max_bytes=settings.max_upload_bytes,
    )
