"""Title, authors and abstract: what stands before the first section."""

import re
from collections.abc import Sequence

from aixiv.text.names import MARKS, PLACES, names_in
from aixiv.text.pdf.compose import Placed, Vocabulary, running_text
from aixiv.text.pdf.headings import could_head
from aixiv.text.pdf.lines import Line
from aixiv.text.pdf.style import Style

ABSTRACT = re.compile(r"^abstract\s*(?:[—–.:|-]+\s*|$)", re.IGNORECASE)
INTRODUCTION = re.compile(r"^(?:(?:1|I)\.?\s+)?introduction$", re.IGNORECASE)
FIRST_SECTION = re.compile(r"^(?:1|I)\.?\s+[A-Z]\w")
PROSE_LINES = 4  # so many full lines in a row are no affiliations
KEYWORDS = re.compile(
    r"^(?:keywords?|key words(?: and phrases)?|index terms)\s*[—–.:-]*\s*(?P<list>.*)$", re.IGNORECASE
)


def title_lines(lines: Sequence[Line], style: Style) -> list[Line]:
    """Lines of the title: the largest type on the first page, above its middle."""
    first = [line for line in lines if line.page == lines[0].page] if lines else []
    if not first:
        return []
    top, bottom = max(x.base for x in first), min(x.base for x in first)
    high = [x for x in first if x.base > bottom + 0.45 * (top - bottom) and sum(c.isalpha() for c in x.text) >= 3]
    if not high:
        return []
    largest = max(x.size for x in high)
    if largest < 1.08 * style.size:
        return _first_prominent(high, style)
    start = next(i for i, x in enumerate(high) if x.size > 0.93 * largest)
    found = [high[start]]
    for line in high[start + 1 :]:
        if line.size < 0.93 * largest or found[-1].base - line.base > 2.2 * largest:
            break
        found.append(line)
    return found


def _first_prominent(lines: list[Line], style: Style) -> list[Line]:
    bold = [x for x in lines if x.bold]
    start = bold[0] if bold else lines[0]
    found = [start]
    for line in lines[lines.index(start) + 1 :]:
        if line.bold != start.bold or found[-1].base - line.base > 1.3 * style.leading or ABSTRACT.match(line.text):
            break
        found.append(line)
    return found[:4]


def title_of(lines: list[Line], vocabulary: Vocabulary) -> str:
    text = running_text(lines, vocabulary)
    return (text[:-2] + MARKS.sub("", text[-2:])).strip()


def front_end(lines: list[Line], style: Style) -> int:
    """Index of the first line after title and authors: the abstract, the introduction, or else the first prose."""
    first = [line for line in lines if line.page == lines[0].page]
    for index, line in enumerate(first):
        if ABSTRACT.match(line.text) or INTRODUCTION.match(line.text) or _opens_first_section(line, style):
            return index
    prose = [len(x.words) >= 6 and x.x1 - x.x0 > 0.7 * style.width(x) and x.size < 1.1 * style.size for x in first]
    for index in range(len(first)):
        if all(prose[index : index + PROSE_LINES]) and len(prose) >= index + PROSE_LINES:
            return index
    return len(first)


def _opens_first_section(line: Line, style: Style) -> bool:
    """`1 Overview` set as a heading; the number of an affiliation is raised and small."""
    numbered = FIRST_SECTION.match(line.text) and line.words[0].size > 0.9 * line.size
    return bool(numbered) and line.size > 0.95 * style.size and could_head(line, style)


def authors_of(lines: list[Line]) -> tuple[str, ...]:
    """Names between title and abstract; affiliations and addresses do not read like names."""
    names: list[str] = []
    for line in lines:
        if PLACES.search(line.text) and not line.bold:
            continue
        for cell in _cells(line):
            names += [name for name in names_in(cell) if name not in names]
        if line.text.casefold().startswith("anonymous author"):
            return ("Anonymous authors",)
    return tuple(names)


def _cells(line: Line) -> list[str]:
    cells = [""]
    for index, word in enumerate(line.words):
        if index and word.x0 - line.words[index - 1].x1 > 1.0 * line.size:
            cells.append("")
        small = [g.char for g in word.glyphs if g.size > 0.8 * word.size]
        cells[-1] += " " + ("".join(small) if small else word.text)
    return cells


def abstract_of(text: str, placed: Sequence[Placed]) -> str:
    """The abstract: under its heading, after the word that runs in, or the long paragraph before the first section."""
    for index, here in enumerate(placed):
        block = here.block
        if block.heading is not None and block.heading.title.casefold() == "abstract":
            return _until_heading(text, placed[index + 1 :])
        if block.kind == "paragraph":
            said = text[here.start : here.end]
            found = ABSTRACT.match(said)
            if found and len(said) > found.end() + 40:
                return (said[found.end() :] + "\n\n" + _until_heading(text, placed[index + 1 :])).strip()
    for here in placed[:12]:
        if here.block.kind == "heading":
            break
        if here.end - here.start > 350:
            return text[here.start : here.end]
    return ""


def _until_heading(text: str, placed: Sequence[Placed]) -> str:
    parts: list[str] = []
    for here in placed:
        said = text[here.start : here.end]
        if here.block.kind == "heading" or KEYWORDS.match(said):
            break
        if here.block.kind == "paragraph":
            parts.append(said)
    return "\n\n".join(parts)


def keywords_of(text: str, placed: Sequence[Placed]) -> tuple[str, ...]:
    """Keywords as listed after the word `Keywords`, which may run in or be a heading."""
    for index, here in enumerate(placed[:30]):
        said = text[here.start : here.end]
        found = KEYWORDS.match(said)
        if not found:
            continue
        listed = found["list"]
        if not listed and index + 1 < len(placed):
            listed = text[placed[index + 1].start : placed[index + 1].end]
        words = [w.strip(" .") for w in re.split(r"\s*[;,·•|]\s*", listed)]
        return tuple(w for w in words if w and len(w) < 80)[:20]
    return ()
