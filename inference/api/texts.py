"""Tokens to text while they come: whole characters only, and nothing of or after a stop text."""

import codecs
from collections.abc import Mapping, Sequence

from llguidance import LLTokenizer


class Detokenizer:
    """Bytes of tokens to characters. A character whose last byte has not come yet waits."""

    def __init__(self, tokenizer: LLTokenizer, shown: Mapping[int, bytes]) -> None:
        self._tokenizer = tokenizer
        self._shown = shown
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def add(self, token: int) -> str:
        """The characters that `token` completes."""
        return self._decoder.decode(self.bytes_of(token))

    def bytes_of(self, token: int) -> bytes:
        """What a token says; nothing for control tokens, but for those that are to be shown."""
        if self._tokenizer.is_special_token(token):
            return self._shown.get(token, b"")
        return self._tokenizer.decode_bytes([token])

    def name_of(self, token: int) -> str:
        """A token as people read it."""
        return self._tokenizer.decode_str([token])


class StopFilter:
    """Lets text through up to a stop text. What may be the beginning of one is held back until it is known.

    Behind `opening`, with which a call begins, nothing ends an answer; `at_start`: it opens one only there.
    """

    def __init__(self, stops: Sequence[str], opening: str = "", *, at_start: bool = False) -> None:
        self._stops = stops
        self._opening = opening
        self._at_start = at_start
        self._held = ""
        self.stopped = False

    def add(self, text: str) -> str:
        """The text that may be shown now."""
        self._held += text
        opened = self._opened()
        places = [place for stop in self._stops if (place := self._held.find(stop)) >= 0]
        if places and (opened < 0 or min(places) < opened):
            self.stopped = True
            return self._held[: min(places)]
        if opened >= 0:
            self._stops = ()
        elif self._at_start and self._held:
            self._opening = ""
        waited_for = (*self._stops, self._opening) if self._stops else ()
        kept = max((_overlap(self._held, one) for one in waited_for), default=0)
        shown, self._held = self._held[: len(self._held) - kept], self._held[len(self._held) - kept :]
        return shown

    def _opened(self) -> int:
        """Where the calls begin in what is held, or -1."""
        if not self._opening:
            return -1
        found = self._held.find(self._opening)
        return -1 if self._at_start and found > 0 else found

    def rest(self) -> str:
        """What is held back when the answer has ended."""
        return "" if self.stopped else self._held


def _overlap(text: str, stop: str) -> int:
    """How many of the last characters of `text` begin `stop`."""
    return next((size for size in range(min(len(stop) - 1, len(text)), 0, -1) if text.endswith(stop[:size])), 0)
