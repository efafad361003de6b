"""Whether dates, identifiers and venue agree with each other."""

import re
from collections.abc import Iterator
from datetime import datetime

from review.references.entry import Entry
from review.references.identifiers import (
    ACM_SCANNED_TO,
    ArxivDate,
    Clue,
    arxiv_date,
    clue_of,
    counts_up,
    doi_fault,
    isbn_right,
    orcid_right,
)
from review.references.reasons import Reason
from review.references.venues import Venue, find_venue, venue_of_code

LATEST_POSTING = 6  # months into the following year that a preprint may be posted after its publication
LONGEST_WAIT = 3  # years from a preprint to its conference


def identifier_faults(entry: Entry) -> Iterator[Reason]:
    """Identifiers that cannot exist."""
    if entry.doi and (fault := doi_fault(entry.doi)):
        yield Reason("doi", fault, 0.95, "fabricated_suspect")
    if entry.arxiv:
        if arxiv_date(entry.arxiv) is None:
            text = f"arXiv:{entry.arxiv} cannot exist: its first four digits are a year and a month."
            yield Reason("arxiv", text, 0.95, "fabricated_suspect")
        elif counts_up(entry.arxiv.partition(".")[2], 5):
            text = f"arXiv:{entry.arxiv} ends in consecutive digits, as invented identifiers do."
            yield Reason("arxiv_digits", text, 0.5, "fabricated_suspect")
    elif re.match(r"10\.48550/arxiv\.", entry.doi, re.IGNORECASE) and not doi_fault(entry.doi):
        yield Reason("arxiv", f"The DOI {entry.doi} holds no arXiv identifier.", 0.95, "fabricated_suspect")
    if entry.isbn and not isbn_right(entry.isbn):
        yield Reason("isbn", f"The check digit of ISBN {entry.isbn} is wrong.", 0.5, "mis_cited")
    if entry.orcid and not orcid_right(entry.orcid):
        yield Reason("orcid", f"The check character of ORCID {entry.orcid} is wrong.", 0.5, "malformed")


def date_faults(entry: Entry, now: datetime) -> Iterator[Reason]:
    """Years that cannot be, by themselves or beside the arXiv identifier."""
    if entry.year and entry.year > now.year + (now.month >= 10):
        yield Reason("future", f"It is dated {entry.year}, which is still to come.", 0.95, "mis_cited")
    posted = arxiv_date(entry.arxiv) if entry.arxiv else None
    if posted is None:
        return
    if (posted.year, posted.month) > (now.year, now.month):
        text = f"arXiv:{entry.arxiv} would be assigned in {posted.year}-{posted.month:02}, which is still to come."
        yield Reason("arxiv_future", text, 0.95, "fabricated_suspect")
    if entry.year:
        yield from _posting_faults(entry, entry.year, posted)


def _posting_faults(entry: Entry, year: int, posted: ArxivDate) -> Iterator[Reason]:
    """A preprint long after, or very long before, the publication."""
    if (posted.year - year) * 12 + posted.month - 12 > LATEST_POSTING:
        text = f"It is dated {year}, but arXiv:{entry.arxiv} was assigned in {posted.year}."
        yield Reason("arxiv_year", text, 0.9, "mis_cited")
    venue = find_venue(entry.venue)
    if venue and venue.kind == "conf" and year - posted.year >= LONGEST_WAIT:
        text = f"arXiv:{entry.arxiv} is of {posted.year}, long before {entry.venue} {year}."
        yield Reason("arxiv_wait", text, 0.5, "mis_cited")
    if venue and venue.key == "arxiv" and year != posted.year:
        yield Reason("arxiv_own_year", f"arXiv:{entry.arxiv} is of {posted.year}, not {year}.", 0.3, "mis_cited")


