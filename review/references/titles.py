"""Titles that were never titles, or that name no idea of their own."""

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from itertools import pairwise

from review.references.entry import Entry, plain
from review.references.reasons import Reason
from review.references.venues import find_venue, real_by_name

PLACEHOLDERS = r"TODO|TBD|XXXX?|lorem ipsum|citation needed|placeholder|fill in|insert (?:title|reference|doi)"
"""Words that an author meant to replace, as alternatives of a pattern."""
_PLACEHOLDER = re.compile(
    rf"\b(?:{PLACEHOLDERS}"
    r"|(?:your|paper|article|the) (?:\w+ ){0,3}title(?: here)?$|title (?:here|goes here|of the paper))\b|\?\?\?",
    re.IGNORECASE,
)
_PLACEHOLDER_VENUE = re.compile(
    r"\.\.\.|…|^(?:venue|journal|conference)(?: name)?$|\bplaceholder\b|\bxxx+\b|\bTBD\b", re.IGNORECASE
)
_FILLERS = frozenset(["novel", "improved", "enhanced", "efficient", "new", "robust", "advanced", "better"])
_DANGLING = _FILLERS | {
    "a",
    "an",
    "the",
    "of",
    "for",
    "with",
    "in",
    "on",
    "and",
    "or",
    "by",
    "to",
    "from",
    "under",
    "about",
}
_ENDS_WELL = re.compile(
    r"(?:what'?s|something|anything|nothing|brand|old|is|are|be) new$|for the better$", re.IGNORECASE
)
_SURVEY = frozenset({"survey", "review", "overview", "tutorial", "introduction", "handbook", "perspective"})
_GENERIC_VENUE = re.compile(
    r"^(?:(?:annual|international|pacific rim|european|asian|joint|national|global|world|acm|ieee|aaai)\s+)*"
    r"(?P<form>conference|symposium|workshop|transactions|journal|congress|review|letters|summit|forum)\s+(?:on|of|in|for)\s+(?P<topic>.+)$",
    re.IGNORECASE,
)


def title_faults(entry: Entry) -> Iterator[Reason]:
    """What is wrong with the title or the venue's name as words."""
    title = entry.title
    if _PLACEHOLDER.search(title):
        yield Reason("placeholder_title", f"The title “{title}” was never filled in.", 0.95, "fabricated_suspect")
    if entry.venue and _PLACEHOLDER_VENUE.search(entry.venue):
        yield Reason("placeholder_venue", f"The venue “{entry.venue}” was never filled in.", 0.9, "malformed")
    if broken := broken_words(title):
        yield Reason("broken_title", f"The title does not read as a phrase: {broken}.", 0.7, "fabricated_suspect")
    if trailing_venue(title):
        yield Reason("venue_in_title", "The title ends in the name of a venue or a year.", 0.3, "malformed")
    if stock_title(title):
        yield Reason(
            "stock_title",
            "The title is made of stock phrases only and names no idea of its own.",
            0.55,
            "fabricated_suspect",
        )
    if generic_venue(entry.venue):
        yield Reason(
            "unknown_venue",
            f"“{entry.venue}” is not among the known venues, and its name is made of stock phrases.",
            0.6,
            "fabricated_suspect",
        )


def broken_words(title: str) -> str:
    """How a title fails to be a phrase: a word said twice running, a dangling end, scattered filler words."""
    words = plain(title).split()
    if len(words) < 4:
        return ""
    twice = next((a for a, b in pairwise(words) if a == b and len(a) > 3), "")
    if twice:
        return f"“{twice} {twice}”"
    if words[-1] in _DANGLING and not title.rstrip().endswith(("?", "!")) and not _ENDS_WELL.search(title):
        return f"it ends in “{words[-1]}”"
    fillers = [w for w in words if w in _FILLERS]
    repeated = next((w for w in fillers if fillers.count(w) > 1), "")
    if repeated:
        return f"“{repeated}” stands in it twice"
    after = re.search(r"\b(?:of|for|with|about|the|a)\s+(\w+)\s+(\w+)$", plain(title))
    if after and after[1] in _FILLERS and after[2] in _FILLERS:
        return f"it ends in “{after[1]} {after[2]}”"
    return ""


def trailing_venue(title: str) -> bool:
    """Whether a title ends in “In Proceedings of ...”, an acronym with a year, or a year in brackets."""
    if re.search(
        r"[.,] (?:in )?(?:proceedings of|proc\.)|\(\s*(?:19|20)\d\d\s*\)\s*\.?$|\barXiv\b.{0,30}$", title, re.IGNORECASE
    ):
        return True
    tail = re.search(r"[.,(]\s*([A-Z][A-Za-z]{2,8})[ '’]*(?:19|20)?\d\d\)?\.?$", title)
    return bool(tail and find_venue(tail[1]))


def stock_title(title: str) -> bool:
    """Whether a title is covered by stock phrases. A named system, a number or any word of its own clears it, and
    so does being a survey: those are rightly called after their field."""
    words = plain(title).split()
    if len(words) < 3 or _SURVEY & set(words):
        return False
    return _covered(title, ("opening", "qualifier", "method", "task", "joining"))


def generic_venue(venue: str) -> bool:
    """Whether a venue's name is of the form “Conference on (stock phrases)” and no known venue."""
    if not venue or real_by_name(venue):
        return False
    match = _GENERIC_VENUE.match(venue.strip())
    return bool(match) and _covered(
        match["topic"] if match else "", ("qualifier", "method", "task", "joining", "venue")
    )


def _covered(text: str, kinds: tuple[str, ...]) -> bool:
    phrases = {p for kind in kinds for p in _phrases().get(kind, frozenset())}
    words = plain(text).split()
    longest = max(len(p.split()) for p in phrases)
    at = 0
    while at < len(words):
        length = next((n for n in range(longest, 0, -1) if " ".join(words[at : at + n]) in phrases), 0)
        if not length:
            return False
        at += length
    return bool(words)


@cache
def _phrases() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    kind = ""
    for line in files("review.references").joinpath("phrases.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            kind = line.strip("[]")
        elif line and not line.startswith("#"):
            found.setdefault(kind, set()).update(plain(p.replace("_", " ")) for p in line.split())
    return {kind: frozenset(p for p in phrases if p) for kind, phrases in found.items()}
