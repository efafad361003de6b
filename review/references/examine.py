"""One entry judged: what it says against itself, then what is known about the work it means."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from review.references.dates import date_faults, form_faults, identifier_faults, venue_faults
from review.references.entry import Entry
from review.references.landmarks import landmarks
from review.references.match import Match, Work, differences, elsewhere, find_match, works_of
from review.references.people import author_faults
from review.references.reasons import FLAGGED_FROM, EntryKind, EntryVerdict, Reason, ReferenceVerdict, weigh
from review.references.titles import title_faults

Index = Callable[[Entry], Sequence[Work]]
"""Works of a bibliographic index that may be the entry's."""

HARD = 0.8  # a sign of this weight is a contradiction, not a doubt
_SETTLED_BY_A_MATCH = frozenset(
    {"stock_title", "stock_names", "unknown_venue", "broken_title", "incomplete", "arxiv_wait"}
)
_FAULTS = (author_faults, form_faults, identifier_faults, title_faults, venue_faults)


def examine(entry: Entry, *, index: Index | None = None, now: datetime) -> ReferenceVerdict:
    """Judge one entry offline, against the landmark works that come with the code and `index` where there is one.

    A work that is known is never called fabricated, whatever else is wrong with its entry. `now` says what is future.
    """
    known = index(entry) if index else ()
    match = find_match(entry, works_of(entry, landmarks())) or find_match(entry, known)
    other = elsewhere(entry, (*known, *(landmarks() if entry.arxiv else ()))) if match is None else None
    reasons = tuple(sorted(_reasons(entry, match, other, now), key=lambda r: -r.weight))
    score = weigh(reasons)
    return ReferenceVerdict(
        verdict=_verdict(entry, match, reasons),
        kind=_kind(match, reasons, score),
        reasons=reasons,
        score=score,
        match="" if match is None else match.work.doi or match.work.arxiv or match.work.title,
    )


def _reasons(entry: Entry, match: Match | None, other: Work | None, now: datetime) -> Iterator[Reason]:
    if other:
        yield Reason("known_other", f"Its identifier belongs to “{other.title}”.", 0.95, "mis_cited")
    if match:
        yield from differences(entry, match)
    for faults in (*(find(entry) for find in _FAULTS), date_faults(entry, now)):
        yield from (r for r in faults if not (match and r.code in _SETTLED_BY_A_MATCH))


def _verdict(entry: Entry, match: Match | None, reasons: tuple[Reason, ...]) -> EntryVerdict:
    if any(r.weight >= HARD for r in reasons):
        return "contradicted"
    return "verified" if match and entry.authors and match.work.families else "could_not_verify"


def _kind(match: Match | None, reasons: tuple[Reason, ...], score: float) -> EntryKind:
    if score < FLAGGED_FROM:
        return "ok"
    worst = reasons[0].kind
    return "mis_cited" if match and worst == "fabricated_suspect" else worst
