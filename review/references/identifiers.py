"""What identifiers say by themselves: syntax, checksums, and the year and venue that publishers build into a DOI."""

import re
from collections.abc import Iterator

from msgspec import Struct

DOI = re.compile(r"^10\.(?P<registrant>\d{4,9})/(?P<suffix>\S+)$")
ARXIV_NEW = re.compile(r"^(?P<yy>\d{2})(?P<mm>\d{2})\.(?P<number>\d{4,6})(?:v\d+)?$")
ARXIV_OLD = re.compile(r"^[a-z-]+(?:\.[A-Z]{2})?/(?P<yy>\d{2})(?P<mm>\d{2})\d{3}(?:v\d+)?$", re.IGNORECASE)
HIGHEST_REGISTRANT = 90000  # registrants are numbered in order; none of this size is assigned
EXAMPLE_REGISTRANTS = frozenset({"1234", "12345", "4321", "5432", "0000", "99999", "1111", "123456"})
_RUNS = ("01234567890123456789", "98765432109876543210")

# ACM numbers its works in one sequence: the first number of each year, from well-known proceedings.
_ACM_YEARS = (
    (2001, 383000), (2006, 1110000), (2009, 1500000), (2012, 2090000), (2014, 2550000), (2016, 2840000),
    (2017, 3010000), (2018, 3170000), (2019, 3290000), (2020, 3360000), (2021, 3430000), (2022, 3490000),
    (2023, 3565000), (2024, 3610000), (2025, 3690000), (2026, 3770000),
)  # fmt: skip
ACM_SCANNED_TO = 2000  # volumes before this year got whatever number was free when they were scanned
_ANTHOLOGY = {
    "p": "acl", "d": "emnlp", "n": "naacl", "e": "eacl", "q": "tacl", "c": "coling", "j": "computational-linguistics",
}  # fmt: skip
_AAAI_PRESS = {"aaai": 1986, "icwsm": 2006, "aiide": 2004, "hcomp": 2012, "icaps": 1990}  # year of volume 0
_IEEE_JOURNAL = re.compile(r"(?!trustcom|tencon)(?:t|j|access|lsp|lra|mc)")
_VENUE_AND_YEAR = (
    re.compile(r"10\.18653/v1/(?P<year>20\d\d)\.(?P<venue>[a-z]+)"),
    re.compile(r"10\.24963/(?P<venue>ijcai|kr)\.(?P<year>20\d\d)"),
    re.compile(r"10\.21437/(?P<venue>interspeech)\.(?P<year>20\d\d)"),
    re.compile(r"10\.15607/(?P<venue>rss)\.(?P<year>20\d\d)"),
    re.compile(r"10\.14722/(?P<venue>ndss)\.(?P<year>20\d\d)"),
)
_WITHOUT_YEAR = {
    "10.1162/tacl_": "tacl",
    "10.1162/coli_": "computational-linguistics",
    "10.1162/neco_": "neural-computation",
    "10.1613/jair.": "jair",
    "10.48550/arxiv.": "arxiv",
}


class Clue(Struct, frozen=True):
    """What a DOI says about its work: a venue's key or name, and the years it may carry."""

    venue: str = ""
    years: tuple[int, int] | None = None


class ArxivDate(Struct, frozen=True):
    """Month in which an arXiv identifier was given."""

    year: int
    month: int


def doi_fault(doi: str) -> str:
    """Why a DOI cannot be one, or an empty string."""
    match = DOI.match(doi.strip().rstrip("."))
    if match is None:
        return f"“{doi}” is not a well-formed DOI."
    registrant, suffix = match["registrant"], match["suffix"]
    if registrant in EXAMPLE_REGISTRANTS:
        return f"10.{registrant} is a prefix of examples, not of a publisher."
    if int(registrant) >= HIGHEST_REGISTRANT:
        return f"No publisher has the DOI prefix 10.{registrant}."
    if len(set(registrant[:4])) == 1 and registrant != "5555":
        return f"10.{registrant} repeats one digit, as invented prefixes do."
    if re.fullmatch(r"(?:conf|jour|art|pub|paper|article|journal)/\d{5,}", suffix):
        return f"The DOI {doi} is made of a general word and a number, as invented ones are."
    if re.search(r"x{3,}|\?{2,}|\.\.\.|placeholder|todo", suffix, re.IGNORECASE):
        return f"The DOI {doi} was never filled in."
    if counts_up(suffix):
        return f"The DOI {doi} runs through consecutive digits, as invented ones do."
    return ""


