"""Sentences that break off, as LaTeX leaves them when a percent sign was not escaped."""

import re
from collections.abc import Iterator

from review.checks.base import Check, Draft, Examined, unclear
from review.checks.prose import Span, prose_spans
from review.manuscript import Kind, Manuscript

_BREAKS_AT_NUMBER = re.compile(
    r"(?P<lead>\b(?:of|by|to|with|from|from about|up to|nearly|over|than|achieved?|approximately|about|at least)\s+)"
    r"(?P<number>\d+(?:\.\d+)?)\s*$"
)
_NOT_PROSE = re.compile(r"^\s*(?:\||\\|\$|(?:figure|table|fig\.|tab\.|algorithm|equation)\b)", re.IGNORECASE)
# A page, a column or a float may end in the middle of a sentence; what follows a lost rest begins anew.
_GOES_ON = re.compile(r"\s*[a-z%±×(,;]")
MIN_WORDS = 8


def examine(manuscript: Manuscript, _kind: Kind) -> Examined:
    """Look at the end of every paragraph that reads like prose."""
    if manuscript.source == "markdown":
        return Examined(
            examined=0, summary="Markdown has no comment sign that could cut a sentence.", status="not_applicable"
        )
    paragraphs = list(_paragraphs(manuscript))
    if len(paragraphs) < 5:
        return unclear("Paragraphs could not be told apart.", len(paragraphs))
    drafts = []
    for start, end in paragraphs:
        piece = manuscript.text[start:end]
        match = _BREAKS_AT_NUMBER.search(piece)
        goes_on = _GOES_ON.match(manuscript.text, _behind_floats(manuscript, end))
        if match and not goes_on and len(piece.split()) >= MIN_WORDS and not _NOT_PROSE.match(piece):
            drafts.append(_draft(manuscript, start, end, match["number"]))
    return Examined(
        examined=len(paragraphs),
        summary=f"{len(paragraphs)} paragraphs read, {len(drafts)} break off.",
        drafts=tuple(drafts),
    )


def _behind_floats(manuscript: Manuscript, offset: int) -> int:
    """Where the running text continues: behind the captions that begin here."""
    for found in sorted(manuscript.floats, key=lambda f: f.start):
        if found.start >= offset and not manuscript.text[offset : found.start].strip():
            offset = found.end
    return offset


def _paragraphs(manuscript: Manuscript) -> Iterator[Span]:
    for start, end in prose_spans(manuscript):
        at = start
        for gap in [*re.finditer(r"\n\s*\n", manuscript.text[start:end]), None]:
            stop = start + gap.start() if gap else end
            if manuscript.text[at:stop].strip():
                yield at, at + len(manuscript.text[at:stop].rstrip())
            at = start + gap.end() if gap else end


def _draft(manuscript: Manuscript, start: int, end: int, number: str) -> Draft:
    piece = manuscript.text[start:end]
    stop = piece.rfind(". ", 0, len(piece) - 1)
    begin = start + stop + 2 if stop >= 0 else start
    return Draft(
        claim=f"The paragraph breaks off after “{number}”; what followed is missing, probably behind an "
        f"unescaped percent sign.",
        severity="minor",
        criterion="clarity",
        span=(begin if end - begin > 20 else start, end),
        fix=r"Write \% in the source and check what the sentence lost.",
    )


CHECK = Check(
    id="unfinished",
    title="Sentences are complete",
    method="Looks for paragraphs of prose that end in a preposition and a number without a full stop.",
    limits="Needs paragraphs told apart by the parser; sentences cut elsewhere are not seen.",
    alarm_rate="5 findings on five development papers, all right.",
    examine=examine,
)
