"""The process that reads one untrusted file: `python -m aixiv.text.worker REQUEST RESULT`.

It limits itself before it opens the file, writes `Parsed` or a refusal as JSON to RESULT, and exits 0 for both. Any
other end (signal, exit status) is a death, which the parent reports as memory, time or damage.
"""

import resource
import sys
from pathlib import Path

import msgspec

from aixiv.text.failures import Unreadable
from aixiv.text.parse import parse_file
from aixiv.text.parsed import ParseLimits
from aixiv.text.wire import OUT_OF_MEMORY, Refusal, Request

MOST_RESULT_BYTES = 512 * 2**20
MOST_OPEN_FILES = 64


def main(request_path: str, result_path: str) -> int:
    """Read the request, limit this process, parse, write the answer."""
    request = msgspec.json.decode(Path(request_path).read_bytes(), type=Request)
    _limit(request.limits)
    try:
        parsed = parse_file(
            Path(request.path),
            filename=request.filename,
            max_bytes=request.limits.max_bytes,
            max_pages=request.limits.max_pages,
        )
        answer = b"P" + msgspec.json.encode(parsed)
    except Unreadable as error:
        answer = b"R" + msgspec.json.encode(Refusal(code=error.code, message=error.message, hint=error.hint))
    except MemoryError:
        return OUT_OF_MEMORY
    Path(result_path).write_bytes(answer)
    return 0


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


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
