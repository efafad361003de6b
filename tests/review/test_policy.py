"""From a round to a recommendation: what accepts, what does not, and that every doubt ends in `hold`."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from review.policy import Policy, load_policy, policy_names, recommend
from review.report import Adjudication, Argument, Ballot, Comparison, Outcome, Recommendation, Report, Screening, Vote
from tests.review.rounds import CLEAR, POLICY, REPORTS, ballots, finding, opinions, report

ACCEPTED = ballots("accept", "accept", "accept", "revise", "revise")
VOTES = st.sampled_from(["accept", "revise", "reject", None])


def decide(
    *,
    policy: Policy = POLICY,
    screening: Screening = CLEAR,
    waived: bool = False,
    reports: tuple[Report, ...] = REPORTS,
    votes: tuple[Ballot, ...] = ACCEPTED,
    comparison: Comparison | None = None,
    round_number: int = 1,
    adjudication: Adjudication | None = None,
) -> Recommendation:
    return recommend(
        policy,
        screening=screening,
        screening_waived=waived,
        reports=reports,
        ballots=votes,
        comparison=comparison,
        round_number=round_number,
        adjudication=adjudication,
    )


@pytest.mark.parametrize(
    ("votes", "round_number", "outcome"),
    [
        (("accept", "accept", "accept", "reject", "revise"), 1, "accept"),
        (("accept", "accept", "accept", "reject", "reject"), 1, "hold"),
        (("accept", "accept", "accept", "reject", None), 1, "hold"),
        (("accept", "accept", "accept", "accept", "reject"), 1, "accept"),
        (("accept", "accept", "revise", "revise", "revise"), 1, "revise"),
        (("reject", "reject", "reject", "accept", "accept"), 1, "reject"),
        (("accept", "accept", "revise", "revise", "revise"), 3, "reject"),
        (("accept", "accept", "accept", "revise", "revise"), 3, "accept"),
        (("accept", "accept", "accept", "accept", None), 1, "accept"),
        (("accept", "accept", "accept", None, None), 1, "hold"),
        ((None, None, None, None, None), 1, "hold"),
        (("accept", "accept", "accept"), 1, "hold"),
    ],
)
def test_votes_decide(votes: tuple[Vote | None, ...], round_number: int, outcome: Outcome) -> None:
    assert decide(votes=ballots(*votes), round_number=round_number).outcome == outcome


def test_a_tally_is_told() -> None:
    accepted = decide()
    assert (accepted.accepts, accepted.valid_ballots) == (3, 5)
    assert accepted.reasons == ("3 of 5 valid ballots accept; 3 are needed.",)


def test_an_invalid_ballot_that_says_accept_counts_for_nothing() -> None:
    forged = tuple(msgspec.structs.replace(b, valid=False) if b.voter == "soundness" else b for b in ACCEPTED)
    assert decide(votes=forged).outcome == "revise"


@pytest.mark.parametrize("verdict", ["suspicious", "attack", "unreadable"])
def test_a_screen_that_is_not_clear_holds_until_an_editor_waives_it(verdict: str) -> None:
    seen = msgspec.structs.replace(CLEAR, verdict=verdict, reason="white text on page 3")
    held = decide(screening=seen)
    assert held.outcome == "hold"
    assert held.reasons == (f"The screen says {verdict}: white text on page 3",)
    assert decide(screening=seen, waived=True).outcome == "accept"


def test_an_absent_reviewer_holds() -> None:
    assert "2 of 3 reviewers" in decide(reports=REPORTS[:2]).reasons[0]
    assert decide(reports=REPORTS[:2]).outcome == "hold"
    assert decide(reports=()).outcome == "hold"
    single = msgspec.structs.replace(POLICY, mode="single")
    assert decide(policy=single, reports=REPORTS[:1]).outcome == "accept"


def test_wide_dispersion_holds_instead_of_being_averaged() -> None:
    torn = (report("evidence", 2.0), report("methods", 9.0), report("clarity", 8.0))
    held = decide(reports=torn)
    assert held.outcome == "hold"
    assert "span 7.0 points" in held.reasons[0]


def split_by(found: str, *, supported: bool = True) -> Adjudication:
    return Adjudication(
        cause="split",
        champion=Argument(claim="The count is complete.", quote="we counted all twelve"),
        critic=Argument(claim="The heaps are few.", quote="in one garden"),
        resolution="The text supports the critic.",
        finding=found,  # type: ignore[arg-type]  # one of the outcomes
        supported=supported,
    )


SPLIT = ballots("accept", "accept", "accept", "reject", "reject")
DECIDING = msgspec.structs.replace(POLICY, adjudication="decide")


def test_a_contested_round_is_held_with_its_resolution() -> None:
    held = decide(votes=SPLIT, adjudication=split_by("accept"))
    assert held.outcome == "hold"
    assert "3 accept, just enough, 2 reject" in held.reasons[0]
    assert "Against it: The heaps are few. (“in one garden”)" in held.reasons[1]
    assert held.resolution.endswith("Resolution: The text supports the critic.")
    assert decide(adjudication=split_by("reject")).resolution == ""


@pytest.mark.parametrize(
    ("found", "supported", "round_number", "outcome"),
    [
        ("accept", True, 1, "accept"),
        ("accept", False, 1, "hold"),
        ("revise", True, 1, "revise"),
        ("revise", True, 3, "hold"),
        ("reject", True, 1, "hold"),
        ("undecided", True, 1, "hold"),
    ],
)
def test_a_track_may_let_a_supported_resolution_decide(
    found: str, supported: bool, round_number: int, outcome: Outcome
) -> None:
    resolved = split_by(found, supported=supported)
    assert decide(policy=DECIDING, votes=SPLIT, adjudication=resolved, round_number=round_number).outcome == outcome


def test_a_resolution_never_accepts_below_the_threshold_or_beside_a_critical_finding() -> None:
    torn = (report("evidence", 2.0), report("methods", 9.0), report("clarity", 8.0))
    two = ballots("accept", "accept", "revise", "revise", "reject")
    assert decide(policy=DECIDING, reports=torn, votes=two, adjudication=split_by("accept")).outcome == "hold"
    grave = (report("evidence", 2.0, finding("numbers.1", "critical")), *torn[1:])
    assert decide(policy=DECIDING, reports=torn, adjudication=split_by("accept")).outcome == "accept"
    assert decide(policy=DECIDING, reports=grave, adjudication=split_by("accept")).outcome == "hold"


def test_a_critical_finding_beside_accepting_votes_holds_and_otherwise_only_weighs() -> None:
    reports = (report("evidence", 7.0, finding("numbers.1", "critical")), *REPORTS[1:])
    assert decide(reports=reports).outcome == "hold"
    assert decide(reports=reports, votes=ballots("revise", "revise", "revise", "accept", "accept")).outcome == "revise"


def test_votes_that_build_on_invented_quotes_are_held() -> None:
    reports = (report("evidence", 7.0, dropped=("a claim (not in the manuscript)",)), *REPORTS[1:])
    assert decide(reports=reports).outcome == "hold"


def test_an_accepted_version_that_is_worse_than_the_last_is_held() -> None:
    worse = Comparison(verdict="worse", opinions=opinions("old", "old", "old", "old"), resolutions=())
    assert decide(comparison=worse).outcome == "hold"
    assert decide(comparison=msgspec.structs.replace(worse, verdict="tie")).outcome == "accept"


@given(
    votes=st.lists(VOTES, max_size=5),
    overall=st.lists(st.floats(1, 10), max_size=3),
    verdict=st.sampled_from(["clear", "suspicious", "attack", "unreadable"]),
    round_number=st.integers(1, 5),
)
def test_accept_needs_everything_at_once(
    votes: list[Vote | None], overall: list[float], verdict: str, round_number: int
) -> None:
    reports = tuple(report(role, score) for role, score in zip(POLICY.roles, overall, strict=False))
    result = decide(
        screening=msgspec.structs.replace(CLEAR, verdict=verdict),
        reports=reports,
        votes=ballots(*votes),
        round_number=round_number,
    )
    if result.outcome == "accept":
        assert verdict == "clear"
        assert len(reports) == 3
        assert votes.count("accept") >= 3
        assert len([v for v in votes if v]) >= 4
        assert max(overall) - min(overall) <= POLICY.max_spread
    assert result.reasons


@given(votes=st.lists(VOTES, min_size=5, max_size=5), seat=st.integers(0, 4))
def test_losing_a_ballot_never_turns_a_round_into_accept(votes: list[Vote | None], seat: int) -> None:
    before = decide(votes=ballots(*votes)).outcome
    fewer = [*votes[:seat], None, *votes[seat + 1 :]]
    if decide(votes=ballots(*fewer)).outcome == "accept":
        assert before == "accept"


def test_bundled_policies_load_and_an_unknown_one_does_not() -> None:
    assert set(policy_names()) >= {"standard", "editorial"}
    for name in policy_names():
        policy = load_policy(name)
        assert policy.name == name
        assert policy.accept_threshold <= policy.quorum <= len(policy.voters)
    with pytest.raises(KeyError):
        load_policy("no-such-track")


@pytest.mark.parametrize("votes", [("accept",) * 5, ("revise",) * 5, ("reject",) * 5])
def test_a_round_of_reports_that_rest_on_nothing_is_held(votes: tuple[Vote, ...]) -> None:
    noise = tuple(structs.replace(r, judge="language-model", strengths=("blue nine of the",)) for r in REPORTS)
    held = decide(reports=noise, votes=ballots(*votes))
    assert held.outcome == "hold"
    assert "Nothing that any reviewer says" in held.reasons[-1]
    quoting = structs.replace(noise[0], strengths=("It says “the grains fell at 2.2 mm per second”.",))
    weighing = structs.replace(noise[0], weaknesses=(finding("evidence.1", "minor", source=noise[0].role),))
    for rests in (quoting, weighing):
        assert decide(reports=(rests, *noise[1:]), votes=ballots(*votes)).outcome != "hold"
