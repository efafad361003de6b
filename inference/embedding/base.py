"""What the service needs of a model that turns texts into vectors."""

from collections.abc import Mapping
from typing import Protocol

from msgspec import Struct


class Embedded(Struct, frozen=True):
    """One text's vector, and how much of the text it stands for."""

    vector: list[float]  # length 1
    tokens: int  # tokens read, special ones included
    truncated: bool


class Embedder(Protocol):
    """One loaded model. `encode` is called by one thread only."""

    @property
    def name(self) -> str: ...

    @property
    def max_tokens(self) -> int:
        """Longer texts are cut here, special tokens included."""

    @property
    def card(self) -> Mapping[str, object]:
        """What /v1/models says of it, beside its name."""

    def encode(self, texts: list[str]) -> list[Embedded]:
        """One vector per text, in order. Which texts come together changes nothing but rounding."""


def cut(ids: list[int], limit: int, *, closing: bool) -> list[int]:
    """The beginning of a text that is too long. `closing`: its last token is a special one, which stays."""
    if len(ids) <= limit:
        return ids
    return [*ids[: limit - 1], ids[-1]] if closing else ids[:limit]
