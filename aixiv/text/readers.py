"""Reading untrusted files, each in a process of its own, limited in time and memory, that never outlives its deadline.

The readers are forked from one process that has everything loaded. None reads two files, and their environment is bare.
After a crash the process that they come from is replaced too: all its readers share one layout of memory, which nobody
shall learn by crashing one after the other.
"""

import asyncio
import contextlib
import hashlib
import signal
import tempfile
from collections.abc import Coroutine
from functools import partial
from pathlib import Path

import msgspec
import structlog

from aixiv.text.failures import Unreadable, as_code
from aixiv.text.fork import Nursery, ReaderLost
from aixiv.text.parsed import Judged, Parsed, ParseLimits
from aixiv.text.wire import JUDGING_BROKE, OUT_OF_MEMORY, Crop, Ended, Loads, Refusal, Request
from review.layout import Box
from review.manuscript import Kind, SourceFormat

log = structlog.get_logger()

MEMORY_WORDS = (b"memoryerror", b"bad_alloc", b"allocate memory", b"memory alloc", b"out of memory", b"failed to map")
STDERR_KEPT = 64 * 1024
MOST_KNOWN = 1_000  # files whose kind is remembered
ATTEMPTS = 2
KILLED = (-signal.SIGKILL, -signal.SIGXCPU)  # how limits and people end a reader; any other signal is a crash


class Readers:
    """Reads files for one process, `at_once` at a time; further ones wait in the order in which they came.

    What `loads` says is loaded once, from `start` on or with the first file; it pays where many are read. `close` ends
    every process.
    """

    def __init__(self, limits: ParseLimits, *, at_once: int = 1, loads: Loads = "nothing") -> None:
        self._limits = limits
        self._loads: Loads = loads
        self._turns = asyncio.Semaphore(at_once)
        self._opening = asyncio.Lock()
        self._nursery: Nursery | None = None
        self._chores: set[asyncio.Task[None]] = set()
        self._known: dict[str, SourceFormat] = {}
        self._closed = False

    async def start(self) -> None:
        """Begin to load; returns at once."""
        self._aside(self._prepared())

    async def parse(self, path: Path, filename: str) -> Parsed:
        """Read a manuscript, or raise `Unreadable`; also when its reader dies of it or is too slow."""
        return msgspec.json.decode(await self._asked(self._request(path, filename)), type=Parsed)

    async def judge(self, path: Path, filename: str, kind: Kind) -> Judged:
        """Read a manuscript, screen it and run the checks, all in one reader. Raises as `parse`."""
        judged = msgspec.json.decode(await self._asked(self._request(path, filename, judge=kind)), type=Judged)
        self._remember(await _named(path, filename), judged.manuscript.source)
        return judged

    async def look(self, path: Path, filename: str) -> SourceFormat:
        """What kind of file it is; raises as `parse`. One that was judged or looked at before is not read again."""
        named = await _named(path, filename)
        known = self._known.get(named)
        if known is None:
            known = (await self.parse(path, filename)).manuscript.source
            self._remember(named, known)
        return known

    async def crop(self, path: Path, page: int, box: Box) -> bytes:
        """PNG of a place in a PDF, or `Unreadable` like a parse."""
        return await self._asked(self._request(path, "manuscript.pdf", crop=Crop(page=page, box=box)))

    async def close(self) -> None:
        """End every process, also those that are reading."""
        self._closed = True
        for chore in tuple(self._chores):
            chore.cancel()
        await asyncio.gather(*self._chores, return_exceptions=True)
        if self._nursery:
            await self._nursery.close()

    def _remember(self, named: str, source: SourceFormat) -> None:
        self._known[named] = source
        if len(self._known) > MOST_KNOWN:
            del self._known[next(iter(self._known))]

    def _request(self, path: Path, filename: str, *, crop: Crop | None = None, judge: Kind | None = None) -> Request:
        return Request(path=str(path.absolute()), filename=filename, limits=self._limits, crop=crop, judge=judge)

    async def _asked(self, request: Request) -> bytes:
        """What a reader answers; one that was lost is replaced once."""
        async with self._turns:
            try:
                return await self._read(request)
            except ReaderLost as loss:
                log.warning("reader.lost", reason=str(loss))
            return await self._read(request)

    async def _read(self, request: Request) -> bytes:
        nursery, limits = await self._opened(), request.limits
        with tempfile.TemporaryDirectory(prefix="aixiv-parse-") as folder:
            scratch = Path(folder)
            (scratch / "request").write_bytes(msgspec.json.encode(request))
            try:
                async with asyncio.timeout(limits.seconds):
                    ended = await nursery.read(scratch)
            except TimeoutError as error:
                message = f"Reading the file took longer than {limits.seconds:g} seconds."
                raise Unreadable("parse_timeout", message) from error
            if ended.status < 0 and ended.status not in KILLED:
                self._retire(nursery)
            return _answer(ended, scratch, limits)

    async def _opened(self) -> Nursery:
        """A nursery that is loaded, or `ReaderLost`."""
        async with self._opening:
            if self._closed:
                raise ReaderLost("No files are read any more.")
            if self._nursery is None or self._nursery.gone:
                self._nursery = await Nursery.begin(self._loads)
                self._nursery.listening.add_done_callback(partial(self._replace, self._nursery))
            nursery = self._nursery
        await nursery.loaded()
        return nursery

    def _replace(self, lost: Nursery, _: asyncio.Task[None]) -> None:
        """Load anew at once, not with the next file; what never was ready is left for that file to tell."""
        if lost is self._nursery and lost.ready:
            self._aside(self._prepared())

    def _retire(self, nursery: Nursery) -> None:
        """Fork no more from this one."""
        if nursery is self._nursery:
            self._nursery = None
            self._aside(nursery.finish())
            self._aside(self._prepared())

    async def _prepared(self) -> None:
        with contextlib.suppress(ReaderLost):
            await self._opened()

    def _aside(self, work: Coroutine[None, None, None]) -> None:
        if self._closed:
            work.close()
            return
        chore = asyncio.get_running_loop().create_task(work)
        self._chores.add(chore)
        chore.add_done_callback(self._chores.discard)


