"""Pictures of findings: the right strip of the page with a frame on the place, small, drawn in another process."""

import io
import zlib
from pathlib import Path

import anyio
import numpy as np
import pytest
from reportlab.pdfgen.canvas import Canvas

from aixiv.text import ParseLimits, Unreadable, crop_limited
from aixiv.text.pdf.crop import render_crop

RED = (200, 30, 30)


def two_pages(path: Path, rotation: int = 0) -> Path:
    """Black blocks at the bottom of page 2, so that the strip can be told from any other."""
    made = io.BytesIO()
    canvas = Canvas(made, pagesize=(612, 792))
    canvas.drawString(72, 700, "Page one")
    canvas.showPage()
    canvas.rect(100, 80, 50, 30, fill=1)
    canvas.setPageRotation(rotation)
    canvas.showPage()
    canvas.save()
    path.write_bytes(made.getvalue())
    return path


def pixels(png: bytes) -> np.ndarray:
    """The picture of a PNG as `render_crop` writes it: eight bits, RGB, rows without a filter."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = int.from_bytes(png[16:20]), int.from_bytes(png[20:24])
    start = png.index(b"IDAT") + 4
    rows = zlib.decompress(png[start : start + int.from_bytes(png[start - 8 : start - 4])])
    return np.frombuffer(rows, np.uint8).reshape(height, 1 + 3 * width)[:, 1:].reshape(height, width, 3)


def test_the_strip_shows_the_place_in_a_frame(tmp_path: Path) -> None:
    shown = pixels(render_crop(two_pages(tmp_path / "a.pdf"), page=2, box=(100, 80, 150, 110)))
    assert shown.shape[1] == 918
    assert shown.shape[0] <= 480
    assert (shown == 0).all(axis=2).sum() > 0.8 * 75 * 45
    ys, xs = np.nonzero((shown == RED).all(axis=2))
    assert (xs.min(), xs.max()) == (145, 228)
    assert 40 <= ys.max() - ys.min() <= 60
    turned = pixels(render_crop(two_pages(tmp_path / "b.pdf", 90), page=2, box=(100, 80, 150, 110)))
    assert turned.shape[0] > turned.shape[1]  # as a reader holds the page
    assert (turned == RED).all(axis=2).any()


@pytest.mark.parametrize("box", [(72, -60, 300, -50), (900, 300, 990, 310), (-1e6, -1e6, 1e6, 1e6)])
def test_a_place_outside_the_page_is_framed_at_its_edge(tmp_path: Path, box: tuple[float, ...]) -> None:
    shown = pixels(render_crop(two_pages(tmp_path / "a.pdf"), page=1, box=box))  # type: ignore[arg-type]
    assert (shown == RED).all(axis=2).sum() > 10
    assert shown.shape[0] <= 480


def test_a_reader_process_draws_it_or_refuses(tmp_path: Path) -> None:
    async def scenario() -> bytes:
        path = two_pages(tmp_path / "a.pdf")
        with pytest.raises(Unreadable, match="no page 3"):
            await crop_limited(path, page=3, box=(1, 1, 9, 9), limits=ParseLimits())
        return await crop_limited(path, page=1, box=(72, 690, 140, 710), limits=ParseLimits())

    assert anyio.run(scenario).startswith(b"\x89PNG")
