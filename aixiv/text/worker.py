"""What a reader does with its one file, after it was forked.

It limits itself before it opens the file, writes what was read (with judgement, if asked), a picture or a refusal to
RESULT, and ends with 0 for each. Any other end (signal, exit status) is a death, which the parent reports as memory,
time, damage or a fault of ours.
"""

import resource
import traceback
from pathlib import Path

import msgspec

from aixiv.text.failures import Unreadable
from aixiv.text.judged import JudgingBroke, judge_file
from aixiv.text.parse import parse_file
from aixiv.text.parsed import ParseLimits
from aixiv.text.wire import JUDGING_BROKE, OUT_OF_MEMORY, Refusal, Request

MOST_RESULT_BYTES = 512 * 2**20
MOST_OPEN_FILES = 64


def main(request_path: str, result_path: str) -> int:
    """Read the request, limit this process, parse, write the answer."""
    request = msgspec.json.decode(Path(request_path).read_bytes(), type=Request)
    _limit(request.limits)
    try:
        answer = _read(request)
    except Unreadable as error:
        answer = b"R" + msgspec.json.encode(Refusal(code=error.code, message=error.message, hint=error.hint))
    except MemoryError:
        return OUT_OF_MEMORY
    except JudgingBroke:
        traceback.print_exc()
        return JUDGING_BROKE
    Path(result_path).write_bytes(answer)
    return 0


def _read(request: Request) -> bytes:
    path = Path(request.path)
    if request.crop is not None:
        from aixiv.text.pdf.crop import render_crop

        return b"C" + render_crop(path, page=request.crop.page, box=request.crop.box)
    limits, name = request.limits, request.filename
    if request.judge is not None:
        judged = judge_file(
            path, filename=name, max_bytes=limits.max_bytes, max_pages=limits.max_pages, kind=request.judge
        )
        return b"P" + msgspec.json.encode(judged)
    return b"P" + msgspec.json.encode(
        parse_file(path, filename=name, max_bytes=limits.max_bytes, max_pages=limits.max_pages)
    )


def _limit(limits: ParseLimits) -> None:
    cpu = max(1, round(limits.seconds) + 1)
    for what, most in (
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_CPU, cpu),
        (resource.RLIMIT_FSIZE, MOST_RESULT_BYTES),
        (resource.RLIMIT_NOFILE, MOST_OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(what)[1]
        bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (bound, bound))
