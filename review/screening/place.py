"""Where a finding is, for a person to look: a box on its page, or the lines around it where there are no pages."""

import re

from msgspec import structs

from review.layout import Box, Layout, TextSpan
from review.manuscript import Manuscript
from review.quotes import normalise
from review.report import ScreenFinding

LINES_AROUND = 2
WIDEST = 160  # characters of one line that is shown
SOUGHT = 40  # letters of a passage that are enough to find it on its page


def placed(finding: ScreenFinding, manuscript: Manuscript, layout: Layout) -> ScreenFinding:
    """The finding with a box where its page can be shown, else with the lines around it."""
    if finding.page is not None and finding.box is None and finding.locator is not None:
        box = box_of(finding.text, [span for span in layout.spans if span.page == finding.page])
        return structs.replace(finding, box=box) if box else _in_lines(finding, manuscript, layout)
    return finding if finding.box else _in_lines(finding, manuscript, layout)


def box_of(passage: str, spans: list[TextSpan]) -> Box | None:
    """The box around the spans that hold this passage, or the beginning of it; None when the page has it otherwise."""
    sought = _letters(passage)
    pieces = [_letters(span.text) for span in spans]
    whole = "".join(pieces)
    at = whole.find(sought)
    at = whole.find(sought[:SOUGHT]) if at < 0 and len(sought) > SOUGHT else at
    if at < 0 or not sought:
        return None
    end, begin, held = min(at + len(sought), len(whole)), 0, []
    for span, piece in zip(spans, pieces, strict=True):
        if piece and begin < end and begin + len(piece) > at:
            held.append(span.box)
        begin += len(piece)
    return (min(b[0] for b in held), min(b[1] for b in held), max(b[2] for b in held), max(b[3] for b in held))


def _in_lines(finding: ScreenFinding, manuscript: Manuscript, layout: Layout) -> ScreenFinding:
    if finding.locator is not None:
        return structs.replace(finding, context=_around(manuscript.text, finding.locator.start, finding.locator.end))
    first = finding.text.strip().partition("\n")[0]
    for side in layout.side_texts:
        at = side.text.find(first) if first and side.carrier == finding.carrier else -1
        if at >= 0 and side.text.strip() != finding.text.strip():
            return structs.replace(finding, context=_around(side.text, at, at + len(first)))
    return finding


def _around(text: str, start: int, end: int) -> str:
    """The lines of a passage with a few before and after."""
    before = text[:start].split("\n")
    after = text[end:].split("\n")
    first = start - len("\n".join(before[-1 - LINES_AROUND :]))
    last = end + len("\n".join(after[: 1 + LINES_AROUND]))
    return "\n".join(line[:WIDEST] for line in text[first:last].split("\n") if line.strip())


def _letters(text: str) -> str:
    return re.sub(r"[\W_]", "", normalise(text))
