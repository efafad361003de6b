"""What goes between a reader process and the one that started it."""

from msgspec import Struct

from aixiv.text.parsed import ParseLimits

OUT_OF_MEMORY = 77  # exit status of a reader that ran out of memory and could still say so


class Request(Struct, frozen=True, kw_only=True):
    """What to read and under which limits."""

    path: str
    filename: str
    limits: ParseLimits


class Refusal(Struct, frozen=True, kw_only=True):
    """An `Unreadable` on its way through a file."""

    code: str
    message: str
    hint: str
