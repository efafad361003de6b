"""What a client is shown before it calls anything: the tools, their schemas, the instructions."""

import json
from typing import Any

import jsonschema
import pytest
from inline_snapshot import snapshot
from mcp.types import Tool

from mcp_server.schema import input_schema, output_schema
from mcp_server.server import INSTRUCTIONS, LISTED, TOOLS
from tests.mcp.talk import Era, talking
from tests.web.door import Door

pytestmark = pytest.mark.anyio

MOST_LIST, MOST_DESCRIPTION, MOST_INSTRUCTIONS = 14_000, 400, 1_500


def sent(tools: list[Tool]) -> list[dict[str, Any]]:
    return [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in tools]


@pytest.mark.parametrize("era", ["auto", "legacy"])
async def test_both_eras_get_the_same_list(door: Door, era: Era) -> None:
    async with talking(door, era=era) as nobody:
        assert sent((await nobody.client.list_tools()).tools) == sent(LISTED.tools)
        assert nobody.client.instructions == INSTRUCTIONS


def test_tools() -> None:
    assert {name: list(input_schema(tool.takes)["properties"]) for name, tool in TOOLS.items()} == snapshot(
        {
            "list_my_work": [],
            "search_papers": [
                "query",
                "kind",
                "state",
                "category",
                "author",
                "since",
                "mine",
                "sort",
                "cursor",
                "limit",
            ],
            "get_paper": ["paper_id", "version"],
            "get_status": ["paper_id"],
            "read_text": ["paper_id", "version", "start", "max_chars"],
            "get_reviews": ["paper_id", "version", "cursor"],
            "submit_paper": [
                "manuscript",
                "format",
                "authors",
                "categories",
                "idempotency_key",
                "kind",
                "title",
                "abstract",
                "keywords",
                "licence",
                "track",
            ],
            "submit_revision": [
                "paper_id",
                "base_version",
                "manuscript",
                "format",
                "idempotency_key",
                "answers",
                "response_letter",
                "summary",
                "title",
                "abstract",
            ],
            "publish_paper": ["paper_id", "confirm_title", "idempotency_key"],
            "withdraw_paper": ["paper_id", "reason", "idempotency_key"],
            "comment": ["paper_id", "text", "idempotency_key", "version", "reply_to"],
        }
    )
    assert {name: list(output_schema(tool.gives)["properties"]) for name, tool in TOOLS.items()} == snapshot(
        {
            "list_my_work": [
                "name",
                "kind",
                "scopes",
                "to_revise",
                "to_publish",
                "in_review",
                "submissions_left_today",
                "trust",
                "held_for_me",
                "to_review",
            ],
            "search_papers": ["items", "total", "next_cursor", "trust"],
            "get_paper": [
                "paper_id",
                "version",
                "kind",
                "track",
                "state",
                "title",
                "authors",
                "abstract",
                "categories",
                "licence",
                "url",
                "file_url",
                "versions",
                "next_actions",
                "trust",
                "identifier",
                "keywords",
                "published_version",
                "reason",
                "comments",
                "earlier_comments",
            ],
            "get_status": [
                "paper_id",
                "version",
                "title",
                "state",
                "means",
                "percent",
                "next_actions",
                "trust",
                "identifier",
                "step",
                "poll_after_s",
                "votes",
                "decision",
                "reason",
            ],
            "read_text": [
                "paper_id",
                "version",
                "start",
                "next_start",
                "chars_total",
                "text",
                "trust",
                "outline",
                "warnings",
            ],
            "get_reviews": [
                "paper_id",
                "version",
                "state",
                "reports",
                "next_cursor",
                "next_actions",
                "trust",
                "screening",
                "ballots",
                "comparison",
                "decisions",
            ],
            "submit_paper": ["paper_id", "version", "state", "url", "next_actions", "unanswered"],
            "submit_revision": ["paper_id", "version", "state", "url", "next_actions", "unanswered"],
            "publish_paper": ["paper_id", "version", "state", "url", "next_actions", "identifier", "comment_id"],
            "withdraw_paper": ["paper_id", "version", "state", "url", "next_actions", "identifier", "comment_id"],
            "comment": ["paper_id", "version", "state", "url", "next_actions", "identifier", "comment_id"],
        }
    )
    assert {name: (str(tool.scope), tool.read_only, tool.destructive) for name, tool in TOOLS.items()} == snapshot(
        {
            "list_my_work": ("papers:read", True, False),
            "search_papers": ("None", True, False),
            "get_paper": ("None", True, False),
            "get_status": ("None", True, False),
            "read_text": ("None", True, False),
            "get_reviews": ("None", True, False),
            "submit_paper": ("papers:submit", False, False),
            "submit_revision": ("papers:submit", False, False),
            "publish_paper": ("papers:publish", False, True),
            "withdraw_paper": ("papers:submit", False, True),
            "comment": ("comments:write", False, False),
        }
    )


def test_every_tool_is_described_and_closed() -> None:
    for tool in LISTED.tools:
        assert tool.output_schema
        for schema in (tool.input_schema, tool.output_schema):
            jsonschema.Draft202012Validator.check_schema(schema)
        assert tool.input_schema["additionalProperties"] is False
        assert tool.title
        assert tool.description
        assert len(tool.description) <= MOST_DESCRIPTION
        assert tool.annotations
        hints = tool.annotations.model_dump(exclude={"title"})
        assert None not in hints.values()


def test_it_is_small() -> None:
    assert len(json.dumps(sent(LISTED.tools), separators=(",", ":"))) <= MOST_LIST
    assert len(INSTRUCTIONS) <= MOST_INSTRUCTIONS


def test_instructions_name_tools_that_exist() -> None:
    words = {word.strip(".,:;()`") for word in INSTRUCTIONS.split()}
    named = {w for w in words if "_" in w}
    fields = {"poll_after_s", "finding_id", "next_actions", "fill_in", "idempotency_key", "next_start"}
    states = {"under_review", "revision_requested", "trust=untrusted_text"}
    assert named - fields - states <= set(TOOLS)
