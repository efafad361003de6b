"""What use cases are given: the outside world behind a few names. Types only; `aixiv.bootstrap` fills them in."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from agents.port import Reviewer
from aixiv.db import Database, utcnow
from aixiv.fetch import Documents, Fetcher
from aixiv.settings import Settings
from aixiv.storage import Blobs
from aixiv.text import Judged, Parsed
from review.layout import Box
from review.manuscript import Kind, SourceFormat

Parse = Callable[[Path, str], Awaitable[Parsed]]
"""Reads one file (path, original name) in a limited subprocess; raises `aixiv.text.Unreadable` or `ReaderLost`."""


Judge = Callable[[Path, str, Kind], Awaitable[Judged]]
"""Reads one file, screens it and runs the checks, all in one such subprocess; raises the same."""


Preflight = Callable[[Path, str], Awaitable[SourceFormat]]
"""Looks at one file quickly, in the same subprocess limits, and refuses what can be known to be unreadable."""


Crop = Callable[[Path, int, Box], Awaitable[bytes]]
"""Draws a place of a PDF (path, page from 1, box in points) as PNG in the same limits; raises `Unreadable`."""


class Embedder(Protocol):
    """Turns texts into vectors of `aixiv.db.paper.EMBEDDING_SIZE` numbers; raises `InferenceUnavailable`."""

    async def embed(self, texts: Sequence[str]) -> list[list[float]]: ...


@dataclass(frozen=True, kw_only=True)
class Deps:
    """One set for a process. `clock` answers in UTC."""

    settings: Settings
    database: Database
    blobs: Blobs
    reviewer: Reviewer
    embedder: Embedder
    parse: Parse
    judge: Judge
    preflight: Preflight
    crop: Crop
    fetcher: Fetcher | None = None  # None: no outside index may be asked
    documents: Documents = field(default_factory=Documents)
    clock: Callable[[], datetime] = field(default=utcnow)
