"""Identifiers of trial registrations: their form."""

import re

from review.checks.base import Check, Draft, Examined, nothing
from review.manuscript import Kind, Manuscript

# Registry, what its identifiers begin with, and what a whole one looks like.
_REGISTRIES = (
    ("ClinicalTrials.gov", re.compile(r"\bNCT[ -]?\d+"), re.compile(r"^NCT0\d{7}$")),
    ("ISRCTN", re.compile(r"\bISRCTN[ -]?\d+"), re.compile(r"^ISRCTN\d{8}$")),
    ("EudraCT", re.compile(r"\bEudraCT[^\d]{0,20}(\d{4}-\d{4,7}-\d{1,3})"), re.compile(r"^\d{4}-\d{6}-\d{2}$")),
    ("ChiCTR", re.compile(r"\bChiCTR[ -]?(?:[A-Z]{2,4}-)?\d+"), re.compile(r"^ChiCTR(?:-?[A-Z]{2,4}-)?\d{8,10}$")),
    ("PROSPERO", re.compile(r"\bCRD ?\d{5,}"), re.compile(r"^CRD42\d{7,13}$")),
)


def examine(manuscript: Manuscript, _kind: Kind) -> Examined:
    """Compare every registration number with the form its registry uses."""
    drafts: list[Draft] = []
    seen = 0
    for registry, begins, whole in _REGISTRIES:
        for match in begins.finditer(manuscript.text):
            seen += 1
            identifier = (match[1] if begins.groups else match[0]).replace(" ", "")
            if not whole.match(identifier) and not whole.match(identifier.replace("-", "")):
                drafts.append(
                    Draft(
                        claim=f"“{match[0]}” is not a valid {registry} number, so the registration cannot be found.",
                        severity="major",
                        criterion="soundness",
                        span=match.span(),
                        fix="Copy the number from the registry.",
                    )
                )
    if not seen:
        return nothing("No trial registration is given.")
    return Examined(examined=seen, summary=f"{seen} registration numbers read.", drafts=tuple(drafts))


CHECK = Check(
    id="registrations",
    title="Trial registration numbers are well formed",
    method="Compares numbers of ClinicalTrials.gov, ISRCTN, EudraCT, ChiCTR and PROSPERO with the form "
    "each registry uses.",
    limits="Form only; whether the registration exists and fits is not asked.",
    alarm_rate="none by construction.",
    examine=examine,
)
