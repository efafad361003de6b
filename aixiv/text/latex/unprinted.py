"""Words of a LaTeX source that no page shows: macros and boxes nobody sets, document properties, boxes without size."""

import re
from collections.abc import Iterator

from review.layout import SideText

MOST_CHARS = 20_000  # of one text
FEWEST_WORDS = 3  # of a macro's body that may say something; shorter ones are names and symbols
SMALLEST = 0.15  # scale factor below which nothing can be read
PROPERTIES = re.compile(r"\\(hypersetup|pdfinfo)\s*(?=\{)")
KEPT_BOX = re.compile(
    r"\\(?:sbox|savebox)\s*\{?(?P<saved>\\[A-Za-z@]+)\}?\s*(?=\{)|\\setbox\s*(?P<set>\\?\w+)\s*=?\s*\\[hv]box\s*(?=\{)"
)
USED_BOX = r"\\(?:usebox|box|copy|unhbox|unhcopy|unvbox|unvcopy)\s*\{?\s*"
TINY = re.compile(
    r"\\scalebox\s*\{\s*(?P<scale>[\d.]+)\s*\}(?:\[[^\]]*\])?\s*(?=\{)"
    r"|\\resizebox\*?\s*\{\s*(?P<wide>[\d.]+)\s*(?:pt|bp|px|mm)\s*\}\s*\{[^{}]*\}\s*(?=\{)"
    r"|\\texttransparent\s*\{\s*(?P<opacity>[\d.]+)\s*\}\s*(?=\{)"
)
_KEY = re.compile(r"(?:^|,)\s*[A-Za-z]+\s*=\s*|/[A-Za-z]+\s*(?=\()")  # of a property, before its value
_WORD = re.compile(r"[^\W\d_]{2,}")
_WIDE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]{4}")


def unprinted(source: str, definitions: re.Pattern[str]) -> Iterator[SideText]:
    """Texts of definitions and document properties in a source whose comments are gone."""
    for found in definitions.finditer(source):
        name = found["a"] or found["b"] or found["c"]
        yield from _said("latex_macro", f"\\{name}", group(source, found.end())[0])
    for found in PROPERTIES.finditer(source):
        values = _KEY.sub("\n", group(source, found.end())[0]).splitlines()
        yield from _said("metadata", found[1], "\n".join(value.strip(" {}(),") for value in values))


def without_kept_boxes(source: str, sides: list[SideText]) -> str:
    """The source without what is set in boxes that nothing prints; what all boxes hold goes to `sides`."""
    parts, at = [], 0
    for found in KEPT_BOX.finditer(source):
        if found.start() < at:
            continue
        inside, end = group(source, found.end())
        sides += _said("latex_macro", "box", inside)
        if not re.search(USED_BOX + re.escape(found["saved"] or found["set"]) + r"(?![A-Za-z@0-9])", source):
            parts.append(source[at : found.start()])
            at = end
    return "".join([*parts, source[at:]])


def without_tiny(source: str, sides: list[SideText]) -> str:
    """The source without boxes that are scaled to nothing or fully transparent; their words go to `sides`."""
    parts, at = [], 0
    for found in TINY.finditer(source):
        size = float(found["scale"] or found["opacity"] or found["wide"] or 0)
        if found.start() < at or size >= (2.0 if found["wide"] else SMALLEST):
            continue
        inside, end = group(source, found.end())
        sides.append(SideText(carrier="latex_hidden", name=found[0].partition("{")[0], text=inside[:MOST_CHARS]))
        parts.append(source[at : found.start()])
        at = end
    return "".join([*parts, source[at:]])


def group(source: str, at: int) -> tuple[str, int]:
    """What is inside the braces that open at `source[at]`, and the index after them."""
    depth = 0
    for index in range(at, min(len(source), at + MOST_CHARS)):
        if source[index] in "{}" and source[index - 1] != "\\":
            depth += 1 if source[index] == "{" else -1
            if depth == 0:
                return source[at + 1 : index], index + 1
    return source[at + 1 : at + MOST_CHARS], min(len(source), at + MOST_CHARS)


def _said(carrier: str, name: str, text: str) -> Iterator[SideText]:
    if len(_WORD.findall(text)) >= FEWEST_WORDS or _WIDE.search(text):
        yield SideText(carrier=carrier, name=name, text=text.strip()[:MOST_CHARS])
