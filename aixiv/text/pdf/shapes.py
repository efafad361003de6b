"""Fonts that draw other letters than they claim: the outline of each glyph is compared with that of the claimed letter.

A font says which characters its glyphs stand for, and a file can lie there: people then read one text and machines
another. Outlines are compared with those of four common typefaces, and a font is called remapped only when its letters
as a whole rank as by chance. What has too few letters, or no outlines, is not judged.
"""

import ctypes
import string
from collections.abc import Iterable
from functools import lru_cache
from statistics import mean
from typing import Any

import numpy as np
import pypdfium2 as pdfium
import pypdfium2.raw as raw

from aixiv.text.pdf.glyphs import RawPage

FACES = (b"Times-Roman", b"Helvetica", b"Times-Italic", b"Courier")
LETTERS = string.ascii_lowercase
ROWS, COLUMNS = 14, 12  # cells of an outline, over one em
FEWEST = 8  # distinct letters of a font that is judged
MOST = 30
CHANCE = 0.36  # mean rank from 0 (each letter is its own best match) to 1; 0.5 is chance, honest fonts stay under 0.2
SAME = 0.97  # likeness of two outlines of the same glyph

Shape = np.ndarray[Any, np.dtype[np.float64]]


def mark_remapped(read: RawPage) -> None:
    """Set `remapped` on every run of this page whose font draws other letters than it claims."""
    claimed: dict[int, set[str]] = {}
    fonts: dict[int, Any] = {}
    run_font: dict[int, int] = {}
    for run in read.runs:
        font = raw.FPDFTextObj_GetFont(ctypes.cast(run.handle, raw.FPDF_PAGEOBJECT)) if run.handle else None
        if not font:
            continue
        key = ctypes.cast(font, ctypes.c_void_p).value or 0
        fonts[key] = font
        run_font[id(run)] = key
        claimed.setdefault(key, set()).update(c for c in run.text if c.isalpha())
    liars = {key for key, font in fonts.items() if draws_others(font, claimed[key])}
    for run in read.runs:
        run.remapped = run_font.get(id(run)) in liars


def draws_others(font: Any, claimed: Iterable[str]) -> bool:
    """Whether the glyphs of a font are other letters than these, which it claims to draw."""
    letters = sorted(claimed)
    latin = [c for c in letters if c in LETTERS][:MOST]
    foreign = [c for c in letters if ord(c) > 0x24F][:MOST]
    ranks = [rank for c in latin if (rank := _rank(font, c)) is not None]
    if len(ranks) >= FEWEST:
        return mean(ranks) > CHANCE
    twins = [c for c in foreign if (shape := _shape(font, c)) is not None and _likeness(shape).max() > SAME]
    return len(twins) >= FEWEST and len(twins) * 2 > len(foreign)


def _rank(font: Any, letter: str) -> float | None:
    """How many other letters look more like what is drawn than the claimed one does, 0..1."""
    shape = _shape(font, letter)
    if shape is None:
        return None
    likeness = _likeness(shape)
    return float((likeness > likeness[LETTERS.index(letter)]).sum()) / (len(LETTERS) - 1)


def _likeness(shape: Shape) -> Shape:
    """Likeness of an outline to each letter in the typeface that fits best."""
    best: Shape = np.max(_references() @ shape, axis=0)
    return best


@lru_cache(maxsize=1)
def _references() -> Shape:
    """Outlines of all letters: typeface x letter x cell."""
    document = pdfium.PdfDocument.new()
    fonts = [raw.FPDFText_LoadStandardFont(document.raw, face) for face in FACES]
    shapes = [[_shape(font, letter) for letter in LETTERS] for font in fonts]
    empty = np.zeros(ROWS * COLUMNS)
    found = np.array([[empty if shape is None else shape for shape in row] for row in shapes])
    for font in fonts:
        raw.FPDFFont_Close(font)
    document.close()
    return found


def _shape(font: Any, char: str) -> Shape | None:
    """The outline a font draws for a character, as a unit vector of blurred cells; None when it draws none."""
    path = raw.FPDFFont_GetGlyphPath(font, ord(char), 10.0)
    count = raw.FPDFGlyphPath_CountGlyphSegments(path) if path else 0
    if count < 3:
        return None
    x, y = ctypes.c_float(), ctypes.c_float()
    points = []
    starts = []
    for index in range(min(count, 400)):
        segment = raw.FPDFGlyphPath_GetGlyphPathSegment(path, index)
        raw.FPDFPathSegment_GetPoint(segment, x, y)
        points.append((x.value, y.value))
        starts.append(raw.FPDFPathSegment_GetType(segment) == raw.FPDF_SEGMENT_MOVETO)
    return _cells(np.array(points), np.array(starts))


def _cells(points: Shape, starts: Any) -> Shape | None:
    steps = np.linspace(0, 1, 9)[:, None, None]
    line = points[:-1] + steps * (points[1:] - points[:-1])
    line = line[:, ~starts[1:]].reshape(-1, 2)
    if not len(line):
        return None
    middle = (line[:, 0].min() + line[:, 0].max()) / 2
    columns = np.clip(((line[:, 0] - middle + 0.5) * COLUMNS).astype(int), 0, COLUMNS - 1)
    rows = np.clip(((line[:, 1] + 0.3) * ROWS / 1.1).astype(int), 0, ROWS - 1)
    grid = np.zeros((ROWS + 2, COLUMNS + 2))
    np.add.at(grid, (rows + 1, columns + 1), 1.0)
    grid = np.minimum(grid, 12.0)
    blurred = sum(np.roll(np.roll(grid, down, 0), right, 1) for down in (-1, 0, 1) for right in (-1, 0, 1)) + 2 * grid
    cells: Shape = np.asarray(blurred)[1:-1, 1:-1].reshape(-1)
    return cells / float(np.linalg.norm(cells))
