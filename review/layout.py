"""What a file shows and hides: the facts screening judges, as ingest measured them.

Ingest states facts (colour, size, box, render mode); only `review.screening` decides what they mean. Coordinates are
PDF points with the origin at the bottom left of the page; colours are RGB in 0..1.
"""

from msgspec import Struct

RGB = tuple[float, float, float]
Box = tuple[float, float, float, float]  # x0, y0, x1, y1


class TextSpan(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A run of characters drawn with one font, size, colour and mode."""

    page: int
    text: str
    box: Box
    size: float  # effective glyph size in points, after the text matrix
    font: str = ""
    fill: RGB | None = None  # None when the colour space could not be resolved
    background: RGB = (1.0, 1.0, 1.0)  # what was measured under the span before it was drawn
    opacity: float = 1.0
    render_mode: int = 0  # PDF text render mode; 3 draws nothing
    covered: bool = False  # an image or a filled shape drawn later hides it
    clipped: bool = False  # outside the clip in force when it was drawn
    remapped: bool = False  # its font draws other letters than `text`, which is what a machine reads


class PageBox(Struct, frozen=True, kw_only=True):
    """The visible region of a page (crop box)."""

    page: int
    box: Box


class SideText(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Text that no reader sees on the page: where it was found and what it says.

    `carrier` is one of metadata, xmp, annotation, form_field, attachment, javascript, bookmark, alt_text,
    latex_comment, latex_macro, latex_hidden, html_comment, markdown_hidden.
    """

    carrier: str
    name: str  # metadata key, attachment file name, macro name, ...
    text: str
    page: int | None = None


class Layout(Struct, frozen=True, kw_only=True):
    """Layout evidence of one file. `spans` is empty for sources that have no layout."""

    spans: tuple[TextSpan, ...] = ()
    pages: tuple[PageBox, ...] = ()
    side_texts: tuple[SideText, ...] = ()
    encrypted: bool = False
    image_only_pages: tuple[int, ...] = ()
    unread: tuple[str, ...] = ()  # what of the file could not be read or measured, in plain words, with its carrier
