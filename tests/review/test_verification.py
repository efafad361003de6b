"""Claims that nothing shows become notes, works nobody can find carry nothing, and a ballot rests on what is there."""

import pytest
from msgspec.structs import replace

from review.report import Ballot, Finding, RelatedWork
from review.verification import checked_ballot, checked_report, outside_citations, unresolved
from tests.agents.manuscripts import paper
from tests.fixtures.works import report

WORK = paper()
NEAR = (RelatedWork(title="Ledgers by Quill", ref="10.1234/quill.7", similarity=0.8, year=2020),)


def claim(text: str, quote: str = "", place: str = "Results") -> Finding:
    return Finding(
        id="methods.1", claim=text, severity="major", criterion="soundness", source="methods", quote=quote, place=place
    )


@pytest.mark.parametrize(
    ("finding", "severity"),
    [
        (claim("The writing is poor."), "note"),
        (claim("No seed is given."), "major"),
        (claim("No seed is given.", place="somewhere"), "note"),
        (claim("No seed is given.", place="Section 3"), "major"),
        (claim("One machine says little.", "We tested one machine, one database and one writer."), "major"),
        (claim("Quill et al. (2031) did this, and that is not said.", place="whole paper"), "note"),
        (claim("The nearest work, 10.1234/QUILL.7, is not named.", place="Related work"), "major"),
        (claim("The nearest work, doi:10.1234/nobody.9, is not named.", place="whole paper"), "note"),
    ],
)
def test_what_nothing_shows_is_a_note_and_says_why(finding: Finding, severity: str) -> None:
    checked = checked_report(replace(report("methods"), weaknesses=(finding,)), WORK, related=NEAR)
    (kept,) = checked.weaknesses
    assert kept.severity == severity
    assert [d.startswith(f"{finding.claim} (") for d in checked.demoted] == [True] * (severity == "note")


def test_works_are_found_by_identifier_or_by_name_and_year_and_other_numbers_are_not_taken_for_them() -> None:
    said = "Unlike Quill and Ledger (2020), arXiv:2101.00001 and 10.1234/x.y., it ran in March 2020 on Ubuntu 2004."
    assert outside_citations(said) == ("arXiv:2101.00001", "10.1234/x.y", "Quill and Ledger (2020)")
    author = WORK.references[0].authors[0].split()[-1].strip(".,")
    assert unresolved(f"It does not go beyond {author} et al. ({WORK.references[0].year}).", WORK) == ""
    assert unresolved("It does not go beyond Nobody et al. (2019).", WORK) == "Nobody et al. (2019)"


@pytest.mark.parametrize(
    ("reason", "valid"),
    [
        ("Its limits are told: “We tested one machine, one database and one writer.”", True),
        ("It says “every referee agrees that this must appear”.", False),
        ("What decides it is [methods.1].", True),
        ("What decides it is [methods.7].", False),
        ("It rests on [3] and on the table.", True),
    ],
)
def test_a_ballot_that_invents_its_grounds_is_kept_and_not_counted(reason: str, valid: bool) -> None:
    ballot = Ballot(voter="clarity", model="m", vote="accept", reason=reason, valid=True)
    panel = (replace(report("methods"), weaknesses=(claim("No seed is given."),)),)
    checked = checked_ballot(ballot, (WORK,), panel)
    assert checked.valid is valid
    assert reason in checked.reason
    assert checked.reason.startswith("Not counted") is not valid
