"""References to works that a list of retractions names."""

from review.checks.base import Check, Draft, Examined, nothing, unclear
from review.manuscript import Kind, Manuscript, Reference
from review.report import CitedWork, Grounding


def check(grounding: Grounding | None) -> Check:
    """The check over what grounding found in the configured list."""

    def examine(manuscript: Manuscript, _kind: Kind) -> Examined:
        if not manuscript.references:
            return nothing("There is no reference list.")
        if grounding is None or not grounding.retraction_list:
            return unclear("No list of retractions is set up here, so nothing was compared.")
        entries = {r.index: r for r in manuscript.references}
        aware = "retract" in manuscript.text[: manuscript.references_start].lower()
        drafts = [
            _draft(cited, entries[cited.index], aware=aware) for cited in grounding.references if cited.retraction
        ]
        return Examined(
            examined=len(entries),
            summary=f"{len(entries)} entries compared with the list, {len(drafts)} under a notice.",
            drafts=tuple(drafts),
        )

    return Check(
        id="retractions",
        title="No cited work was retracted",
        method="Looks up every entry in the imported list of retractions: by DOI, or by title where an author agrees "
        "and one side has no DOI.",
        limits="Knows the list only as of its import. A text that itself speaks of retractions gets a note only.",
        alarm_rate="none on DOIs by construction; titles need an author in common.",
        examine=examine,
    )


def _draft(cited: CitedWork, reference: Reference, *, aware: bool) -> Draft:
    retracted = cited.retraction.startswith("Retraction")
    return Draft(
        claim=f"Reference {cited.index}: {'a retracted work is cited' if retracted else 'the work is under a notice'}. "
        f"{cited.retraction}",
        severity="note" if aware else "major" if retracted else "minor",
        criterion="soundness",
        span=(reference.start, reference.end),
        place=f"reference list, entry {cited.index}",
        fix="Say in the text what became of the work, or do without it.",
    )
