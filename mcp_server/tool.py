"""What a tool is: its name and hints for clients, the types it takes and gives, and the function behind it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import msgspec
from mcp.types import Tool as ListedTool
from mcp.types import ToolAnnotations
from msgspec import Struct

from aixiv.deps import Deps
from aixiv.domain.people import Actor, Role, Scope
from mcp_server.schema import input_schema, output_schema

Report = Callable[[float, float, str], Awaitable[None]]
"""Tells a client that asked for it how far its call is: done, of how much, in words."""
Confirm = Callable[[str, str], Awaitable[None]]
"""Puts a question to the person behind the client; returns when they agree (`mcp_server.confirming`)."""


async def _unheard(done: float, total: float, words: str) -> None:
    """Nobody asked for progress."""


async def _cannot_ask(question: str, about: str) -> None:
    """The client shows its person no questions."""


@dataclass(frozen=True)
class Call:
    """Who calls, the platform they call, and the ways to speak to them before the answer."""

    deps: Deps
    actor: Actor
    report: Report = field(default=_unheard)
    confirm: Confirm = field(default=_cannot_ask)


@dataclass(frozen=True, kw_only=True)
class Tool:
    """One tool. `scope` is what its caller's token needs; None where anybody may call.

    `roles`, and `extra` for what any author may do, mark the tools that are listed only for tokens that may use them.
    The use case behind a tool checks everything again.
    """

    name: str
    title: str
    description: str
    takes: type[Struct]
    gives: type[Struct]
    run: Callable[[Call, Any], Awaitable[Struct]]
    scope: Scope | None = None
    roles: frozenset[Role] = frozenset()
    extra: bool = False
    read_only: bool = True
    destructive: bool = False
    others_text: bool = False  # whether answers carry text of authors, reviewers or readers
    long: bool = False  # whether it begins a review, which a client may follow as a task
    per_minute: int = 120

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

    def listed_for(self, actor: Actor) -> bool:
        """Whether this caller's list has it. What anybody may come to need is in every list."""
        if not self.roles and not self.extra:
            return True
        may_call = actor.signed_in and self.scope is not None and actor.has(self.scope)
        return may_call and (not self.roles or bool(self.roles & actor.roles))

    def arguments(self, given: dict[str, Any]) -> Any:
        """What was sent, as this tool takes it; raises `msgspec.ValidationError`."""
        return msgspec.convert(given, self.takes, strict=False)
