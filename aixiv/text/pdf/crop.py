"""A strip of a page as a picture, with a frame around the place that a finding speaks of.

The strip is as wide as the page. What stands outside the page cannot be shown; then the frame lies at the nearest edge.
"""

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2 as pdfium

from aixiv.text.failures import Unreadable
from review.layout import Box

SCALE = 1.5  # pixels per point
MOST_WIDE, MOST_HIGH = 1000, 480  # pixels of the picture
AROUND = 60.0  # points of page shown above and below
PAD = 3.0  # points between text and frame
FRAME, RED = 2, (200, 30, 30)  # pixels, RGB
MOST_RENDERED = 6_000_000  # pixels of the page it is cut from

Pixels = np.ndarray[Any, np.dtype[np.uint8]]


def render_crop(path: Path, *, page: int, box: Box) -> bytes:
    """PNG of the strip of this page (from 1) around a box in points; raises `Unreadable`."""
    try:
        document = pdfium.PdfDocument(path)
    except pdfium.PdfiumError as error:
        raise Unreadable("damaged_file", "The PDF cannot be opened.") from error
    try:
        if not 1 <= page <= len(document):
            raise Unreadable("damaged_file", f"The PDF has no page {page}.")
        return _strip(document[page - 1], box)
    except pdfium.PdfiumError as error:
        raise Unreadable("damaged_file", f"Page {page} cannot be drawn.") from error
    finally:
        document.close()


def _strip(page: pdfium.PdfPage, box: Box) -> bytes:
    left, bottom, right, top = page.get_cropbox()
    wide, high = max(right - left, 1.0), max(top - bottom, 1.0)
    scale = min(SCALE, MOST_WIDE / wide, (MOST_RENDERED / (wide * high)) ** 0.5)
    pixels = _render(page, scale)
    x0, x1 = (_within(x - left, wide) * scale for x in (box[0] - PAD, box[2] + PAD))
    y0, y1 = (_within(top - y, high) * scale for y in (box[3] + PAD, box[1] - PAD))
    _frame(pixels, int(x0), int(y0), int(x1), int(y1))
    first = max(0, int(y0 - AROUND * scale))
    last = min(len(pixels), int(y1 + AROUND * scale), first + MOST_HIGH)
    strip = pixels[first : max(last, first + 1)]
    return _png(np.rot90(strip, -(page.get_rotation() // 90)))


def _render(page: pdfium.PdfPage, scale: float) -> Pixels:
    """The page as it is stored, before its rotation: boxes are measured there."""
    upright = (360 - page.get_rotation()) % 360
    bitmap = page.render(scale=scale, rotation=upright, may_draw_forms=False, rev_byteorder=True)
    pixels: Pixels = bitmap.to_numpy()[:, :, :3].copy()
    bitmap.close()
    return pixels


def _within(value: float, most: float) -> float:
    return min(max(value, 2.0), most - 2.0)


def _frame(pixels: Pixels, x0: int, y0: int, x1: int, y1: int) -> None:
    x1, y1 = max(x1, x0 + 3 * FRAME), max(y1, y0 + 3 * FRAME)
    pixels[y0 : y0 + FRAME, x0:x1] = RED
    pixels[y1 - FRAME : y1, x0:x1] = RED
    pixels[y0:y1, x0 : x0 + FRAME] = RED
    pixels[y0:y1, x1 - FRAME : x1] = RED


def _png(pixels: Pixels) -> bytes:
    height, width = pixels.shape[:2]
    rows = np.zeros((height, 1 + 3 * width), dtype=np.uint8)  # each row begins with its filter, none
    rows[:, 1:] = pixels.reshape(height, 3 * width)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows.tobytes(), 6)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
