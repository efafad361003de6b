"""Blocks into one text in which every block knows its offsets.

Words broken at line ends are healed with the document's own vocabulary; a paragraph that runs over a column or a page
stays one paragraph, and the floats and footnotes in between stand before or after it, on the side of their page.
"""

import re
from collections import Counter
from dataclasses import dataclass

from aixiv.text.pdf.blocks import Block
from aixiv.text.pdf.lines import Line
from aixiv.text.pdf.style import Style

WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
BREAK = re.compile(r"([^\W\d_]+)-$")
URL_TAIL = re.compile(r"(?:https?://|www\.|doi\.org/|10\.\d{4,}/)\S*$", re.IGNORECASE)
COMPOUND_HEADS = re.compile(  # first halves of compounds that are no syllable of a longer word
    r"class|cross|data|domain|end|few|fine|full|half|high|human|large|left|long|low|machine|model|one|open|real|right"
    r"|self|short|single|small|state|task|three|time|top|two|well|zero",
    re.IGNORECASE,
)
SUFFIXES = ("ing", "ity", "ly", "er", "est", "ed", "ness", "ism", "ist", "ize", "ise", "ally", "ment", "able", "ation")
CELL_GAP = "  "


@dataclass(frozen=True, slots=True)
class Placed:
    """A block with the part of the text it became; a paragraph over two pages has `turn`, where the next begins."""

    block: Block
    start: int
    end: int


class Vocabulary:
    """Words the document prints unbroken; decides whether a hyphen at a line end belongs to the word."""

    def __init__(self, lines: list[Line]) -> None:
        self.words: Counter[str] = Counter()
        for line in lines:
            found = WORD.findall(line.text.lower())
            self.words.update(found[:-1] if line.text.endswith("-") else found)

    def joined(self, left: str, right: str) -> bool:
        """True when `left-` and `right` are one word without the hyphen."""
        whole, hyphened = (left + right).lower(), f"{left}-{right}".lower()
        if self.words[whole] or self.words[hyphened]:
            return self.words[whole] >= self.words[hyphened]
        if right[:1].isupper() and not left.isupper():
            return False
        if COMPOUND_HEADS.fullmatch(left) and len(right) > 3 and not right.lower().startswith(SUFFIXES):
            return False
        parts = self.words[left.lower()] > 1 and self.words[right.lower()] > 1 and len(left) > 3 and len(right) > 3
        return not parts


def join(left: str, right: str, vocabulary: Vocabulary) -> str:
    """Text of two lines, one after the other, as running text."""
    if not left or not right:
        return left + right
    url = URL_TAIL.search(left)
    if url and _goes_on(url.group(), right):
        return left + right
    broken = BREAK.search(left)
    head = WORD.match(right)
    if broken and head:
        first = head.group().split("-")[0]
        if vocabulary.joined(broken[1], first):
            return left[:-1] + right
        return left + right
    if left[-1] in "–—" and right[0].isdigit():
        return left + right
    if left.endswith("-") and (head or right[0].isdigit()) and len(left) > 1 and not left[-2].isspace():
        return left + right
    return f"{left} {right}"


def _goes_on(url: str, right: str) -> bool:
    """A URL broken at a line end goes on when the break is at a joint or the next word looks like more of a URL."""
    word = right.split(" ", 1)[0]
    if url.endswith((".", ",", ";")) and (word[:1].isupper() or word[:1] in "([") and "/" not in word:
        return False
    joint = url[-1] in "/-_?=&.%#:~"
    more = bool(re.search(r"[/=_?&#%]|\w\.\w|\d", word)) and not re.fullmatch(r"\(?(?:19|20)\d\d[a-z]?\)?[.,;]?", word)
    return more or (joint and word[:1].islower())


def running_text(lines: list[Line], vocabulary: Vocabulary) -> str:
    """Lines of one paragraph as running text."""
    text = ""
    for line in lines:
        text = join(text, line.text, vocabulary)
    return text


class Composer:
    """Writes blocks to one text and notes where each one lies and where each page begins."""

    def __init__(self, vocabulary: Vocabulary, style: Style) -> None:
        self.vocabulary = vocabulary
        self.style = style
        self.parts: list[str] = []
        self.length = 0
        self.placed: list[Placed] = []
        self.page_starts: dict[int, int] = {}
        self.open: Block | None = None
        self.waiting: list[Block] = []

    def compose(self, blocks: list[Block]) -> str:
        """The whole text; offsets of the blocks are in `placed`, those of the pages in `page_starts`."""
        for block in blocks:
            if block.kind in ("caption", "table", "footnote"):
                self.waiting.append(block)
            elif block.kind == "figure_text":
                continue
            elif self.open is not None and block.kind == "paragraph" and self._goes_on(self.open, block):
                self.open.lines.extend(block.lines)
            else:
                self._flush()
                self.open = block
        self._flush()
        return "".join(self.parts)

    def _goes_on(self, above: Block, below: Block) -> bool:
        if above.kind != "paragraph":
            return False
        last, first = above.last, below.first
        if (last.page, last.column) == (first.page, first.column) and last.base > first.base:
            return False
        if abs(last.size - first.size) > 0.08 * self.style.size or last.bold != first.bold:
            return False
        full = last.x1 > self.style.right_of(last) - 0.12 * self.style.width(last)
        head = first.text[:1]
        indented = first.x0 - self.style.left_of(first) > 0.7 * first.size
        if last.text.endswith(("-", ",")) and head.islower():
            return True
        if last.text.endswith((".", "!", "?", ":", ".”", '."')) and not (full and not indented and head.islower()):
            return False
        return head.islower() or (full and not indented and (head.isalnum() or head in "([“\"'"))

    def _flush(self) -> None:
        block, self.open = self.open, None
        waiting, self.waiting = self.waiting, []
        before = [w for w in waiting if block is not None and w.page <= block.page]
        for early in before if block is not None and block.lines[-1].page > block.page else []:
            self._write(early)
            waiting.remove(early)
        if block is not None:
            self._write(block)
        for late in waiting:
            self._write(late)

    def _write(self, block: Block) -> None:
        if self.parts:
            self._add("\n\n")
        start = self.length
        if block.kind == "heading" and block.heading is not None:
            self.page_starts.setdefault(block.page, start)
            self._add(f"{block.heading.number} {block.heading.title}".strip())
        elif block.kind == "table":
            self.page_starts.setdefault(block.page, start)
            self._add("\n".join(_spaced(line) for line in block.lines))
        else:
            self._add_running(block)
        self.placed.append(Placed(block, start, self.length))

    def _add_running(self, block: Block) -> None:
        text = ""
        start = self.length
        for line in block.lines:
            if line.page not in self.page_starts:
                longer = join(text, line.text, self.vocabulary)
                self.page_starts[line.page] = start + len(longer) - len(line.text)
                text = longer
            else:
                text = join(text, line.text, self.vocabulary)
        self._add(text)

    def _add(self, text: str) -> None:
        self.parts.append(text)
        self.length += len(text)


def _spaced(line: Line) -> str:
    text = line.words[0].text
    for left, right in zip(line.words, line.words[1:], strict=False):
        text += (CELL_GAP if right.x0 - left.x1 > 0.8 * line.size else " ") + right.text
    return text
