"""Whoever follows the schema of a question gives an answer that can be read."""

import pytest

from agents.judges.answers import (
    AdjudicationAnswer,
    ChairAnswer,
    CompareAnswer,
    MetaAnswer,
    ReviewAnswer,
    VoteAnswer,
    chair_schema,
    check_panel,
    check_sides,
    covered,
    distinct_roles,
    json_schema,
    meta_schema,
    one_each,
    read,
    review_schema,
)
from agents.judges.screening import ScreenAnswer, SortedPassage
from review.rubric import load_rubric
from tests.inference.constrain.sampled import answer

RUBRIC = load_rubric("paper")
ROLES = ("statistics", "field-work", "ethics", "writing")
SEEDS = range(2)


def noise(schema: dict[str, object], seed: int) -> str:
    """What a model that knows nothing says under this schema."""
    text, ended = answer("json_schema", schema, limit=450, seed=seed)
    assert ended == "stop"
    return text


@pytest.mark.parametrize("seed", SEEDS)
def test_noise_in_the_form_of_a_report_scores_every_criterion(seed: int) -> None:
    said = read(noise(review_schema(RUBRIC)["schema"], seed), ReviewAnswer)
    assert tuple(said.scores) == RUBRIC.keys
    assert {w.criterion for w in said.weaknesses} <= set(RUBRIC.keys)


@pytest.mark.parametrize("seed", SEEDS)
def test_noise_in_the_form_of_a_panel_seats_different_people_for_every_criterion(seed: int) -> None:
    said = read(noise(chair_schema(RUBRIC)["schema"], seed), ChairAnswer)
    check_panel(said, RUBRIC)
    roles = distinct_roles([seat.role for seat in said.specialists], {"chair"})
    assert len(set(roles)) == len(said.specialists) >= 3
    assert set(RUBRIC.keys) == {key for mine in covered([s.criteria for s in said.specialists], RUBRIC) for key in mine}


@pytest.mark.parametrize("seed", SEEDS)
def test_noise_in_the_form_of_a_disagreement_has_two_different_sides(seed: int) -> None:
    said = read(noise(meta_schema(ROLES)["schema"], seed), MetaAnswer)
    check_sides(said, ROLES)
    assert all(len(difference.sides) == 2 for difference in said.disagreements)


def test_noise_in_every_other_form_can_be_read() -> None:
    for shape in (CompareAnswer, VoteAnswer, AdjudicationAnswer):
        read(noise(json_schema(shape)["schema"], 1), shape)
    numbers = [str(n) for n in range(1, 8)]
    schema = json_schema(ScreenAnswer, {"ScreenAnswer.passages": one_each(numbers, SortedPassage)})["schema"]
    assert list(read(noise(schema, 1), ScreenAnswer).passages) == numbers
