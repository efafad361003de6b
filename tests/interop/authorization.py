"""The official suite's scenarios for authorization servers, against ours: `pytest tests/interop/authorization.py`.

`make interop` runs it; the suite has to be installed. A person's browser opens what the suite prints and allows it.
"""

import asyncio
import os
from pathlib import Path

import httpx2
import pytest

from tests.interop.run import HERE, MODULES, free_port
from tests.oauth.conftest import ada, browser, door, site
from tests.oauth.program import Browser
from tests.oauth.site import Site
from tests.web.door import Door

__all__ = ["ada", "browser", "door", "site"]

pytestmark = pytest.mark.anyio

SECONDS = 90.0


async def test_the_suite_gets_its_tokens(door: Door, site: Site, browser: Browser, tmp_path: Path) -> None:
    port = free_port()
    site.describe(redirect_uris=[f"http://127.0.0.1:{port}/callback"])
    words = ("--url", door.url, "--client-id", site.client_id, "--resource", f"{door.url}/mcp", "--port", str(port))
    env = {**os.environ, "PATH": f"{MODULES / 'node' / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    suite = await asyncio.create_subprocess_exec(
        str(MODULES / ".bin" / "conformance"), "authorization", *words, "-o", str(tmp_path / "found"),
        cwd=HERE, env=env, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    assert suite.stdout is not None
    said = []
    async with asyncio.timeout(SECONDS):
        async for line in suite.stdout:
            said.append(line.decode())
            if said[-1].startswith(f"{door.url}/oauth/authorize?"):
                allowed = await browser.answer(await browser.http.get(said[-1].strip()))
                async with httpx2.AsyncClient() as http:
                    await http.get(allowed.headers["location"])
        status = await suite.wait()
    told = "".join(said)
    assert status == 0, told
    assert "SKIPPED" not in told, told
    print(told)
