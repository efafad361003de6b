"""Whatever the schema and however little room there is: what a model that knows nothing says is valid."""

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.inference.constrain.sampled import answer, least
from tests.inference.constrain.schemas import schemas

PHASES = (Phase.explicit, Phase.reuse, Phase.generate)  # a smaller schema is no clearer, and takes minutes to find
QUIET = (HealthCheck.too_slow, HealthCheck.data_too_large)


def check(schema: dict[str, Any], limit: int, seed: int) -> str:
    text, ended = answer("json_schema", schema, limit=limit, seed=seed)
    if ended == "stop":
        jsonschema.validate(json.loads(text), schema)
    return ended


@settings(max_examples=20, deadline=None, phases=PHASES, suppress_health_check=QUIET)
@given(schemas(), st.sampled_from([400, 700]), st.integers(0, 2**30))
def test_every_finished_answer_validates_and_nearly_all_finish(schema: dict[str, Any], limit: int, seed: int) -> None:
    assert check(schema, limit, seed) == "stop" or 2 * least(schema) > limit


@settings(max_examples=10, deadline=None, phases=PHASES, suppress_health_check=QUIET)
@given(schemas(), st.integers(1, 60), st.integers(0, 2**30))
def test_too_little_room_is_said_and_never_an_invalid_answer(schema: dict[str, Any], limit: int, seed: int) -> None:
    check(schema, limit, seed)


@pytest.mark.slow
@settings(max_examples=1000, deadline=None, phases=PHASES, suppress_health_check=QUIET)
@given(schemas(), st.sampled_from([400, 700, 1200]), st.integers(0, 2**30))
def test_a_thousand_schemas(schema: dict[str, Any], limit: int, seed: int) -> None:
    assert check(schema, limit, seed) == "stop" or 2 * least(schema) > limit
