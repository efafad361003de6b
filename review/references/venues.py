"""Well-known venues: when they were held, who publishes them, and how their names are printed (venues.tsv)."""

import re
from functools import cache
from importlib.resources import files

from msgspec import Struct

from review.references.entry import plain

ANYWHERE = frozenset({"10.48550", "10.5555", "10.5281", "10.36227", "10.31219", "10.31234", "10.17605", "10.2139"})
"""DOI prefixes of preprints, deposits and ACM's library numbers, which say nothing about the venue."""

_FRAME = re.compile(
    r"\b(?:proceedings|proc|of|the|in|annual|international|conference|conf|intl|acm|ieee|cvf|on|vol(?:ume)?|lncs|pmlr"
    r"|\d+(?:st|nd|rd|th)|first|second|third|(?:twenty|thirty|forty|fifty)(?: \w+(?:st|nd|rd|th))?|\d+|track|main"
    r"|for|and|advances|joint|meeting|symposium)\b"
)


class Venue(Struct, frozen=True, kw_only=True):
    """One venue of venues.tsv. `years` lists the only years it was held, empty when the cadence says it."""

    key: str
    kind: str  # conf, journal or preprint
    first: int
    cadence: str
    prefixes: frozenset[str]
    codes: frozenset[str]
    names: tuple[str, ...]

    def held_in(self, year: int) -> bool:
        """Whether an issue with this year can exist."""
        if year < self.first:
            return False
        rule, _, detail = self.cadence.partition(":")
        if rule == "list":
            listed = [int(y) for y in detail.split(",")]
            return year in listed or year > listed[-1]
        if rule in {"odd", "even"}:
            return year < int(detail) or year % 2 == (rule == "odd")
        return True

    def publishes(self, prefix: str) -> bool:
        """Whether a DOI with this prefix can belong to it."""
        return prefix in self.prefixes or prefix in ANYWHERE


def find_venue(printed: str) -> Venue | None:
    """The venue a printed name means, or None. Workshops and companions are not their conference."""
    words = plain(printed)
    if not words or re.search(r"workshop|companion|satellite|student|abstract", words):
        return _by_name().get(words)
    exact = _by_name().get(words)
    if exact:
        return exact
    bare = re.sub(r"\s+", " ", _FRAME.sub(" ", words)).strip()
    found = _by_bare().get(bare)
    if found:
        return found
    acronym = re.search(
        r"\(([A-Za-z*]{3,10})(?:[ '’-]?\d{2,4})?\)\s*$|^([A-Z][A-Za-z]{2,10})[ '’-]*(?:\d{2}|\d{4})$", printed
    )
    return _by_name().get(plain(acronym[1] or acronym[2])) if acronym else None


def venue_of_code(code: str) -> Venue | None:
    """The venue a DOI's code means: an acronym such as “cvpr”, or a journal's number such as “s10994”."""
    return _by_code().get(code)


def real_by_name(printed: str) -> bool:
    """Whether a venue is known to exist, by the table, by the list of names or as one of a publisher's series."""
    bare = re.sub(
        r"^(?:proceedings of )?(?:the )?(?:\d+(?:st|nd|rd|th) )?(?:annual )?(?:acm |ieee )*", "", plain(printed)
    )
    series = re.match(
        r"(?:the )?(?:ieee|acm|siam|asme|ieee acm) (?:transactions|journal|magazine|letters)\b", plain(printed)
    )
    return bool(find_venue(printed) or series) or bare in _real_names() or f"international {bare}" in _real_names()


@cache
def _real_names() -> frozenset[str]:
    lines = files("review.references").joinpath("venue_names.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(plain(line) for line in lines if not line.startswith("#"))


@cache
def all_venues() -> tuple[Venue, ...]:
    """Every venue of the table."""
    lines = files("review.references").joinpath("venues.tsv").read_text(encoding="utf-8").splitlines()
    return tuple(_read(line) for line in lines if line and not line.startswith("#"))


def _read(line: str) -> Venue:
    key, kind, first, cadence, prefixes, codes, names = line.split("\t")
    return Venue(
        key=key,
        kind=kind,
        first=int(first),
        cadence=cadence,
        prefixes=frozenset(p for p in prefixes.split(";") if p != "-"),
        codes=frozenset(c for c in codes.split(";") if c),
        names=tuple(names.split(";")),
    )


@cache
def _by_name() -> dict[str, Venue]:
    return {plain(name): venue for venue in all_venues() for name in venue.names}


@cache
def _by_bare() -> dict[str, Venue]:
    bare: dict[str, Venue] = {}
    for venue in all_venues():
        for name in venue.names:
            words = re.sub(r"\s+", " ", _FRAME.sub(" ", plain(name))).strip()
            if " " in words and len(words) > 10:
                bare.setdefault(words, venue)  # conferences stand before journals of the same words
    return bare


@cache
def _by_code() -> dict[str, Venue]:
    codes = {venue.key: venue for venue in all_venues()}
    return codes | {code: venue for venue in all_venues() for code in venue.codes}
