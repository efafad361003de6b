"""Reading an untrusted file in a process of its own, limited in time and memory, that never outlives its deadline."""

import asyncio
import contextlib
import os
import signal
import sys
import tempfile
from pathlib import Path

import msgspec

from aixiv.text.failures import Unreadable, as_code
from aixiv.text.parsed import Parsed, ParseLimits
from aixiv.text.wire import OUT_OF_MEMORY, Crop, Refusal, Request
from review.layout import Box

PACKAGE_ROOT = Path(__file__).parents[2]
BARE_ENVIRONMENT = {  # nothing of ours: no secrets, no addresses; one thread is enough for a parse
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "PYTHONPATH": str(PACKAGE_ROOT),
    "PYTHONDONTWRITEBYTECODE": "1",
    "OPENBLAS_NUM_THREADS": "1",
}
MEMORY_WORDS = (b"memoryerror", b"bad_alloc", b"allocate memory", b"memory alloc", b"out of memory", b"failed to map")
STDERR_KEPT = 64 * 1024


async def parse_limited(path: Path, *, filename: str, limits: ParseLimits) -> Parsed:
    """Read a manuscript in a limited process, or raise `Unreadable`; also when that process dies or is too slow."""
    return msgspec.json.decode(await _asked(_request(path, filename, limits)), type=Parsed)


async def crop_limited(path: Path, *, page: int, box: Box, limits: ParseLimits) -> bytes:
    """PNG of a place in a PDF, drawn in a limited process, or `Unreadable` like a parse."""
    return await _asked(_request(path, "manuscript.pdf", limits, Crop(page=page, box=box)))


def _request(path: Path, filename: str, limits: ParseLimits, crop: Crop | None = None) -> Request:
    return Request(path=str(path.absolute()), filename=filename, limits=limits, crop=crop)


async def _asked(asked: Request) -> bytes:
    """What a reader process answers to this request."""
    limits = asked.limits
    with tempfile.TemporaryDirectory(prefix="aixiv-parse-") as scratch:
        request, result, errors = (Path(scratch) / name for name in ("request", "result", "errors"))
        request.write_bytes(msgspec.json.encode(asked))
        with errors.open("wb") as sink:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",  # the working directory is nowhere to import from
                "-m",
                "aixiv.text.worker",
                str(request),
                str(result),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                env=BARE_ENVIRONMENT,
                cwd=scratch,
                start_new_session=True,
            )
        try:
            async with asyncio.timeout(limits.seconds):
                status = await process.wait()
        except TimeoutError as error:
            message = f"Reading the file took longer than {limits.seconds:g} seconds."
            raise Unreadable("parse_timeout", message) from error
        finally:
            await _end(process)
        return _answer(status, result, errors, limits)


async def _end(process: asyncio.subprocess.Process) -> None:
    """Kill the whole group, also what a dead leader may have left."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


def _answer(status: int, result: Path, errors: Path, limits: ParseLimits) -> bytes:
    if status == 0 and result.exists():
        answer = result.read_bytes()
        if answer[:1] in (b"P", b"C"):
            return answer[1:]
        refusal = msgspec.json.decode(answer[1:], type=Refusal)
        raise Unreadable(as_code(refusal.code), refusal.message, refusal.hint)
    with errors.open("rb") as file:
        said = file.read(STDERR_KEPT).lower()
    if status == OUT_OF_MEMORY or any(word in said for word in MEMORY_WORDS):
        bound = f"{limits.memory_bytes / 2**20:,.0f} MiB"
        raise Unreadable("parse_memory", f"Reading the file needed more than {bound} of memory.")
    if status == -signal.SIGXCPU or status == -signal.SIGKILL:
        raise Unreadable("parse_timeout", f"Reading the file took more than {limits.seconds:g} seconds of work.")
    raise Unreadable("damaged_file", "The file broke the reader and cannot be trusted.")
