"""What the routes need to know of the language model behind them."""

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from tokenizers import Tokenizer

from inference.api.template import ChatTemplate
from inference.constrain.guidance import Vocabulary
from inference.engine.request import Request, Ticket


class Engine(Protocol):
    """The part of the engine that the routes use."""

    @property
    def max_waiting(self) -> int: ...

    @property
    def alive(self) -> bool: ...

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def submit(self, request: Request) -> Ticket:
        """Raises `QueueFull` or `TooLong`."""

    def stats(self) -> Any: ...


@dataclass(frozen=True)
class Language:
    """One loaded decoder with its engine."""

    name: str
    engine: Engine
    tokenizer: Tokenizer
    vocabulary: Vocabulary
    template: ChatTemplate | None
    eos_ids: frozenset[int]
    context: int
    """Longest sequence in tokens, prompt and answer together."""
    weights: str = "bf16"
    begin: tuple[int, ...] = ()
    """Tokens before the text of a plain completion."""
    tags: Mapping[int, bytes] = field(default_factory=dict)
    """Control tokens that belong into the text of an answer, because they mark tool calls."""
    more: Mapping[str, Any] = field(default_factory=dict)
    """Further facts for the model's card."""
    created: int = field(default_factory=lambda: int(time.time()))

    @property
    def fingerprint(self) -> str:
        """Changes whenever the same request could be answered otherwise."""
        return "fp_" + hashlib.sha256(f"{self.name} {self.weights} {self.context}".encode()).hexdigest()[:10]