async def _named(path: Path, filename: str) -> str:
    """The file's content and name, which is all that reading depends on."""

    def digest() -> str:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    return f"{await asyncio.to_thread(digest)} {filename}"


def _answer(ended: Ended, scratch: Path, limits: ParseLimits) -> bytes:
    result = scratch / "result"
    if ended.status == 0 and result.exists():
        answer = result.read_bytes()
        if answer[:1] in (b"P", b"C"):
            return answer[1:]
        refusal = msgspec.json.decode(answer[1:], type=Refusal)
        raise Unreadable(as_code(refusal.code), refusal.message, refusal.hint)
    said = _said(scratch)
    if ended.status == JUDGING_BROKE:
        log.error("reader.judging_broke", said=said.decode(errors="replace"))
        raise ReaderLost("The screen or a check failed on this file.")
    if ended.status == -signal.SIGKILL and ended.seconds < limits.seconds:
        raise ReaderLost("The reader was killed from outside.")
    if ended.status == OUT_OF_MEMORY or any(word in said.lower() for word in MEMORY_WORDS):
        bound = f"{limits.memory_bytes / 2**20:,.0f} MiB"
        raise Unreadable("parse_memory", f"Reading the file needed more than {bound} of memory.")
    if ended.status in KILLED:
        raise Unreadable("parse_timeout", f"Reading the file took more than {limits.seconds:g} seconds of work.")
    raise Unreadable("damaged_file", "The file broke the reader and cannot be trusted.")


def _said(scratch: Path) -> bytes:
    """The beginning of what the reader wrote to its error stream."""
    errors = scratch / "errors"
    if not errors.exists():
        return b""
    with errors.open("rb") as file:
        return file.read(STDERR_KEPT)
