"""Novelty is judged beside named works, and wording beside other texts."""

import random

import pytest
from msgspec.structs import replace

from review.manuscript import Manuscript, Reference
from review.overlap import NEAR_DUPLICATE, shared, sketch
from review.report import Finding, RelatedWork
from review.verification import checked_report
from tests.agents.manuscripts import paper
from tests.fixtures.works import report

WORK = paper()
NEAR = (RelatedWork(title="Ledgers by Quill", ref="aixiv:2611.00007", similarity=0.8, year=2020),)


@pytest.mark.parametrize(
    ("claim", "severity"),
    [
        ("This has been done many times.", "note"),
        ("This has been done in aixiv:2611.00007.", "major"),
        ("“Ledgers by Quill” did this.", "major"),
        ("The same is done in [1].", "major"),
    ],
)
def test_a_weakness_of_novelty_names_what_it_compares_with(claim: str, severity: str) -> None:
    weakness = Finding(
        id="methods.1",
        claim=claim,
        severity="major",
        criterion="novelty",
        source="methods",
        quote="We tested one machine, one database and one writer.",
    )
    delivered = replace(report("methods"), weaknesses=(weakness,))
    (kept,) = checked_report(delivered, WORK, related=NEAR).weaknesses
    assert kept.severity == severity
    (free,) = checked_report(delivered, WORK).weaknesses  # with nothing found there is nothing to name
    assert free.severity == ("note" if "aixiv:" in claim else "major")


def work(*parts: str, references: str = "") -> Manuscript:
    text = " ".join(parts)
    listed = Reference(index=1, raw=references, start=len(text) + 1, end=len(text) + 1 + len(references))
    return Manuscript(
        source="markdown",
        title="A work",
        abstract="",
        text=f"{text} {references}",
        references=(listed,) if references else (),
    )


def words(seed: int, many: int = 1500) -> str:
    chance = random.Random(seed)
    return " ".join("".join(chance.choices("abcdefgh", k=4)) for _ in range(many))


def test_the_share_of_common_wording_is_estimated_from_the_sample() -> None:
    own, half, none = words(1), words(1)[: len(words(1)) // 2], words(2)
    assert shared(sketch(work(own)), sketch(work(own.upper().replace(" ", "\n"))).places)[0] == 1.0
    share, (start, end) = shared(sketch(work(own)), sketch(work(none, half)).places)
    assert share == pytest.approx(0.5, abs=0.15)
    assert own[start:end] in half
    assert shared(sketch(work(own)), sketch(work(none)).places)[0] == 0.0
    assert not sketch(work(words(3, 100))).telling


def test_a_common_reference_list_is_no_common_wording() -> None:
    one, two = (work(words(seed), references=words(9, 4000)) for seed in (4, 5))
    assert shared(sketch(one), sketch(two).places)[0] < NEAR_DUPLICATE / 10