def venue_faults(entry: Entry) -> Iterator[Reason]:
    """A venue that was not held that year, or that the DOI contradicts."""
    venue = find_venue(entry.venue)
    if venue and entry.year and not venue.held_in(entry.year):
        since = f"it exists since {venue.first}" if entry.year < venue.first else "it was not held that year"
        yield Reason("venue_year", f"There was no {entry.venue} {entry.year}: {since}.", 0.9, "mis_cited")
    if re.match(r"10\.\d{4,9}/", entry.doi):
        yield from _doi_faults(entry, venue)
    if venue and venue.kind == "conf" and (posting := _openreview_year(entry)) and entry.year and entry.year > posting:
        text = f"The OpenReview identifier is of a kind given until {posting}, not in {entry.year}."
        yield Reason("openreview_year", text, 0.8, "mis_cited")


def _doi_faults(entry: Entry, venue: Venue | None) -> Iterator[Reason]:
    clue = clue_of(entry.doi)
    meant = venue_of_code(clue.venue) if clue.venue else None
    if meant and meant.key != "arxiv" and entry.venue and _elsewhere(meant, venue, entry.venue):
        yield Reason(
            "doi_venue", f"The DOI {entry.doi} is of {meant.names[0]}, not of {entry.venue}.", 0.9, "mis_cited"
        )
    elif venue and not venue.publishes(entry.doi.partition("/")[0]):
        text = f"{entry.venue} does not publish under the DOI prefix {entry.doi.partition('/')[0]}."
        yield Reason("doi_publisher", text, 0.85, "mis_cited")
    yield from _year_of_doi(entry, clue)


def _elsewhere(meant: Venue, venue: Venue | None, printed: str) -> bool:
    """Whether the DOI's venue and the printed one differ; an unknown printed name must not contain the DOI's."""
    if venue:
        return venue.key != meant.key and venue.key != "arxiv" and {venue.key, meant.key} != {"acl", "findings"}
    return not any(name.lower() in printed.lower() for name in meant.names)


def _year_of_doi(entry: Entry, clue: Clue) -> Iterator[Reason]:
    scanned = entry.doi.startswith("10.1145/") and (entry.year or 0) < ACM_SCANNED_TO
    if clue.years and entry.year and not scanned and not clue.years[0] <= entry.year <= clue.years[1]:
        first, last = clue.years
        span = str(first) if first == last else f"{first} to {last}"
        yield Reason("doi_year", f"The DOI {entry.doi} is of {span}, not of {entry.year}.", 0.85, "mis_cited")


def _openreview_year(entry: Entry) -> int | None:
    """OpenReview's first identifiers (until 2020) began with one of few two-letter codes."""
    match = re.search(r"openreview\.net/(?:forum|pdf)\?id=([\w-]+)", entry.url)
    return 2020 if match and re.match(r"(?:[BHSr][1Jygkxle][\w-]{6,8})$", match[1]) and len(match[1]) <= 10 else None


def form_faults(entry: Entry) -> Iterator[Reason]:
    """Fields that do not belong together, or that nobody could find the work by."""
    numbers = re.fullmatch(r"\s*(\d+)\s*[-–—]+\s*(\d+)\s*", entry.pages)
    if numbers and int(numbers[2]) < int(numbers[1]) and len(numbers[2]) >= len(numbers[1]):
        yield Reason("pages", f"The pages run backwards ({entry.pages}).", 0.5, "mis_cited")
    if entry.journal and entry.booktitle and entry.type in {"article", "inproceedings"}:
        yield Reason("both_venues", "It names both a journal and a conference volume.", 0.3, "malformed")
    if (
        re.fullmatch(r"\d{4,}", entry.volume)
        and not 1800 <= int(entry.volume) <= 2100
        and "arxiv" not in entry.journal.lower()
    ):
        yield Reason("volume", f"Volume {entry.volume} is implausible.", 0.3, "malformed")
    findable = entry.doi or entry.arxiv or entry.url or entry.isbn
    if entry.type in {"inproceedings", "article"} and not entry.venue and not findable:
        text = "It names neither a venue nor any identifier, so nobody can find the work by it."
        yield Reason("incomplete", text, 0.6, "malformed")
