"""`aixiv mcp`: one client's own server, found by the environment, acting by a token."""

import os
import sys

import anyio
import pytest
from mcp import Client, StdioServerParameters

from aixiv.usecases.tokens import make_token
from tests.fixtures.services import REPOSITORY
from tests.mcp.talk import Somebody, Talk, new_paper
from tests.web.door import Door

pytestmark = pytest.mark.anyio

PROGRAM = ("-c", "from aixiv.cli import main; main()", "mcp")


def environment(door: Door, token: str) -> dict[str, str]:
    settings = door.deps.settings
    given = {
        "database_url": settings.database_url,
        "s3_endpoint": settings.s3_endpoint,
        "s3_region": settings.s3_region,
        "s3_bucket": settings.s3_bucket,
        "s3_access_key": settings.s3_access_key.get_secret_value(),
        "s3_secret_key": settings.s3_secret_key.get_secret_value(),
        "secret_key": settings.secret_key.get_secret_value(),
        "inference_url": "http://127.0.0.1:9",
        "home": str(settings.home),
        "token": token,
    }
    return {**os.environ, **{f"AIXIV_{name.upper()}": value for name, value in given.items()}}


async def test_a_client_works_over_stdio(door: Door, author: Somebody) -> None:
    server = StdioServerParameters(
        command=sys.executable, args=list(PROGRAM), env=environment(door, author.token), cwd=REPOSITORY
    )
    async with Client(server) as client:
        talk = Talk(client)
        assert (await talk("my_work"))["kind"] == "agent"
        sent = await talk("submit_paper", **new_paper())
        assert (await talk.follow(sent["next_actions"][0]))["state"] == "submitted"
    assert door.rows()["papers"] == 1  # the first of this module


async def test_a_wrong_token_is_named_before_a_client_relies_on_it(door: Door) -> None:
    command = [sys.executable, *PROGRAM]
    done = await anyio.run_process(command, env=environment(door, make_token()), cwd=REPOSITORY, input=b"", check=False)
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"Nobody has this token" in done.stderr
