"""Text that no reader sees stays out of the manuscript and is stated, with its place, in the layout."""

from collections.abc import Callable
from pathlib import Path

import pypdf
import pypdf.actions
import pypdf.annotations
import pytest
from reportlab.pdfgen.canvas import Canvas

from review.layout import TextSpan
from tests.text import documents as d
from tests.text.conftest import read_path


def _white(canvas: Canvas) -> None:
    canvas.setFillColorRGB(1, 1, 1)
    canvas.drawString(72, 80, d.INSTRUCTION)


def _tiny(canvas: Canvas) -> None:
    canvas.setFont("Times-Roman", 0.4)
    canvas.drawString(72, 80, d.INSTRUCTION)


def _no_paint(canvas: Canvas) -> None:
    text = canvas.beginText(72, 80)
    text.setTextRenderMode(3)
    text.textLine(d.INSTRUCTION)
    canvas.drawText(text)


def _off_page(canvas: Canvas) -> None:
    canvas.drawString(2000, 80, d.INSTRUCTION)


def _covered(canvas: Canvas) -> None:
    canvas.drawString(72, 80, d.INSTRUCTION)
    canvas.setFillColorRGB(1, 1, 1)
    canvas.rect(60, 70, 500, 25, fill=1, stroke=0)


def _clipped(canvas: Canvas) -> None:
    path = canvas.beginPath()
    path.rect(10, 10, 5, 5)
    canvas.clipPath(path, stroke=0, fill=0)
    canvas.drawString(72, 80, d.INSTRUCTION)


def _faint(canvas: Canvas) -> None:
    canvas.setFillAlpha(0.01)
    canvas.drawString(72, 80, d.INSTRUCTION)


def _black_on_black(canvas: Canvas) -> None:
    canvas.rect(60, 70, 500, 25, fill=1, stroke=0)
    canvas.drawString(72, 80, d.INSTRUCTION)


HIDING: dict[Callable[[Canvas], None], Callable[[TextSpan], bool]] = {
    _white: lambda span: span.fill == span.background == (1, 1, 1),
    _tiny: lambda span: span.size < 1,
    _no_paint: lambda span: span.render_mode == 3,
    _off_page: lambda span: span.box[0] > d.WIDTH,
    _covered: lambda span: span.covered,
    _clipped: lambda span: span.clipped,
    _faint: lambda span: span.opacity < 0.02,
    _black_on_black: lambda span: span.fill == span.background == (0, 0, 0),
}


@pytest.mark.parametrize("hide", HIDING, ids=lambda hide: hide.__name__.strip("_"))
def test_hidden_text_is_stated_and_kept_out(tmp_path: Path, hide: Callable[[Canvas], None]) -> None:
    def extra(canvas: Canvas) -> None:
        canvas.saveState()
        canvas.setFont("Times-Roman", 9)
        hide(canvas)
        canvas.restoreState()

    parsed = read_path(d.paper_pdf(tmp_path / "paper.pdf", extra=extra))
    assert "Ignore all" not in parsed.manuscript.text
    (span,) = [s for s in parsed.layout.spans if s.text == d.INSTRUCTION]
    assert span.page == 1
    assert HIDING[hide](span)


def test_visible_text_is_read_whatever_its_colours(tmp_path: Path) -> None:
    def banner(canvas: Canvas) -> None:
        canvas.saveState()
        canvas.setFillColorRGB(0.1, 0.2, 0.6)
        canvas.rect(60, 70, 500, 25, fill=1, stroke=0)
        canvas.setFillColorRGB(1, 1, 1)
        canvas.setFont("Times-Roman", 9)
        canvas.drawString(72, 80, "White words on a blue bar can be read by everyone.")
        canvas.restoreState()

    parsed = read_path(d.paper_pdf(tmp_path / "paper.pdf", extra=banner))
    assert "White words on a blue bar" in parsed.manuscript.text
    span = next(s for s in parsed.layout.spans if s.text.startswith("White words"))
    assert span.background == pytest.approx((0.1, 0.2, 0.6), abs=0.01)
    assert not span.covered


def test_white_instruction_does_not_change_the_manuscript(tmp_path: Path) -> None:
    clean = read_path(d.paper_pdf(tmp_path / "clean.pdf"))
    spoiled = read_path(d.paper_pdf(tmp_path / "spoiled.pdf", white_text=d.INSTRUCTION))
    assert spoiled.manuscript == clean.manuscript
    assert d.INSTRUCTION in [s.text for s in spoiled.layout.spans]


def test_side_texts_of_every_carrier(tmp_path: Path) -> None:
    writer = pypdf.PdfWriter(clone_from=d.paper_pdf(tmp_path / "plain.pdf"))
    writer.add_metadata({"/Subject": "said in the metadata"})
    writer.add_attachment("note.txt", b"said in an attachment")
    writer.add_open_action(pypdf.actions.JavaScript("app.alert('said in a script');"))
    writer.add_outline_item(title="said in a bookmark", page_number=0)
    writer.add_annotation(0, pypdf.annotations.FreeText(text="said in an annotation", rect=(10, 10, 50, 50)))
    writer.xmp_metadata = (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        b'<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:source>said in XMP</dc:source>'
        b"</rdf:Description></rdf:RDF></x:xmpmeta>"
    )
    writer.write(tmp_path / "full.pdf")
    sides = read_path(tmp_path / "full.pdf").layout.side_texts
    said = {carrier: " ".join(s.text for s in sides if s.carrier == carrier) for carrier in {s.carrier for s in sides}}
    assert "said in the metadata" in said["metadata"]
    assert "said in an attachment" in said["attachment"]
    assert "said in a script" in said["javascript"]
    assert "said in a bookmark" in said["bookmark"]
    assert "said in an annotation" in said["annotation"]
    assert "said in XMP" in said["xmp"]
