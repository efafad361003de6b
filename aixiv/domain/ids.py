"""Identifiers of published work: `aixiv:YYMM.NNNNN`, and `aixiv:YYMM.NNNNNvK` for one version.

Read in any common spelling (case, `aixiv:` prefix or not, `AIXIV.2611.00001`, a landing page address, blanks around),
printed in one. The number counts publications within a month; it is never a DOI.
"""

import re
import secrets
import time
from datetime import datetime
from typing import Self
from uuid import UUID

from msgspec import Struct

_SPELLING = re.compile(
    r"^(?:https?://[^/\s]+/(?:abs|papers)/)?(?:aixiv[\s:./]*)?(\d{4})[.\s](\d{5,7})(?:\s*v\s*(\d{1,4}))?/?$",
    re.IGNORECASE | re.ASCII,
)


class AixivId(Struct, frozen=True, order=True):
    """A paper's public number: the month it was first published in, and a count from 1 within it."""

    yymm: str
    number: int

    @classmethod
    def parse(cls, text: str) -> "Self | None":
        """The identifier this text spells, or None. A version suffix is ignored here."""
        ref = VersionRef.parse(text)
        return cls(ref.paper.yymm, ref.paper.number) if ref else None

    @classmethod
    def issue(cls, at: datetime, number: int) -> Self:
        """Identifier number `number` (from 1) of the month of `at`."""
        if number < 1:
            raise ValueError(f"numbers start at 1, not {number!r}")
        return cls(f"{at.year % 100:02d}{at.month:02d}", number)

    def __str__(self) -> str:
        return f"aixiv:{self.yymm}.{self.number:05d}"


class VersionRef(Struct, frozen=True, order=True):
    """A paper, and one of its versions when `version` is not None."""

    paper: AixivId
    version: int | None = None

    @classmethod
    def parse(cls, text: str) -> "Self | None":
        """The reference this text spells, or None when it is not one."""
        match = _SPELLING.match(text.strip())
        if not match:
            return None
        yymm, number, version = match[1], int(match[2]), match[3]
        if not 1 <= int(yymm[2:]) <= 12 or number < 1 or (version is not None and int(version) < 1):
            return None
        return cls(AixivId(yymm, number), int(version) if version else None)

    def __str__(self) -> str:
        return f"{self.paper}v{self.version}" if self.version else str(self.paper)


def new_id() -> UUID:
    """A fresh UUID version 7 (RFC 9562): unguessable, and sorted by the time it was made, in milliseconds."""
    millis = time.time_ns() // 1_000_000
    value = (millis & (2**48 - 1)) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)
