"""Words of a LaTeX source that no page shows: macros and boxes nobody sets, document properties, boxes without size."""

import re

from aixiv.text.latex.groups import Aside, group, groups

FEWEST_WORDS = 3  # of a macro's body that may say something; shorter ones are names and symbols
SMALLEST = 0.15  # scale factor below which nothing can be read
PROPERTIES = re.compile(r"\\(hypersetup|pdfinfo)\s*(?=\{)")
DEFINERS = re.compile(
    r"\\((?:New|Renew|Provide|Declare)(?:Expandable)?DocumentCommand|(?:re|provide)?newrobustcmd|(?:re)?newcommandx"
    r"|(?:re)?newenvironment|(?:New|Renew)DocumentEnvironment|AtBeginDocument|AtEndDocument|DeclareOption)\*?"
    r"(?:\s*\\[A-Za-z@]+)?(?![A-Za-z@])"
)
BESIDE = re.compile(  # arguments that stand nowhere in the manuscript
    r"\\(date|email|index|glossary|label|markboth|markright|pdfbookmark|addcontentsline|nocite|typeout|PackageWarning"
    r"|wlog|message|special|pdfcomment|pdfannot|geometry|hyphenation|graphicspath|vspace|hspace|pagestyle)(?![A-Za-z@])\*?"
)
SHORT = re.compile(r"\\((?:chapter|(?:sub)*section|paragraph|caption)\*?)\s*\[([^\[\]]*)\]")
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


def tell_unprinted(source: str, aside: Aside, definitions: re.Pattern[str]) -> None:
    """Texts of definitions and document properties, in a source whose comments are gone, go aside."""
    for found in definitions.finditer(source):
        name = found["a"] or found["b"] or found["c"]
        _tell("latex_macro", f"\\{name}", group(source, found.end())[0], aside)
    for found in DEFINERS.finditer(source):
        for inside, _ in groups(source, found.end(), 4):
            _tell("latex_macro", f"\\{found[1]}", inside, aside)
    for found in PROPERTIES.finditer(source):
        values = _KEY.sub("\n", group(source, found.end())[0]).splitlines()
        _tell("metadata", found[1], "\n".join(value.strip(" {}(),") for value in values), aside)
    for found in BESIDE.finditer(source):
        for inside, _ in groups(source, found.end(), 3):
            _tell("metadata", f"\\{found[1]}", inside.partition("\n\n")[0], aside)  # no paragraph ends in these
    for found in SHORT.finditer(source):
        _tell("metadata", f"short \\{found[1]}", found[2], aside)


def without_kept_boxes(source: str, aside: Aside) -> str:
    """The source without what is set in boxes that nothing prints; what all boxes hold goes aside."""
    parts, at = [], 0
    for found in KEPT_BOX.finditer(source):
        if found.start() < at:
            continue
        inside, end = group(source, found.end())
        _tell("latex_macro", "box", inside, aside)
        if not re.search(USED_BOX + re.escape(found["saved"] or found["set"]) + r"(?![A-Za-z@0-9])", source):
            parts.append(source[at : found.start()])
            at = end
    return "".join([*parts, source[at:]])


def without_tiny(source: str, aside: Aside) -> str:
    """The source without boxes that are scaled to nothing or fully transparent; their words go aside."""
    parts, at = [], 0
    for found in TINY.finditer(source):
        size = float(found["scale"] or found["opacity"] or found["wide"] or 0)
        if found.start() < at or size >= (2.0 if found["wide"] else SMALLEST):
            continue
        inside, end = group(source, found.end())
        aside("latex_hidden", found[0].partition("{")[0], inside)
        parts.append(source[at : found.start()])
        at = end
    return "".join([*parts, source[at:]])


def _tell(carrier: str, name: str, text: str, aside: Aside) -> None:
    if len(_WORD.findall(text)) >= FEWEST_WORDS or _WIDE.search(text):
        aside(carrier, name, text)
