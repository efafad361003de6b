"""Putting the reviewer graph together: its judge, and where it remembers its runs. Apart, because it loads slowly."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
from msgspec.structs import replace

from agents.checkpoints import Checkpointer, memory_checkpointer, postgres_checkpointer
from agents.judges import Judge
from agents.judges.chat import Endpoint
from agents.judges.evidence import EvidenceJudge
from agents.judges.language_model import LanguageModelJudge
from agents.judges.screening import LanguageModelScreener
from agents.judges.transcript import Transcript
from agents.port import Embed
from agents.run import GraphReviewer
from aixiv.domain.errors import Invalid
from aixiv.settings import Settings
from review.policy import Models
from review.prices import Prices, read_prices


def make_reviewer(settings: Settings, embed: Embed | None, checkpointer: Checkpointer | None = None) -> GraphReviewer:
    """The reviewer graph with the judge the settings ask for, and every stage of the screen that they allow."""
    judge = make_judge(settings)
    return GraphReviewer(
        judge,
        checkpointer=checkpointer or memory_checkpointer(),
        token_budget=settings.review_tokens,
        embed=embed,
        screener=_screener(settings) if isinstance(judge, LanguageModelJudge) else None,
    )


@asynccontextmanager
async def remembering_reviewer(settings: Settings, embed: Embed | None) -> AsyncIterator[GraphReviewer]:
    """A reviewer whose runs outlive this process, in the platform's database."""
    async with postgres_checkpointer(settings.database_url) as checkpointer:
        yield make_reviewer(settings, embed, checkpointer)


async def make_checkpoint_tables(database_url: str) -> None:
    """Create what the checkpointer keeps; nothing happens when it is there."""
    async with postgres_checkpointer(database_url):
        pass


def make_judge(settings: Settings) -> Judge:
    """The language-model judge where a model server is named, the evidence judge otherwise."""
    if settings.judge_in_use == "evidence":
        return EvidenceJudge()
    if not settings.llm_base_url and not settings.llm_replay:
        raise Invalid(
            "No language model is set.",
            code="no_language_model",
            hint="Set AIXIV_MODEL, or AIXIV_LLM_BASE_URL and AIXIV_LLM_MODEL, or use the evidence judge.",
        )
    return LanguageModelJudge(endpoint(settings), msgspec.convert(settings.llm_models, Models))


def _screener(settings: Settings) -> LanguageModelScreener:
    server = endpoint(settings)
    return LanguageModelScreener(replace(server, model=settings.llm_models.get("screen") or server.model))


def endpoint(settings: Settings) -> Endpoint:
    """The server of the language model."""
    return Endpoint(
        base_url=settings.llm_base_url,
        model=settings.llm_model,
        api_key=settings.llm_api_key.get_secret_value(),
        prices=_prices(settings),
        transcript=_transcript(settings),
    )


def _prices(settings: Settings) -> Prices:
    if not settings.llm_prices:
        return Prices()
    try:
        return read_prices(Path(settings.llm_prices))
    except (OSError, ValueError, msgspec.ValidationError) as error:
        raise Invalid(f"The price list cannot be read: {error}.", code="prices_malformed") from error


def _transcript(settings: Settings) -> Transcript | None:
    if settings.llm_replay:
        return Transcript(path=Path(settings.llm_replay), mode="replay")
    return Transcript(path=Path(settings.llm_record), mode="record") if settings.llm_record else None
