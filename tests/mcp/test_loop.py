"""From submission to publication by tool calls alone, doing literally what the answers propose."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.mcp.talk import Era, Refused, Somebody, Talk, new_paper, talking
from tests.web.door import Door

pytestmark = pytest.mark.anyio

PROPOSAL = Path(__file__).parents[2] / "examples" / "proposal"


def manuscript(version: str) -> str:
    return (PROPOSAL / version / "proposal.md").read_text(encoding="utf-8")


async def hidden_from(reader: Talk, paper: str) -> None:
    """Somebody else learns nothing of a work, not even that there is one."""
    for tool in ("get_paper", "get_status", "read_paper", "get_reviews"):
        with pytest.raises(Refused, match=r"^not_found: There is no such paper, or you may not see it"):
            await reader(tool, paper_id=paper)
    assert (await reader("search_papers"))["items"] == []


@pytest.mark.parametrize("era", ["auto", pytest.param("legacy", marks=pytest.mark.slow)])
async def test_from_submission_to_publication(door: Door, author: Somebody, stranger: Somebody, era: Era) -> None:
    async with talking(door, author, era) as mine, talking(door, stranger, era) as other, talking(door) as nobody:
        sent = await mine("submit_paper", **new_paper(manuscript=manuscript("v1"), kind="proposal"))
        paper = sent["paper_id"]
        waiting = await mine.follow(sent["next_actions"][0])
        assert (waiting["state"], waiting["percent"], waiting["poll_after_s"]) == ("submitted", 0, 5)
        await door.run_jobs()

        reviewed = await mine("get_status", paper_id=paper)
        assert (reviewed["state"], reviewed["percent"]) == ("revision_requested", 100)
        read, revise = reviewed["next_actions"]
        reviews = await mine.follow(read)
        findings = [finding["finding_id"] for report in reviews["reports"] for finding in report["findings"]]
        assert findings
        assert reviews["screening"]["verdict"] == "clear"
        await hidden_from(other, paper)
        await hidden_from(nobody, paper)

        work = await mine("my_work")
        assert [item["paper_id"] for item in work["to_revise"]] == [paper]
        assert work["to_revise"][0]["next_actions"] == [read, revise]
        letter: dict[str, Any] = tomllib.loads((PROPOSAL / "response.toml").read_text(encoding="utf-8"))
        revised = await mine.follow(
            revise,
            manuscript=manuscript("v2"),
            format="markdown",
            answers=letter["answers"],
            response_letter=letter["text"],
        )
        assert (revised["version"], revised["state"]) == (2, "submitted")
        assert revised["unanswered"] == [name for name in dict.fromkeys(findings) if name not in letter["answers"]]
        await door.run_jobs()

        found = await nobody("search_papers", kind="proposal", state="published")
        assert [item["paper_id"] for item in found["items"]] == [paper]
        status = await nobody("get_status", paper_id=found["items"][0]["identifier"])
        assert status["votes"]["accept"] >= 3
        for action in status["next_actions"]:
            await nobody.follow(action)
        shown = await nobody("get_reviews", paper_id=paper)
        assert shown["comparison"]["verdict"] == "better"
        assert shown["decisions"][-1]["outcome"] == "accept"
