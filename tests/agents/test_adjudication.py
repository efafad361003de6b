"""A split vote gets a further look: quoted on both sides, written down, and no short cut to an accept."""

import msgspec
import pytest

from agents.judges import Material
from agents.judges.evidence import EvidenceJudge
from review.policy import Voter
from review.report import Ballot, Round
from tests.agents.manuscripts import paper
from tests.agents.runs import request, review_once
from tests.agents.scripted_server import Body, Reply, Server, adjudication_answer, honest, serve, shape_of, vote_answer
from tests.agents.test_language_model import judge_at

CHAMPION = "The machine has 2 cores and 8 GiB of memory"
CRITIC = "We tested one machine, one database and one writer."
INVENTED = "we repeated everything on forty other machines"
REJECTING = ("vote as 'reproducibility'", "vote as 'generalist'")


def split(answer: str, *, decides: bool = False, rejecting: tuple[str, ...] = REJECTING) -> tuple[Round, Server]:
    """A round with three accepts and two rejects, and what the adjudicator says of it."""

    def script(body: Body, n: int) -> Reply:
        prompt = body["messages"][1]["content"]
        if shape_of(body) == "AdjudicationAnswer":
            return Reply(answer)
        if shape_of(body) == "VoteAnswer" and any(sign in prompt for sign in rejecting):
            return Reply(vote_answer("reject"))
        return honest(body, n)

    req = request(paper())
    policy = msgspec.structs.replace(req.policy, adjudication="decide" if decides else "hold")
    with serve(script) as server:
        return review_once(judge_at(server), msgspec.structs.replace(req, policy=policy)), server


def test_a_split_vote_is_held_with_both_sides_in_writing() -> None:
    result, server = split(adjudication_answer(CHAMPION, CRITIC))
    told = result.recommendation
    assert told.outcome == "hold"
    assert CHAMPION in told.resolution
    assert CRITIC in told.resolution
    assert told.resolution in told.reasons[-1]
    assert result.usage.calls == len(server.requests)
    (asked,) = server.asked("AdjudicationAnswer")
    assert "Voter 'generalist' votes reject" in asked["messages"][1]["content"]


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (adjudication_answer(CHAMPION, CRITIC), "accept"),
        (adjudication_answer(CHAMPION, CRITIC, "revise"), "revise"),
        (adjudication_answer(INVENTED, CRITIC), "hold"),
        (adjudication_answer(CHAMPION, INVENTED), "hold"),
        (adjudication_answer(CHAMPION, CRITIC, "undecided"), "hold"),
        ("Accept it.", "hold"),
    ],
)
def test_where_a_resolution_may_decide_it_needs_passages_for_both_sides(answer: str, outcome: str) -> None:
    result, _ = split(answer, decides=True)
    assert result.recommendation.outcome == outcome
    assert INVENTED not in result.recommendation.resolution


def test_nobody_is_asked_when_nothing_is_contested() -> None:
    result, server = split(adjudication_answer(CHAMPION, CRITIC, "reject"), decides=True, rejecting=REJECTING[:1])
    assert result.recommendation.outcome == "accept"
    assert result.recommendation.resolution == ""
    assert server.asked("AdjudicationAnswer") == []


class Quarrelling(EvidenceJudge):
    """Two of its voters reject whatever they see."""

    async def vote(self, voter: Voter, material: Material) -> Ballot:
        ballot = await super().vote(voter, material)
        rejects = voter.name in ("reproducibility", "generalist")
        return msgspec.structs.replace(ballot, vote="reject") if rejects else ballot


def test_without_a_model_the_resolution_is_written_from_the_reports_and_an_editor_decides() -> None:
    req = request(paper())
    policy = msgspec.structs.replace(req.policy, adjudication="decide")
    told = review_once(Quarrelling(), msgspec.structs.replace(req, policy=policy)).recommendation
    assert told.outcome == "hold"
    assert told.resolution.startswith("For the work: ")
    assert "an editor has to" in told.resolution