def counts_up(text: str, least: int = 6) -> bool:
    """Whether the digits of `text` are one run up or down, at least `least` long."""
    digits = re.findall(rf"\d{{{least},}}", text)
    return any(d in run for d in digits for run in _RUNS)


def arxiv_date(identifier: str) -> ArxivDate | None:
    """When an arXiv identifier was assigned, or None when it cannot be one."""
    match = ARXIV_NEW.match(identifier)
    if match:
        year, month, number = 2000 + int(match["yy"]), int(match["mm"]), match["number"]
        digits = 5 if year >= 2015 else 4
        real = 1 <= month <= 12 and len(number) == digits and int(number) > 0 and (year, month) >= (2007, 4)
        return ArxivDate(year, month) if real else None
    old = ARXIV_OLD.match(identifier)
    if old:
        yy, month = int(old["yy"]), int(old["mm"])
        year = 1900 + yy if yy > 90 else 2000 + yy
        return ArxivDate(year, month) if 1 <= month <= 12 and 1991 <= year <= 2007 else None
    return None


def isbn_right(isbn: str) -> bool:
    """Whether the check digit of an ISBN-10 or ISBN-13 is right."""
    digits = re.sub(r"[\s-]", "", isbn).upper()
    if re.fullmatch(r"\d{9}[\dX]", digits):
        values = [10 if c == "X" else int(c) for c in digits]
        return sum((10 - i) * v for i, v in enumerate(values)) % 11 == 0
    if re.fullmatch(r"97[89]\d{10}", digits):
        return sum((3 if i % 2 else 1) * int(c) for i, c in enumerate(digits)) % 10 == 0
    return False


def orcid_right(orcid: str) -> bool:
    """Whether the check character of an ORCID (ISO 7064 mod 11-2) is right."""
    digits = re.sub(r"^https?://orcid\.org/|-", "", orcid.strip()).upper()
    if not re.fullmatch(r"\d{15}[\dX]", digits):
        return False
    total = 0
    for character in digits[:-1]:
        total = (total + int(character)) * 2
    check = (12 - total % 11) % 11
    return digits[-1] == ("X" if check == 10 else str(check))


def clue_of(doi: str) -> Clue:
    """The venue and years a DOI encodes, as far as its publisher's scheme is known."""
    return next(_clues(doi.strip().rstrip(".").lower()), Clue())


def _clues(doi: str) -> Iterator[Clue]:
    yield from _clues_with_venue_and_year(doi)
    if m := re.match(r"10\.1109/([a-z-]+?)\d*\.((?:19|20)\d\d)\.\d", doi):
        year, journal = int(m[2]), _IEEE_JOURNAL.match(m[1])
        yield Clue(m[1], (year - 1, year + 3) if journal else (year, year))
    if m := re.match(r"10\.1609/(aaai|icwsm|aiide|hcomp|icaps)\.v(\d+)i", doi):
        year = _AAAI_PRESS[m[1]] + int(m[2])
        yield Clue(m[1], (year, year))
    if m := re.match(r"10\.(?:18653/v1|3115/v1|1162)/([pdneqcj])(\d\d)-", doi):
        yield Clue(_ANTHOLOGY[m[1]], (2000 + int(m[2]), 2000 + int(m[2])))
    if m := re.match(r"10\.(?:1007|1038)/s(\d{5})-(\d{3})-", doi):
        yield Clue(f"s{m[1]}", (2000 + int(m[2]), 2002 + int(m[2])))
    if m := re.match(r"10\.1016/j\.([a-z]+)\.((?:19|20)\d\d)\.", doi):
        yield Clue(f"j.{m[1]}", (int(m[2]), int(m[2]) + 2))
    if m := re.match(r"10\.1145/(\d{6,7})(?:\.|$)", doi):
        yield Clue("", _acm_years(int(m[1])))
    yield from (Clue(venue) for start, venue in _WITHOUT_YEAR.items() if doi.startswith(start))


def _clues_with_venue_and_year(doi: str) -> Iterator[Clue]:
    for pattern in _VENUE_AND_YEAR:
        if m := pattern.match(doi):
            yield Clue(m["venue"], (int(m["year"]), int(m["year"])))


def _acm_years(number: int) -> tuple[int, int]:
    year = max((y for y, first in _ACM_YEARS if first <= number), default=1990)
    following = min((y for y, first in _ACM_YEARS if first > number), default=year + 2)
    return (year - 1, following + 1)
