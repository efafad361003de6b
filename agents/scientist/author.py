"""Who writes: by rules, or by a language model with the rules behind it."""

from collections.abc import Sequence
from typing import Any, Protocol

from msgspec import Struct

from agents.scientist.desk import Asked, Desk
from agents.scientist.rules.author import Revision
from agents.scientist.rules.author import revise as revise_by_rules


class CannotDraft(Exception):
    """Nothing here can write a text from a topic."""


class Drafted(Struct, frozen=True, kw_only=True):
    """A first version, as Markdown."""

    text: str
    title: str
    keywords: tuple[str, ...] = ()


class Author(Protocol):
    """Writes a first version from a topic, and a next version from findings."""

    @property
    def name(self) -> str:
        """What the transcript calls it."""
        ...

    async def draft(self, topic: str, related: Sequence[dict[str, Any]]) -> Drafted:
        """A proposal about a topic. Raises `CannotDraft`."""
        ...

    async def revise(self, desk: Desk, asked: Sequence[Asked], wishes: Sequence[str]) -> Revision:
        """A next version, with an answer to each finding."""
        ...


class RuleAuthor:
    """Needs no model: repairs what the text itself shows how to repair."""

    name = "rules"

    async def draft(self, topic: str, related: Sequence[dict[str, Any]]) -> Drafted:  # noqa: ARG002 - the port's
        """Rules have no ideas."""
        raise CannotDraft(
            "Without a language model nothing is written from a topic: set AIXIV_LLM_BASE_URL and AIXIV_LLM_MODEL, or "
            "AIXIV_MODEL where `aixiv up` serves it, or give a folder with a manuscript."
        )

    async def revise(self, desk: Desk, asked: Sequence[Asked], wishes: Sequence[str]) -> Revision:
        """Rule by rule."""
        return revise_by_rules(desk, asked, wishes)
