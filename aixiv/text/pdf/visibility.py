"""What a reader really sees of each run: the page is rendered with its text and without, and the two are compared.

Only certain cases are marked `unseen`, and only those are kept out of the manuscript: no ink, a drawing mode that
paints nothing, glyphs too small for any eye, a place outside the visible page. Everything stays in the layout.
"""

import ctypes
import math
from typing import Any

import numpy as np
import pypdfium2 as pdfium
import pypdfium2.raw as raw

from aixiv.text.pdf.glyphs import RawPage, Run
from review.layout import Box

FAINT = 13  # of 255: less difference than this between page with and without the text is no ink
SAME_COLOUR = 0.05  # of 1, per channel
TINY = 2.0  # points
PAINTS_NOTHING = (3, 7)  # PDF text render modes
MOST_PIXELS = 4_000_000  # a page larger than this is rendered smaller
MOST_OBJECTS = 1_000_000  # of a page, forms included: a plot of many points has some ten thousand

Pixels = np.ndarray[Any, np.dtype[np.uint8]]


def measure(page: pdfium.PdfPage, read: RawPage) -> None:
    """Fill in background, covered, clipped and unseen of every run of this page."""
    width, height = read.box[2] - read.box[0], read.box[3] - read.box[1]
    scale = min(1.5, math.sqrt(MOST_PIXELS / max(width * height, 1.0)))
    texts, whole = _text_objects(page.raw)
    if not whole:
        read.missed.append(f"more than {MOST_OBJECTS:,} drawn objects, the rest was not looked at for hidden text")
    clips = {key: box for key, (_, box) in texts.items()}
    shown = _render(page, scale)
    for handle, _ in texts.values():
        raw.FPDFPageObj_SetIsActive(handle, False)
    bare = _render(page, scale)
    for handle, _ in texts.values():
        raw.FPDFPageObj_SetIsActive(handle, True)
    if shown.shape != bare.shape:
        read.missed.append("what a reader sees could not be measured")
        return
    ink = np.abs(shown.astype(np.int16) - bare.astype(np.int16)).max(axis=2)
    for run in read.runs:
        _judge(run, read.box, scale, ink, bare, clips.get(run.handle))


def _judge(run: Run, crop: Box, scale: float, ink: Any, bare: Pixels, clip: Box | None) -> None:
    outside = _outside(run.box, crop)
    if outside:
        run.unseen = True
    else:
        rows, columns = _pixels(run.box, crop, scale, ink.shape)
        patch = bare[rows, columns].reshape(-1, 3)
        if len(patch):
            red, green, blue = (float(c) / 255 for c in np.median(patch, axis=0))
            run.background = (round(red, 3), round(green, 3), round(blue, 3))
            faint = int(ink[rows, columns].max()) < FAINT
            run.clipped = clip is not None and _outside(run.box, clip)
            paints = run.render_mode not in PAINTS_NOTHING and run.opacity > 0.05 and run.size >= TINY
            run.covered = faint and paints and not run.clipped and not _same_colour(run)
            run.unseen = faint or run.clipped
    if run.render_mode in PAINTS_NOTHING or run.size < TINY or (run.render_mode == 0 and _same_colour(run)):
        run.unseen = True


def _same_colour(run: Run) -> bool:
    if run.fill is None:
        return False
    return all(abs(a - b) < SAME_COLOUR for a, b in zip(run.fill, run.background, strict=True))


def _outside(box: Box, region: Box) -> bool:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return not (region[0] <= x <= region[2] and region[1] <= y <= region[3])


def _pixels(box: Box, crop: Box, scale: float, shape: tuple[int, ...]) -> tuple[slice, slice]:
    top, bottom = (crop[3] - box[3]) * scale, (crop[3] - box[1]) * scale
    left, right = (box[0] - crop[0]) * scale, (box[2] - crop[0]) * scale
    rows = slice(max(int(top), 0), min(int(bottom) + 1, shape[0]))
    columns = slice(max(int(left), 0), min(int(right) + 1, shape[1]))
    return rows, columns


def _render(page: pdfium.PdfPage, scale: float) -> Pixels:
    bitmap = page.render(
        scale=scale, rotation=(360 - page.get_rotation()) % 360, may_draw_forms=False, rev_byteorder=True
    )
    pixels: Pixels = bitmap.to_numpy()[:, :, :3].copy()
    bitmap.close()
    return pixels


def _text_objects(page: Any) -> tuple[dict[int, tuple[Any, Box | None]], bool]:
    """Text objects by address, forms included, with the box of their clip path where known, and if these are all."""
    found: dict[int, tuple[Any, Box | None]] = {}
    queue: list[tuple[Any, int, bool]] = [(page, raw.FPDFPage_CountObjects(page), False)]
    seen = 0
    while queue and seen < MOST_OBJECTS:
        holder, count, in_form = queue.pop()
        for index in range(count):
            seen += 1
            handle = raw.FPDFFormObj_GetObject(holder, index) if in_form else raw.FPDFPage_GetObject(holder, index)
            kind = raw.FPDFPageObj_GetType(handle)
            if kind == raw.FPDF_PAGEOBJ_TEXT:
                key = ctypes.cast(handle, ctypes.c_void_p).value or 0
                found[key] = (handle, None if in_form else _clip_box(handle))
            elif kind == raw.FPDF_PAGEOBJ_FORM:
                queue.append((handle, raw.FPDFFormObj_CountObjects(handle), True))
    return found, not queue


def _clip_box(handle: Any) -> Box | None:
    clip = raw.FPDFPageObj_GetClipPath(handle)
    if not clip:
        return None
    box = (-math.inf, -math.inf, math.inf, math.inf)
    x, y = ctypes.c_float(), ctypes.c_float()
    for path in range(max(raw.FPDFClipPath_CountPaths(clip), 0)):
        xs, ys = [], []
        for index in range(max(raw.FPDFClipPath_CountPathSegments(clip, path), 0)):
            segment = raw.FPDFClipPath_GetPathSegment(clip, path, index)
            if raw.FPDFPathSegment_GetPoint(segment, x, y):
                xs.append(x.value)
                ys.append(y.value)
        if xs:
            box = (max(box[0], min(xs)), max(box[1], min(ys)), min(box[2], max(xs)), min(box[3], max(ys)))
    return None if math.isinf(box[0]) else box
