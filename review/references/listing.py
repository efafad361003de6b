"""A manuscript's whole reference list judged, with whatever is known about the works it names."""

import re
from datetime import UTC, datetime

import msgspec

from review.manuscript import Manuscript, Reference
from review.references.entry import Entry, entry_from_reference
from review.references.examine import HARD, examine
from review.references.keys import doi_key, title_keys
from review.references.known import Known, Notice
from review.references.match import Work, author_overlap
from review.references.reasons import FLAGGED_FROM, Reason, ReferenceVerdict, weigh
from review.references.titles import PLACEHOLDERS
from review.report import CitedWork, Grounding

MOST_YEARS_AHEAD = 8  # of everything else that is dated; lists of old works with one new entry are not rare
_PLACEHOLDER = re.compile(
    rf"\b(?:{PLACEHOLDERS})\b"
    r"|10\.xxxx|\?\?\?|\b10\.1234/|arXiv:\s?(?:XXXX|0000)\.",
    re.IGNORECASE,
)
# Signs that come as easily from a line of print taken apart wrongly as from the author.
_OF_FORM = frozenset({"author_commas", "author_text", "broken_title", "et_al_author", "incomplete", "venue_in_title"})


def ground(manuscript: Manuscript, known: Known | None = None) -> Grounding:
    """Judge every entry. Without `known` only what comes with the code is consulted."""
    known = known or Known()
    return Grounding(
        references=tuple(_cited(manuscript, reference, known) for reference in manuscript.references),
        overlaps=known.overlaps,
        retraction_list=known.retraction_list,
        sources=known.sources,
        silent=known.silent,
    )


def _cited(manuscript: Manuscript, reference: Reference, known: Known) -> CitedWork:
    entry = entry_from_reference(reference)
    works = known.works.get(reference.index, ())
    now = known.now or _stand_in(manuscript, reference)
    verdict = as_printed(examine(entry, index=lambda _: works, now=now), entry)
    return CitedWork(
        index=reference.index,
        verdict=verdict.verdict,
        kind=verdict.kind,
        reasons=tuple(r.text for r in verdict.reasons if r.weight >= FLAGGED_FROM),
        match=verdict.match,
        retraction=_retraction(entry, known.notices.get(reference.index, ())),
    )


def as_printed(verdict: ReferenceVerdict, entry: Entry) -> ReferenceVerdict:
    """The verdict on an entry that was read from print: signs of form count for nothing, unfilled text for much."""
    reasons = [r for r in verdict.reasons if r.code not in _OF_FORM]
    if _PLACEHOLDER.search(entry.raw):
        text = "The entry contains a placeholder that was never filled in."
        reasons.insert(0, Reason("placeholder", text, 0.95, "fabricated_suspect"))
    if len(reasons) == len(verdict.reasons):
        return verdict
    score = weigh(tuple(reasons))
    hard = any(r.weight >= HARD for r in reasons)
    left = "verified" if verdict.verdict == "verified" else "could_not_verify"
    worst = max(reasons, key=lambda r: r.weight).kind if score >= FLAGGED_FROM else "ok"
    return msgspec.structs.replace(
        verdict,
        verdict="contradicted" if hard else left,
        kind="mis_cited" if verdict.match and worst == "fabricated_suspect" else worst,
        reasons=tuple(reasons),
        score=score,
    )


def _retraction(entry: Entry, notices: tuple[Notice, ...]) -> str:
    """What a list says about the entry's work: the same DOI, or the same title and an author of it."""
    for notice in notices:
        by_doi = bool(entry.doi) and doi_key(entry.doi) == notice.doi
        same = title_keys(entry.title).whole == title_keys(notice.title).whole
        work = Work(title=notice.title, families=notice.families)
        if by_doi or (same and not (entry.doi and notice.doi) and author_overlap(entry, work)):
            return _told(notice)
    return ""


def _told(notice: Notice) -> str:
    on = f" on {notice.retracted_on}" if notice.retracted_on else ""
    why = f", for: {notice.reason}" if notice.reason else ""
    where = f" (notice: {notice.notice_doi})" if notice.notice_doi else ""
    return f"{notice.nature or 'Retraction'}{on}{why}{where}."


def _stand_in(manuscript: Manuscript, reference: Reference) -> datetime:
    """A day no entry should be after, told by the newest year of the text and of the other entries."""
    spoken = re.findall(r"\b((?:19|20)\d{2})\b", manuscript.text[: manuscript.references_start])
    years = [*map(int, spoken), *(r.year for r in manuscript.references if r.year and r is not reference)]
    return datetime(max(years, default=2100 - MOST_YEARS_AHEAD) + MOST_YEARS_AHEAD, 9, 30, tzinfo=UTC)
