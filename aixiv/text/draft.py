"""Writing a manuscript from a source that has structure: headings, paragraphs, captions and entries in order.

Running text may hold citation marks, `CITE_OPEN keys CITE_CLOSE`; they become `[3]`, or `[?]` for an unknown key, when
the text is finished, because a list at the end decides the numbers.
"""

import re
from dataclasses import dataclass, field

from msgspec.structs import replace

from review.manuscript import Citation, Float, Manuscript, Reference, Section, SourceFormat

CITE_OPEN, CITE_CLOSE = "\ue000", "\ue001"  # private use; sources are cleaned of them first
CITE = re.compile(f"{CITE_OPEN}([^{CITE_CLOSE}]*){CITE_CLOSE}")
PRIVATE = re.compile(r"[\ue000-\uf8ff]")


@dataclass(slots=True)
class Draft:
    """Text under construction and the offsets of what was written so far."""

    keys: dict[str, int] = field(default_factory=dict)  # citation key -> index of the reference
    parts: list[str] = field(default_factory=list)
    length: int = 0
    heads: list[Section] = field(default_factory=list)
    floats: list[Float] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    citations: list[Citation] = field(default_factory=list)

    def heading(self, number: str, title: str, level: int) -> None:
        """Open a section; it ends where `sections` finds the next of its level."""
        title = self._settled(title)
        start, end = self.block(f"{number} {title}".strip())
        self.heads.append(Section(number=number, title=title, level=level, start=start, body=end, end=end))

    def block(self, text: str) -> tuple[int, int]:
        """Write one paragraph, list, table or listing; returns its offsets."""
        text = text.strip("\n")
        if not text.strip():
            return self.length, self.length
        if self.parts:
            self._add("\n\n")
        start = self.length
        at = 0
        for mark in CITE.finditer(text):
            self._add(text[at : mark.start()])
            self._cite(mark[1])
            at = mark.end()
        self._add(text[at:])
        return start, self.length

    def float(self, found: Float) -> None:
        """Write a caption and note what it belongs to; offsets of `found` are set here."""
        start, end = self.block(found.caption)
        caption = "".join(self.parts)[start:end] if CITE_OPEN in found.caption else found.caption.strip("\n")
        rows = tuple(tuple(self._settled(cell) for cell in row) for row in found.rows)
        self.floats.append(replace(found, caption=caption, rows=rows, start=start, end=end))

    def reference(self, found: Reference) -> None:
        """Write one entry of the reference list; offsets of `found` are set here."""
        start, end = self.block(found.raw)
        self.references.append(replace(found, raw=found.raw.strip("\n"), start=start, end=end))

    def sections(self) -> tuple[Section, ...]:
        ends: list[int] = []
        for index, head in enumerate(self.heads):
            later = (h.start for h in self.heads[index + 1 :] if h.level <= head.level)
            ends.append(next(later, self.length))
        return tuple(replace(h, end=end) for h, end in zip(self.heads, ends, strict=True))

    def manuscript(
        self,
        *,
        source: SourceFormat,
        title: str,
        abstract: str,
        authors: tuple[str, ...],
        keywords: tuple[str, ...] = (),
        warnings: tuple[str, ...] = (),
    ) -> Manuscript:
        """The finished manuscript."""
        return Manuscript(
            source=source,
            title=self._settled(title),
            abstract=self._settled(abstract),
            text="".join(self.parts),
            authors=authors,
            sections=self.sections(),
            references=tuple(self.references),
            citations=tuple(self.citations),
            floats=tuple(self.floats),
            keywords=keywords,
            warnings=warnings,
        )

    def _cite(self, keys: str) -> None:
        names = [k for k in keys.split(",") if k]
        targets = [self.keys.get(name) for name in names]
        mark = "[" + ", ".join("?" if t is None else str(t) for t in targets) + "]"
        start = self.length
        self._add(mark)
        for name, target in zip(names, targets, strict=True):
            said = mark if target is not None else f"[?{name}]"
            self.citations.append(
                Citation(start=start, end=self.length, text=said, target=target, resolved=target is not None)
            )

    def _settled(self, text: str) -> str:
        return CITE.sub(lambda m: "[" + ", ".join(str(self.keys.get(k, "?")) for k in m[1].split(",")) + "]", text)

    def _add(self, text: str) -> None:
        self.parts.append(text)
        self.length += len(text)
