"""Comments taken aside and macros expanded, so that what is left is what LaTeX would set."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from aixiv.text.bounds import Gathered
from aixiv.text.failures import Unreadable
from aixiv.text.latex.groups import Aside, braced
from aixiv.text.latex.switches import without_switched_off
from aixiv.text.latex.unprinted import tell_unprinted, without_kept_boxes, without_tiny

COMMENT = re.compile(r"(?<!\\)((?:\\\\)*)%([^\n]*)(\n[ \t]*)?")
VERBATIM = re.compile(
    r"\\begin\s*\{(verbatim\*?|lstlisting|minted|Verbatim)\}.*?\\end\s*\{\1\}"
    r"|\\(?:verb|lstinline)\*?(?P<mark>[^\sA-Za-z*{\[\\])[^\n]*?(?P=mark)",
    re.DOTALL,
)
LISTING = re.compile(r"\ue010(\d+)\ue011")
DEFINE = re.compile(
    r"\\(?:re|provide)?(?:newcommand|DeclareRobustCommand|command)\*?\s*(?:\{\s*\\(?P<a>[A-Za-z@]+)\s*\}|\\(?P<b>[A-Za-z@]+))"
    r"\s*(?:\[(?P<count>\d)\])?\s*(?P<default>\[[^\]]*\])?\s*(?=\{)"
    r"|\\(?:g|e|x)?def\s*\\(?P<c>[A-Za-z@]+)(?P<pattern>(?:#\d)*)\s*(?=\{)"
)
KEPT = {
    "section",
    "subsection",
    "cite",
    "citep",
    "citet",
    "ref",
    "label",
    "caption",
    "footnote",
    "item",
    "title",
    "author",
}
MOST_EXPANSIONS = 20_000
MOST_CHARS = 10_000_000
DEEPEST = 10


@dataclass(frozen=True, slots=True)
class Macro:
    """A definition: its body and how many braced arguments it takes."""

    body: str
    arguments: int = 0
    default: str | None = None


def clean(source: str, into: Gathered) -> str:
    """Take comments and switched-off parts aside and expand the author's own macros, within bounds."""
    source, listings = _protect(source)

    def aside(carrier: str, name: str, text: str) -> None:
        into.add(carrier, name, _with_listings(text, listings))

    source = _without_comments(source, aside)
    source = without_switched_off(source, aside, DEFINE)
    tell_unprinted(source, aside, DEFINE)
    source = without_kept_boxes(source, aside)
    source = without_tiny(source, aside)
    source = without_switched_off(expand(source), aside, DEFINE)
    return _with_listings(source, listings)


def _with_listings(source: str, listings: list[str]) -> str:
    return LISTING.sub(lambda found: listings[int(found[1])], source)


def outside_listings(wanted: re.Pattern[str], source: str) -> Iterator[re.Match[str]]:
    """Places where this stands, but not as an example in a listing."""
    listings: list[tuple[int, int]] | None = None
    for found in wanted.finditer(source):
        if listings is None:
            listings = [listing.span() for listing in VERBATIM.finditer(source)]
        if not any(start < found.end() <= end for start, end in listings):
            yield found


def _protect(source: str) -> tuple[str, list[str]]:
    """Listings stand aside while comments go: a percent sign in code is code."""
    listings: list[str] = []

    def keep(found: re.Match[str]) -> str:
        before = source.rfind("\n", 0, found.start()) + 1
        if "%" in source[before : found.start()].replace("\\%", ""):
            return found[0]
        listings.append(found[0])
        return f"\ue010{len(listings) - 1}\ue011"

    return VERBATIM.sub(keep, source), listings


def _without_comments(source: str, aside: Aside) -> str:
    said: list[str] = []
    last = -1

    def close() -> None:
        if said:
            aside("latex_comment", "%", "\n".join(said))
            said.clear()

    def drop(found: re.Match[str]) -> str:
        nonlocal last
        if source[last : found.start()].strip() or last < 0:
            close()
        last = found.end()
        words = found[2].strip("% \t")
        if any(c.isalpha() for c in words):
            said.append(words)
        ends_paragraph = source[found.end() : found.end() + 1] == "\n"
        return found[1] + ("\n" if ends_paragraph else "")

    cleaned = COMMENT.sub(drop, source)
    close()
    return cleaned


def expand(source: str) -> str:
    """The source with the author's own macros replaced by their bodies; definitions are taken out."""
    macros, source = _definitions(source)
    if not macros:
        return source
    names = "|".join(sorted(map(re.escape, macros), key=len, reverse=True))
    used = re.compile(rf"\\({names})(?![A-Za-z@])")
    expansions = 0
    for _ in range(DEEPEST):
        parts: list[str] = []
        at = 0
        hits = 0
        for found in used.finditer(source):
            if found.start() < at:
                continue
            hits += 1
            parts.append(source[at : found.start()])
            body, at = _apply(macros[found[1]], source, found.end())
            parts.append(body)
        if not hits:
            break
        expansions += hits
        source = "".join([*parts, source[at:]])
        if expansions > MOST_EXPANSIONS or len(source) > MOST_CHARS:
            raise Unreadable("archive_bomb", "The macros of the source expand without end.")
    return source


def _definitions(source: str) -> tuple[dict[str, Macro], str]:
    macros: dict[str, Macro] = {}
    parts: list[str] = []
    at = 0
    for found in DEFINE.finditer(source):
        if found.start() < at:
            continue
        end = braced(source, found.end())
        name = found["a"] or found["b"] or found["c"]
        count = int(found["count"] or 0) if not found["pattern"] else found["pattern"].count("#")
        body = source[found.end() + 1 : end - 1]
        if name not in KEPT and not re.search(rf"\\{name}(?![A-Za-z@])", body) and "\\@" not in body:
            default = found["default"][1:-1] if found["default"] else None
            macros[name] = Macro(body=body, arguments=count, default=default)
        parts.append(source[at : found.start()])
        at = end
    return macros, "".join([*parts, source[at:]])


def _apply(macro: Macro, source: str, at: int) -> tuple[str, int]:
    body = macro.body
    values: list[str] = []
    if macro.default is not None:
        optional = re.match(r"\s*\[([^\]]*)\]", source[at : at + 2000])
        values.append(optional[1] if optional else macro.default)
        at += optional.end() if optional else 0
    while len(values) < macro.arguments:
        start = at
        while start < len(source) and source[start].isspace():
            start += 1
        if start < len(source) and source[start] == "{":
            at = braced(source, start)
            values.append(source[start + 1 : at - 1])
        else:
            values.append(source[start : start + 1])
            at = start + 1
    for number, value in enumerate(values, 1):
        body = body.replace(f"#{number}", value)
    if not macro.arguments:
        at += source.startswith("{}", at) * 2
        if re.search(r"\\[A-Za-z@]+$", body) and source[at : at + 1].isalpha():
            body += " "
    return body, at
