"""Wording that the manuscript shares with other works of this platform."""

from review.checks.base import Check, Draft, Examined, unclear
from review.manuscript import Kind, Manuscript
from review.overlap import NEAR_DUPLICATE
from review.report import Grounding


def check(grounding: Grounding | None) -> Check:
    """The check over what grounding found in the corpus. Only published works are named here."""

    def examine(_manuscript: Manuscript, _kind: Kind) -> Examined:
        if grounding is None or grounding.overlaps is None:
            return unclear("The text was not compared with other works.")
        published = [o for o in grounding.overlaps if o.ref]
        return Examined(
            examined=1,
            summary=f"{len(published)} published work{'' if len(published) == 1 else 's'} share wording with this one.",
            drafts=tuple(
                Draft(
                    claim=f"{o.share:.0%} of the wording is also in “{o.title}” ({o.ref}), as in this passage.",
                    severity="major" if o.share >= NEAR_DUPLICATE else "minor",
                    criterion="novelty",
                    span=(o.start, o.end),
                    fix="Say what is new beyond that work, and quote or reword what was taken over.",
                )
                for o in published
            ),
        )

    return Check(
        id="overlap",
        title="The text is no near-duplicate of a published work",
        method="Samples one in sixteen of the eight-word runs outside the reference list and counts how many of them "
        "each published work of this platform contains; from a fifth on the work is named, from half on it is a near-"
        "duplicate.",
        limits="Sees this platform's works only, and no paraphrase. Texts of under 400 words are not compared.",
        alarm_rate="by construction none without shared wording; text books' set phrases stay far below a fifth.",
        examine=examine,
    )
