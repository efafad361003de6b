"""One Markdown file, read: block by block into a draft."""

import re
from collections.abc import Sequence
from pathlib import Path

from markdown_it.token import Token
from msgspec.structs import replace

from aixiv.text.bounds import Gathered, says_something
from aixiv.text.citations import with_plain_citations
from aixiv.text.draft import PRIVATE, Draft
from aixiv.text.failures import Unreadable
from aixiv.text.markdown.front_matter import Value, as_list, as_text, split_front_matter
from aixiv.text.markdown.inline import Aside, html_text, keyed_citations, plain, reader
from aixiv.text.parsed import Parsed
from aixiv.text.references import parse_entry
from review.layout import Layout
from review.manuscript import Float, Manuscript

NUMBER = re.compile(r"^(\d{1,2}(?:\.\d{1,2}){0,3}|[A-Z](?:\.\d{1,2}){0,3}|[IVX]{1,5})[.):]?\s+(\S.*)$")
CAPTION = re.compile(r"^(Figure|Fig\.?|Table|Tab\.)\s*([A-Z]?\.?\d{1,3})\s*[:.—–-]\s*\S", re.IGNORECASE)
REFERENCES = ("references", "bibliography", "works cited", "literature")
ENTRY_KEY = re.compile(r"^(?:\[\^?@?([\w:.+/-]+)\]:?|\^?@([\w:.+/-]+):)\s*")
PAIR = re.compile(r"^\s*\[(?P<name>[^\]]+)\]:\s*(?P<target>\S+)\s*(?P<title>.*)$", re.MULTILINE)
KEYWORD_LINE = re.compile(
    r"^(?:keywords?|key words|index terms)\s*[:.—–-]\s*(?P<list>[^\n]+)\Z", re.IGNORECASE | re.MULTILINE
)
LEAST_LETTERS = 40
WORDLESS = "Send a file with the words of the manuscript: pictures, comments and links alone cannot be reviewed."

Cells = tuple[tuple[tuple[str, ...], ...], tuple[tuple[int, int], ...]]
"""Rows of a table, and the places of its cells in bold."""


def parse_markdown(path: Path) -> Parsed:
    """Read a Markdown file whole, or raise `Unreadable`."""
    try:
        source = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable("unknown_format", "The file is not text in UTF-8.") from error
    if "\x00" in source:
        raise Unreadable("damaged_file", "The text holds zero bytes.")
    source = PRIVATE.sub("", source).replace("\r\n", "\n")
    gathered = Gathered()
    matter, left, body = split_front_matter(source)
    gathered.add("metadata", "front matter", "\n".join(left))
    environment: dict[str, object] = {}
    try:
        tokens = reader().parse(body, environment)
    except RecursionError as error:
        raise Unreadable("damaged_file", "The Markdown is nested too deeply to be read.") from error
    walk = Walk(tokens, matter, gathered)
    manuscript = walk.manuscript()
    if sum(c.isalpha() for c in manuscript.text) < LEAST_LETTERS:
        raise Unreadable("no_text", "The file holds no text to review.", hint=WORDLESS)
    _tell_definitions(environment, gathered)
    _tell_matter(matter, gathered)
    return Parsed(manuscript=manuscript, layout=Layout(side_texts=tuple(gathered.texts), unread=gathered.unread()))


def _tell_definitions(environment: dict[str, object], into: Gathered) -> None:
    """Link definitions print nothing: `[//]: # (a note)` is a comment to everyone but the parser."""
    first, again = environment.get("references"), environment.get("duplicate_refs")
    found = list(first.items()) if isinstance(first, dict) else []
    found += [(d["label"], d) for d in again] if isinstance(again, list) else []
    for label, target in found:
        said = [str(label)] if says_something(str(label)) else []
        into.add("markdown_hidden", f"link definition {label}", "\n".join([*said, str(target.get("title") or "")]))
        Aside(into).address(str(target.get("href") or ""))


def _tell_matter(matter: dict[str, Value], into: Gathered) -> None:
    shown = ("title", "author", "authors", "abstract", "keywords")
    for key, value in matter.items():
        if key not in shown:
            into.add("metadata", key, as_text(value))


