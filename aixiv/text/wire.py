"""What goes between a reader process and the one that started it."""

from msgspec import Struct

from aixiv.text.parsed import ParseLimits
from review.layout import Box

OUT_OF_MEMORY = 77  # exit status of a reader that ran out of memory and could still say so


class Crop(Struct, frozen=True, kw_only=True):
    """A place on a page (from 1) of a PDF, in points."""

    page: int
    box: Box


class Request(Struct, frozen=True, kw_only=True):
    """What to read and under which limits; with `crop`, that place is drawn and nothing is parsed."""

    path: str
    filename: str
    limits: ParseLimits
    crop: Crop | None = None


class Refusal(Struct, frozen=True, kw_only=True):
    """An `Unreadable` on its way through a file."""

    code: str
    message: str
    hint: str
