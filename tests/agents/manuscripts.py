"""Works made for tests: a complete short paper and proposal (`works/*.md`), and ways to spoil them."""

import re
from pathlib import Path

from review.manuscript import Citation, Float, Kind, Manuscript, Page, Reference, Section

WORKS = Path(__file__).parent / "works"
_HEADING = re.compile(r"^(?:(\d+(?:\.\d+)*) )?(.+)$")
_ROWS = {  # cells as a parser would have read them
    "Table 1: Insert rate in rows per second, median of 10 runs.": (
        ("Variant", "Median rate", "Deviation"),
        ("without chaining", "4,120", "41"),
        ("with chaining", "3,790", "44"),
    )
}
_TABLE = re.compile(r"^(Table \d+): .+$", re.MULTILINE)


def paper(**changed: str) -> Manuscript:
    """The complete short paper. A section named by its first word gets this text instead; empty leaves it out."""
    return work("paper", **changed)


def proposal(**changed: str) -> Manuscript:
    """The complete short proposal, changed the same way."""
    return work("proposal", **changed)


def work(kind: Kind, **changed: str) -> Manuscript:
    """Read, change and parse one of the bundled works."""
    source = (WORKS / f"{kind}.md").read_text(encoding="utf-8")
    title, *blocks = re.split(r"^##? ", source, flags=re.MULTILINE)[1:]
    sections = []
    for block in blocks:
        heading, _, body = block.partition("\n")
        name = heading.split()[-1] if heading[0].isdigit() and len(heading.split()) == 2 else heading
        key = re.sub(r"^[\d.]+ ", "", name).split()[0].lower()
        text = changed.get(key, _unwrapped(body))
        if text:
            sections.append((heading, text))
    return assemble(title.strip(), sections)


def section(kind: Kind, name: str) -> str:
    """Text of one section of the unchanged work."""
    manuscript = work(kind)
    found = manuscript.section_named(name)
    assert found is not None
    return manuscript.body_text(found).strip()


def assemble(title: str, blocks: list[tuple[str, str]]) -> Manuscript:
    """A manuscript of one page with right offsets; a block headed `References` is the reference list."""
    text = f"{title}\n\n"
    sections: list[Section] = []
    references: list[Reference] = []
    abstract = ""
    for heading, body in blocks:
        match = _HEADING.match(heading)
        assert match is not None
        number, name = match[1] or "", match[2]
        start = len(text)
        text += f"{heading}\n\n"
        begin = len(text)
        if name == "References":
            references = _references(body, begin)
        if name == "Abstract":
            abstract = body
        text += f"{body}\n\n"
        sections.append(Section(number=number, title=name, level=1, start=start, body=begin, end=len(text)))
    limit = references[0].start if references else len(text)
    return Manuscript(
        source="markdown",
        title=title,
        abstract=abstract,
        text=text,
        sections=tuple(sections),
        references=tuple(references),
        citations=tuple(_citations(text[:limit], len(references))),
        floats=tuple(
            Float(kind="table", label=m[1], caption=m[0], start=m.start(), end=m.end(), rows=_ROWS.get(m[0], ()))
            for m in _TABLE.finditer(text)
        ),
        pages=(Page(number=1, width=612, height=792, start=0, end=len(text)),),
    )


def _unwrapped(body: str) -> str:
    return "\n\n".join(" ".join(p.split()) for p in body.strip().split("\n\n"))


def _references(body: str, begin: int) -> list[Reference]:
    entries = []
    for index, match in enumerate(re.finditer(r"[^\n]+", body), start=1):
        year = re.search(r"\((?:\D*)(\d{4})\)", match[0])
        entries.append(
            Reference(
                index=index,
                raw=match[0],
                start=begin + match.start(),
                end=begin + match.end(),
                label=f"[{index}]",
                title=match[0].split(": ", 1)[1].split(". ")[0],
                authors=(match[0][4:].split(":")[0],),
                year=int(year[1]) if year else None,
            )
        )
    return entries


def _citations(text: str, entries: int) -> list[Citation]:
    return [
        Citation(start=m.start(), end=m.end(), text=m[0], target=int(m[1]), resolved=int(m[1]) <= entries)
        for m in re.finditer(r"\[(\d+)\]", text)
    ]
