"""What a round knows of its judges is kept and shown: panel, adjudication, cost, percentiles, drift."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from aixiv.deps import Deps
from aixiv.queries.judges import judge_scores
from aixiv.queries.papers import find_paper
from aixiv.queries.reviews import ballots_of, reports_of, runs_of
from review.evals.drift import measure, table
from review.report import Adjudication, Argument, Panel, Specialist, Usage
from tests.fixtures.deps import Clock, ScriptedReviewer
from tests.fixtures.judges import past_reports
from tests.fixtures.people import person
from tests.fixtures.works import a_round, submit, work_off

pytestmark = pytest.mark.anyio

SEAT = Specialist(role="hashes", title="Hash chain person", focus="Looks at the chain.", criteria=("soundness",))
SPENT = Usage(
    prompt_tokens=900, completion_tokens=100, cached_tokens=500, seconds=2.5, calls=1, cost=0.002, currency="EUR"
)
PANEL = Panel(subfields=("audit logs",), specialists=(SEAT,), note="A note.", model="m", prompt_hash="ab", usage=SPENT)
FURTHER = Adjudication(
    cause="The vote is split.",
    champion=Argument(claim="Well measured.", quote="Writes take 12.5% longer."),
    critic=Argument(claim="Once only.", quote=""),
    resolution="An editor has to.",
    finding="undecided",
    supported=False,
    usage=SPENT,
)


async def test_a_round_is_kept_with_panel_adjudication_and_cost(
    deps: Deps, tmp_path: Path, reviewer: ScriptedReviewer, clock: Clock
) -> None:
    await past_reports(deps, clock, [3.0] * 15 + [7.0] * 4 + [9.0] * 6)
    plain = a_round("hold")
    told = replace(
        plain,
        panel=PANEL,
        adjudication=FURTHER,
        usage=SPENT + SPENT,
        reports=tuple(replace(r, usage=SPENT) for r in plain.reports),
        ballots=tuple(replace(b, usage=SPENT, prompt_hash="cd") for b in plain.ballots),
    )
    reviewer.answers = [told]
    owner = await person(deps)
    first = await submit(deps, owner, tmp_path)
    await work_off(deps)
    async with deps.database.read() as session:
        card = (await find_paper(session, owner, str(first.paper_id)))[0].latest
        (run,) = await runs_of(session, owner, card)
        assert (run.panel, run.adjudication) == (PANEL, FURTHER)
        assert run.usage is not None
        assert (run.usage.cost, run.usage.currency) == (0.004, "EUR")
        reports = await reports_of(session, owner, card)
        assert {r.report.usage for r in reports} == {SPENT}
        standing = reports[0].standing
        assert standing is not None
        assert (standing.compared, standing.overall) == (25, 68.0)  # 15 lower and half of 4 equal ones, of 25
        assert standing.criteria == {"soundness": 76.0}  # a 4.0 beats the 3.5s too
        assert {b.prompt_hash for b in await ballots_of(session, card)} == {"cd"}


async def test_with_few_past_scores_there_is_no_percentile_and_drift_is_measured_when_there_are_enough(
    deps: Deps, tmp_path: Path, reviewer: ScriptedReviewer, clock: Clock
) -> None:
    reviewer.answers = [a_round("hold")]
    owner = await person(deps)
    first = await submit(deps, owner, tmp_path)
    await work_off(deps)
    async with deps.database.read() as session:
        card = (await find_paper(session, owner, str(first.paper_id)))[0].latest
        standing = (await reports_of(session, owner, card))[0].standing
        assert standing is not None
        assert (standing.overall, standing.compared) == (None, 0)
        assert standing.note.startswith("Too few past scores")
    await past_reports(deps, clock, [4.0, 5.0] * 20 + [6.0, 7.0] * 15)
    async with deps.database.read() as session:
        scores = list(await judge_scores(session))
    (drift,) = measure(scores, recent=30)
    assert (drift.earlier, drift.recent, drift.drifted) == (43, 30, True)
    assert drift.shift is not None
    assert drift.low is not None
    assert drift.high is not None
    assert 1.5 < drift.low < drift.shift < drift.high < 2.2
    assert drift.cliffs_delta is not None
    assert drift.cliffs_delta > 0.8
    assert "drifted" in table([drift])
    async with deps.database.read() as session:
        assert len(await judge_scores(session, latest=60)) == 60
    (few,) = measure(scores[:25], recent=30)
    assert few.shift is None
    assert few.note.startswith("Too few scores")
