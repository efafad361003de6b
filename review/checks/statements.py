"""Statements readers expect: limitations always, ethics where people, animals or risky uses are involved."""

import re

from review.checks.base import Check, Draft, Examined, nothing
from review.checks.prose import Span, sentence_at
from review.checks.structure import has_part
from review.manuscript import Kind, Manuscript

_LIMITS = re.compile(
    r"\blimitations?\b|\bthreats to validity\b|\bshortcomings?\b|\bdoes not generali[sz]e\b|\bcaveats?\b"
    r"|\bwe (?:do|did) not (?:test|study|measure|evaluate)\b"
    r"|\bscope of this (?:study|work)\b|\bfailure (?:modes?|cases?)\b",
    re.IGNORECASE,
)
_DONE = (
    r"(?:were|was) (?:\w+ly )?(?:asked|recruited|enrolled|randomi[sz]ed|assigned|allocated|paid|compensated|invited"
    r"|instructed|screened|interviewed|surveyed|treated|examined|scanned|followed|given|shown|tested|aged|blinded"
    r"|anaesthetized|anesthetized|sacrificed|euthani[sz]ed|housed|injected|fed|implanted|exposed|trained|included"
    r"|excluded)"
)
_SUBJECTS = re.compile(
    r"\bhuman (?:participants|subjects|volunteers)\b(?! research)"
    rf"|\b(?:participants|patients|volunteers|respondents|subjects) (?:{_DONE}|gave|signed|completed|received)\b"
    r"|\b(?:recruited|enrolled|interviewed|surveyed) (?:\w+ ){0,3}?(?:participants|volunteers|students|patients|workers"
    r"|adults|children|respondents)\b"
    r"|\b(?:on|via|through|from|using|of) (?-i:Prolific|MTurk|Mechanical Turk)\b"
    rf"|\b(?:mice|rats|macaques|zebrafish|rabbits|pigs) {_DONE}\b",
    re.IGNORECASE,
)
# Played by a program, or denied: nobody took part.
_NOBODY = re.compile(
    r"\b(?:simulat\w+|synthetic|virtual|artificial|hypothetical|fictional|scripted) (?:\w+ )?(?:participants|patients"
    r"|subjects|respondents|users|volunteers|mice)\b"
    r"|\b(?:participants|patients|subjects|respondents|volunteers) (?:are|were) (?:all )?(?:simulated|synthetic"
    r"|language models|models|agents|scripts|programs)\b"
    r"|\b(?:no|without|nor|neither|never|not)\b[^.;]{0,30}\b(?:human|participants|patients|subjects|volunteers)\b",
    re.IGNORECASE,
)
_OF_OTHERS = re.compile(r"\bet al\b|\[\d|\((?:see )?[A-Z]\w+[^)]*\b(?:19|20)\d\d|\b(?:will|would|could|should|may)\b")
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
    subjects = _subjects(manuscript, text, planned=kind == "proposal")
    if subjects and not _APPROVAL.search(text):
        drafts.append(
            Draft(
                claim="People or animals took part, but neither ethics approval nor consent is mentioned.",
                severity="major",
                criterion="soundness",
                span=subjects,
                fix="Name the committee and its decision, say how consent was given, or say why none was needed.",
            )
        )
    return Examined(
        examined=2, summary=f"{2 - len(drafts)} of 2 expected statements are in order.", drafts=tuple(drafts)
    )


def _subjects(manuscript: Manuscript, text: str, *, planned: bool) -> Span | None:
    """The first sentence by which people or animals took part in this work, not in another or in a simulation."""
    for match in _SUBJECTS.finditer(text):
        span = sentence_at(manuscript, match.start())
        said = manuscript.text[slice(*span)]
        cited = any(span[0] <= c.start < span[1] for c in manuscript.citations)
        elsewhere = cited or (_OF_OTHERS.search(said) and not planned)
        if not elsewhere and not _NOBODY.search(said):
            return span
    return None


CHECK = Check(
    id="statements",
    title="Limitations and ethics are addressed",
    method="Looks for a discussion of limitations by heading or wording, and for approval and consent "
    "where the wording shows that "
    "people or animals took part.",
    limits="Published keyword methods miss statements under unusual titles. Sentences that cite, deny or simulate "
    "taking part are left alone.",
    alarm_rate="no finding on the development papers, all of which discuss limitations.",
    examine=examine,
)
