"""Harmless words before an instruction do not hide it, and what is cut, left out or broken is told."""

from collections.abc import Callable
from pathlib import Path

import pypdf
import pypdf.annotations
import pytest
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    IndirectObject,
    NameObject,
    NumberObject,
    PdfObject,
    StreamObject,
    TextStringObject,
)

from aixiv.text.bounds import MOST_CHARS, MOST_CHARS_TOGETHER, MOST_TEXTS, MOST_UNREAD, Gathered
from aixiv.text.pdf import visibility
from aixiv.text.pdf.side import gather_side_texts
from tests.text import documents as d
from tests.text.conftest import Read, read_path

Spoil = Callable[[pypdf.PdfWriter, str], object]
WORDS = "harmless words of a colleague "
MANY, FAR_TOO_MANY = WORDS * 1000, WORDS * (MOST_CHARS // len(WORDS) + 1)
BODY = "These are plain words that fill the body so that there is something to be read.\n\n"
LATEX = {
    "comment": "% {}",
    "after the end": "\\end{{document}} {}",
    "end of input": "\\endinput\n{}",
    "switched off": "\\iffalse {} \\fi",
    "never switched on again": "\\iffalse {}",
    "comment environment": "\\begin{{comment}} {} \\end{{comment}}",
    "open comment environment": "\\begin{{comment}} {}",
    "macro": "\\newcommand{{\\x}}{{{}}}",
    "box": "\\sbox{{\\x}}{{{}}}",
    "properties": "\\hypersetup{{pdfsubject={{{}}}}}",
    "phantom": "\\phantom{{{}}}",
    "colour": "\\textcolor{{white}}{{{}}}",
    "tiny": "\\scalebox{{0.01}}{{{}}}",
}
MARKDOWN = {"html comment": "<!-- {} -->", "alternative text": "![{}](a.png)", "hidden": "<div hidden>{}</div>"}


def latex(body: str) -> str:
    return f"\\documentclass{{article}}\n\\begin{{document}}\n{BODY}{body}\n\\end{{document}}\n"


@pytest.mark.parametrize("carrier", [*LATEX, *MARKDOWN])
def test_an_instruction_after_many_words_is_read_and_one_beyond_the_bound_is_told(read: Read, carrier: str) -> None:
    def layout(words: str) -> tuple[str, tuple[str, ...]]:
        if carrier in LATEX:
            parsed = read(latex(LATEX[carrier].format(words + d.INSTRUCTION)), "a.tex")
        else:
            parsed = read(BODY + MARKDOWN[carrier].format(words + d.INSTRUCTION), "a.md")
        assert "Ignore all previous" not in parsed.manuscript.text
        return "\n".join(s.text for s in parsed.layout.side_texts), parsed.layout.unread

    said, unread = layout(MANY)
    assert d.INSTRUCTION in said
    assert unread == ()
    said, unread = layout(FAR_TOO_MANY)
    assert d.INSTRUCTION not in said
    assert len(unread) == 1
    assert f"the first {MOST_CHARS:,} were read" in unread[0]


def annotated(writer: pypdf.PdfWriter, words: str) -> None:
    writer.add_annotation(0, pypdf.annotations.FreeText(text=words, rect=(10, 10, 50, 50)))


def with_xmp(writer: pypdf.PdfWriter, words: str) -> None:
    writer.root_object[NameObject("/Metadata")] = writer._add_object(stream(words.encode()))


def bookmarked(writer: pypdf.PdfWriter, words: str) -> None:
    writer.add_outline_item(title=words, page_number=0)


def pinned(writer: pypdf.PdfWriter, words: str) -> None:
    file = DictionaryObject({NameObject("/F"): writer._add_object(stream(words.encode("utf-16")))})
    spec = DictionaryObject({NameObject("/F"): TextStringObject("a.txt"), NameObject("/EF"): file})
    note = DictionaryObject({NameObject("/Subtype"): NameObject("/FileAttachment"), NameObject("/FS"): spec})
    writer.pages[0][NameObject("/Annots")] = ArrayObject([note])


PDF: dict[str, Spoil] = {
    "metadata": lambda writer, words: writer.add_metadata({"/Subject": words}),
    "xmp": with_xmp,
    "annotation": annotated,
    "attachment": lambda writer, words: writer.add_attachment("a.txt", words.encode()),
    "pinned file": pinned,
    "binary attachment": lambda writer, words: writer.add_attachment("a", b"\x00\x01" * 90 + words.encode()),
    "bookmark": bookmarked,
}


def stream(content: bytes, kind: str = "") -> StreamObject:
    made = StreamObject()
    made._data = content
    if kind:
        made[NameObject("/Filter")] = NameObject(kind)
    return made


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return d.paper_pdf(tmp_path_factory.mktemp("plain") / "plain.pdf")


def gathered(plain: Path, path: Path, spoil: Callable[[pypdf.PdfWriter], None]) -> Gathered:
    writer = pypdf.PdfWriter(clone_from=plain)
    spoil(writer)
    writer.write(path)
    found = Gathered()
    gather_side_texts(path, len(writer.pages), found)
    return found


@pytest.mark.parametrize("carrier", PDF)
def test_the_same_holds_for_what_a_pdf_carries(plain: Path, tmp_path: Path, carrier: str) -> None:
    found = gathered(plain, tmp_path / "a.pdf", lambda w: PDF[carrier](w, MANY + d.INSTRUCTION))
    assert any(d.INSTRUCTION.rstrip(".") in s.text for s in found.texts)
    assert found.unread() == ()
    found = gathered(plain, tmp_path / "a.pdf", lambda w: PDF[carrier](w, FAR_TOO_MANY + d.INSTRUCTION))
    if carrier != "binary attachment":
        assert not any(d.INSTRUCTION in s.text for s in found.texts)
        assert f"the first {MOST_CHARS:,} were read" in found.unread()[0]


def test_three_thousand_bookmarks_do_not_hide_the_last_one(plain: Path, tmp_path: Path) -> None:
    def chain(writer: pypdf.PdfWriter) -> None:
        following: PdfObject | None = None
        for title in (d.INSTRUCTION, *(["Results"] * 3000)):
            item = DictionaryObject({NameObject("/Title"): TextStringObject(title)})
            if following is not None:
                item[NameObject("/Next")] = following
            following = writer._add_object(item)
        assert following is not None
        writer.root_object[NameObject("/Outlines")] = DictionaryObject({NameObject("/First"): following})

    found = gathered(plain, tmp_path / "a.pdf", chain)
    assert d.INSTRUCTION in [s.text for s in found.texts]
    assert found.unread() == ()


def test_all_texts_of_a_file_share_one_bound() -> None:
    found = Gathered()
    for number in range(MOST_TEXTS + 5):
        found.add("annotation", f"note {number}", "0123456789")
    assert len(found.texts) == MOST_TEXTS
    assert found.unread()[0].startswith("5 texts beside the page with 50 characters were left out")
    found = Gathered()
    for _ in range(MOST_CHARS_TOGETHER // MOST_CHARS + 1):
        found.add("annotation", "note", "x" * MOST_CHARS)
    assert sum(len(s.text) for s in found.texts) == MOST_CHARS_TOGETHER
    assert found.unread()[0].startswith(f"1 texts beside the page with {MOST_CHARS:,} characters were left out")
    for number in range(MOST_UNREAD + 3):
        found.miss(f"page {number}")
    assert "3 further places could not be read" in found.unread()


def broken_annotations(writer: pypdf.PdfWriter) -> None:
    def note(contents: PdfObject) -> DictionaryObject:
        return DictionaryObject({NameObject("/Subtype"): NameObject("/Text"), NameObject("/Contents"): contents})

    bad = writer._add_object(stream(b"what no filter of this name unpacks", "/NoSuchFilter"))
    good = writer._add_object(note(TextStringObject(d.INSTRUCTION)))
    writer.pages[0][NameObject("/Annots")] = ArrayObject([NumberObject(3), note(bad), note(NumberObject(7)), good])


def broken_attachment(writer: pypdf.PdfWriter) -> None:
    for name in ("a.txt", "b.txt"):
        writer.add_attachment(name, d.INSTRUCTION.encode())
    first = next(iter(writer.attachment_list))
    first._embedded_file[NameObject("/Filter")] = NameObject("/NoSuchFilter")


def cyclic_bookmarks(writer: pypdf.PdfWriter) -> None:
    one = DictionaryObject({NameObject("/Title"): TextStringObject("One"), NameObject("/Dest"): NumberObject(1)})
    two = DictionaryObject({NameObject("/Title"): TextStringObject(d.INSTRUCTION)})
    first, second = writer._add_object(one), writer._add_object(two)
    one[NameObject("/Next")] = second
    two[NameObject("/Next")] = two[NameObject("/First")] = first
    writer.root_object[NameObject("/Outlines")] = DictionaryObject({NameObject("/First"): first})


def annotations_nowhere(writer: pypdf.PdfWriter) -> None:
    annotated(writer, d.INSTRUCTION)
    writer.add_blank_page(100, 100)[NameObject("/Annots")] = IndirectObject(99_999, 0, writer)


def wrong_catalogue(writer: pypdf.PdfWriter) -> None:
    annotated(writer, d.INSTRUCTION)
    for key in ("/Metadata", "/AcroForm", "/StructTreeRoot"):
        writer.root_object[NameObject(key)] = NumberObject(7)


def garbled_xmp(writer: pypdf.PdfWriter) -> None:
    with_xmp(writer, "")
    broken = stream(b"<no xml \xff\xfe\x00 " + d.INSTRUCTION.encode())
    writer.root_object[NameObject("/Metadata")] = writer._add_object(broken)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (
            broken_annotations,
            ("an annotation on page 1: could not be read", "annotation Text/Contents on page 1"),
        ),
        (broken_attachment, ("attachment 'a.txt': could not be read",)),
        (cyclic_bookmarks, ()),
        (annotations_nowhere, ("Annots of page 2: the file points at a place where nothing is",)),
        (wrong_catalogue, ("Metadata: not what", "AcroForm: not what", "StructTreeRoot: not what")),
        (garbled_xmp, ()),
    ],
)
def test_what_is_broken_loses_only_itself_and_is_told(
    plain: Path, tmp_path: Path, spoil: Callable[[pypdf.PdfWriter], None], told: tuple[str, ...]
) -> None:
    found = gathered(plain, tmp_path / "a.pdf", spoil)
    assert any(d.INSTRUCTION in s.text for s in found.texts)
    assert len(found.unread()) == len(told)
    assert all(unread.startswith(start) for unread, start in zip(found.unread(), told, strict=True))


def test_the_layout_says_what_was_not_read_of_a_pdf(
    plain: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert read_path(plain).layout.unread == ()
    writer = pypdf.PdfWriter(clone_from=plain)
    annotated(writer, FAR_TOO_MANY)
    writer.write(tmp_path / "long.pdf")

    def boxed(canvas: d.Canvas) -> None:
        canvas.beginForm("box")
        canvas.drawString(72, 80, "in a form")
        canvas.endForm()
        canvas.doForm("box")

    assert "were read" in read_path(tmp_path / "long.pdf").layout.unread[0]
    monkeypatch.setattr(visibility, "MOST_OBJECTS", 3)
    unread = read_path(d.paper_pdf(tmp_path / "drawn.pdf", extra=boxed)).layout.unread
    assert unread[0].startswith("page 1: more than 3 drawn objects")
