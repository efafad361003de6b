"""Text a PDF carries that no page shows: metadata, XMP, annotations, form fields, attachments, scripts, bookmarks."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pypdf
from pypdf.errors import PyPdfError
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, StreamObject

from review.layout import SideText

MOST_CHARS = 20_000  # of one side text; what is longer is cut, not dropped
MOST_TEXTS = 2_000
DEEPEST = 40
FEWEST_WORDS = 3  # of a link's address that says something
QUIET_KEYS = {"/PTEX.Fullbanner"}
BROKEN = (PyPdfError, KeyError, ValueError, TypeError, AttributeError, IndexError, RecursionError, OSError)


def side_texts(path: Path) -> tuple[list[SideText], list[str]]:
    """Side texts of a PDF and notes on what could not be read; each source is read alone so one fault hides none."""
    notes: list[str] = []
    try:
        reader = pypdf.PdfReader(path, strict=False)
        if reader.is_encrypted:
            reader.decrypt("")
    except BROKEN as error:
        return [], [f"the structure of the file could not be read ({type(error).__name__})"]
    found: list[SideText] = []
    for name, source in SOURCES.items():
        try:
            for side in source(reader):
                if side.text.strip() and len(found) < MOST_TEXTS:
                    found.append(side)
        except BROKEN as error:
            notes.append(f"{name} could not be read ({type(error).__name__})")
    return found, notes


def _side(carrier: str, name: str, value: object, page: int | None = None) -> SideText:
    return SideText(carrier=carrier, name=str(name), text=str(value)[:MOST_CHARS], page=page)


def _metadata(reader: pypdf.PdfReader) -> Iterator[SideText]:
    for key, value in (reader.metadata or {}).items():
        if key not in QUIET_KEYS:
            yield _side("metadata", str(key).lstrip("/"), value)


def _xmp(reader: pypdf.PdfReader) -> Iterator[SideText]:
    stream = _resolve(reader.root_object.get("/Metadata"))
    if isinstance(stream, StreamObject):
        yield _side("xmp", "Metadata", stream.get_data().decode("utf-8", "replace"))


def _annotations(reader: pypdf.PdfReader) -> Iterator[SideText]:
    for number, page in enumerate(reader.pages, 1):
        for item in _items(page.get("/Annots")):
            kind = str(item.get("/Subtype", "")).lstrip("/")
            carrier = "form_field" if kind == "Widget" else "annotation"
            for key in ("/Contents", "/RC", "/Subj", "/TU", "/T", "/V", "/DV"):
                value = _resolve(item.get(key))
                if value is not None and not isinstance(value, DictionaryObject):
                    yield _side(carrier, f"{kind}{key}", _text(value), number)
            yield from _addresses(item.get("/A"), number)
            for action in (item.get("/A"), item.get("/AA")):
                yield from _scripts(action, f"{kind} action", number)


def _addresses(action: object, page: int) -> Iterator[SideText]:
    """What a link's address says when its escapes are read; an address without words carries none."""
    target = _resolve(action)
    address = _resolve(target.get("/URI")) if isinstance(target, DictionaryObject) else None
    said = unquote(_text(address)) if address is not None else ""
    words = re.split(r"[?#]", said, maxsplit=1)[-1].replace("+", " ") if re.search(r"[?#]", said) else said
    if len(words.split()) >= FEWEST_WORDS or not words.isascii():
        yield _side("annotation", "Link/URI", words, page)


def _fields(reader: pypdf.PdfReader) -> Iterator[SideText]:
    for name, item in (reader.get_fields() or {}).items():
        for key in ("/V", "/DV", "/TU"):
            value = _resolve(item.get(key))
            if value is not None:
                yield _side("form_field", f"{name}{key}", _text(value))


def _attachments(reader: pypdf.PdfReader) -> Iterator[SideText]:
    for item in reader.attachment_list:
        content = (item.content or b"")[: MOST_CHARS * 2]
        text = content.decode("utf-8", "replace")
        readable = sum(c.isprintable() or c.isspace() for c in text) > 0.9 * max(len(text), 1)
        yield _side("attachment", item.name, text if readable else item.name)


def _document_scripts(reader: pypdf.PdfReader) -> Iterator[SideText]:
    root = reader.root_object
    names = _resolve(root.get("/Names"))
    if isinstance(names, DictionaryObject):
        yield from _scripts(names.get("/JavaScript"), "document script", None)
    yield from _scripts(root.get("/OpenAction"), "open action", None)
    yield from _scripts(root.get("/AA"), "document action", None)


def _bookmarks(reader: pypdf.PdfReader) -> Iterator[SideText]:
    stack: list[Any] = list(reader.outline)
    while stack:
        item = stack.pop(0)
        if isinstance(item, list):
            stack = item + stack
        else:
            yield _side("bookmark", "outline", item.title)


def _alt_texts(reader: pypdf.PdfReader) -> Iterator[SideText]:
    stack = [(_resolve(reader.root_object.get("/StructTreeRoot")), 0)]
    seen: set[int] = set()
    while stack and len(seen) < MOST_TEXTS * 10:
        node, depth = stack.pop()
        if isinstance(node, ArrayObject):
            stack += [(_resolve(child), depth) for child in node]
        if not isinstance(node, DictionaryObject) or id(node) in seen or depth > DEEPEST:
            continue
        seen.add(id(node))
        for key in ("/Alt", "/ActualText", "/E"):
            if key in node:
                yield _side("alt_text", key.lstrip("/"), _text(_resolve(node[key])))
        stack.append((_resolve(node.get("/K")), depth + 1))


def _scripts(action: object, name: str, page: int | None) -> Iterator[SideText]:
    stack = [(_resolve(action), 0)]
    while stack:
        node, depth = stack.pop()
        if depth > DEEPEST:
            continue
        if isinstance(node, ArrayObject):
            stack += [(_resolve(child), depth + 1) for child in node]
        elif isinstance(node, DictionaryObject):
            script = _resolve(node.get("/JS"))
            if script is not None:
                yield _side("javascript", name, _text(script), page)
            stack += [
                (_resolve(v), depth + 1) for k, v in node.items() if k not in ("/JS", "/P", "/Parent", "/Dest", "/D")
            ]


def _items(value: object) -> Iterator[DictionaryObject]:
    resolved = _resolve(value)
    for item in resolved if isinstance(resolved, ArrayObject) else ():
        found = _resolve(item)
        if isinstance(found, DictionaryObject):
            yield found


def _resolve(value: object) -> object:
    return value.get_object() if isinstance(value, IndirectObject) else value


def _text(value: object) -> str:
    if isinstance(value, StreamObject):
        return value.get_data().decode("utf-8", "replace")
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value)


SOURCES = {
    "metadata": _metadata,
    "XMP": _xmp,
    "annotations": _annotations,
    "form fields": _fields,
    "attachments": _attachments,
    "scripts": _document_scripts,
    "bookmarks": _bookmarks,
    "alternative texts": _alt_texts,
}
