"""One file read and judged, in this process: what the screen and the checks say that need nothing but the file."""

from pathlib import Path

from aixiv.text.parse import parse_file
from aixiv.text.parsed import Judged
from review.manuscript import Kind


class JudgingBroke(Exception):
    """The file was read, and then the screen or a check failed on it: a fault of ours."""


def judge_file(path: Path, *, filename: str, max_bytes: int, max_pages: int, kind: Kind) -> Judged:
    """Raises `Unreadable` as `parse_file`, or `JudgingBroke`."""
    parsed = parse_file(path, filename=filename, max_bytes=max_bytes, max_pages=max_pages)
    from review.checks import run_checks
    from review.screening import screen

    try:
        return Judged(
            manuscript=parsed.manuscript,
            screening=screen(parsed.manuscript, parsed.layout),
            results=run_checks(parsed.manuscript, kind),
        )
    except MemoryError:
        raise
    except Exception as error:
        raise JudgingBroke(f"{type(error).__name__}: {error}") from error
