"""Reading helpers the checks share: which text is body, where sentences and numbers are."""

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache

from msgspec import Struct

from review.manuscript import Manuscript, Section
from review.quotes import find_quote

Span = tuple[int, int]

_ABBREVIATION = re.compile(
    r"(?:\b(?:et al|e\.g|i\.e|cf|vs|Figs?|Secs?|Eqs?|Tab|Refs?|No|Dr|Prof|approx|resp|etc|App|Thm|Def)"
    r"|\b[A-Z])\.$"
)
_SENTENCE_END = re.compile(r"[.!?][\"'”’)\]]*(?=\s)|[。！？]|\n\s*\n|\n(?=\s*(?:[•●◦▪*-]|\d{1,2}[.)])\s)")
_NUMBER = re.compile(
    r"(?<![\w.,/^_])(?P<sign>[-−+])?(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
    r"(?P<percent>\s?(?:%|％|\\%|percent\b|per cent\b))?"
    r"(?![\w]|\.\d)"
)


class Number(Struct, frozen=True):
    """A printed number. `decimals` keeps trailing zeros, which say how far it was rounded."""

    value: Decimal
    decimals: int
    percent: bool
    start: int
    end: int

    @property
    def half_unit(self) -> Decimal:
        """Half of the last printed place: the true value lies within it."""
        return Decimal(1).scaleb(-self.decimals) / 2

    def agrees(self, low: Decimal, high: Decimal) -> bool:
        """Whether some value in `low`..`high` may have been printed so, by any rounding rule."""
        return low <= self.value + self.half_unit and high >= self.value - self.half_unit


def numbers(text: str, start: int = 0, end: int | None = None) -> Iterator[Number]:
    """Numbers printed in `text[start:end]`, with offsets into `text`. Parts of names such as `CIFAR-10` are skipped."""
    for match in _NUMBER.finditer(text, start, len(text) if end is None else end):
        sign = match["sign"]
        begin = match.start()
        if sign and begin > 0 and (text[begin - 1].isalnum() or text[begin - 1] in ")]%"):
            if text[begin - 1].isalpha():
                continue
            sign, begin = None, begin + 1
        digits = match["digits"].replace(",", "")
        value = Decimal(digits) * (-1 if sign and sign in "-−" else 1)
        decimals = len(digits.partition(".")[2])
        yield Number(value, decimals, bool(match["percent"]), begin, match.end())


def one_slip(one: Decimal, other: Decimal) -> bool:
    """Whether two printed numbers differ in one digit, or by two neighbouring digits swapped."""
    a, b = f"{abs(one):f}", f"{abs(other):f}"
    if len(a) != len(b):
        return False
    places = [i for i, (x, y) in enumerate(zip(a, b, strict=True)) if x != y]
    if len(places) == 2 and "." not in (a[places[0]], b[places[0]]):
        return sorted(a) == sorted(b) and not a[places[0] + 1 : places[1]].strip(".")
    return len(places) == 1


@lru_cache(maxsize=64)
def sentences(text: str, start: int, end: int) -> tuple[Span, ...]:
    """Spans of sentences in `text[start:end]`; blank lines and list items end one too."""
    spans: list[Span] = []
    begin = start
    for match in _SENTENCE_END.finditer(text, start, end):
        stop = match.end()
        if match[0].startswith(".") and _ABBREVIATION.search(text, max(begin, stop - 12), match.start() + 1):
            continue
        _append(spans, text, begin, stop)
        begin = stop
    _append(spans, text, begin, end)
    return tuple(spans)


def _append(spans: list[Span], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    lead = len(piece) - len(piece.lstrip())
    if piece.strip():
        spans.append((start + lead, start + len(piece.rstrip())))


def sentence_at(manuscript: Manuscript, offset: int) -> Span:
    """The sentence of the manuscript that holds `offset`."""
    for start, end in sentences(manuscript.text, 0, len(manuscript.text)):
        if start <= offset < end:
            return start, end
        if start > offset:
            break
    return offset, min(offset + 80, len(manuscript.text))


def prose_spans(manuscript: Manuscript) -> tuple[Span, ...]:
    """Everything but the reference list."""
    if not manuscript.references:
        return ((0, len(manuscript.text)),)
    first, last = manuscript.references[0].start, manuscript.references[-1].end
    return tuple(s for s in ((0, first), (last, len(manuscript.text))) if s[0] < s[1])


def prose_sentences(manuscript: Manuscript) -> Iterator[Span]:
    """Sentences outside the reference list."""
    for start, end in prose_spans(manuscript):
        yield from sentences(manuscript.text, start, end)


def in_references(manuscript: Manuscript, offset: int) -> bool:
    """Whether this offset lies in the reference list."""
    return not any(start <= offset < end for start, end in prose_spans(manuscript))


def abstract_span(manuscript: Manuscript) -> Span | None:
    """Where the abstract stands in the text, or None when there is none."""
    abstract = manuscript.abstract.strip()
    if len(abstract) < 40:
        return None
    whole = find_quote(manuscript, abstract)
    if whole:
        return whole.start, whole.end
    head, tail = find_quote(manuscript, abstract[:60]), find_quote(manuscript, abstract[-60:])
    if head and tail and head.start < tail.end:
        return head.start, tail.end
    return None


def sections_named(manuscript: Manuscript, pattern: str) -> tuple[Section, ...]:
    """Sections whose title matches, ignoring case."""
    wanted = re.compile(pattern, re.IGNORECASE)
    return tuple(s for s in manuscript.sections if wanted.search(s.title))
