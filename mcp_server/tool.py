"""What a tool is: its name and hints for clients, the types it takes and gives, and the function behind it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import msgspec
from mcp.types import Tool as ListedTool
from mcp.types import ToolAnnotations
from msgspec import Struct

from aixiv.deps import Deps
from aixiv.domain.people import Actor, Scope
from mcp_server.schema import input_schema, output_schema


@dataclass(frozen=True)
class Call:
    """Who calls, and the platform they call."""

    deps: Deps
    actor: Actor


@dataclass(frozen=True, kw_only=True)
class Tool:
    """One tool. `needs` is None for what anybody may call; otherwise nobody without a token gets through.

    `scope` is checked before the tool runs; the use case behind it checks everything again.
    """

    name: str
    title: str
    description: str
    takes: type[Struct]
    gives: type[Struct]
    run: Callable[[Call, Any], Awaitable[Struct]]
    signed_in: bool = False
    scope: Scope | None = None
    read_only: bool = True
    destructive: bool = False
    others_text: bool = False  # whether answers carry text of authors, reviewers or readers

    @cached_property
    def listed(self) -> ListedTool:
        """As `tools/list` shows it."""
        return ListedTool(
            name=self.name,
            title=self.title,
            description=self.description,
            input_schema=input_schema(self.takes),
            output_schema=output_schema(self.gives),
            annotations=ToolAnnotations(
                read_only_hint=self.read_only,
                destructive_hint=self.destructive,
                idempotent_hint=True,  # reads change nothing, and every write takes a key
                open_world_hint=self.others_text,
            ),
        )

    def arguments(self, given: dict[str, Any]) -> Any:
        """What was sent, as this tool takes it; raises `msgspec.ValidationError`."""
        return msgspec.convert(given, self.takes, strict=False)
