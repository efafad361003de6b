"""Statements readers expect: limitations always, ethics where people, animals or risky uses are involved."""

import re

from review.checks.base import Check, Draft, Examined, nothing
from review.checks.prose import sentence_at
from review.checks.structure import has_part
from review.manuscript import Kind, Manuscript

_LIMITS = re.compile(
    r"\blimitations?\b|\bthreats to validity\b|\bshortcomings?\b|\bdoes not generali[sz]e\b|\bcaveats?\b"
    r"|\bwe (?:do|did) not (?:test|study|measure|evaluate)\b"
    r"|\bscope of this (?:study|work)\b|\bfailure (?:modes?|cases?)\b",
    re.IGNORECASE,
)
_SUBJECTS = re.compile(
    r"\b(?:human (?:participants|subjects|volunteers)|participants (?:were|gave|signed|completed|received)"
    r"|patients (?:were|received|with)"
    r"|recruited (?:\w+ ){0,3}?(?:participants|volunteers|students|patients|workers)|crowd ?workers|mturk"
    r"|prolific|medical records"
    r"|(?:mice|rats|macaques|zebrafish) (?:were|was))\b",
    re.IGNORECASE,
)
_APPROVAL = re.compile(
    r"\b(?:IRB|institutional review board|ethic(?:s|al) (?:committee|approval|board|review|statement)"
    r"|informed consent|declaration of helsinki"
    r"|IACUC|exempt from review|consent was (?:obtained|given)|gave (?:their )?consent)\b",
    re.IGNORECASE,
)


def examine(manuscript: Manuscript, kind: Kind) -> Examined:
    """Look for limitations, and for approval and consent where living subjects took part."""
    text = manuscript.text[: manuscript.references_start]
    if len(text.split()) < 400:
        return nothing("The text is too short to expect statements.")
    drafts: list[Draft] = []
    if kind == "paper" and not (has_part(manuscript, r"limitation|threats to validity") or _LIMITS.search(text)):
        drafts.append(
            Draft(
                claim="The work does not discuss its limitations: nothing says where the method fails or "
                "was not tried.",
                severity="major",
                criterion="soundness",
                place="before the conclusion",
                fix="Add a section on what was not tested, what may not carry over, and what would change "
                "the conclusion.",
            )
        )
    subjects = _SUBJECTS.search(text)
    if subjects and not _APPROVAL.search(text):
        drafts.append(
            Draft(
                claim="People or animals took part, but neither ethics approval nor consent is mentioned.",
                severity="major",
                criterion="soundness",
                span=sentence_at(manuscript, subjects.start()),
                fix="Name the committee and its decision, say how consent was given, or say why none was needed.",
            )
        )
    return Examined(
        examined=2, summary=f"{2 - len(drafts)} of 2 expected statements are in order.", drafts=tuple(drafts)
    )


CHECK = Check(
    id="statements",
    title="Limitations and ethics are addressed",
    method="Looks for a discussion of limitations by heading or wording, and for approval and consent "
    "where the wording shows that "
    "people or animals took part.",
    limits="Published keyword methods miss statements under unusual titles.",
    alarm_rate="no finding on the development papers, all of which discuss limitations.",
    examine=examine,
)
