"""`aixiv up`: every service of a platform, started in order, kept running, and stopped together."""

import asyncio
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Mapping

import psycopg
from msgspec import Struct

from aixiv.settings import Settings
from aixiv.supervisor.home import StartRefused, held, publish_addresses
from aixiv.supervisor.keeper import Keeper
from aixiv.supervisor.process import ended, launch, stop, sweep, tail
from aixiv.supervisor.schema import is_newest
from aixiv.supervisor.services import DATABASE, OBJECTS, PARTS, WEB, Plan, Service, plan, upgrade_command

UPGRADE_SECONDS = 300.0


class Row(Struct, frozen=True):
    """One line of the status table."""

    name: str
    state: str
    pid: int | None
    address: str
    note: str


class Running(Struct, frozen=True):
    """A platform that is up: its settings with every address filled in, and a look at its parts."""

    settings: Settings
    rows: Callable[[], list[Row]]


OnReady = Callable[[Running], Awaitable[None]]
Say = Callable[[str], None]


def _to_stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


async def run(settings: Settings, *, on_ready: OnReady, only: tuple[str, ...] = PARTS, say: Say = _to_stderr) -> int:
    """Run the platform until SIGINT, SIGTERM or a part that will not start; returns the exit status.

    `on_ready` is called once, when everything answers; the platform keeps running while it works and after it. If it
    raises, the platform stops and the error is passed on. Must run in the main thread: children are tied to it.
    """
    home = settings.home.absolute()
    try:
        with held(home):
            left = await asyncio.to_thread(sweep, home)
            if left:
                say(f"stopped {left} process(es) left over from an earlier start")
            chosen = plan(settings, only=only)
            _require_port(chosen)
            return await _Up(chosen, on_ready, say).run()
    except StartRefused as refusal:
        say(f"aixiv: {refusal}")
        return 1


def table(rows: list[Row], notes: Mapping[str, str]) -> str:
    """The rows as aligned text, with more notes by part."""
    head = ("part", "state", "pid", "address", "note")
    said = [", ".join(filter(None, (r.note, notes.get(r.name, "")))) for r in rows]
    lines = [head, *((r.name, r.state, str(r.pid or "-"), r.address, n) for r, n in zip(rows, said, strict=True))]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    shown = ("  ".join(word.ljust(width) for word, width in zip(line, widths, strict=True)) for line in lines)
    return "\n".join(line.rstrip() for line in shown)


class _Up:
    """One run, from the first service to the last."""

    def __init__(self, chosen: Plan, on_ready: OnReady, say: Say) -> None:
        self._plan = chosen
        self._on_ready = on_ready
        self._say = say
        self._logs = chosen.settings.home / "logs"
        self._keepers: dict[str, Keeper] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._asked_to_stop = asyncio.Event()

    async def run(self) -> int:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._asked_to_stop.set)
        start = asyncio.create_task(self._start())
        self._tasks.append(start)
        waiting = asyncio.create_task(self._asked_to_stop.wait())
        try:
            await self._until_stopped(waiting)
        finally:
            waiting.cancel()
            await self._stop()
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)
        return 0

    async def _until_stopped(self, waiting: "asyncio.Task[bool]") -> None:
        """Wait for a signal, or for a task that fails, whose error is raised here."""
        while not waiting.done():
            watched = {waiting, *(task for task in self._tasks if not task.done())}
            await asyncio.wait(watched, return_when=asyncio.FIRST_COMPLETED, timeout=0.5)
            for task in self._tasks:
                if task.done() and not task.cancelled() and (error := task.exception()) is not None:
                    raise error

    async def _start(self) -> None:
        for service in self._plan.foundation:
            self._keep(service)
        await self._answered(DATABASE, OBJECTS)
        publish_addresses(self._plan.settings)
        if self._plan.platform:
            await self._upgrade()
        for service in self._plan.platform:
            self._keep(service)
        await self._answered(*self._keepers)
        await self._on_ready(Running(self._plan.settings, self.rows))

    def rows(self) -> list[Row]:
        """The present state of every part."""
        ours = [
            Row(name, keeper.state, keeper.pid, keeper.service.address, _note(keeper))
            for name, keeper in self._keepers.items()
        ]
        others = [Row(name, "external", None, at, "not ours") for name, at in self._plan.external.items()]
        return sorted([*ours, *others], key=lambda row: PARTS.index(row.name))

    def _keep(self, service: Service) -> None:
        keeper = Keeper(service, self._logs, self._say)
        self._keepers[service.name] = keeper
        self._tasks.append(asyncio.create_task(keeper.keep(), name=service.name))

    async def _answered(self, *names: str) -> None:
        for name in names:
            if name in self._keepers:
                await self._keepers[name].answered.wait()

    async def _upgrade(self) -> None:
        try:
            if await asyncio.to_thread(is_newest, self._plan.settings.database_url):
                return
        except psycopg.Error as error:
            raise StartRefused(f"the database does not answer, check AIXIV_DATABASE_URL: {error}") from error
        log = self._logs / "upgrade.log"
        command = upgrade_command(self._plan.settings)
        process = launch(command, log=log)
        try:
            async with asyncio.timeout(UPGRADE_SECONDS):
                await ended(process)
        finally:
            await asyncio.to_thread(stop, process, command.stop_signal, 2.0)
        if process.returncode != 0:
            raise StartRefused(f"the database could not be upgraded:\n{tail(log)}")

    async def _stop(self) -> None:
        """Those who use the others first; the database last, when nobody writes any more."""
        platform = {service.name for service in self._plan.platform}
        users = [keeper for name, keeper in self._keepers.items() if name in platform]
        used = [keeper for name, keeper in self._keepers.items() if name not in platform]
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(keeper.stop() for keeper in users))
        await asyncio.gather(*(keeper.stop() for keeper in used))


def _note(keeper: Keeper) -> str:
    return f"restarted {keeper.restarts}x" if keeper.restarts else ""


def _require_port(chosen: Plan) -> None:
    """Refuse early when the web port is taken: the log of a web process that cannot listen is no place to look."""
    if all(service.name != WEB for service in chosen.platform):
        return
    host, port = chosen.settings.host, chosen.settings.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise StartRefused(
                f"cannot listen on {host} port {port} ({error.strerror}); set AIXIV_PORT to a free port"
            ) from error
