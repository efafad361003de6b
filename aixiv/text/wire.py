"""What goes between a reader, the nursery it is forked from, and the process that asked for it."""

from typing import Literal

from msgspec import Struct

from aixiv.text.parsed import ParseLimits
from review.layout import Box
from review.manuscript import Kind

OUT_OF_MEMORY = 77  # exit status of a reader that ran out of memory and could still say so
JUDGING_BROKE = 78  # and of one that read the file and then failed in the screen or a check
LOADED = 0  # number of the first `Ended`, which no order has: the nursery is ready

Loads = Literal["nothing", "reading", "judging"]
"""What a nursery has ready for its readers; each else loads what its own file needs."""


class Crop(Struct, frozen=True, kw_only=True):
    """A place on a page (from 1) of a PDF, in points."""

    page: int
    box: Box


class Request(Struct, frozen=True, kw_only=True):
    """What to read and under which limits; with `crop`, that place is drawn and nothing is parsed.

    With `judge`, what was read is screened and checked as a work of that kind.
    """

    path: str
    filename: str
    limits: ParseLimits
    crop: Crop | None = None
    judge: Kind | None = None


class Refusal(Struct, frozen=True, kw_only=True):
    """An `Unreadable` on its way through a file."""

    code: str
    message: str
    hint: str


class Order(Struct, frozen=True, kw_only=True):
    """Read the request in the folder `scratch`; without one, kill the reader of this number."""

    number: int
    scratch: str = ""


class Ended(Struct, frozen=True, kw_only=True):
    """How a reader ended: its exit status, or the signal as a negative number, and the seconds of a core it took."""

    number: int
    status: int
    seconds: float = 0.0
