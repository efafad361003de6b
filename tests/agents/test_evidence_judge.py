"""The judge without a model: useful to an author, honest about itself, and hard to please with little."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.judges.evidence import EvidenceJudge
from agents.judges.signals import PAPER, PROPOSAL, seen
from agents.judges.weighing import mean_with_lens, overall, weigh
from agents.port import Predecessor
from review.checks.facts import facts
from review.manuscript import Kind, Manuscript
from review.quotes import find_quote
from review.report import CHAIR, Finding, Report, ResponseLetter, Round
from review.rubric import load_rubric
from tests.agents.manuscripts import paper, proposal, section, work
from tests.agents.runs import request, review_once

KINDS: tuple[Kind, ...] = ("paper", "proposal")


def reviewed(manuscript: Manuscript, kind: Kind = "paper", previous: Predecessor | None = None) -> Round:
    return review_once(EvidenceJudge(), request(manuscript, kind, previous=previous))


def findings_of(result: Round) -> list[Finding]:
    return [f for r in result.reports for f in r.weaknesses]


def mean_overall(result: Round) -> float:
    return sum(r.overall for r in result.reports) / len(result.reports)


@pytest.mark.parametrize("kind", KINDS)
def test_a_complete_short_work_is_accepted(kind: Kind) -> None:
    result = reviewed(work(kind), kind)
    assert result.recommendation.outcome == "accept", [b.reason for b in result.ballots]
    assert not [f for f in findings_of(result) if f.severity in ("critical", "major")]


@pytest.mark.parametrize(
    ("kind", "part"),
    [
        ("paper", "results"),
        ("paper", "limitations"),
        ("paper", "references"),
        ("paper", "method"),
        ("paper", "abstract"),
        ("proposal", "method"),
        ("proposal", "risks"),
        ("proposal", "references"),
    ],
)
def test_a_work_without_a_needed_part_scores_lower_and_is_not_accepted(kind: Kind, part: str) -> None:
    whole, cut = reviewed(work(kind), kind), reviewed(work(kind, **{part: ""}), kind)
    assert cut.recommendation.outcome in ("revise", "reject")
    assert mean_overall(cut) <= mean_overall(whole) - 1.5
    assert cut.recommendation.accepts <= 1
    gaps = [f for f in findings_of(cut) if f.severity in ("critical", "major")]
    assert gaps, "what keeps a work from acceptance is named as a weakness"
    assert all(f.fix for f in gaps)


def test_an_empty_work_scores_at_the_bottom_and_is_rejected() -> None:
    words = ("introduction", "method", "results", "discussion", "limitations", "conclusion", "data", "references")
    result = reviewed(paper(**dict.fromkeys(words, "")))
    assert result.recommendation.outcome != "accept"
    assert mean_overall(result) < 2.5


def test_a_wrong_number_is_shown_with_its_place_and_keeps_the_work_from_acceptance() -> None:
    wrong = section("paper", "Abstract").replace("a loss of 8.0%", "a loss of 28.0%")
    result = reviewed(paper(abstract=wrong))
    assert result.recommendation.outcome == "revise"
    grave = [f for f in findings_of(result) if f.severity in ("critical", "major")]
    assert any("28.0" in f.quote and f.locator and f.locator.section == "Abstract" and f.fix for f in grave)
    assert any("[" in b.reason for b in result.ballots)


def test_reports_are_no_copies_and_tell_each_finding_once() -> None:
    result = reviewed(paper(abstract=section("paper", "Abstract").replace("8.0%", "28.0%"), references=""))
    ids = [f.id for f in findings_of(result)]
    assert len(ids) == len(set(ids)) > 1
    criteria = [s.criterion for r in result.reports[:3] for s in r.scores]
    assert sorted(criteria) == sorted(load_rubric("paper").keys)
    assert len({r.summary for r in result.reports}) == 4


@pytest.mark.parametrize("kind", KINDS)
def test_a_report_says_how_it_was_made_and_quotes_what_is_there(kind: Kind) -> None:
    manuscript = work(kind)
    for report in reviewed(manuscript, kind).reports:
        assert "No language model was used" in report.disclosure
        assert report.confidence <= 3
        assert report.rubric_hash == load_rubric(kind).hash
        assert report.strengths or report.role == CHAIR
        for sentence in (report.summary.split(".", 1)[1], *report.strengths):
            for quote in sentence.split("“")[1:]:
                assert find_quote(manuscript, quote.split("”")[0]) is not None, quote


def test_no_voter_sees_with_anothers_eyes() -> None:
    result = reviewed(paper(data="", limitations=""))
    assert len({b.reason for b in result.ballots}) == 5
    assert all("would change this vote" in b.reason.lower() for b in result.ballots)


def test_a_repaired_version_is_better_and_its_findings_are_resolved() -> None:
    wrong = paper(abstract=section("paper", "Abstract").replace("a loss of 8.0%", "a loss of 28.0%"), limitations="")
    first = reviewed(wrong)
    second = reviewed(paper(), previous=Predecessor(manuscript=wrong, findings=tuple(findings_of(first))))
    assert second.comparison is not None
    assert second.comparison.verdict == "better"
    assert {r.resolution for r in second.comparison.resolutions} == {"resolved"}
    assert second.recommendation.outcome == "accept"


def test_a_spoiled_version_is_worse_and_a_fine_letter_does_not_help() -> None:
    good = reviewed(paper())
    spoiled = paper(results="", limitations="")
    req = msgspec.structs.replace(
        request(spoiled, previous=Predecessor(manuscript=paper(), findings=tuple(findings_of(good)))),
        response=ResponseLetter(text="All comments were addressed; the paper is now much stronger. Please accept."),
    )
    result = review_once(EvidenceJudge(), req)
    assert result.comparison is not None
    assert result.comparison.verdict == "worse"
    assert result.recommendation.outcome != "accept"


def test_a_letter_that_answers_everything_resolves_nothing_in_an_unchanged_work() -> None:
    work_sent_back = paper(abstract=section("paper", "Abstract").replace("a loss of 8.0%", "a loss of 28.0%"), data="")
    found = tuple(findings_of(reviewed(work_sent_back)))
    answers = {f.id: f"Done: {f.fix} The text was rewritten accordingly, with numbers, limits and code." for f in found}
    req = msgspec.structs.replace(
        request(work_sent_back, previous=Predecessor(manuscript=work_sent_back, findings=found)),
        response=ResponseLetter(text="Every point was addressed.", answers=answers),
    )
    result = review_once(EvidenceJudge(), req)
    assert result.comparison is not None
    assert (result.comparison.verdict, result.recommendation.outcome) == ("tie", "revise")
    assert found
    assert {r.resolution for r in result.comparison.resolutions} == {"disputed"}


def test_an_unchanged_version_is_a_tie() -> None:
    result = reviewed(proposal(), "proposal", Predecessor(manuscript=proposal(), findings=()))
    assert result.comparison is not None
    assert result.comparison.verdict == "tie"


def test_one_reviewer_alone_covers_every_criterion() -> None:
    req = request(paper())
    single = msgspec.structs.replace(req, policy=msgspec.structs.replace(req.policy, mode="single"))
    (report,) = review_once(EvidenceJudge(), single).reports
    assert isinstance(report, Report)
    assert {s.criterion for s in report.scores} == set(load_rubric("paper").keys)


FACTS = {kind: facts(work(kind), kind) for kind in KINDS}
FINDING = st.builds(
    Finding,
    id=st.text("abc", min_size=1, max_size=3),
    claim=st.just("Something is wrong."),
    severity=st.sampled_from(["critical", "major", "minor", "note"]),
    criterion=st.sampled_from(["soundness", "novelty", "clarity", "plan", "something else"]),
    source=st.just("a-check"),
)


@settings(max_examples=60)
@given(kind=st.sampled_from(KINDS), findings=st.lists(FINDING, max_size=8), more=FINDING, own=st.integers(0, 4))
def test_a_further_finding_never_raises_a_score(kind: Kind, findings: list[Finding], more: Finding, own: int) -> None:
    rubric = load_rubric(kind)
    before, after = (weigh(FACTS[kind], kind, rubric, f) for f in (findings, [*findings, more]))
    lens = rubric.keys[own]
    assert all(after.criteria[key] <= before.criteria[key] for key in rubric.keys)
    assert mean_with_lens(after, rubric, lens) <= mean_with_lens(before, rubric, lens)
    assert overall(after, rubric, [*findings, more], own=[lens]) <= overall(before, rubric, findings, own=[lens])


@pytest.mark.parametrize("kind", KINDS)
def test_every_signal_speaks_of_a_criterion_and_asks_a_question(kind: Kind) -> None:
    signals = PAPER if kind == "paper" else PROPOSAL
    assert {s.criterion for s in signals} == set(load_rubric(kind).keys)
    assert all(s.ask.endswith(("?", ".")) and s.change.endswith(".") for s in signals)
    assert all(0 <= s.share <= 1 for s in seen(FACTS[kind], kind))
