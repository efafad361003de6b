"""Author lists that cannot be right, or that look made up."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files

from review.references.entry import OTHERS, Author, Entry, plain
from review.references.reasons import Reason

_PLACEHOLDER = re.compile(
    r"(?:(?:first|second|third|fourth|last|some|another|other|given|family|full) (?:author|name|another|person)s?"
    r"|(?:second|third) another|authors?(?: names?)?(?: \w)?|names?|unknown(?: authors?)?|anonymous(?: authors?)?"
    r"|j(?:ohn|ane)? doe|(?:alice|bob|john|jane) (?:smith|doe)|a(?:uthor)? ?\d|x{2,}( x+)*|tba|tbd|lorem ipsum|foo bar"
    r"|last ?name|first ?name|various(?: authors)?|n a|not (?:available|known))"
)
STOCK_REGIONS = 3  # stock names from this many regions and no other name: a list no group of people is likely to have


def author_faults(entry: Entry) -> Iterator[Reason]:
    """What is wrong with the author list itself."""
    names = [plain(str(a)) for a in entry.authors]
    if placeholder := next((str(a) for a, n in zip(entry.authors, names, strict=True) if _placeholder(n)), ""):
        yield Reason(
            "placeholder_author", f"“{placeholder}” is a placeholder, not an author.", 0.95, "fabricated_suspect"
        )
    if any(re.search(r"\bet\.? al\b", str(a), re.IGNORECASE) for a in entry.authors):
        yield Reason("et_al_author", "“et al.” stands in the author list as if it were an author.", 0.6, "malformed")
    if len(entry.authors) == 1 and entry.author_field.count(",") > 1 and " and " not in entry.author_field:
        yield Reason(
            "author_commas", "The authors are parted by commas, which BibTeX reads as one name.", 0.6, "malformed"
        )
    if entry.author_field and any(re.search(r"https?:|@|[<>=]|\d{2,}", str(a)) for a in entry.authors):
        yield Reason("author_text", "An author name holds text that is no name.", 0.6, "malformed")
    doubled = [n for n, count in Counter(names).items() if count > 1 and len(n) > 5 and " " in n]
    if doubled:
        yield Reason("author_twice", f"The author “{doubled[0]}” is listed twice.", 0.5, "mis_cited")
    if stock_list(entry.authors):
        yield Reason(
            "stock_names",
            "Every author bears one of the most common names of another part of the world and none bears any other, "
            "as in invented lists. Compare the authors with the publication.",
            0.6,
            "fabricated_suspect",
        )


def _placeholder(name: str) -> bool:
    return bool(_PLACEHOLDER.fullmatch(name)) and name not in OTHERS


def stock_list(authors: Sequence[Author]) -> bool:
    """Whether a whole list is of stock names from several regions; initials count as stock, common lists do not.

    One unusual name clears the list, so a real group is rarely taken for it; two people never are, unless only
    their initials are given.
    """
    if not 2 <= len(authors) <= 6:
        return False
    initials = all(re.fullmatch(r"(?:[A-Z]\.?[ -]?)+", a.given) for a in authors)
    regions: list[frozenset[str]] = []
    for author in authors:
        family = _families().get(plain(author.family), frozenset())
        if not family or not (initials or _given(author.given)):
            return False
        regions.append(family)
    needed = 2 if initials else STOCK_REGIONS
    return len(authors) >= needed and _distinct(regions) >= needed


def _given(given: str) -> bool:
    return plain(given) in _givens()


def _distinct(regions: Sequence[frozenset[str]]) -> int:
    """How many regions the names need, each name counted for a region already seen when it can be."""
    seen: set[str] = set()
    for possible in sorted(regions, key=len):
        if not possible & seen:
            seen.add(min(possible))
    return len(seen)


@cache
def _table() -> tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]:
    lines = files("review.references").joinpath("names.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return tuple((region, tuple(given.split()), tuple(family.split())) for region, given, family in rows)


@cache
def _givens() -> frozenset[str]:
    return frozenset(plain(name) for _, given, _ in _table() for name in given) | {"mei ling", "xiao ming"}


@cache
def _families() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for region, _, family in _table():
        for name in family:
            found.setdefault(plain(name), set()).add(region)
    return {name: frozenset(regions) for name, regions in found.items()}
