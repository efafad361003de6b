"""What `aixiv doctor` says, from real services and from their absence."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from pydantic import SecretStr

from aixiv.settings import Settings
from aixiv.supervisor.doctor import Line, examine
from aixiv.supervisor.models import judge_lines, why_no_model
from inference.serve import Options
from tests.inference.api.live import serving

pytestmark = pytest.mark.anyio
KEY = "sk-secret"


class ModelServer(BaseHTTPRequestHandler):
    """A third party's server: lists one model to whoever has the key."""

    def do_GET(self) -> None:
        allowed = self.headers.get("Authorization") == f"Bearer {KEY}"
        self.send_response(200 if allowed and self.path == "/v1/models" else 401)
        self.end_headers()
        self.wfile.write(json.dumps({"data": [{"id": "qwen3"}, {"id": "vectors", "task": "embedding"}]}).encode())

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def model_server() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), ModelServer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    thread.join()
    server.server_close()


async def facts(settings: Settings, **changes: object) -> dict[str, Line]:
    return {line.part: line for line in await examine(settings.model_copy(update=changes))}


async def test_a_working_platform_needs_nothing(settings: Settings) -> None:
    found = await facts(settings)
    assert {found[part].state for part in ("database", "pgvector", "schema", "objects")} == {"ok"}
    assert found["database"].detail.startswith("PostgreSQL 18")
    assert (found["model"].state, found["judge"].state) == ("off", "ok")
    assert found["judge"].detail.startswith("evidence")


async def test_a_database_without_tables_is_told_what_to_run(settings: Settings, postgres_url: str) -> None:
    found = await facts(settings, database_url=postgres_url)
    assert (found["database"].state, found["schema"].state) == ("ok", "attention")
    assert found["schema"].fix == "run `aixiv db upgrade`"


async def test_what_is_down_names_its_setting_and_no_password(settings: Settings) -> None:
    found = await facts(
        settings,
        database_url="postgresql://me:hunter2@127.0.0.1:9/aixiv",
        s3_endpoint="http://127.0.0.1:9",
        inference_url="http://127.0.0.1:9",
    )
    for part, setting in (("database", "DATABASE_URL"), ("objects", "S3_ENDPOINT"), ("inference", "INFERENCE_URL")):
        assert found[part].state == "down"
        assert f"AIXIV_{setting}" in found[part].fix
    assert "hunter2" not in str(found)


async def test_nothing_set_says_how_to_start(settings: Settings) -> None:
    found = await facts(settings, database_url="", s3_endpoint="", inference_url="")
    assert {found[part].state for part in ("database", "objects", "inference")} == {"down"}
    assert "aixiv up" in found["database"].fix


async def test_the_judge_follows_the_model(settings: Settings, model_server: str) -> None:
    key = SecretStr(KEY)
    good = await facts(settings, llm_base_url=model_server, llm_api_key=key, llm_model="qwen3")
    assert (good["model"].state, good["judge"].state) == ("ok", "ok")
    assert good["judge"].detail.startswith("language-model")
    other = await facts(settings, llm_base_url=model_server, llm_api_key=key, llm_model="gpt")
    assert (other["model"].state, other["judge"].state) == ("down", "down")
    assert "qwen3" in other["model"].detail
    vectors = await facts(settings, llm_base_url=model_server, llm_api_key=key, llm_model="vectors")
    assert (vectors["model"].state, vectors["judge"].state) == ("down", "down")
    assert "writes no texts" in vectors["model"].detail
    wrong = await facts(settings, llm_base_url=model_server, llm_api_key=SecretStr("x"), llm_model="qwen3")
    assert "answered 401" in wrong["model"].detail
    asked = await facts(settings, llm_base_url=model_server, llm_model="gpt", judge="evidence")
    assert asked["judge"].state == "ok"
    assert asked["judge"].detail.startswith("evidence")


@pytest.fixture(scope="module")
def without_model() -> Iterator[str]:
    """Our own service, started with a checkpoint that is not there."""
    with serving(Options(model="/nowhere/at-all", needs_model=False)) as address:
        yield address


async def test_a_checkpoint_that_is_not_loaded_is_said_by_doctor_with_the_reason(
    settings: Settings, without_model: str
) -> None:
    mine = settings.model_copy(update={"model": "/nowhere/at-all", "inference_url": without_model}).with_own_model()
    found = await facts(mine)
    why = "the model /nowhere/at-all could not be loaded: /nowhere/at-all is neither a folder nor a hub id"
    assert (found["inference"].state, found["model"].state, found["judge"].state) == ("attention", "down", "down")
    assert why in found["inference"].detail
    assert found["model"].detail.startswith(f"AIXIV_MODEL: {why}")
    for part in ("inference", "model"):
        assert "set AIXIV_MODEL to" in found[part].fix
        assert "LLM_MODEL" not in found[part].fix


async def test_up_says_that_nothing_reviews_without_the_model_and_what_to_do(
    settings: Settings, without_model: str, model_server: str
) -> None:
    mine = settings.model_copy(update={"model": "/nowhere/at-all", "inference_url": without_model})
    own = mine.with_own_model()
    why = await why_no_model(own)
    assert "could not be loaded: /nowhere/at-all is neither a folder" in why
    said = "\n".join(judge_lines(own, why))
    for part in ("language-model, WHICH CANNOT REVIEW", "held for an editor", why, "Set AIXIV_MODEL", "AIXIV_JUDGE"):
        assert part in said
    evidence = own.model_copy(update={"judge": "evidence"})
    elsewhere = mine.model_copy(update={"llm_base_url": model_server}).with_own_model()
    for other, judge in ((evidence, "evidence"), (elsewhere, model_server)):
        first, *rest = judge_lines(other, await why_no_model(other))
        assert judge in first
        assert "CANNOT" not in first
        assert why in rest[0]
    away = own.model_copy(update={"inference_url": "http://127.0.0.1:9"})
    assert "cannot be reached" in await why_no_model(away)
    assert await why_no_model(settings) == ""
    assert judge_lines(settings, "") == ["judge: evidence"]
