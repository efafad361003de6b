"""Files that travel inside a PDF: those of its list, those a page pins, and what in them reads as text."""

import re
from collections.abc import Iterator

from pypdf.generic import DictionaryObject, StreamObject

from aixiv.text.bounds import MOST_CHARS, Gathered, says_something
from aixiv.text.pdf.objects import Walk, content_of, decoded, members, named, resolved, text_of

WORDS = re.compile(
    r"(?:[^\W\d_]{2,24}[ ,.;:!?'\"-]{1,3}){4,}[^\W\d_]{2,24}|[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]{8,}"
)
READABLE = 0.9  # share of characters that print, in a file that is text


def embedded_files(root: DictionaryObject, into: Gathered) -> Iterator[tuple[str, object]]:
    """Names and specifications of the files in the document's tree of names and its list of associated files."""
    names = named(root, "/Names", DictionaryObject, into)
    seen: set[int] = set()
    if names is not None:
        walk = Walk(names.get("/EmbeddedFiles"), into, "attachments")
        for node in walk:
            walk.then(node.get("/Kids"))
            entries = list(members(node.get("/Names")))
            for name, spec in zip(entries[::2], entries[1::2], strict=False):
                seen.add(id(resolved(spec)))
                yield text_of(resolved(name)), spec
    for spec in members(root.get("/AF")):
        if id(resolved(spec)) not in seen:
            yield "", spec


def file_texts(spec: object, name: str, page: int | None, into: Gathered) -> None:
    """The name, the description and the words of one file; raises where the file cannot be unpacked."""
    found = resolved(spec)
    if found is None:
        return
    if not isinstance(found, DictionaryObject):
        raise TypeError("a file specification is a dictionary")
    given = [text_of(resolved(found.get(key))) for key in ("/UF", "/F")]
    name = name or next(filter(None, given), "unnamed")
    into.add("attachment", f"{name} (description)", text_of(resolved(found.get("/Desc"))), page)
    inside = resolved(found.get("/EF"))
    packed = [resolved(v) for v in inside.values()] if isinstance(inside, DictionaryObject) else []
    streams = {id(stream): stream for stream in packed if stream is not None}
    told = [other for other in dict.fromkeys((name, *given)) if other and says_something(other)]
    into.add("attachment", name, "\n".join(told) or ("" if streams else name), page)
    for stream in streams.values():
        if not isinstance(stream, StreamObject):
            raise TypeError("a file is a stream")
        _content(content_of(stream), name, page, into)


def _content(content: bytes, name: str, page: int | None, into: Gathered) -> None:
    text = decoded(content)
    head = text[:MOST_CHARS]
    prints = sum((c.isprintable() or c.isspace()) and c != "\ufffd" for c in head)
    if prints > READABLE * len(head):
        into.add("attachment", name, text if text.strip() else name, page)
    else:
        into.add("attachment", name, "\n".join([name, *WORDS.findall(text)]), page)
