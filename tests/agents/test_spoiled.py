"""A spoiled work scores lower than the work, also where the work is poor already; and no report invents a passage."""

from functools import cache
from pathlib import Path
from random import Random

import pytest

from agents.judges.evidence import EvidenceJudge
from aixiv.text.parse import parse_file
from review.evals.spoiled import SPOILS
from review.manuscript import Manuscript
from review.quotes import normalise
from review.report import CHAIR, Round
from tests.agents.manuscripts import section
from tests.agents.manuscripts import work as short_work
from tests.agents.runs import request, review_once

EXAMPLES = Path(__file__).parents[2] / "examples"
POOR = "poor"


@cache
def work(name: str) -> Manuscript:
    """A bundled paper, or one of our own with grave findings in it."""
    if name == POOR:
        wrong = section("paper", "Abstract").replace("a loss of 8.0%", "a loss of 28.0%")
        return short_work("paper", abstract=wrong, method="", data="")
    path = EXAMPLES / "paper" / name / "paper.pdf"
    return parse_file(path, filename=path.name, max_bytes=2**22, max_pages=20).manuscript


@cache
def reviewed(name: str) -> Round:
    """The round of the unspoiled work."""
    return review_once(EvidenceJudge(), request(work(name)))


def spoiled(name: str, spoil: str) -> Round:
    """The round of a spoiled copy."""
    return review_once(EvidenceJudge(), request(SPOILS[spoil](work(name), Random(1))))


def overall(result: Round) -> dict[str, float]:
    """Overall score by reviewer, the chair's among them."""
    return {r.role: r.overall for r in result.reports}


@pytest.mark.parametrize("spoil", ["citations removed", "limitations cut", "wiped, removed, cut"])
@pytest.mark.parametrize("name", ["v2", POOR])
def test_what_was_taken_out_of_a_work_lowers_every_score(name: str, spoil: str) -> None:
    before, after = overall(reviewed(name)), overall(spoiled(name, spoil))
    assert after.keys() == before.keys()
    assert all(after[role] < before[role] for role in before), (before, after)


def test_a_results_table_without_numbers_lowers_every_score_and_is_named() -> None:
    before, wiped = reviewed("v2"), spoiled("v2", "tables wiped")
    assert all(overall(wiped)[role] < score for role, score in overall(before).items())
    assert "completeness.results" in {f.id for r in wiped.reports for f in r.weaknesses}


@pytest.mark.parametrize("name", ["v1", "v2", POOR])
def test_every_weakness_names_a_place_and_quotes_what_is_there(name: str) -> None:
    findings = [f for r in reviewed(name).reports for f in r.weaknesses]
    assert findings or name == "v2"
    text = normalise(work(name).text)
    assert all(normalise(f.quote) in text for f in findings if f.quote)
    assert all(f.place or f.locator for f in findings)


def test_reports_on_different_works_differ() -> None:
    told = {
        (r.role, r.summary, r.strengths, tuple(f.claim for f in r.weaknesses))
        for name in ("v1", "v2", POOR)
        for r in reviewed(name).reports
        if r.role != CHAIR
    }
    assert len(told) == 9
