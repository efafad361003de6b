"""Entries of the reference list that cannot be right as printed. Whether a work exists is not asked here."""

import re
from collections import Counter
from collections.abc import Iterator

from review.checks.base import Check, Draft, Examined, nothing
from review.manuscript import Kind, Manuscript, Reference
from review.quotes import normalise

_DOI = re.compile(r"^10\.\d{4,9}/[^\s\"<>{}|\\^]+[\w)]$")
_ARXIV_NEW = re.compile(r"^(?P<yy>\d{2})(?P<mm>\d{2})\.(?P<number>\d{4,5})(?:v\d+)?$")
_ARXIV_OLD = re.compile(r"^[a-z-]+(?:\.[A-Z]{2})?/\d{7}(?:v\d+)?$", re.IGNORECASE)
_ARXIV_IN_RAW = re.compile(r"\barxiv[: /]*(?:preprint arxiv:|abs/)?(?P<id>\d{4}\.\d{4,6})(?:v\d+)?", re.IGNORECASE)
_PLACEHOLDER_AUTHOR = re.compile(
    r"^(?:(?:first|second|third|last|some|given|family)[ -]?(?:author|name)s?|authors?|name"
    r"|anonymous authors?|j(?:ohn|ane)?\.? doe"
    r"|doe,? j(?:ohn|ane)?\.?|author ?\d|xxx+|tba|tbd|lorem ipsum|et al)\.?$",
    re.IGNORECASE,
)
_PLACEHOLDER_TEXT = re.compile(
    r"\b(?:TODO|TBD|XXXX?|lorem ipsum|citation needed|placeholder|fill in|insert (?:title|reference"
    r"|doi))\b|10\.xxxx|\?\?\?"
    r"|\b10\.1234/|arXiv:\s?(?:XXXX|0000)\.",
    re.IGNORECASE,
)
_RUN_OF_DIGITS = ("0123456789", "9876543210")
LATEST_ARXIV_YEAR = 60  # two-digit years above belong to the 1900s scheme
MOST_YEARS_AHEAD = 8  # of everything else that is dated; lists of old works with one new entry are not rare


def examine(manuscript: Manuscript, _kind: Kind) -> Examined:
    """Judge each entry by itself, then look for entries printed twice."""
    if not manuscript.references:
        return nothing("There is no reference list.")
    drafts: list[Draft] = []
    for reference in manuscript.references:
        problem = next(_problems(reference, _newest_besides(manuscript, reference)), None)
        if problem:
            severity, claim, fix = problem
            drafts.append(
                Draft(
                    claim=f"Reference {reference.index}: {claim}",
                    severity="major" if severity else "minor",
                    criterion="soundness" if severity else "clarity",
                    span=(reference.start, reference.end),
                    place=f"reference list, entry {reference.index}",
                    fix=fix,
                )
            )
    drafts += _twins(manuscript)
    return Examined(
        examined=len(manuscript.references),
        summary=f"{len(manuscript.references)} entries read, {len(drafts)} have a problem.",
        drafts=tuple(drafts),
    )


def _problems(reference: Reference, newest: int | None) -> Iterator[tuple[bool, str, str]]:
    """(serious, what is wrong, what to do) for one entry, the serious ones first."""
    raw = reference.raw
    if _PLACEHOLDER_TEXT.search(raw):
        yield True, "the entry contains a placeholder that was never filled in.", "Complete the entry or remove it."
    fake = next((a for a in reference.authors if _PLACEHOLDER_AUTHOR.match(a.strip())), "")
    if fake:
        yield True, f"“{fake}” is a placeholder, not an author.", "Give the real authors, or remove the entry."
    arxiv = reference.arxiv or (m["id"] if (m := _ARXIV_IN_RAW.search(raw)) else "")
    if arxiv:
        yield from _arxiv_problems(arxiv, reference)
    if reference.doi and not _DOI.match(reference.doi.strip().rstrip(".")):
        yield False, f"“{reference.doi}” is not a well-formed DOI.", "Copy the DOI from the publisher's page."
    if reference.doi and _sequential(re.sub(r"^10\.\d+/", "", reference.doi)):
        yield (
            True,
            f"the DOI {reference.doi} runs through consecutive digits, as invented ones do.",
            "Check it at the resolver.",
        )
    if reference.year and newest and reference.year > newest + MOST_YEARS_AHEAD:
        yield False, f"it is dated {reference.year}, and nothing else in this work after {newest}.", "Check the year."
    doubled = [a for a, n in Counter(normalise(a) for a in reference.authors).items() if n > 1 and len(a) > 5]
    if doubled:
        yield False, f"the author “{doubled[0]}” is listed twice.", "Compare the author list with the publication."


def _arxiv_problems(arxiv: str, reference: Reference) -> Iterator[tuple[bool, str, str]]:
    match = _ARXIV_NEW.match(arxiv)
    if match is None:
        if not _ARXIV_OLD.match(arxiv):
            yield False, f"“{arxiv}” is not a well-formed arXiv identifier.", "Copy the identifier from arXiv."
        return
    month, number, year = int(match["mm"]), match["number"], 2000 + int(match["yy"])
    wrong_length = (len(number) == 5) != (year >= 2015)
    if (
        not 1 <= month <= 12
        or int(number) == 0
        or year < 2007
        or (wrong_length and int(match["yy"]) < LATEST_ARXIV_YEAR)
    ):
        yield (
            True,
            f"arXiv:{arxiv} cannot exist: its first four digits are a year and a month.",
            "Correct the identifier.",
        )
    elif _sequential(number):
        yield (
            False,
            f"arXiv:{arxiv} ends in consecutive digits, as invented identifiers do.",
            ("Check that it resolves to this work."),
        )
    elif reference.year and reference.year < year - 1:
        yield (
            False,
            f"it is dated {reference.year}, but arXiv:{arxiv} was assigned in {year}.",
            ("Correct the year or the identifier."),
        )


def _sequential(text: str) -> bool:
    digits = "".join(re.findall(r"\d{5,}", text))
    return len(digits) >= 5 and any(digits in run or digits in run * 2 for run in _RUN_OF_DIGITS)


def _newest_besides(manuscript: Manuscript, reference: Reference) -> int | None:
    """The newest year of the text outside the list and of the other entries: a stand-in for today."""
    spoken = re.findall(r"\b((?:19|20)\d{2})\b", manuscript.text[: manuscript.references_start])
    years = [*map(int, spoken), *(r.year for r in manuscript.references if r.year and r is not reference)]
    return max(years, default=None)


def _twins(manuscript: Manuscript) -> Iterator[Draft]:
    first: dict[str, Reference] = {}
    for reference in manuscript.references:
        key = re.sub(r"\W", "", normalise(reference.title))
        if len(key) < 20:
            continue
        if key in first:
            other = first[key]
            yield Draft(
                claim=f"References {other.index} and {reference.index} are the same work, “{reference.title[:90]}”.",
                severity="note",
                criterion="clarity",
                span=(reference.start, reference.end),
                place=f"reference list, entry {reference.index}",
                fix="Merge the two entries, and keep the published version.",
            )
        first.setdefault(key, reference)


CHECK = Check(
    id="references",
    title="Reference entries are plausible",
    method="Checks the syntax of DOIs and arXiv identifiers, the month and length rules of arXiv numbers, "
    "years, placeholder authors "
    "and texts, runs of consecutive digits, doubled authors and entries printed twice.",
    limits="Does not look anything up: a made-up entry in good form passes here.",
    alarm_rate="1 of 513 real entries of a public set (and that one does list an author twice); finds 38 "
    "of 606 fabricated.",
    examine=examine,
)
