"""Every glyph of a page with its place, and the runs they were drawn in.

PDFium hands out characters in drawing order; spaces and line breaks it invents are dropped here, because words are
told apart by measured gaps (`lines`). Coordinates are PDF points, origin bottom left.
"""

import ctypes
import math
from dataclasses import dataclass, field

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from review.layout import RGB, Box

LIGATURES = {
    "\ufb00": "ff",
    "\ufb01": "fi",
    "\ufb02": "fl",
    "\ufb03": "ffi",
    "\ufb04": "ffl",
    "\ufb05": "st",
    "\ufb06": "st",
}
PDFIUM_HYPHEN = "\x02"  # what PDFium reports for a hyphen it takes for a soft one at a line end
UPRIGHT = 0.06  # radians a line may lean and still count as horizontal (about 3.5 degrees)


@dataclass(slots=True)
class Run:
    """Glyphs drawn by one text object: the raw material of a `TextSpan`."""

    page: int
    text: str = ""
    box: Box = (0.0, 0.0, 0.0, 0.0)
    size: float = 0.0
    font: str = ""
    bold: bool = False
    italic: bool = False
    angle: float = 0.0  # radians, counter-clockwise
    fill: RGB | None = None
    opacity: float = 1.0
    render_mode: int = 0
    background: RGB = (1.0, 1.0, 1.0)
    covered: bool = False
    clipped: bool = False
    remapped: bool = False  # its font draws other letters than it claims
    unseen: bool = False  # certain that no reader sees it
    handle: int = 0  # address of the text object, for `visibility`


@dataclass(slots=True)
class Glyph:
    """One character: advance box (x0..x1), ink height (y0..y1), baseline and effective size in points."""

    char: str
    x0: float
    y0: float
    x1: float
    y1: float
    base: float
    size: float
    run: Run
    spaced: bool = False  # PDFium takes what stands before for a word space


@dataclass(slots=True)
class RawPage:
    """One page as drawn: crop box (the visible region), glyphs in drawing order, and their runs."""

    number: int
    box: Box
    glyphs: list[Glyph] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    images: int = 0
    unmapped: int = 0  # glyphs whose character the font does not tell
    missed: list[str] = field(default_factory=list)  # what could not be measured here


class _Reader:
    """Reusable out-parameters for the PDFium calls of one page."""

    def __init__(self, page: pdfium.PdfPage, number: int) -> None:
        self.text = page.get_textpage()
        self.number = number
        self.rect = raw.FS_RECTF()
        self.matrix = raw.FS_MATRIX()
        self.x, self.y = ctypes.c_double(), ctypes.c_double()
        self.runs: dict[int, Run] = {}

    def run_of(self, index: int) -> tuple[int, Run]:
        """The run that drew character `index`, described once per text object."""
        handle = raw.FPDFText_GetTextObject(self.text, index)
        key = ctypes.cast(handle, ctypes.c_void_p).value or 0
        known = self.runs.get(key)
        if known is None:
            known = self.runs[key] = self._describe(index, handle)
            known.handle = key
        return key, known

    def _describe(self, index: int, handle: object) -> Run:
        name = ctypes.create_string_buffer(256)
        flags = ctypes.c_int()
        raw.FPDFText_GetFontInfo(self.text, index, name, 256, flags)
        raw.FPDFText_GetMatrix(self.text, index, self.matrix)
        matrix = self.matrix
        font = name.value.decode("utf-8", "replace")
        red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
        known = raw.FPDFPageObj_GetFillColor(handle, red, green, blue, alpha) if handle else False
        mode = raw.FPDFTextObj_GetTextRenderMode(handle) if handle else 0
        scale = math.hypot(matrix.c, matrix.d)
        return Run(
            page=self.number,
            size=round(raw.FPDFText_GetFontSize(self.text, index) * scale, 3),
            font=font,
            bold=_is_bold(font, raw.FPDFText_GetFontWeight(self.text, index)),
            italic=any(mark in font.lower() for mark in ("ital", "obli", "-it", "cmti", "slant")),
            angle=math.atan2(matrix.b, matrix.a),
            fill=(red.value / 255, green.value / 255, blue.value / 255) if known else None,
            opacity=alpha.value / 255 if known else 1.0,
            render_mode=max(mode, 0),
        )


def read_page(page: pdfium.PdfPage, number: int) -> RawPage:
    """Glyphs and runs of one page, in drawing order, nothing left out."""
    reader = _Reader(page, number)
    result = RawPage(number=number, box=_visible_box(page))
    boxes: dict[int, list[float]] = {}
    parts: dict[int, list[str]] = {}
    previous, spaced = 0, False
    for index in range(raw.FPDFText_CountChars(reader.text)):
        code = raw.FPDFText_GetUnicode(reader.text, index)
        char = _character(code)
        if raw.FPDFText_IsGenerated(reader.text, index) == 1:
            spaced = True
            if previous and char.isspace():
                parts[previous].append(" ")
            continue
        key, run = reader.run_of(index)
        if raw.FPDFText_HasUnicodeMapError(reader.text, index) == 1:
            result.unmapped += 1
        glyph = _glyph(reader, index, char, run)
        glyph.spaced, spaced = spaced, False
        box = boxes.setdefault(key, [glyph.x0, glyph.y0, glyph.x1, glyph.y1])
        box[0], box[1] = min(box[0], glyph.x0), min(box[1], glyph.y0)
        box[2], box[3] = max(box[2], glyph.x1), max(box[3], glyph.y1)
        parts.setdefault(key, []).append(char)
        result.glyphs.append(glyph)
        previous = key
    for key, pieces in parts.items():
        run = reader.runs[key]
        run.text = "".join(pieces).strip(" ")
        run.box = (boxes[key][0], boxes[key][1], boxes[key][2], boxes[key][3])
        result.runs.append(run)
    reader.text.close()
    return result


def _visible_box(page: pdfium.PdfPage) -> Box:
    """Media and crop box together, inherited ones too: `page.get_cropbox` knows only boxes of the page itself."""
    rect = raw.FS_RECTF()
    if not raw.FPDF_GetPageBoundingBox(page, rect):
        left, bottom, right, top = page.get_cropbox()
        return (left, bottom, right, top)
    return (rect.left, rect.bottom, rect.right, rect.top)


def _glyph(reader: _Reader, index: int, char: str, run: Run) -> Glyph:
    raw.FPDFText_GetLooseCharBox(reader.text, index, reader.rect)
    raw.FPDFText_GetCharOrigin(reader.text, index, reader.x, reader.y)
    rect = reader.rect
    # The loose box grows with overhanging ink, as of an italic j; the origin is where the pen stood.
    left = reader.x.value if abs(run.angle) < UPRIGHT and reader.x.value < rect.right else rect.left
    return Glyph(char, left, rect.bottom, rect.right, rect.top, reader.y.value, run.size, run)


def _character(code: int) -> str:
    if code == 0 or 0xD800 <= code <= 0xDFFF:
        return "\ufffd"
    char = chr(code)
    return "-" if char == PDFIUM_HYPHEN else LIGATURES.get(char, char)


def _is_bold(font: str, weight: int) -> bool:
    name = font.lower().rsplit("+", 1)[-1]
    if any(mark in name for mark in ("bold", "medi", "black", "heavy", "cmbx", "sfbx", "cmssbx", "-b.", "demi")):
        return True
    return weight >= 600
