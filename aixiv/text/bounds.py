"""Texts beside the page, gathered within bounds: what is cut, left out or broken is told, never lost in silence."""

import re
from dataclasses import dataclass, field

from review.layout import SideText

MOST_CHARS = 200_000  # of one text: forty times the longest XMP or script of an honest paper, and most attached tables
MOST_CHARS_TOGETHER = 2_000_000  # of one file: what the screen reads in half a minute
MOST_TEXTS = 6_000  # of one file: the screen needs some milliseconds for each; honest papers have hundreds
MOST_UNREAD = 40  # entries; what is more is counted
FEWEST_WORDS = 3  # of an address, a label or a name that says something


@dataclass(slots=True)
class Gathered:
    """Texts beside the page of one file, and what of the file could not be read or kept."""

    texts: list[SideText] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    chars: int = 0
    left_out: int = 0  # texts
    left_chars: int = 0  # characters of these
    not_told: int = 0  # misses beyond the most that are told

    def add(self, carrier: str, name: str, text: str, page: int | None = None) -> None:
        """Keep a text as far as the bounds allow; one without anything but white is none."""
        text = text.strip()
        if not text:
            return
        room = max(MOST_CHARS_TOGETHER - self.chars, 0) if len(self.texts) < MOST_TEXTS else 0
        kept = text[: min(MOST_CHARS, room)]
        if not kept:
            self.left_out += 1
            self.left_chars += len(text)
            return
        if len(kept) < len(text):
            where = f" on page {page}" if page else ""
            self.miss(f"{carrier} '{name[:60]}'{where}: of {len(text):,} characters the first {len(kept):,} were read")
        self.chars += len(kept)
        self.texts.append(SideText(carrier=carrier, name=name[:MOST_CHARS], text=kept, page=page))

    def miss(self, what: str) -> None:
        """Tell, once, what was not read and why."""
        if what in self.missed:
            return
        if len(self.missed) < MOST_UNREAD:
            self.missed.append(what)
        else:
            self.not_told += 1

    def unread(self) -> tuple[str, ...]:
        """All that was not read, in plain words."""
        told = list(self.missed)
        if self.not_told:
            told.append(f"{self.not_told:,} further places could not be read")
        if self.left_out:
            told.append(
                f"{self.left_out:,} texts beside the page with {self.left_chars:,} characters were left out: "
                f"{len(self.texts):,} texts with {self.chars:,} characters were read"
            )
        return tuple(told)


def says_something(words: str) -> bool:
    """Whether an address, a label or a name holds words enough to tell a reader anything."""
    return len(re.findall(r"[^\W\d_]{2,}", words)) >= FEWEST_WORDS or not words.isascii()
