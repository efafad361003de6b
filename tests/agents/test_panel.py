"""The chair's panel: made for one manuscript, bounded, and replaced by the track's own when it makes no sense."""

import asyncio
from collections import Counter

import msgspec
import pytest

from agents.checkpoints import memory_checkpointer
from agents.judges.evidence import EvidenceJudge
from agents.port import ReviewFailed, ReviewRequest
from agents.run import GraphReviewer
from review.policy import Models, Policy, load_policy, recommend
from review.report import CHAIR, Round
from tests.agents.manuscripts import paper
from tests.agents.runs import ProgressLog, request, review, review_once
from tests.agents.scripted_server import (
    PAPER_CRITERIA,
    SPECIALISTS,
    Body,
    Reply,
    Script,
    Server,
    chair_answer,
    honest,
    meta_answer,
    serve,
    shape_of,
)
from tests.agents.test_language_model import judge_at
from tests.review.rounds import CLEAR, ballots, report

TRACK_ROLES = ["evidence", "methods", "clarity"]
WITH_CHAIR = [*TRACK_ROLES, CHAIR]
SEAT = {"title": "Somebody", "focus": "Looks at what nobody sees.", "criteria": ["soundness"]}
NO = {"says": "No.", "quote": ""}
UNUSABLE = {
    "two": chair_answer("one-seat", "another-seat"),
    "six": chair_answer("x", specialists=[SEAT | {"role": f"seat-{n}", "criteria": PAPER_CRITERIA} for n in range(6)]),
    "a criterion made up": chair_answer(
        "x", specialists=[SEAT | {"role": f"seat-{n}", "criteria": ["beauty"]} for n in range(3)]
    ),
    "prose": "I accept this paper.",
}


def with_policy(req: ReviewRequest, **changed: object) -> ReviewRequest:
    policy: Policy = msgspec.structs.replace(req.policy, **changed)
    return msgspec.structs.replace(req, policy=policy)


def chaired_by(answer: str) -> Script:
    return lambda body, n: Reply(answer) if shape_of(body) == "ChairAnswer" else honest(body, n)


def run(script: Script, **changed: object) -> tuple[Round, Server]:
    with serve(script) as server:
        return review_once(judge_at(server), with_policy(request(paper()), **changed)), server


def test_the_chair_makes_reviewers_for_this_manuscript() -> None:
    result, server = run(honest)
    assert result.panel is not None
    assert result.panel.subfields == ("audit logs", "database systems")
    assert result.panel.roles == SPECIALISTS
    assert result.panel.usage.calls == 1
    assert "Specialist in storage-engines" in result.reports[1].disclosure
    prompts = [r["messages"][1]["content"] for r in server.asked("ReviewAnswer")]
    assert sum("Looks at storage-engines and knows" in p for p in prompts) == 1


def test_each_check_finding_is_told_by_one_specialist() -> None:
    with serve(honest) as server:
        result = review_once(judge_at(server), request(paper(limitations="", references="")))
    told = Counter(f.id for r in result.reports for f in r.weaknesses)
    checks = {f.id for c in result.checks for f in c.findings}
    assert checks
    assert {told[name] for name in checks} == {1}


@pytest.mark.parametrize("why", UNUSABLE)
def test_a_panel_that_makes_no_sense_gives_way_to_the_tracks_own(why: str) -> None:
    result, server = run(chaired_by(UNUSABLE[why]))
    assert [r.role for r in result.reports] == WITH_CHAIR
    assert result.panel is not None
    assert "could not be used" in result.panel.note
    assert len(server.asked("ChairAnswer")) == 2


def test_names_that_are_taken_get_a_number_and_what_nobody_answers_for_falls_to_the_first() -> None:
    names = ("storage", "storage", "chair", "p-values", "logs\n")
    seats = [SEAT | {"role": name, "criteria": ["novelty", "clarity"]} for name in names]
    result, server = run(chaired_by(chair_answer("x", specialists=seats)))
    assert result.panel is not None
    assert result.panel.roles == ("storage", "storage-2", "chair-2", "p-values-2", "logs")
    assert [s.criteria for s in result.panel.specialists][:2] == [PAPER_CRITERIA, ("novelty", "clarity")]
    assert len(server.asked("ChairAnswer")) == 1


def test_a_chair_that_stays_away_interrupts_the_run() -> None:
    def away(body: Body, n: int) -> Reply:
        return Reply(status=503) if shape_of(body) == "ChairAnswer" else honest(body, n)

    with pytest.raises(ReviewFailed) as failure:
        run(away)
    assert failure.value.retryable


