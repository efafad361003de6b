"""Panels measured on exports whose numbers can be worked out by hand."""

import json
from pathlib import Path

import pytest

from aixiv.cli.eval_panel import panel_eval
from aixiv.cli.eval_references import references_eval
from aixiv.domain.errors import Invalid
from review.evals.panel import measure, read_reviews


def export(scores: dict[str, dict[str, int]]) -> bytes:
    """An export as OpenReview writes it: scores by paper and reviewer."""
    reviews = [
        {"forum": paper, "signatures": [f"Venue/Paper/Reviewer_{who}"], "content": {"overall": {"value": score}}}
        for paper, given in scores.items()
        for who, score in given.items()
    ]
    return json.dumps({"reviews": reviews}).encode()


PANEL = {
    "p1": {"Bot1": 1, "Bot2": 4, "Bot3": 2, "anna": 5},
    "p2": {"Bot1": 2, "Bot2": 5, "Bot3": 3, "ben": 4},
    "p3": {"Bot1": 3, "Bot2": 6, "Bot3": 3, "cleo": 3},
    "p4": {"Bot1": 4, "Bot2": 4, "Bot3": 4},
}


def test_means_agreement_and_dispersion_are_those_of_the_scores() -> None:
    result = measure(read_reviews(export(PANEL)))
    assert [(m.reviewer, m.mean) for m in result.members] == [("Bot1", 2.5), ("Bot2", 4.75), ("Bot3", 3.0)]
    assert (result.all_equal.hits, result.wide.hits, result.papers) == (1, 3, 4)
    assert {(c.one, c.other): c.rho for c in result.pairs}["Bot1", "Bot3"] == pytest.approx(0.949, abs=1e-3)


def test_the_panels_mean_is_held_against_everybody_else() -> None:
    mean, *each = measure(read_reviews(export(PANEL))).against_others
    assert (mean.one, mean.rho, mean.n) == ("mean of the panel", -1.0, 3)
    assert [c.one for c in each] == ["Bot1", "Bot2", "Bot3"]


def test_a_tool_of_the_panel_is_no_other_reviewer() -> None:
    scores = {**PANEL, "p4": {**PANEL["p4"], "BotCheck": 1}}
    result = measure(read_reviews(export(scores)))
    assert result.papers == 3
    assert result.against_others[0].n == 3


def test_a_file_that_is_no_export_is_refused_with_the_reason(tmp_path: Path) -> None:
    for text in ("[]", "{}", "no json", json.dumps({"reviews": [{"forum": "p", "content": {}}]})):
        file = tmp_path / "reviews.json"
        file.write_text(text)
        with pytest.raises(Invalid, match="export of reviews"):
            panel_eval(file)


def test_a_file_that_is_not_there_is_refused_with_a_hint(tmp_path: Path) -> None:
    for command in (panel_eval, references_eval):
        with pytest.raises(Invalid, match="There is no file") as refusal:
            command(tmp_path / "absent.json")
        assert refusal.value.hint
