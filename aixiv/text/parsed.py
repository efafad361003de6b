"""What a parse gives and what it may cost."""

from msgspec import Struct

from review.layout import Layout
from review.manuscript import Manuscript
from review.report import CheckResult, Screening


class Parsed(Struct, frozen=True, kw_only=True):
    """One file, read: what it says and how that is laid out."""

    manuscript: Manuscript
    layout: Layout


class Judged(Struct, frozen=True, kw_only=True):
    """One file, read and judged without a review. Of the screen those stages ran that need no service."""

    manuscript: Manuscript
    screening: Screening
    results: tuple[CheckResult, ...]


class ParseLimits(Struct, frozen=True, kw_only=True):
    """Bounds on one parse: wall-clock seconds, bytes of address space, pages, bytes of the file."""

    seconds: float = 120.0
    memory_bytes: int = 2 * 2**30
    max_pages: int = 200
    max_bytes: int = 50 * 2**20
