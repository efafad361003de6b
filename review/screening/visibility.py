"""Which drawn text a reader of the page does not see, and why.

Numbers: a contrast ratio (WCAG 2) of 1.0 is the same colour; black on white is 21. Below `UNSEEN_CONTRAST` a reader
sees nothing; between that and `FAINT_CONTRAST` lie watermarks, which hide nothing unless they give orders.
"""

from collections.abc import Iterator
from itertools import groupby

from msgspec import Struct

from review.layout import RGB, Box, Layout, TextSpan

UNSEEN_CONTRAST = 1.18
FAINT_CONTRAST = 1.7
UNREADABLE_SIZE = 2.0  # points; the smallest print in embedded plots is about 3
UNSEEN_OPACITY = 0.1
FEWEST_REPLACED = 12  # letters; a ligature or a sign of mathematics may rightly stand for fewer
LEAST_LETTER_WIDTH = 0.1  # of the size of the type; the narrowest faces have about 0.3
EDGE = 2.0  # points a glyph box may stick out of the page and still be on it

REASONS = {
    "render_mode": "drawn in a mode that paints nothing",
    "remapped_font": "drawn as other letters than a machine reads",
    "transparent": "drawn fully transparent",
    "off_page": "placed outside the visible page",
    "clipped": "cut away by a clipping path",
    "covered": "covered by an image or a filled shape",
    "white_text": "drawn in the colour of its background",
    "tiny_text": "set too small to be read",
    "replaced_text": "given as the reading of a mark that shows none of it",
    "faint_text": "set so pale that it is easily overlooked",
}


class Hidden(Struct, frozen=True, kw_only=True):
    """A run of neighbouring spans hidden in one way."""

    carrier: str
    text: str
    page: int
    box: Box

    @property
    def reason(self) -> str:
        """How the text is hidden, in plain words."""
        return REASONS[self.carrier]


def hidden_runs(layout: Layout) -> tuple[Hidden, ...]:
    """Hidden text of a file in drawing order, spans joined while page and way of hiding stay the same."""
    pages = {page.page: page.box for page in layout.pages}
    runs = []
    for (page, carrier), group in groupby(
        layout.spans, key=lambda span: (span.page, hidden_by(span, pages.get(span.page)))
    ):
        if not carrier:
            continue
        spans = [span for span in group if span.text]
        text = "".join(_joined(spans)).strip()
        if text:
            runs.append(Hidden(carrier=carrier, text=text, page=page, box=_around(spans)))
    return tuple(runs)


def visible_text(layout: Layout) -> str:
    """Text of the spans a reader sees, in drawing order."""
    pages = {page.page: page.box for page in layout.pages}
    return " ".join(s.text for s in layout.spans if hidden_by(s, pages.get(s.page)) in ("", "faint_text"))


def hidden_by(span: TextSpan, page_box: Box | None) -> str:
    """How a span is hidden (a key of `REASONS`), or an empty string when a reader sees it."""
    if not span.text.strip():
        return ""
    contrast = contrast_ratio(span.fill, span.background) if span.fill else None
    tests = (
        ("render_mode", span.render_mode in (3, 7)),
        ("remapped_font", span.remapped),
        ("transparent", span.opacity < UNSEEN_OPACITY),
        ("off_page", page_box is not None and _outside(span.box, page_box)),
        ("clipped", span.clipped),
        ("covered", span.covered),
        ("white_text", contrast is not None and contrast < UNSEEN_CONTRAST),
        ("tiny_text", 0 <= span.size < UNREADABLE_SIZE),
        ("replaced_text", _far_longer_than_drawn(span)),
        ("faint_text", contrast is not None and _blended(contrast, span.opacity) < FAINT_CONTRAST),
    )
    return next((name for name, true in tests if true), "")


def _far_longer_than_drawn(span: TextSpan) -> bool:
    """Whether the letters have no room where they are said to stand: a mark on the page is read as other words."""
    letters = sum(c.isalnum() for c in span.text)
    left, bottom, right, top = span.box
    room = max(right - left, top - bottom)
    return letters >= FEWEST_REPLACED and span.size > 0 and room < letters * span.size * LEAST_LETTER_WIDTH


def contrast_ratio(one: RGB, other: RGB) -> float:
    """Contrast of two colours after WCAG 2: 1 for the same colour, 21 for black on white."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _blended(contrast: float, opacity: float) -> float:
    return 1 + (contrast - 1) * min(max(opacity, 0.0), 1.0)


def _luminance(colour: RGB) -> float:
    red, green, blue = (_linear(min(max(c, 0.0), 1.0)) for c in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)


def _outside(box: Box, page: Box) -> bool:
    return box[2] < page[0] + EDGE or box[0] > page[2] - EDGE or box[3] < page[1] + EDGE or box[1] > page[3] - EDGE


def _joined(spans: list[TextSpan]) -> Iterator[str]:
    """Texts of spans with a blank where the page shows a gap or a new line."""
    for before, span in zip([None, *spans], spans, strict=False):
        if before is not None and not before.text.endswith(" ") and not span.text.startswith(" "):
            gap = span.box[0] - before.box[2]
            same_line = abs(span.box[1] - before.box[1]) < max(span.size, 1.0) * 0.6
            if not same_line or gap > max(span.size, 0.5) * 0.15 or gap < -max(span.size, 1.0) * 3:
                yield " "
        yield span.text


def _around(spans: list[TextSpan]) -> Box:
    boxes = [span.box for span in spans]
    return (
        min(b[0] for b in boxes),
        min(b[1] for b in boxes),
        max(b[2] for b in boxes),
        max(b[3] for b in boxes),
    )
