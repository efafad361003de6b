"""One untrusted file read by a command that reads no other."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aixiv.text.parsed import Parsed, ParseLimits
from aixiv.text.readers import Readers
from review.layout import Box


async def parse_limited(path: Path, *, filename: str, limits: ParseLimits) -> Parsed:
    """Read a manuscript in a limited process, or raise `Unreadable`; also when that process dies or is too slow."""
    async with _readers(limits) as readers:
        return await readers.parse(path, filename)


async def crop_limited(path: Path, *, page: int, box: Box, limits: ParseLimits) -> bytes:
    """PNG of a place in a PDF, drawn in a limited process, or `Unreadable` like a parse."""
    async with _readers(limits) as readers:
        return await readers.crop(path, page, box)


@asynccontextmanager
async def _readers(limits: ParseLimits) -> AsyncIterator[Readers]:
    readers = Readers(limits)
    try:
        yield readers
    finally:
        await readers.close()
