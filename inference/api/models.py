"""What this service can run right now."""

from collections.abc import Sequence
from typing import Any, Literal

from inference.api.errors import RefusedError
from inference.api.language import Language
from inference.embedding.base import Embedder

Task = Literal["embedding", "text"]
ROUTES: dict[Task, str] = {"embedding": "/v1/embeddings", "text": "/v1/chat/completions and /v1/completions"}
NO_MODEL = (
    "this service runs no language model, only embeddings; set AIXIV_MODEL to a checkpoint, or "
    "AIXIV_LLM_BASE_URL to a server that has one"
)


class Shelf:
    """The models of one service."""

    def __init__(self, embedders: Sequence[Embedder], language: Language | None, missing: str = "") -> None:
        self.language = language
        self.state = language.name if language else missing or NO_MODEL
        self.cards = [*map(_embedding_card, embedders)] + ([_language_card(language)] if language else [])

    def no_language_model(self) -> RefusedError:
        """The refusal of every text when there are only embeddings."""
        return RefusedError(404, self.state, code="model_not_found", param="model")

    def card(self, name: str) -> dict[str, Any]:
        """One model's card. Raises `RefusedError` when there is no such model."""
        found = next((card for card in self.cards if card["id"] == name), None)
        if found is None:
            raise self.unknown(name)
        return found

    def unknown(self, asked: str, task: Task | None = None) -> RefusedError:
        """The refusal of a model that is not here, or not for this."""
        found = next((card for card in self.cards if card["id"] == asked), None)
        if found is not None:
            message = f"{asked!r} is a model for {ROUTES[found['task']]}, not for this address"
            return RefusedError(400, message, code="wrong_model_for_route", param="model")
        served = [card["id"] for card in self.cards if task in (None, card["task"])]
        message = f"no model {asked!r} here; this service runs {', '.join(map(repr, served))}"
        return RefusedError(404, message, code="model_not_found", param="model")


def _embedding_card(model: Embedder) -> dict[str, Any]:
    return {
        "id": model.name,
        "object": "model",
        "created": 0,
        "owned_by": "aixiv",
        "task": "embedding",
        **model.card,
    }


def _language_card(language: Language) -> dict[str, Any]:
    return {
        "id": language.name,
        "object": "model",
        "created": language.created,
        "owned_by": "aixiv",
        "task": "text",
        "max_tokens": language.context,
        "weights": language.weights,
        "chat": language.template is not None,
        **language.more,
    }
