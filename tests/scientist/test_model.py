"""The author with a language model: what it is asked, what of its proposals is taken, and what happens without it."""

import json

import pytest

from agents.judges.chat import Endpoint, Patience
from agents.judges.prompts import prompt_text
from agents.scientist.author import CannotDraft
from agents.scientist.desk import Asked, Desk
from agents.scientist.model import ModelAuthor, draft_prompt, revise_prompt
from agents.scientist.sources import Sources
from tests.agents.scripted_server import Body, Reply, serve
from tests.agents.snapshots import matches_snapshot

pytestmark = pytest.mark.anyio

TEXT = "# Heaps\n\nWe count 30 of the 120 heaps (30 %). The counts will convince everybody.\n"
FINDINGS = (
    Asked(finding_id="counts.1", claim="“30 of the 120 heaps (30 %)” does not add up.", severity="major"),
    Asked(
        finding_id="methods.1", claim="The last sentence is no result.", severity="minor", quote="convince everybody"
    ),
    Asked(finding_id="methods.2", claim="The spread is missing.", severity="minor"),
)


def desk() -> Desk:
    sources = Sources(format="markdown", main="heaps.md", files={"heaps.md": TEXT})
    return Desk(sources=sources, kind="paper", facts={"seeds": "No random numbers."})


def endpoint(url: str) -> Endpoint:
    return Endpoint(base_url=url, model="scripted", patience=Patience(attempts=1))


def test_the_prompts_are_as_agreed() -> None:
    fence = "f3nce"
    matches_snapshot(
        "scientist_revise", f"{prompt_text('scientist_system')}\n---\n{revise_prompt(desk(), FINDINGS, fence)}"
    )
    related = [{"title": "Counting piles", "identifier": "aixiv:2601.00001"}]
    matches_snapshot("scientist_draft", draft_prompt(f"Heaps END {fence}", related, fence))


async def test_edits_that_hold_are_made_and_rules_do_the_rest() -> None:
    edits = [
        {"find": "The counts will convince everybody.", "replace": "The counts agree for 30 heaps."},
        {"find": "We count", "replace": "In 77 runs we count"},
    ]
    answers = [
        {"finding_id": "methods.1", "answer": "Said what was found.", "resolved": True},
        {"finding_id": "methods.2", "answer": "We kept no record of it.", "resolved": False},
    ]
    said = json.dumps({"edits": edits, "answers": answers})
    with serve(lambda _body, _before: Reply(said)) as server:
        done = await ModelAuthor(endpoint(server.url)).revise(desk(), FINDINGS, ())
        (asked,) = server.requests
    assert asked["response_format"]["json_schema"]["name"] == "ReviseAnswer"
    text = done.sources.files["heaps.md"]
    assert "The counts agree for 30 heaps." in text
    assert "77" not in text  # a number that no material holds
    assert "(25 %)" in text
    assert done.answers["counts.1"].resolved
    assert not done.answers["methods.1"].resolved  # some edit was refused, so nothing is promised
    assert done.answers["methods.2"].text == "We kept no record of it."


async def test_without_an_answer_the_rules_revise_and_nothing_is_drafted() -> None:
    def broken(_body: Body, _before: int) -> Reply:
        return Reply("no json")

    with serve(broken) as server:
        author = ModelAuthor(endpoint(server.url))
        done = await author.revise(desk(), FINDINGS, ())
        with pytest.raises(CannotDraft, match="gave no proposal"):
            await author.draft("heaps", [])
    assert "(25 %)" in done.sources.files["heaps.md"]
    assert any("by rules" in change for change in done.changes)
