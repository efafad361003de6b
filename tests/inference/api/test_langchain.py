"""`with_structured_output` of langchain-openai works unchanged, by all of its methods, streamed too."""

import json
from typing import Any

import pytest
from langchain_openai import ChatOpenAI
from pydantic import BaseModel, Field

from tests.inference.api.live import KEY, NAME


class Grade(BaseModel):
    """A reviewer's grade."""

    score: int = Field(ge=1, le=10)
    reasons: list[str] = Field(max_length=3)
    sure: bool | None = None


@pytest.fixture(scope="module")
def chat(address: str) -> ChatOpenAI:
    return ChatOpenAI(model=NAME, base_url=f"{address}/v1", api_key=KEY, max_retries=0, max_tokens=150, seed=1)  # type: ignore[call-arg,arg-type]


@pytest.mark.parametrize("method", ["json_schema", "function_calling"])
def test_a_type_comes_back(chat: ChatOpenAI, method: Any) -> None:
    bound = chat.with_structured_output(Grade, method=method)
    assert isinstance(bound.invoke("Grade the paper."), Grade)
    *_, last = bound.stream("Grade the paper.")
    assert isinstance(last, Grade)


def test_json_mode_is_json(chat: ChatOpenAI) -> None:
    answer = chat.bind(response_format={"type": "json_object"}).invoke("Any object.")
    assert isinstance(json.loads(str(answer.content)), dict)
    bound = chat.with_structured_output(Grade, method="json_mode", include_raw=True)
    answered: Any = bound.invoke("Grade the paper as JSON.")
    assert isinstance(json.loads(answered["raw"].content), dict)
    *_, last = chat.with_structured_output(None, method="json_mode").stream("Any object.")
    assert isinstance(last, dict)
