"""Keeps one service running: starts it, waits until it answers, starts it again when it dies."""

import asyncio
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from aixiv.supervisor.home import StartRefused
from aixiv.supervisor.process import ended, launch, stop, tail
from aixiv.supervisor.services import NOT_READY, Service

State = Literal["waiting", "starting", "ready", "restarting", "stopped"]
LOOK_SECONDS = 0.1  # between two looks at a child; also how long a death can go unnoticed
FIRST_DELAY, LONGEST_DELAY = 0.2, 15.0
STEADY_SECONDS = 20.0  # a service that lived this long starts again without delay
TRIES = 3  # deaths in a row before the service has ever answered: then it is not going to


class Keeper:
    """One service and its present process. All methods belong to the main thread's event loop."""

    def __init__(self, service: Service, logs: Path, say: Callable[[str], None]) -> None:
        self.service = service
        self.log = logs / f"{service.name}.log"
        self.state: State = "waiting"
        self.restarts = 0
        self.process: subprocess.Popen[bytes] | None = None
        self.answered = asyncio.Event()  # set once it has been ready for the first time
        self._say = say
        self._stopping = False

    @property
    def pid(self) -> int | None:
        """The process number, while there is a process."""
        return self.process.pid if self.process is not None and self.process.poll() is None else None

    async def keep(self) -> None:
        """Run the service until `stop`. Raises `StartRefused` when it never comes up."""
        delay = FIRST_DELAY
        deaths = 0
        while not self._stopping:
            began = time.monotonic()
            reason = await self._live()
            if self._stopping:
                return
            deaths += 1
            if not self.answered.is_set() and deaths >= TRIES:
                raise StartRefused(f"{self.service.name} does not start: {reason}\n{tail(self.log)}")
            if time.monotonic() - began > STEADY_SECONDS:
                delay = FIRST_DELAY
            self.state = "restarting"
            self.restarts += 1
            self._say(f"{self.service.name}: {reason}; starting it again in {delay:.1f} s (log: {self.log})")
            await asyncio.sleep(delay)
            delay = min(delay * 2, LONGEST_DELAY)

    async def stop(self) -> None:
        """End the service, politely for as long as it was promised, then not."""
        self._stopping = True
        if self.process is not None:
            command = self.service.command
            await asyncio.to_thread(stop, self.process, command.stop_signal, self.service.stop_seconds)
        self.state = "stopped"

    async def _live(self) -> str:
        """One life of the process, from start to death; returns how it ended."""
        self.state = "starting"
        try:
            await asyncio.to_thread(self.service.prepare)
        except (StartRefused, OSError) as error:
            return str(error)
        if self._stopping:
            return "stopped"
        self.process = launch(self.service.command, log=self.log)
        if not await self._becomes_ready(self.process):
            status = self.process.poll()
            await asyncio.to_thread(stop, self.process, self.service.command.stop_signal, 2.0)
            return f"ended with status {status}" if status is not None else "did not answer in time"
        self.state = "ready"
        self.answered.set()
        return f"ended with status {await ended(self.process, LOOK_SECONDS)}"

    async def _becomes_ready(self, process: subprocess.Popen[bytes]) -> bool:
        deadline = time.monotonic() + self.service.start_seconds
        while time.monotonic() < deadline:
            await asyncio.sleep(LOOK_SECONDS / 2)
            if process.poll() is not None:
                return False
            try:
                await self.service.probe()
            except NOT_READY:
                continue
            return True
        return False
