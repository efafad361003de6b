"""Entries of the reference list that known works or their own fields contradict, and entries printed twice."""

import re
from collections.abc import Iterator

from review.checks.base import Check, Draft, Examined, nothing
from review.manuscript import Kind, Manuscript, Reference
from review.quotes import normalise
from review.report import CitedWork, Grounding

SHORTEST_TITLE = 20  # letters; shorter titles are shared by different works
_OWN_WORDS = {
    "fabricated_suspect": "Give the real work, or remove the entry.",
    "mis_cited": "Copy the entry from the publication.",
    "malformed": "Complete the entry.",
}


def check(grounding: Grounding | None) -> Check:
    """The check over what grounding found; None stands for a manuscript that nobody has grounded."""

    def examine(manuscript: Manuscript, _kind: Kind) -> Examined:
        if not manuscript.references:
            return nothing("There is no reference list.")
        judged = grounding.references if grounding else ()
        entries = {r.index: r for r in manuscript.references}
        drafts = [_draft(cited, entries[cited.index]) for cited in judged if cited.kind != "ok"]
        drafts += _twins(manuscript)
        return Examined(examined=len(entries), summary=_summary(judged, len(drafts)), drafts=tuple(drafts))

    return Check(
        id="references",
        title="References are right as far as can be told",
        method="Judges each entry by itself (identifiers, dates, DOI against venue and year, placeholders, invented "
        "author lists and titles), then against the landmark works that come with the platform, the imported "
        "bibliographic index and, where they are allowed, outside indexes. Three verdicts: verified, could not verify, "
        "contradicted. Entries printed twice are named.",
        limits="An entry that nobody could verify is no finding. A known work with a wrong field is mis-cited, never "
        "called fabricated.",
        alarm_rate="at most 5 % of right entries of a public set (docs/evaluation.md); 0 of 37 entries of five papers.",
        examine=examine,
    )


def _draft(cited: CitedWork, reference: Reference) -> Draft:
    serious = cited.kind == "fabricated_suspect" and cited.verdict == "contradicted"
    reasons = " ".join(cited.reasons) or "Several weak signs speak against it together."
    hint = " It may be invented." if cited.kind == "fabricated_suspect" else ""
    return Draft(
        claim=f"Reference {reference.index}: {reasons}{hint}",
        severity="major" if serious else "minor",
        criterion="soundness" if serious else "clarity",
        span=(reference.start, reference.end),
        place=f"reference list, entry {reference.index}",
        fix=_OWN_WORDS[cited.kind],
    )


def _summary(judged: tuple[CitedWork, ...], problems: int) -> str:
    counts = [sum(c.verdict == v for c in judged) for v in ("verified", "could_not_verify", "contradicted")]
    verified, open_, contradicted = counts
    return (
        f"{len(judged)} entries read: {verified} verified, {open_} could not be verified, {contradicted} contradicted; "
        f"{problems} finding{'' if problems == 1 else 's'}."
    )


def _twins(manuscript: Manuscript) -> Iterator[Draft]:
    first: dict[str, Reference] = {}
    for reference in manuscript.references:
        key = re.sub(r"\W", "", normalise(reference.title))
        if len(key) < SHORTEST_TITLE:
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
