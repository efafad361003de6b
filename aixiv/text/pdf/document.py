"""One PDF, read: the steps in order. Refuses what cannot be read whole."""

from pathlib import Path

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from aixiv.text.bounds import Gathered
from aixiv.text.citations import find_citations
from aixiv.text.failures import Unreadable
from aixiv.text.parsed import Parsed
from aixiv.text.pdf import front
from aixiv.text.pdf.blocks import Block, group
from aixiv.text.pdf.compose import Composer, Placed, Vocabulary
from aixiv.text.pdf.entries import regroup_references
from aixiv.text.pdf.furniture import running_lines, without_line_numbers
from aixiv.text.pdf.glyphs import RawPage, Run, read_page
from aixiv.text.pdf.lines import Line, find_gutter, page_lines, words_of
from aixiv.text.pdf.shapes import mark_remapped
from aixiv.text.pdf.side import gather_side_texts
from aixiv.text.pdf.style import measure_style
from aixiv.text.pdf.tables import find_tables, table_rows
from aixiv.text.pdf.visibility import measure
from aixiv.text.references import parse_entry
from review.layout import Box, Layout, PageBox, TextSpan
from review.manuscript import Float, Manuscript, Page, Reference, Section

LEAST_LETTERS = 200  # a manuscript with fewer readable letters has no text
MOST_UNMAPPED = 0.2  # share of glyphs whose character the fonts do not tell


def parse_pdf(path: Path, *, max_pages: int) -> Parsed:
    """Read a PDF whole, or raise `Unreadable`."""
    pages, encrypted = _read(path, max_pages)
    gathered = Gathered()
    for page in pages:
        for what in page.missed:
            gathered.miss(f"page {page.number}: {what}")
    gather_side_texts(path, len(pages), gathered)
    layout = Layout(
        spans=tuple(_span(run) for page in pages for run in page.runs if run.text.strip()),
        pages=tuple(PageBox(page=p.number, box=_rounded(p.box)) for p in pages),
        side_texts=tuple(gathered.texts),
        image_only_pages=tuple(p.number for p in pages if p.images and not _shows_text(p)),
        encrypted=encrypted,
        unread=gathered.unread(),
    )
    metadata_title = next((s.text for s in gathered.texts if s.carrier == "metadata" and s.name == "Title"), "")
    return Parsed(manuscript=_manuscript(pages, metadata_title), layout=layout)


def _read(path: Path, max_pages: int) -> tuple[list[RawPage], bool]:
    """Every page, and whether the file is encrypted (under an empty password, or it would not open)."""
    document = _open(path)
    try:
        if len(document) > max_pages:
            raise Unreadable("too_many_pages", f"The PDF has {len(document)} pages; at most {max_pages} are read.")
        if len(document) == 0:
            raise Unreadable("damaged_file", "The PDF has no pages.")
        encrypted = raw.FPDF_GetSecurityHandlerRevision(document) != -1
        pages = [_read_one(document, index) for index in range(len(document))]
    except pdfium.PdfiumError as error:
        raise Unreadable("damaged_file", f"A page of the PDF could not be read: {error}.") from error
    finally:
        document.close()
    _refuse_textless(pages)
    return pages, encrypted


def _open(path: Path) -> pdfium.PdfDocument:
    try:
        return pdfium.PdfDocument(path)
    except pdfium.PdfiumError as error:
        if error.err_code in (raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY):
            raise Unreadable("encrypted_pdf", "The PDF is protected by a password.") from error
        raise Unreadable("damaged_file", "The file says it is a PDF but cannot be opened as one.") from error


def _read_one(document: pdfium.PdfDocument, index: int) -> RawPage:
    page = document[index]
    try:
        read = read_page(page, index + 1)
        read.images = sum(1 for _ in page.get_objects(filter=(raw.FPDF_PAGEOBJ_IMAGE,), max_depth=3))
        measure(page, read)
        mark_remapped(read)
        return read
    finally:
        page.close()


def _refuse_textless(pages: list[RawPage]) -> None:
    glyphs = [g for p in pages for g in p.glyphs]
    letters = sum(g.char.isalpha() and not g.run.unseen for g in glyphs)
    if letters < LEAST_LETTERS:
        what = (
            "only text that no reader can see" if len(glyphs) >= LEAST_LETTERS else "no text, only pictures or nothing"
        )
        raise Unreadable("no_text", f"The PDF holds {what}.")
    unmapped = sum(p.unmapped for p in pages)
    if unmapped > MOST_UNMAPPED * len(glyphs):
        raise Unreadable(
            "no_text", "The fonts of the PDF do not say which letters they draw, so its text cannot be read."
        )


