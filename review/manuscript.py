"""What a version says: the parsed text of one submitted file, with places.

Every offset counts Unicode code points in `Manuscript.text`, the whole text in reading order. A quote is right when
`text[start:end]` says so; nothing in this module knows a file, a page image or a database.
"""

from typing import Literal

from msgspec import Struct

Kind = Literal["paper", "proposal"]
SourceFormat = Literal["pdf", "markdown", "latex"]


class Locator(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A place in a manuscript: offsets always, page and section where they are known."""

    start: int
    end: int
    page: int | None = None
    section: str | None = None


class Section(Struct, frozen=True, kw_only=True):
    """One heading and everything under it up to the next heading of the same or a higher level.

    `start` is the first character of the heading, `body` the first after it, `end` one past the last.
    """

    number: str  # "3.1", "A", or "" when the heading has none
    title: str
    level: int  # 1 for a top-level section
    start: int
    body: int
    end: int


class Reference(Struct, frozen=True, kw_only=True):
    """One entry of the reference list; fields that could not be told apart stay empty."""

    index: int  # 1-based position in the list
    raw: str
    start: int
    end: int
    label: str = ""  # "[12]" or a citation key, as printed or as in the source
    title: str = ""
    authors: tuple[str, ...] = ()
    year: int | None = None
    venue: str = ""
    doi: str = ""
    arxiv: str = ""
    url: str = ""


class Citation(Struct, frozen=True, kw_only=True):
    """One mark in the running text that points at the list, such as `[3]`, `(Ho et al., 2020)` or `\\cite{ho}`."""

    start: int
    end: int
    text: str
    target: int | None = None  # index of the reference it resolves to
    resolved: bool = False


class Float(Struct, frozen=True, kw_only=True):
    """A figure or a table, known by its caption; `rows` holds a table's cells when they could be recovered."""

    kind: Literal["figure", "table"]
    label: str  # "Figure 3", "Table 1"
    caption: str
    start: int  # of the caption in the text
    end: int
    page: int | None = None
    rows: tuple[tuple[str, ...], ...] = ()
    bold: tuple[tuple[int, int], ...] = ()  # row and column of cells set in bold


class Page(Struct, frozen=True, kw_only=True):
    """One page of a paged source: its size in PDF points and the text offsets it covers."""

    number: int  # 1-based
    width: float
    height: float
    start: int
    end: int


class Manuscript(Struct, frozen=True, kw_only=True):
    """Parsed text of a version: what every judge, check and reader works on."""

    source: SourceFormat
    title: str
    abstract: str
    text: str
    authors: tuple[str, ...] = ()
    sections: tuple[Section, ...] = ()
    references: tuple[Reference, ...] = ()
    citations: tuple[Citation, ...] = ()
    floats: tuple[Float, ...] = ()
    pages: tuple[Page, ...] = ()  # empty for sources without pages
    keywords: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()  # what the parser could not read, in plain words

    def page_at(self, offset: int) -> int | None:
        """Page number that holds this offset, or None for a source without pages."""
        for page in self.pages:
            if page.start <= offset < page.end:
                return page.number
        return self.pages[-1].number if self.pages and offset >= self.pages[-1].start else None

    def section_at(self, offset: int) -> Section | None:
        """The innermost section that holds this offset."""
        inside = [s for s in self.sections if s.start <= offset < s.end]
        return max(inside, key=lambda s: s.level) if inside else None

    def locate(self, start: int, end: int) -> Locator:
        """A full locator for `text[start:end]`."""
        section = self.section_at(start)
        return Locator(start=start, end=end, page=self.page_at(start), section=section.title if section else None)

    def section_named(self, *words: str) -> Section | None:
        """First section whose title contains one of these words, ignoring case."""
        for section in self.sections:
            if any(word.lower() in section.title.lower() for word in words):
                return section
        return None

    def body_text(self, section: Section) -> str:
        """The text of a section without its heading."""
        return self.text[section.body : section.end]

    @property
    def references_start(self) -> int:
        """Offset where the reference list begins, or the length of the text when there is none."""
        return self.references[0].start if self.references else len(self.text)
