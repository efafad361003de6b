"""The review loop through our own inference service and a model that says nothing but noise in the right shape."""

import json
from pathlib import Path

import pytest

from aixiv.deps import Deps
from aixiv.settings import Settings
from aixiv.usecases.submit import submit_paper
from inference.serve import Options
from inference.tools.random_checkpoint import SIZES, write
from tests.e2e.running import eventually
from tests.e2e.test_kill import one, status_of, worker
from tests.fixtures.people import person
from tests.fixtures.works import metadata, upload
from tests.inference.api.live import serving

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(600)]
ROUND_SECONDS = 500
TEXT = """# Settling of quartz grains in still water

## Abstract

We dropped 240 quartz grains into a column of still water and timed their fall. Larger grains fell faster, as Stokes'
law says, up to a diameter of 0.1 mm. Above it the drag grew more quickly than the law allows.

## Methods

The column is 1.2 m high and 20 cm wide. Each grain was photographed beside a scale, and its diameter was read from the
picture by two persons. The temperature of the water was 20 degrees throughout.

## Results

Grains of 0.05 mm fell at 2.2 mm per second, grains of 0.1 mm at 8.1 mm per second, and grains of 0.4 mm at 52 mm per
second. The two readings of a diameter differed by 3 percent on average.

## Limitations

Only one mineral was used, and the water was still. Grains that touched the wall were left out.
"""
IN_WORK = ("submitted", "under_review")


async def test_noise_in_the_right_shape_ends_held(deps: Deps, settings: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "noise"
    write(folder, SIZES["tiny-qwen3"], dtype="float32", changes={"max_position_embeddings": 65536})
    owner = await person(deps)
    done = await submit_paper(deps, owner, metadata(), upload(tmp_path, TEXT))
    with serving(Options(model=str(folder), device="cpu", kv_memory=512 * 2**20)) as address:
        running = settings.model_copy(update={"model": str(folder), "inference_url": address}).with_own_model()
        assert (running.judge_in_use, running.llm_model) == ("language-model", "noise")
        log = tmp_path / "worker.log"
        with worker(running, log):
            ended = eventually(lambda: status_of(settings, done.version_id) not in IN_WORK, ROUND_SECONDS)
            assert ended, log.read_text()
    assert status_of(settings, done.version_id) == "held", log.read_text()
    (round_,) = one(settings, "SELECT json_build_object('outcome', outcome, 'usage', usage)::text FROM runs")
    known = json.loads(str(round_))
    assert known["usage"]["cached_tokens"] > known["usage"]["prompt_tokens"] / 2, "no shared manuscript"
    assert known["outcome"]["valid_ballots"] > 0, "no vote had the right shape"
    assert known["outcome"]["outcome"] == "hold"
    (told,) = one(settings, "SELECT json_agg(body)::text FROM reports")
    reports = [body for body in json.loads(str(told)) if body["judge"] == "language-model"]
    own = [f for body in reports for f in body["weaknesses"] if f["source"] == body["role"]]
    assert len(reports) >= 3, "a reviewer's answer could not be read"
    thrown_out = sum(len(body["dropped"]) + len(body["demoted"]) for body in reports)
    rests_on_nothing = any("Nothing that any reviewer says" in reason for reason in known["outcome"]["reasons"])
    assert thrown_out or rests_on_nothing, "no quote was looked up"
    assert all(f.get("locator") for f in own if f.get("quote")), "a quote of noise passed for one of the text"