def _shows_text(page: RawPage) -> bool:
    """Whether a reader sees any text of this page; recognised words under a scan are not seen."""
    return any(glyph.char.strip() and not glyph.run.unseen for glyph in page.glyphs)


def _span(run: Run) -> TextSpan:
    return TextSpan(
        page=run.page,
        text=run.text,
        box=_rounded(run.box),
        size=run.size,
        font=run.font,
        fill=run.fill,
        background=run.background,
        opacity=run.opacity,
        render_mode=run.render_mode,
        covered=run.covered,
        clipped=run.clipped,
        remapped=run.remapped,
    )


def _rounded(box: Box) -> Box:
    return (round(box[0], 2), round(box[1], 2), round(box[2], 2), round(box[3], 2))


def _manuscript(pages: list[RawPage], metadata_title: str) -> Manuscript:
    lines = _lines(pages)
    style = measure_style(lines)
    vocabulary = Vocabulary(lines)
    title = front.title_lines(lines, style)
    begin = front.front_end(lines, style)
    front_lines = lines[:begin] if begin else title
    blocks = group(lines, style, plain={id(x) for x in [*title, *front_lines]}, title={id(x) for x in title})
    blocks = regroup_references(find_tables(blocks, style))
    composer = Composer(vocabulary, style)
    text = composer.compose(blocks)
    references = _references(text, composer.placed)
    shown = front.title_of(title, vocabulary) or metadata_title
    names = [x for x in front_lines if not any(x is t for t in title)]
    return Manuscript(
        source="pdf",
        title=shown,
        abstract=front.abstract_of(text, composer.placed),
        text=text,
        authors=front.authors_of(names),
        sections=sections_of(text, composer.placed),
        references=references,
        citations=find_citations(text, references),
        floats=_floats(text, composer.placed),
        pages=_pages(pages, composer.page_starts, len(text)),
        keywords=front.keywords_of(text, composer.placed),
        warnings=_warnings(shown, references),
    )


def _lines(pages: list[RawPage]) -> list[Line]:
    worded = [(page, without_line_numbers(words_of(page))) for page in pages]
    gutter = find_gutter(worded)
    lined = [(page, page_lines(page, words, gutter)) for page, words in worded]
    furniture = running_lines(lined)
    return [line for _, lines in lined for line in lines if id(line) not in furniture]


def sections_of(text: str, placed: list[Placed]) -> tuple[Section, ...]:
    """Sections from the headings: each ends where the next of its level or above begins."""
    heads = [(p.start, p.end, p.block.heading) for p in placed if p.block.heading is not None]
    found: list[Section] = []
    for index, (start, body, heading) in enumerate(heads):
        later = (s for s, _, h in heads[index + 1 :] if h.level <= heading.level)
        end = next(later, len(text))
        found.append(
            Section(number=heading.number, title=heading.title, level=heading.level, start=start, body=body, end=end)
        )
    return tuple(found)


def _references(text: str, placed: list[Placed]) -> tuple[Reference, ...]:
    entries = [p for p in placed if p.block.kind == "reference"]
    return tuple(parse_entry(text[p.start : p.end], index=n, start=p.start) for n, p in enumerate(entries, 1))


def _floats(text: str, placed: list[Placed]) -> tuple[Float, ...]:
    found: list[Float] = []
    tables: dict[int, Block] = {id(p.block.owner): p.block for p in placed if p.block.kind == "table" and p.block.owner}
    for p in placed:
        if p.block.kind != "caption":
            continue
        table = tables.get(id(p.block))
        rows, bold = table_rows(table.lines) if table else ((), ())
        found.append(
            Float(
                kind="table" if p.block.label.startswith("Table") else "figure",
                label=p.block.label,
                caption=text[p.start : p.end],
                start=p.start,
                end=p.end,
                page=p.block.page,
                rows=rows,
                bold=bold,
            )
        )
    return tuple(found)


def _pages(pages: list[RawPage], starts: dict[int, int], length: int) -> tuple[Page, ...]:
    found: list[Page] = []
    for page in reversed(pages):
        end = found[-1].start if found else length
        start = 0 if page.number == 1 else min(starts.get(page.number, end), end)
        width, height = page.box[2] - page.box[0], page.box[3] - page.box[1]
        found.append(Page(number=page.number, width=width, height=height, start=start, end=end))
    return tuple(reversed(found))


def _warnings(title: str, references: tuple[Reference, ...]) -> tuple[str, ...]:
    found = []
    if not title:
        found.append("no title was recognised")
    if not references:
        found.append("no reference list was recognised")
    return tuple(found)
