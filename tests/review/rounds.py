"""Small values for tests of the pure rules."""

from review.policy import load_policy
from review.report import (
    Ballot,
    CriterionScore,
    Finding,
    PairwiseOpinion,
    Report,
    Screening,
    Severity,
    Vote,
)

POLICY = load_policy("standard")
CLEAR = Screening(verdict="clear", score=0.0, reason="nothing found")
SEATS = tuple(v.name for v in POLICY.voters)


def finding(
    name: str = "numbers.1", severity: Severity = "major", *, quote: str = "", claim: str = "", source: str = ""
) -> Finding:
    return Finding(
        id=name,
        claim=claim or f"Something is wrong with {name}.",
        severity=severity,
        criterion="soundness",
        source=source or name.split(".", maxsplit=1)[0],
        quote=quote,
        fix="Repair it.",
    )


def report(
    role: str, overall: float = 7.0, *findings: Finding, dropped: tuple[str, ...] = (), score: float = 4.0
) -> Report:
    return Report(
        role=role,
        judge="evidence",
        model="m",
        prompt_hash="",
        rubric_hash="r",
        summary="s",
        strengths=(),
        weaknesses=findings,
        questions=(),
        requested_changes=(),
        scores=(CriterionScore(criterion="soundness", score=score, reason="because"),),
        overall=overall,
        confidence=2.0,
        dropped=dropped,
    )


REPORTS = (report("evidence"), report("methods"), report("clarity"))


def ballots(*votes: Vote | None) -> tuple[Ballot, ...]:
    """One ballot per seat; None is an invalid one."""
    return tuple(
        Ballot(voter=seat, model="m", vote=vote, reason="a reason", valid=vote is not None)
        for seat, vote in zip(SEATS, votes, strict=False)
    )


def opinions(*preferred: str) -> tuple[PairwiseOpinion, ...]:
    looks = [("old_first", False), ("old_first", True), ("new_first", False), ("new_first", True)]
    return tuple(
        PairwiseOpinion(order=order, letter=letter, preferred=p, reason="seen")  # type: ignore[arg-type]
        for (order, letter), p in zip(looks, preferred, strict=True)
    )
