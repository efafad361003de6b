"""The nursery seen from the process that asks: it is given orders over a socket, and tells how each reader ended."""

import asyncio
import contextlib
import socket
import sys
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path

import msgspec

from aixiv.text.wire import LOADED, Ended, Loads, Order

PACKAGE_ROOT = Path(__file__).parents[2]
BARE_ENVIRONMENT = {  # nothing of ours: no secrets, no addresses; one thread, without which no process can be forked
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "PYTHONPATH": str(PACKAGE_ROOT),
    "PYTHONDONTWRITEBYTECODE": "1",
    "OPENBLAS_NUM_THREADS": "1",
}
KILL_SECONDS = 5.0


class ReaderLost(Exception):
    """A reader that died of nothing its file did, or that could not be started: a fault of ours."""


class Nursery:
    """One process that readers are forked from. Make it with `begin`."""

    def __init__(
        self, process: asyncio.subprocess.Process, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.ready = False
        self._process = process
        self._writer = writer
        self._numbers = count(LOADED)
        self._ends: dict[int, asyncio.Future[Ended]] = {}
        self._loading = self._expect()[1]
        self.listening = asyncio.create_task(self._listen(reader))

    @classmethod
    async def begin(cls, loads: Loads) -> "Nursery":
        """Start one, which then loads."""
        ours, theirs = socket.socketpair()
        with theirs:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",  # the working directory is nowhere to import from
                "-m",
                "aixiv.text.nursery",
                str(theirs.fileno()),
                loads,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                env=BARE_ENVIRONMENT,
                cwd="/",
                start_new_session=True,
            )
        return cls(process, *await asyncio.open_connection(sock=ours))

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def gone(self) -> bool:
        """Whether it serves no more."""
        return self.listening.done()

    async def loaded(self) -> None:
        """Return when it can fork readers, or raise `ReaderLost`."""
        await asyncio.shield(self._loading)

    async def read(self, scratch: Path) -> Ended:
        """Have the request in this folder read; a reader that is not waited for any longer is killed."""
        if self.gone:
            raise ReaderLost("The process that readers come from is gone.")
        number, end = self._expect()
        self._send(Order(number=number, scratch=str(scratch)))
        try:
            return await asyncio.shield(end)
        finally:
            if not end.done():
                self._send(Order(number=number))
                await self._dead(end)

    async def finish(self) -> None:
        """Close when the readers that it has are done."""
        try:
            while self._ends:
                await asyncio.wait(self._ends.values())
        finally:
            await self.close()

    async def close(self) -> None:
        """End it and, with it, every reader."""
        self._writer.close()
        async with self._killed_when_late():
            await self._process.wait()
        await self.listening

    async def _dead(self, end: asyncio.Future[Ended]) -> None:
        async with self._killed_when_late():
            await asyncio.wait([end])

    @contextlib.asynccontextmanager
    async def _killed_when_late(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(KILL_SECONDS):
                yield
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()

    def _expect(self) -> tuple[int, asyncio.Future[Ended]]:
        number, end = next(self._numbers), asyncio.get_running_loop().create_future()
        end.add_done_callback(lambda ended: ended.cancelled() or ended.exception())  # nobody need ask
        self._ends[number] = end
        return number, end

    def _send(self, order: Order) -> None:
        self._writer.write(msgspec.json.encode(order) + b"\n")

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        """Tell who waits how their readers ended, until there is nobody left who could say."""
        with contextlib.suppress(ConnectionError):
            while line := await reader.readline():
                ended = msgspec.json.decode(line, type=Ended)
                self.ready = True
                self._ends.pop(ended.number).set_result(ended)
        self._writer.close()
        await self._process.wait()
        for end in self._ends.values():
            end.set_exception(ReaderLost(f"The process that readers come from died ({self._process.returncode})."))
        self._ends.clear()
