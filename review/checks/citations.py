"""Citations and the reference list: every mark has an entry, every entry has a mark."""

import re

from review.checks.base import Check, Draft, Examined, nothing, unclear
from review.checks.prose import prose_spans
from review.manuscript import Kind, Manuscript, Reference
from review.quotes import normalise

MOST_UNRESOLVED = 0.3  # beyond this share of unresolved marks the parser, not the author, is to blame


def examine(manuscript: Manuscript, _kind: Kind) -> Examined:
    """Compare citation marks with entries in both directions."""
    if not manuscript.references:
        return _without_list(manuscript)
    if not manuscript.citations:
        return unclear("No citation mark was recognised in the text.", len(manuscript.references))
    loose = [c for c in manuscript.citations if not c.resolved and not re.fullmatch(r"[\W]*\?+[\W]*", c.text)]
    if len(loose) > MOST_UNRESOLVED * len(manuscript.citations):
        return unclear(
            "Most citation marks could not be matched to entries; the style may be unknown.", len(manuscript.citations)
        )
    cited = {c.target for c in manuscript.citations if c.target is not None}
    body = normalise(" ".join(manuscript.text[s:e] for s, e in prose_spans(manuscript)))
    uncited = [r for r in manuscript.references if r.index not in cited and not _named(r, body)]
    drafts = [
        Draft(
            claim=f"The citation “{' '.join(c.text.split())}” has no entry in the reference list.",
            severity="minor",
            criterion="clarity",
            span=(c.start, c.end),
            fix="Add the entry, or correct the citation.",
        )
        for c in loose
    ]
    if uncited and len(uncited) <= len(manuscript.references) / 2:
        drafts.append(_uncited(uncited))
    return Examined(
        examined=len(manuscript.citations),
        summary=f"{len(manuscript.citations)} citations and {len(manuscript.references)} entries compared; "
        f"{len(loose)} citations without entry, {len(uncited)} entries never cited.",
        drafts=tuple(drafts),
    )


def _without_list(manuscript: Manuscript) -> Examined:
    if manuscript.warnings:
        return unclear("No reference list was recognised; the parser had trouble with this file.")
    if len(manuscript.text) < 3000:
        return nothing("The text is too short to judge its citations.")
    absent = Draft(
        claim="The work has no reference list, so no statement about earlier work can be followed up.",
        severity="major",
        criterion="novelty",
        place="end of the text",
        fix="Cite the work this one builds on and compares with, and list it.",
    )
    return Examined(examined=1, summary="No reference list was found.", drafts=(absent,))


def _named(reference: Reference, body: str) -> bool:
    """Whether an entry's first author and year stand near each other in the text, in whatever style."""
    if not reference.authors or not reference.year:
        return True  # cannot tell, so it is not called uncited
    family = normalise(reference.authors[0]).split(",")[0].split()
    surname = re.escape(family[-1]) if family else ""
    return bool(surname and re.search(rf"\b{surname}\b.{{0,60}}\b{reference.year}", body))


def _uncited(uncited: list[Reference]) -> Draft:
    first = uncited[0]
    names = "; ".join(f"“{(r.title or r.raw)[:80].strip()}”" for r in uncited[:4])
    more = f" and {len(uncited) - 4} more" if len(uncited) > 4 else ""
    count = (
        "One entry of the reference list is"
        if len(uncited) == 1
        else (f"{len(uncited)} entries of the reference list are")
    )
    return Draft(
        claim=f"{count} never cited in the text: {names}{more}.",
        severity="minor" if len(uncited) > 2 else "note",
        criterion="clarity",
        span=(first.start, first.end),
        fix="Cite each entry where it is used, or remove it.",
    )


CHECK = Check(
    id="citations",
    title="Citations and reference list agree",
    method="Matches every citation mark to an entry and every entry to a mark, by number, key, or author and year.",
    limits="Author-year marks in unusual punctuation are not seen; with more than 30% of marks unresolved "
    "the check does not judge.",
    alarm_rate="follows the parser: a misread entry costs one minor finding.",
    examine=examine,
)
