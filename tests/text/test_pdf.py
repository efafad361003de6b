"""A PDF becomes the manuscript a reader would copy out by hand: right words, right order, right places."""

from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas

from tests.text import documents as d
from tests.text.conftest import read_path
from tests.text.offsets import check_offsets

HEADINGS = [("", "Abstract"), *((n, t) for n, t, _ in d.SECTIONS), ("", "References")]


@pytest.mark.parametrize("columns", [1, 2])
def test_front_matter_sections_and_references_are_right(tmp_path: Path, columns: int) -> None:
    manuscript = read_path(d.paper_pdf(tmp_path / "paper.pdf", columns=columns, repeat=4)).manuscript
    assert manuscript.title == d.TITLE
    assert manuscript.authors == d.AUTHORS
    assert manuscript.abstract == d.ABSTRACT
    assert [(s.number, s.title) for s in manuscript.sections] == HEADINGS
    assert [s.level for s in manuscript.sections] == [1, 1, 1, 2, 1, 1]
    assert [r.raw for r in manuscript.references] == list(d.REFERENCES)
    check_offsets(manuscript)


@pytest.mark.parametrize("columns", [1, 2])
def test_every_paragraph_reads_whole_across_lines_columns_and_pages(tmp_path: Path, columns: int) -> None:
    manuscript = read_path(d.paper_pdf(tmp_path / "paper.pdf", columns=columns, repeat=5)).manuscript
    for number, title, text in d.SECTIONS:
        section = next(s for s in manuscript.sections if s.number == number)
        end = next((s.start for s in manuscript.sections if s.start > section.start), len(manuscript.text))
        said = manuscript.text[section.body : end]
        assert said.count(text) == 5, title


def test_reference_fields(tmp_path: Path) -> None:
    first, second, third = read_path(d.paper_pdf(tmp_path / "paper.pdf")).manuscript.references
    assert (first.label, first.authors, first.year) == ("[1]", ("R. C. Merkle",), 1988)
    assert first.title == "A digital signature based on a conventional encryption function"
    assert first.doi == "10.1007/3-540-48184-2_32"
    assert (second.authors, second.year) == (("Stuart Haber", "W. Scott Stornetta"), 1991)
    assert second.venue.startswith("Journal of Cryptology")
    assert (third.title, third.year) == ("Certificate transparency", 2014)


def test_citations_point_at_their_entries(tmp_path: Path) -> None:
    manuscript = read_path(d.paper_pdf(tmp_path / "paper.pdf")).manuscript
    assert [(c.text, c.target) for c in manuscript.citations] == [("Merkle, 1988", 1), ("[2]", 2)]


def test_table_cells_come_back_as_rows(tmp_path: Path) -> None:
    (table,) = read_path(d.paper_pdf(tmp_path / "paper.pdf")).manuscript.floats
    assert (table.kind, table.label, table.page) == ("table", "Table 1", 1)
    assert table.rows == d.TABLE


def test_running_heads_page_numbers_and_line_numbers_stay_out(tmp_path: Path) -> None:
    def numbered(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 6)
        for line in range(50):
            canvas.drawRightString(50, 720 - 12 * line, str(line + 1))
        canvas.saveState()
        canvas.translate(300, 400)
        canvas.rotate(35)
        canvas.setFillGray(0.9)
        canvas.setFont("Helvetica", 60)
        canvas.drawCentredString(0, 0, "UNREVIEWED DRAFT")
        canvas.restoreState()

    parsed = read_path(d.paper_pdf(tmp_path / "paper.pdf", columns=2, repeat=4, extra=numbered))
    clean = read_path(d.paper_pdf(tmp_path / "clean.pdf", columns=2, repeat=4))
    assert "Running Head" not in parsed.manuscript.text
    assert parsed.manuscript.text == clean.manuscript.text
    assert any(span.text.startswith("UNREVIEWED") for span in parsed.layout.spans)


def test_hyphens_at_line_ends_are_healed_and_true_hyphens_kept(tmp_path: Path) -> None:
    def broken(canvas: Canvas) -> None:
        lines = (
            "The approximation is used for a high-",
            "dimensional problem and its low-rank approxi-",
            "mation. Each co-author signed, every co-",
            "author.",
        )
        canvas.setFont("Times-Roman", 10)
        for number, line in enumerate(lines):
            canvas.drawString(72, 150 - 12 * number, line)

    text = read_path(d.paper_pdf(tmp_path / "paper.pdf", extra=broken)).manuscript.text
    assert "used for a high-dimensional problem and its low-rank approximation." in text
    assert "Each co-author signed, every co-author." in text


def test_small_capitals_read_as_words(tmp_path: Path) -> None:
    def small_capitals(canvas: Canvas) -> None:
        x = 72.0
        for char in "4 Further Work":
            small = char.islower()
            size = 9.6 if small else 12
            canvas.setFont("Times-Roman", size)
            canvas.drawString(x, 160, char.upper())
            x += canvas.stringWidth(char.upper(), "Times-Roman", size) + 0.6
        canvas.setFont("Times-Roman", 10)
        canvas.drawString(72, 140, "More machines should be measured by somebody else.")

    manuscript = read_path(d.paper_pdf(tmp_path / "paper.pdf", extra=small_capitals)).manuscript
    assert ("4", "Further Work") in [(s.number, s.title) for s in manuscript.sections]


def test_pages_know_where_they_begin(tmp_path: Path) -> None:
    manuscript = read_path(d.paper_pdf(tmp_path / "paper.pdf", columns=2, repeat=9)).manuscript
    assert len(manuscript.pages) > 1
    check_offsets(manuscript)
    assert manuscript.page_at(0) == 1
    assert manuscript.page_at(manuscript.references[-1].start) == len(manuscript.pages)
