"""The composition root: the only module that names every concrete class and puts a process together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from procrastinate import App

from agents.checkpoints import Checkpointer, memory_checkpointer, postgres_checkpointer
from agents.judges import Judge
from agents.judges.chat import Endpoint
from agents.judges.evidence import EvidenceJudge
from agents.judges.language_model import LanguageModelJudge
from agents.run import GraphReviewer
from aixiv.db import Database
from aixiv.deps import Deps
from aixiv.queue import Deferrer, make_queue
from aixiv.settings import Settings
from aixiv.storage import Blobs
from aixiv.text import Parsed, ParseLimits, parse_limited
from inference.client import EmbeddingClient
from review.manuscript import SourceFormat


@dataclass(frozen=True, kw_only=True)
class Platform:
    """One process's parts: what use cases need, and the queue it defers to or works from."""

    deps: Deps
    queue: App
    embedder: EmbeddingClient

    async def close(self) -> None:
        """Give every connection back."""
        await self.embedder.aclose()
        await self.deps.database.close()


def build(settings: Settings) -> Platform:
    """Put the parts together; touches no network yet. Every address must be set by now (`aixiv up` does)."""
    settings = settings.with_secrets()
    queue = make_queue(settings.database_url)
    embedder = EmbeddingClient(settings.inference_url)
    limits = parse_limits(settings)

    async def parse(path: Path, filename: str) -> Parsed:
        return await parse_limited(path, filename=filename, limits=limits)

    async def preflight(path: Path, filename: str) -> SourceFormat:
        return (await parse_limited(path, filename=filename, limits=limits)).manuscript.source

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
        reviewer=make_reviewer(settings),
        embedder=embedder,
        parse=parse,
        preflight=preflight,
    )
    return Platform(deps=deps, queue=queue, embedder=embedder)


@asynccontextmanager
async def working(settings: Settings) -> AsyncIterator[Platform]:
    """The parts of a worker: like `build`, with a reviewer that remembers its runs in the database."""
    parts = build(settings)
    try:
        async with postgres_checkpointer(parts.deps.settings.database_url) as checkpointer:
            reviewer = make_reviewer(parts.deps.settings, checkpointer)
            yield replace(parts, deps=replace(parts.deps, reviewer=reviewer))
    finally:
        await parts.close()


def make_reviewer(settings: Settings, checkpointer: Checkpointer | None = None) -> GraphReviewer:
    """The reviewer graph with the judge the settings ask for."""
    return GraphReviewer(make_judge(settings), checkpointer=checkpointer or memory_checkpointer())


def make_judge(settings: Settings) -> Judge:
    """The language-model judge where a model server is named, the evidence judge otherwise."""
    if judge_name(settings) == "evidence":
        return EvidenceJudge()
    return LanguageModelJudge(
        Endpoint(
            base_url=settings.llm_base_url or f"{settings.inference_url.rstrip('/')}/v1",
            model=settings.llm_model or settings.model,
            api_key=settings.llm_api_key.get_secret_value(),
        )
    )


def judge_name(settings: Settings) -> str:
    """Which judge these settings mean: `evidence` or `language-model`."""
    return settings.judge_in_use


def parse_limits(settings: Settings) -> ParseLimits:
    """Bounds on one parse."""
    return ParseLimits(
        seconds=float(settings.parse_seconds),
        memory_bytes=settings.parse_memory_bytes,
        max_pages=settings.max_pages,
        max_bytes=settings.max_upload_bytes,
    )
