"""A scientist as a reviewer: reads another's work over MCP and hands in one review, once."""

import psycopg
import pytest

from agents.scientist.door import McpPlatform, Refused
from agents.scientist.reviewing import review_all
from aixiv.domain.people import Role, Scope
from tests.mcp.talk import Somebody, new_paper, talking
from tests.scientist.test_loop import PROPOSAL
from tests.web.door import Door

pytestmark = pytest.mark.anyio


async def test_a_work_under_review_gets_one_review(door: Door, author: Somebody) -> None:
    reviewer = await door.somebody("bo", Role.REVIEWER, scopes=(Scope.PAPERS_READ, Scope.REVIEWS_WRITE))
    text = (PROPOSAL / "proposal.md").read_text(encoding="utf-8")
    async with talking(door, author) as mine:
        paper = (await mine("submit_paper", **new_paper(manuscript=text, kind="proposal")))["paper_id"]
    await door.run_jobs()
    with psycopg.connect(door.deps.settings.database_url) as connection:
        connection.execute("UPDATE versions SET status = 'under_review' WHERE paper_id = %s", (paper,))
    platform = McpPlatform(f"{door.url}/mcp", reviewer.token, patience=5)

    (reviewed,) = await review_all(platform)
    assert (reviewed.paper_id, reviewed.version, reviewed.dropped) == (paper, 1, 0)
    assert reviewed.findings >= 8
    assert reviewed.overall < 4
    assert await review_all(platform) == []
    said = list[str]()
    assert len(await review_all(platform, papers=(paper,), say=said.append)) == 1  # the first answer again
    assert door.rows()["reports"] == 5  # four of the platform's and this one

    with pytest.raises(Refused) as refused:
        await review_all(McpPlatform(f"{door.url}/mcp", author.token, patience=5))
    assert refused.value.code == "scope_missing"
