"""Inline tokens to plain text, with hidden markup led aside and citations marked."""

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from aixiv.text.bounds import FEWEST_WORDS, Gathered, says_something
from review.manuscript import Citation

COMMENT = re.compile(r"<!--(.*?)(?:-->|\Z)|<(?:\?|!\[CDATA\[|![A-Z])(.*?)(?:\?>|\]\]>|>|\Z)", re.DOTALL)
TAG = re.compile(r"<(/?)([A-Za-z][\w-]*)((?:\"[^\"]*\"|'[^']*'|[^'\">])*)(/?)>", re.DOTALL)
HIDING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0*(?:\.\d+|0)(?:px|pt|em|rem|%)?\b|opacity\s*:\s*0*(?:\.0\d*)?\s*(?:[;\"']|$)"
    r"|color\s*[:=]\s*[\"']?\s*(?:white\b|#fff(?:fff)?\b|transparent\b|rgba?\(\s*255\s*,\s*255\s*,\s*255)"
    r"|(?:^|\s)hidden(?:\s|=|$)|(?:left|top|text-indent)\s*:\s*-\d{3,}",
    re.IGNORECASE,
)
ATTRIBUTE = re.compile(r"([A-Za-z][\w:-]*)\s*=\s*(\"[^\"]*\"|'[^']*')")
LOOKS = ("style", "class", "href", "src", "d", "points", "viewbox", "transform", "id")  # attributes that say nothing
SILENT = ("script", "style", "template", "title")
VOID = ("br", "hr", "img", "input", "meta", "link", "wbr", "col")
KEYS = re.compile(r"\[([^\[\]]*?@[\w:.#$%&+?<>~/-]+[^\[\]]*)\](?!\()")
KEY = re.compile(r"(?<![\w.])@([A-Za-z0-9_][\w:.#$%&+?<>~/-]*)")


@dataclass(slots=True)
class Aside:
    """What the source says that its rendering does not show."""

    kept: Gathered = field(default_factory=Gathered)
    hidden: list[str] = field(default_factory=list)  # names of open elements that hide their content
    silent: list[str] = field(default_factory=list)

    def note(self, carrier: str, name: str, text: str) -> None:
        self.kept.add(carrier, name, text)

    def address(self, target: str) -> None:
        """What the address of a link or a picture says when its escapes are read, if it holds words."""
        said = unquote(target).replace("+", " ")
        if len(said.split()) >= FEWEST_WORDS or not said.isascii():
            self.note("markdown_hidden", "address", said)


def reader() -> MarkdownIt:
    """CommonMark with tables; maths between dollars or backslash brackets stays as written."""
    made = MarkdownIt("commonmark").enable("table")
    made.inline.ruler.before("escape", "maths", _maths)
    return made


def _maths(state: StateInline, silent: bool) -> bool:
    for opening, closing in (("$$", "$$"), ("$", "$"), ("\\(", "\\)"), ("\\[", "\\]")):
        if not state.src.startswith(opening, state.pos):
            continue
        start = state.pos + len(opening)
        end = state.src.find(closing, start, state.posMax)
        if end <= start or (opening == "$" and not _is_maths(state.src, start, end)):
            continue
        if not silent:
            token = state.push("text", "", 0)
            token.content = state.src[state.pos : end + len(closing)]
        state.pos = end + len(closing)
        return True
    return False


def _is_maths(source: str, start: int, end: int) -> bool:
    """A dollar opens maths when no blank touches it inside and no digit follows the close: `$5 and $6` is money."""
    after = source[end + 1 : end + 2]
    return not source[start].isspace() and not source[end - 1].isspace() and not after.isdigit()


def plain(tokens: Sequence[Token] | None, aside: Aside) -> str:
    """Readable text of inline tokens."""
    parts: list[str] = []
    for token in tokens or ():
        if token.type in ("html_inline", "html_block"):
            parts.append(html_text(token.content, aside))
        elif token.type == "image":
            source = str(token.attrGet("src") or "image")
            for said in (token.content, str(token.attrGet("title") or "")):
                aside.note("alt_text", source, said)
            aside.address(source)
        elif token.type in ("softbreak", "hardbreak"):
            parts.append(" " if token.type == "softbreak" else "\n")
        elif token.type == "link_open":
            aside.note("markdown_hidden", "link title", str(token.attrGet("title") or ""))
            aside.address(str(token.attrGet("href") or ""))
        elif token.content:
            parts.append(_shown(token.content, aside))
    return "".join(parts)


def html_text(source: str, aside: Aside) -> str:
    """The visible text of raw HTML; comments and hidden elements go aside until the element closes."""
    for comment in COMMENT.finditer(source):
        aside.note("html_comment", "comment", comment[1] or comment[2] or "")
    source = COMMENT.sub("", source)
    parts: list[str] = []
    at = 0
    for tag in TAG.finditer(source):
        parts.append(_shown(html.unescape(source[at : tag.start()]), aside))
        _open_or_close(tag, aside)
        at = tag.end()
    parts.append(_shown(html.unescape(source[at:]), aside))
    return "".join(parts)


def _open_or_close(tag: re.Match[str], aside: Aside) -> None:
    closing, name, attributes, alone = tag[1], tag[2].lower(), tag[3], tag[4]
    for attribute in ATTRIBUTE.finditer(attributes):
        value = html.unescape(attribute[2][1:-1])
        told = attribute[1].lower() in ("alt", "title", "aria-label")
        if told or (attribute[1].lower() not in LOOKS and says_something(value)):
            aside.note("alt_text", name if told else f"{name} {attribute[1]}", value)
    if closing:
        for stack in (aside.hidden, aside.silent):
            if name in stack:
                while stack.pop() != name:
                    continue
    elif name not in VOID and not alone:
        if name in SILENT:
            aside.silent.append(name)
        elif aside.hidden or HIDING.search(attributes):
            aside.hidden.append(name)


def _shown(text: str, aside: Aside) -> str:
    if aside.hidden or aside.silent:
        aside.note("markdown_hidden", (aside.hidden or aside.silent)[-1], text)
        return ""
    return text


def keyed_citations(text: str, keys: Mapping[str, int], end: int) -> list[Citation]:
    """`[@key; @other]` before `end`, one citation a key."""
    found: list[Citation] = []
    for group in KEYS.finditer(text, 0, end):
        for name in (key.rstrip(".:") for key in KEY.findall(group[1])):
            target = keys.get(name)
            found.append(
                Citation(
                    start=group.start(), end=group.end(), text=f"@{name}", target=target, resolved=target is not None
                )
            )
    return found