def test_a_track_may_keep_its_own_roles_and_a_single_reviewer_needs_no_chair() -> None:
    own, server = run(honest, roles_from="policy")
    assert [r.role for r in own.reports] == WITH_CHAIR
    assert server.asked("ChairAnswer") == []
    single, server = run(honest, mode="single")
    assert [r.role for r in single.reports] == TRACK_ROLES[:1]
    assert server.asked("ChairAnswer") == []


def test_without_a_model_the_tracks_roles_review() -> None:
    result = review_once(EvidenceJudge(), request(paper()))
    assert [r.role for r in result.reports] == WITH_CHAIR
    assert result.panel is not None
    assert result.panel.note == ""


def test_a_panel_of_four_is_complete_with_four_reports_only() -> None:
    policy = load_policy("standard")
    votes = ballots("accept", "accept", "accept", "accept", "accept")
    reports = tuple(report(role) for role in SPECIALISTS)
    outcomes = [
        recommend(
            policy,
            screening=CLEAR,
            screening_waived=False,
            reports=reports[:delivered],
            ballots=votes,
            comparison=None,
            round_number=1,
            reviewers=4,
        ).outcome
        for delivered in (3, 4)
    ]
    assert outcomes == ["hold", "accept"]


def test_every_role_may_have_its_own_model() -> None:
    models = Models(chair="large", specialist="medium", voter="small")
    result, server = run(honest, models=models)
    asked = {(shape_of(r), r["model"]) for r in server.requests}
    assert {("ChairAnswer", "large"), ("ReviewAnswer", "medium"), ("VoteAnswer", "small")} <= asked
    assert {r.model for r in result.reports if r.role in SPECIALISTS} == {"medium"}
    assert {b.model for b in result.ballots} == {"small"}


def test_an_interrupted_panel_goes_on_with_the_same_reviewers() -> None:
    async def scenario() -> None:
        away = True

        def moody(body: Body, n: int) -> Reply:
            last = "review as 'measurement'" in body["messages"][1]["content"]
            return Reply(status=503, delay=0.5) if away and last else honest(body, n)

        with serve(moody) as server:
            reviewer = GraphReviewer(judge_at(server), checkpointer=memory_checkpointer())
            log = ProgressLog()
            with pytest.raises(ReviewFailed):
                await review(reviewer, request(paper()), log)
            away = False
            result = await review(reviewer, request(paper()), log)
            assert [r.role for r in result.reports if r.role in SPECIALISTS] == [*SPECIALISTS]
            assert len(server.asked("ChairAnswer")) == 1
            assert log.percents == sorted(log.percents)
            assert log.percents[-1] == 100

    asyncio.run(scenario())


def test_the_chair_puts_the_reports_together_and_keeps_a_disagreement() -> None:
    quote = "We tested one machine, one database and one writer."
    sides = {
        "log-integrity": {"says": "One machine is too few.", "quote": quote},
        "measurement": {"says": "It is said openly.", "quote": "a sentence that nobody wrote in this paper"},
    }

    def chairing(body: Body, n: int) -> Reply:
        invented = "Both like “the forty machines of the second cluster”."
        answer = meta_answer({"about": "the sample", "sides": sides}, agreements=("All trust it.", invented))
        return Reply(answer) if shape_of(body) == "MetaAnswer" else honest(body, n)

    result, server = run(chairing)
    chair = result.reports[-1]
    assert chair.role == CHAIR
    assert "median 8, from 8 to 8" in chair.summary
    assert [(s.role, s.quote) for s in chair.splits[0].sides] == [("log-integrity", quote), ("measurement", "")]
    assert chair.agreements == ("All trust it.",)
    assert len(chair.dropped) == 2
    assert chair.usage.calls == 1
    assert result.recommendation.outcome == "accept"
    (asked,) = server.asked("MetaAnswer")
    assert "Reviewer 'measurement'" in asked["messages"][1]["content"]


@pytest.mark.parametrize(
    "answer",
    ["All is well.", meta_answer({"about": "taste", "sides": dict.fromkeys(["nobody", "logs"], NO)})],
)
def test_words_of_a_chair_that_make_no_sense_leave_the_reports_as_they_stand(answer: str) -> None:
    result, server = run(lambda body, n: Reply(answer) if shape_of(body) == "MetaAnswer" else honest(body, n))
    chair = result.reports[-1]
    assert chair.role == CHAIR
    assert "could not be used" in chair.disclosure
    assert "log-integrity 8" in chair.summary
    assert chair.usage.calls == len(server.asked("MetaAnswer")) == 2
    assert result.recommendation.outcome == "accept"
