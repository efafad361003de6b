"""Text a PDF carries that no page shows: metadata, XMP, annotations, form fields, attachments, scripts, bookmarks."""

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

import pypdf
from pypdf.generic import DictionaryObject, StreamObject

from aixiv.text.bounds import FEWEST_WORDS, Gathered, says_something
from aixiv.text.pdf.files import embedded_files, file_texts
from aixiv.text.pdf.objects import Walk, members, named, reading, resolved, text_of

QUIET_KEYS = {"/PTEX.Fullbanner"}
NOTES = ("/Contents", "/RC", "/Subj", "/TU", "/T", "/V", "/DV")
FIELDS = ("/V", "/DV", "/TU", "/RV", "/Opt")


def gather_side_texts(path: Path, pages: int, into: Gathered) -> None:
    """Side texts of a PDF of so many pages; what breaks loses only itself and is told."""
    reader = _open(path, into)
    if reader is None:
        return
    for name, source in SOURCES.items():
        with reading(into, name):
            source(reader, into)
    with reading(into, "the list of pages"):
        listed = len(reader.pages)
        if listed != pages:
            into.miss(f"annotations: the file tells its number of pages in two ways, {pages} and {listed}")


def _open(path: Path, into: Gathered) -> pypdf.PdfReader | None:
    with reading(into, "everything beside the pages"):
        reader = pypdf.PdfReader(path, strict=False)
        if reader.is_encrypted:
            reader.decrypt("")
        if reader.root_object is not None:
            return reader
    return None


def _metadata(reader: pypdf.PdfReader, into: Gathered) -> None:
    for key, value in (reader.metadata or {}).items():
        with reading(into, f"metadata {key}"):
            if key not in QUIET_KEYS:
                into.add("metadata", str(key).lstrip("/"), text_of(resolved(value)))


def _xmp(reader: pypdf.PdfReader, into: Gathered) -> None:
    stream = named(reader.root_object, "/Metadata", StreamObject, into)
    if stream is not None:
        into.add("xmp", "Metadata", text_of(stream))


def _pages(reader: pypdf.PdfReader, into: Gathered) -> None:
    for number in range(1, len(reader.pages) + 1):
        with reading(into, f"annotations of page {number}"):
            page = reader.pages[number - 1]
            _scripts(page.get("/AA"), "page action", number, into)
            for item in members(named(page, "/Annots", object, into, number)):
                with reading(into, f"an annotation on page {number}"):
                    _annotation(resolved(item), number, into)


def _annotation(item: object, page: int, into: Gathered) -> None:
    if item is None:
        return
    if not isinstance(item, DictionaryObject):
        raise TypeError("an annotation is a dictionary")
    kind = str(item.get("/Subtype", "")).lstrip("/")
    carrier = "form_field" if kind == "Widget" else "annotation"
    for key in NOTES:
        with reading(into, f"{carrier} {kind}{key} on page {page}"):
            value = resolved(item.get(key))
            if value is not None and (isinstance(value, StreamObject) or not isinstance(value, DictionaryObject)):
                into.add(carrier, f"{kind}{key}", text_of(value), page)
    with reading(into, f"the address of a link on page {page}"):
        _address(item.get("/A"), page, into)
    with reading(into, f"a file attached on page {page}"):
        if kind == "FileAttachment":
            file_texts(item.get("/FS"), "", page, into)
    for action in (item.get("/A"), item.get("/AA")):
        _scripts(action, f"{kind} action", page, into)


def _address(action: object, page: int, into: Gathered) -> None:
    """What a link's address says when its escapes are read; an address without words carries none."""
    target = resolved(action)
    address = resolved(target.get("/URI")) if isinstance(target, DictionaryObject) else None
    said = unquote(text_of(address)) if address is not None else ""
    words = re.split(r"[?#]", said, maxsplit=1)[-1].replace("+", " ") if re.search(r"[?#]", said) else said
    if len(words.split()) >= FEWEST_WORDS or not words.isascii():
        into.add("annotation", "Link/URI", words, page)


def _fields(reader: pypdf.PdfReader, into: Gathered) -> None:
    form = named(reader.root_object, "/AcroForm", DictionaryObject, into)
    if form is None:
        return
    walk = Walk(form.get("/Fields"), into, "form fields")
    for field in walk:
        walk.then(field.get("/Kids"))
        with reading(into, "a form field"):
            name = text_of(resolved(field.get("/T", "")))
            for key in FIELDS:
                value = resolved(field.get(key))
                if value is not None:
                    into.add("form_field", f"{name}{key}", text_of(value))
        _scripts(field.get("/AA"), "form action", None, into)
    for part in members(form.get("/XFA")):
        with reading(into, "a part of the form's XFA"):
            stream = resolved(part)
            if isinstance(stream, StreamObject):
                into.add("form_field", "XFA", text_of(stream))


def _attachments(reader: pypdf.PdfReader, into: Gathered) -> None:
    for name, spec in embedded_files(reader.root_object, into):
        with reading(into, f"attachment '{name[:60]}'"):
            file_texts(spec, name, None, into)


def _document_scripts(reader: pypdf.PdfReader, into: Gathered) -> None:
    root = reader.root_object
    names = named(root, "/Names", DictionaryObject, into)
    if names is not None:
        _scripts(names.get("/JavaScript"), "document script", None, into)
    opening = resolved(root.get("/OpenAction"))
    if isinstance(opening, DictionaryObject):  # a list is a place to open at
        _scripts(opening, "open action", None, into)
    _scripts(root.get("/AA"), "document action", None, into)


def _bookmarks(reader: pypdf.PdfReader, into: Gathered) -> None:
    outlines = named(reader.root_object, "/Outlines", DictionaryObject, into)
    if outlines is None:
        return
    walk = Walk(outlines.get("/First"), into, "bookmarks")
    for item in walk:
        walk.then(item.get("/Next"), item.get("/First"))
        with reading(into, "a bookmark"):
            into.add("bookmark", "outline", text_of(resolved(item.get("/Title", ""))))
            _scripts(item.get("/A"), "bookmark action", None, into)


def _alt_texts(reader: pypdf.PdfReader, into: Gathered) -> None:
    walk = Walk(named(reader.root_object, "/StructTreeRoot", DictionaryObject, into), into, "alternative texts")
    for node in walk:
        walk.then(node.get("/K"))
        for key in ("/Alt", "/ActualText", "/E", "/T"):
            if key in node:
                with reading(into, "an alternative text"):
                    said = text_of(resolved(node[key]))
                    if key != "/T" or says_something(said):
                        into.add("alt_text", key.lstrip("/"), said)


def _scripts(action: object, name: str, page: int | None, into: Gathered) -> None:
    walk = Walk(action, into, name)
    for node in walk:
        with reading(into, f"a script of a {name}"):
            script = resolved(node.get("/JS"))
            if script is not None:
                into.add("javascript", name, text_of(script), page)
        walk.then(*(v for k, v in node.items() if k not in ("/JS", "/P", "/Parent", "/Dest", "/D")))


SOURCES: dict[str, Callable[[pypdf.PdfReader, Gathered], None]] = {
    "metadata": _metadata,
    "xmp": _xmp,
    "annotations": _pages,
    "form fields": _fields,
    "attachments": _attachments,
    "scripts": _document_scripts,
    "bookmarks": _bookmarks,
    "alternative texts": _alt_texts,
}