class Walk:
    """Goes over the blocks once, writing the draft."""

    def __init__(self, tokens: Sequence[Token], matter: dict[str, Value], kept: Gathered) -> None:
        self.tokens = tokens
        self.matter = matter
        self.aside = Aside(kept)
        self.draft = Draft()
        self.title = as_text(matter.get("title"))
        self.authors = as_list(matter.get("authors") or matter.get("author"))
        self.abstract = as_text(matter.get("abstract"))
        self.keywords: tuple[str, ...] = ()
        self.lowered = 0  # 1 when the first-level heading is the title
        self.in_references = False
        self.rows: Cells = ((), ())  # of the last table, waiting for a caption below it
        self.entries: list[str] = []
        self.lists: list[int | None] = []  # next number of each open list, None for bullets

    def manuscript(self) -> Manuscript:
        self._front()
        index = 0
        while index < len(self.tokens):
            index = self._step(index)
        self._close_references()
        if not self.abstract:
            self.abstract, self.keywords = _without_keywords(self._section_text("abstract"))
        made = self.draft.manuscript(
            source="markdown",
            title=self.title,
            abstract=self.abstract,
            authors=self.authors,
            keywords=as_list(self.matter.get("keywords")) or self.keywords,
            warnings=() if self.title else ("no title was recognised",),
        )
        end = made.references[0].start if made.references else len(made.text)
        keyed = keyed_citations(made.text, self.draft.keys, end)
        return with_plain_citations(replace(made, citations=tuple(keyed)))

    def _front(self) -> None:
        if self.title:
            self.draft.block(self.title)
        if self.authors:
            self.draft.block(", ".join(self.authors))
        if self.abstract:
            self.draft.heading("", "Abstract", 1)
            self.draft.block(self.abstract)

    def _step(self, index: int) -> int:
        token = self.tokens[index]
        if token.type == "heading_open":
            self._heading(int(token.tag[1]), self._inline(self.tokens[index + 1]))
            return index + 3
        if token.type == "table_open":
            return self._table(index)
        if token.type in ("bullet_list_open", "ordered_list_open"):
            start = token.attrGet("start")
            self.lists.append(int(start or 1) if token.type.startswith("ordered") else None)
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            self.lists.pop()
        elif token.type == "inline":
            self._paragraph(self._inline(token), index)
        elif token.type in ("fence", "code_block"):
            if says_something(token.info):
                self.aside.note("markdown_hidden", "language of a listing", token.info)
            self._write(token.content.rstrip("\n"))
        elif token.type == "html_block":
            self._write(re.sub(r"[ \t]*\n\s*", "\n", html_text(token.content, self.aside)).strip())
        return index + 1

    def _inline(self, token: Token) -> str:
        return plain(token.children, self.aside).strip()

    def _heading(self, level: int, title: str) -> None:
        self._close_references()
        if not title:
            return
        if level == 1 and not self.title and not self.draft.heads:
            self.title, self.lowered = title, 1
            self.draft.block(title)
            return
        if level == 1 and self.title == title:
            self.lowered = 1
            return
        number = NUMBER.match(title)
        shown = (number[1], number[2]) if number else ("", title)
        self.draft.heading(*shown, max(1, level - self.lowered))
        self.in_references = shown[1].strip(" :.").casefold() in REFERENCES

    def _paragraph(self, text: str, index: int) -> None:
        if not text:
            return
        if self.in_references:
            number = self.lists[-1] if self.lists else None
            if number is not None:
                self.lists[-1] = number + 1
                text = text if ENTRY_KEY.match(text) else f"[{number}] {text}"
            self.entries += re.split(r"\n(?=\[)|(?<=\.)\s+(?=\[\d{1,3}\]\s)", text)
            return
        if CAPTION.match(text):
            self._caption(text)
            return
        if self.lists and self.tokens[index - 1].type == "paragraph_open" and self._opens_item(index):
            number = self.lists[-1]
            text = f"• {text}" if number is None else f"{number}. {text}"
            if number is not None:
                self.lists[-1] = number + 1
        self._write(text)

    def _opens_item(self, index: int) -> bool:
        return index >= 2 and self.tokens[index - 2].type == "list_item_open"

    def _write(self, text: str) -> None:
        if not self.in_references:
            self.draft.block(text)
        else:
            self.aside.note("markdown_hidden", "among the references", text)

    def _caption(self, text: str) -> None:
        found = CAPTION.match(text)
        if not found:
            return
        table = found[1].lower().startswith("tab")
        label = f"{'Table' if table else 'Figure'} {found[2]}"
        (rows, bold), self.rows = (self.rows, ((), ())) if table else (((), ()), self.rows)
        self.draft.float(
            Float(
                kind="table" if table else "figure",
                label=label,
                caption=text,
                start=0,
                end=0,
                rows=rows,
                bold=bold,
            )
        )

    def _table(self, index: int) -> int:
        rows: list[tuple[str, ...]] = []
        cells: list[str] = []
        bold: list[tuple[int, int]] = []
        while self.tokens[index].type != "table_close":
            token = self.tokens[index]
            if token.type == "tr_open":
                cells = []
            elif token.type == "inline":
                if any(child.type == "strong_open" for child in token.children or ()):
                    bold.append((len(rows), len(cells)))
                cells.append(self._inline(token))
            elif token.type == "tr_close":
                rows.append(tuple(cells))
            index += 1
        self.draft.block("\n".join("  ".join(row) for row in rows))
        last = self.draft.floats[-1] if self.draft.floats else None
        if last is not None and last.kind == "table" and not last.rows and self._just_above(last):
            self.draft.floats[-1] = replace(last, rows=tuple(rows), bold=tuple(bold))
        else:
            self.rows = tuple(rows), tuple(bold)
        return index + 1

    def _just_above(self, caption: Float) -> bool:
        between = "".join(self.draft.parts)[caption.end :].strip()
        return between.count("\n\n") == 0

    def _close_references(self) -> None:
        for entry in self.entries:
            index = len(self.draft.references) + 1
            key = ENTRY_KEY.match(entry)
            found = parse_entry(entry[key.end() :] if key else entry, index=index, start=0)
            name = (key[1] or key[2]) if key else ""
            if name:
                self.draft.keys[name] = index
            label = f"[{name}]" if name else found.label
            self.draft.reference(replace(found, raw=entry, label=label))
        self.entries = []
        self.in_references = False

    def _section_text(self, title: str) -> str:
        text = "".join(self.draft.parts)
        for section in self.draft.sections():
            if section.title.casefold() == title:
                return text[section.body : section.end].strip()
        return ""


def _without_keywords(abstract: str) -> tuple[str, tuple[str, ...]]:
    """An abstract without the line of keywords that often closes it, and those keywords."""
    match = KEYWORD_LINE.search(abstract)
    if match is None:
        return abstract, ()
    words = tuple(word.strip(" .") for word in re.split(r"[,;]", match["list"]))
    return abstract[: match.start()].strip(), tuple(word for word in words if word)
