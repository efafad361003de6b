"""The chair's report by rule: every score stays visible, both sides of a split keep their passages."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from review.consolidate import consolidated
from review.policy import recommend
from review.report import CHAIR, Report, Severity
from tests.review.rounds import CLEAR, POLICY, REPORTS, ballots, finding, report

PASSAGE = "every run was repeated five times on one machine"


def chair_of(*reports: Report) -> Report:
    told = consolidated(reports, judge="evidence", model="m", rubric_hash="r", max_spread=4.5)
    assert told is not None
    return told


def test_median_range_and_every_score_are_told() -> None:
    told = chair_of(report("evidence", 3.0, score=2.0), report("methods", 8.0), report("clarity", 7.0))
    assert told.role == CHAIR
    assert told.overall == 7.0
    assert "median 7, from 3 to 8 (evidence 3, methods 8, clarity 7)" in told.summary
    assert told.scores[0].reason == "Median of evidence 2, methods 4, clarity 4; from 2 to 4."


def test_a_split_keeps_both_sides_with_their_passages() -> None:
    objection = finding("evidence.1", quote="one machine only", claim="Too few machines.", source="evidence")
    praise = msgspec.structs.replace(report("methods", 8.0), strengths=("Repeats: “five runs on each machine”",))
    told = chair_of(report("evidence", 3.0, objection, score=2.0), praise)
    assert {s.about for s in told.splits} == {"overall", "soundness"}
    low, high = told.splits[0].sides
    assert (low.role, low.says, low.quote, low.score) == ("evidence", "Too few machines.", "one machine only", 3.0)
    assert (high.role, high.quote, high.score) == ("methods", "five runs on each machine", 8.0)


def object_to(role: str, severity: Severity) -> Report:
    return report(role, 6.0, finding(f"{role}.1", severity, quote=PASSAGE))


def test_two_who_object_to_one_passage_agree_or_weigh_it_differently() -> None:
    agreed = chair_of(object_to("evidence", "minor"), object_to("methods", "minor"))
    assert any(PASSAGE in sentence for sentence in agreed.agreements)
    assert agreed.splits == ()
    differing = chair_of(object_to("evidence", "critical"), object_to("methods", "minor"))
    assert not any(PASSAGE in sentence for sentence in differing.agreements)
    assert [s.role for s in differing.splits[0].sides] == ["evidence", "methods"]


def test_three_changes_the_gravest_first_and_no_finding_told_twice() -> None:
    severities: tuple[Severity, ...] = ("minor", "note", "critical", "major", "minor")
    findings = [
        msgspec.structs.replace(finding(f"numbers.{n}", severity), fix=f"Repair {n}.")
        for n, severity in enumerate(severities)
    ]
    told = chair_of(report("evidence", 6.0, *findings), report("methods"))
    assert told.requested_changes == ("Repair 2. [numbers.2]", "Repair 3. [numbers.3]", "Repair 0. [numbers.0]")
    assert told.weaknesses == ()


def test_one_report_is_nothing_to_consolidate() -> None:
    assert consolidated(REPORTS[:1], judge="evidence", model="m", rubric_hash="r", max_spread=4.5) is None


@given(st.lists(st.floats(1, 10), min_size=3, max_size=3), st.floats(1, 10))
def test_a_chairs_report_changes_no_recommendation(overall: list[float], chair: float) -> None:
    panel = tuple(report(role, score) for role, score in zip(POLICY.roles, overall, strict=True))
    grave = report(CHAIR, chair, finding("numbers.1", "critical"), dropped=("a", "b"))
    told = [
        recommend(
            POLICY,
            screening=CLEAR,
            screening_waived=False,
            reports=reports,
            ballots=ballots("accept", "accept", "accept", "accept", "revise"),
            comparison=None,
            round_number=1,
        )
        for reports in (panel, (*panel, grave), (*panel[:2], grave))
    ]
    assert told[0] == told[1]
    assert told[2].outcome == "hold"
