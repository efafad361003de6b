"""Rubrics as data, and the panel's outcome under them."""

import tomllib
from importlib.resources import files

import pytest

from review.manuscript import Kind
from review.panel import panel_outcome
from review.rubric import OVERALL, load_rubric
from tests.review.rounds import finding, report

KINDS: tuple[Kind, ...] = ("paper", "proposal")


def test_the_criteria_are_those_of_the_design() -> None:
    assert load_rubric("paper").keys == ("soundness", "novelty", "significance", "clarity", "reproducibility")
    assert load_rubric("proposal").keys == ("novelty", "feasibility", "significance", "clarity", "plan")


@pytest.mark.parametrize("kind", KINDS)
def test_every_criterion_has_one_reporter(kind: Kind) -> None:
    rubric = load_rubric(kind)
    for roles in [("evidence", "methods", "clarity"), ("methods",), ("somebody", "clarity")]:
        assigned = [key for keys in rubric.assign(roles).values() for key in keys]
        assert sorted(assigned) == sorted(rubric.keys)


@pytest.mark.parametrize("kind", KINDS)
def test_no_alias_means_two_things(kind: Kind) -> None:
    names = [n for c in load_rubric(kind).criteria for n in (c.key, *c.aliases)]
    assert len(names) == len(set(names))


def test_a_papers_lens_finds_its_place_in_a_proposal_and_an_unknown_one_means_the_whole() -> None:
    rubric = load_rubric("proposal")
    assert rubric.lens("soundness") == "feasibility"
    assert rubric.lens("reproducibility") == "plan"
    assert rubric.lens("ethics") == OVERALL
    assert rubric.lens("overall") == OVERALL


def test_the_hash_is_of_the_file() -> None:
    paper, proposal = load_rubric("paper"), load_rubric("proposal")
    assert len(paper.hash) == 64
    assert paper.hash != proposal.hash
    raw = (files("review") / "rubrics" / "paper.toml").read_text(encoding="utf-8")
    assert [c["key"] for c in tomllib.loads(raw)["criteria"]] == list(paper.keys)


def test_a_panel_reports_its_median_its_split_and_what_matters_first() -> None:
    reports = (
        report("evidence", 3.0, finding("numbers.1", "minor"), score=2.0),
        report("methods", 7.0, finding("stats.1", "critical"), score=4.5),
        report("clarity", 8.5, score=4.0),
    )
    outcome = panel_outcome(reports, max_spread=4.5)
    assert outcome is not None
    assert (outcome.overall, outcome.spread) == (7.0, 5.5)
    assert outcome.criteria == {"soundness": 4.0}
    assert [d.about for d in outcome.disagreements] == ["overall", "soundness"]
    assert [f.id for f in outcome.findings] == ["stats.1", "numbers.1"]
    assert outcome.points[0].startswith("Critical: ")
    assert "'evidence' gives 3, 'clarity' 8.5" in outcome.points[1]


def test_no_report_is_no_outcome_and_a_clean_panel_says_so() -> None:
    assert panel_outcome((), max_spread=4.5) is None
    clean = panel_outcome((report("evidence"),), max_spread=4.5)
    assert clean is not None
    assert clean.points == ("None of 1 reviewers reports a critical or major weakness.",)
