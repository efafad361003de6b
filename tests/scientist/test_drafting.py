"""From a topic to a publication: a language model behind a real HTTP server writes, and MCP is the only way in."""

import asyncio
import json
import tomllib
from pathlib import Path

import pytest

from aixiv.cli.scientist import write
from aixiv.domain.errors import Invalid
from tests.agents.scripted_server import Body, Reply, Script, Server, serve, shape_of
from tests.mcp.talk import Somebody
from tests.scientist.test_loop import PROPOSAL, at_work
from tests.web.door import Door

pytestmark = pytest.mark.anyio

TOPIC = "Do reviewers that share an encoded manuscript err together?"
DRAFT = (PROPOSAL / "proposal.md").read_text(encoding="utf-8")
FACTS: dict[str, str] = tomllib.loads((PROPOSAL.parent / "facts.toml").read_text(encoding="utf-8"))
BEFORE = "## References\n"
NO_MODEL = r"set AIXIV_LLM_BASE_URL and AIXIV_LLM_MODEL, or AIXIV_MODEL .* or give a folder"
METADATA = """\
categories = ["Computer science"]
[[authors]]
name = "Drafter"
kind = "ai"
model = "scripted"
operator = "Test Lab"
"""


def drafts_then_revises(body: Body, _before: int) -> Reply:
    """A model that forgets what a proposal has to say, and says it with numbers of its own when it is asked."""
    if shape_of(body) == "DraftAnswer":
        return Reply(json.dumps({"title": "Shared Readers", "text": DRAFT, "keywords": ["peer review"]}))
    decided = "".join(f"## {topic.title()}\n\n{text.strip()}\n\n" for topic, text in FACTS.items())
    there = BEFORE in body["messages"][1]["content"] and decided[:40] not in body["messages"][1]["content"]
    edits = [{"find": BEFORE, "replace": decided + BEFORE}] if there else []
    return Reply(json.dumps({"edits": edits, "answers": []}))


def drafts_and_falls_silent(body: Body, before: int) -> Reply:
    if shape_of(body) == "DraftAnswer":
        return drafts_then_revises(body, before)
    return Reply("I would rather not.")


def fill_in() -> None:
    """What only a person can say."""
    Path("metadata.toml").write_text(METADATA, encoding="utf-8")


def left(name: str) -> str:
    """What the run left in its folder."""
    return (Path("run") / name).read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Short waits, and a folder where the command is given."""
    monkeypatch.setattr("agents.scientist.steps.WAIT_SECONDS", 1)
    monkeypatch.setattr("mcp_server.reading.POLL_SECONDS", 0.2)
    monkeypatch.setattr("mcp_server.reading.WATCH_SECONDS", 0.1)
    monkeypatch.setenv("AIXIV_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


async def commanded(door: Door, somebody: Somebody, model: Server | None, monkeypatch: pytest.MonkeyPatch) -> int:
    """`aixiv scientist write --topic`, as a person gives it."""
    for name, value in (("BASE_URL", model.url if model else ""), ("MODEL", "scripted" if model else "")):
        monkeypatch.setenv(f"AIXIV_LLM_{name}", value)
    async with at_work(door):
        return await asyncio.to_thread(
            write, topic=TOPIC, url=f"{door.url}/mcp", token=somebody.token, folder=Path("run"), patience=5
        )


@pytest.mark.parametrize(
    ("script", "status"), [(drafts_then_revises, 0), pytest.param(drafts_and_falls_silent, 1, marks=pytest.mark.slow)]
)
async def test_a_topic_becomes_a_publication_or_comes_to_an_honest_end(
    door: Door, author: Somebody, script: Script, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_in()
    with serve(script) as model:
        assert await commanded(door, author, model, monkeypatch) == status
        (drafting,) = model.asked("DraftAnswer")
        assert TOPIC in drafting["messages"][1]["content"]
        assert model.asked("ReviseAnswer")
    outcome, transcript, second = (
        json.loads(left("state.json"))["outcome"],
        left("transcript.md"),
        left("v2/proposal.md"),
    )
    assert outcome["title"] == "Shared Readers"
    assert "author by scripted, prompts " in transcript
    if status == 0:
        assert (outcome["state"], outcome["version"]) == ("published", 2)
        assert "The study takes 16 weeks." in second  # a number that the draft did not have: the plan is its own
    else:
        assert outcome["state"] != "published"
        assert "The language model did not answer" in transcript
        assert "16 weeks" not in second


async def test_without_a_model_or_metadata_it_says_what_to_do_and_sends_nothing(
    door: Door, author: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = door.rows()
    with serve(drafts_then_revises) as model, pytest.raises(Invalid, match=r"(?s)no metadata\.toml .*categories"):
        await commanded(door, author, model, monkeypatch)
    assert model.requests == []
    fill_in()
    with pytest.raises(Invalid, match=NO_MODEL):
        await commanded(door, author, None, monkeypatch)
    assert door.rows() == before
