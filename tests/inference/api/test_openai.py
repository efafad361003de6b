"""The service as OpenAI's own client calls it."""

import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import openai
import pytest

from inference.embedding.loader import BUNDLED
from tests.inference.api.live import KEY, NAME

ASK: Any = [{"role": "user", "content": "What does the méthode measure?"}]
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"score": {"type": "integer", "minimum": 1, "maximum": 10}, "why": {"type": "string"}},
    "required": ["score", "why"],
    "additionalProperties": False,
}
DEEP = {"id": "a", "type": "function", "function": {"name": "f", "arguments": "[" * 5000 + "]" * 5000}}
FORM = {"name": "x", "schema": {}}
TOOL: Any = {"type": "function", "function": {"name": "grade", "description": "Grade it.", "parameters": SCHEMA}}


@pytest.fixture(scope="module")
def client(address: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{address}/v1", api_key=KEY, max_retries=0, timeout=60) as made:
        yield made


def test_chat_counts_tokens_and_repeats_itself_for_a_seed(client: openai.OpenAI) -> None:
    long: Any = [{"role": "user", "content": "The method beats the baseline. " * 40}]
    first, again = (
        client.chat.completions.create(model=NAME, messages=long, seed=7, max_tokens=12, n=2) for _ in range(2)
    )
    texts = [choice.message.content for choice in first.choices]
    assert texts == [choice.message.content for choice in again.choices]
    assert texts[0] != texts[1]
    assert first.choices[0].finish_reason in ("length", "stop")
    assert again.usage is not None
    assert again.usage.prompt_tokens_details is not None
    assert (again.usage.prompt_tokens_details.cached_tokens or 0) > again.usage.prompt_tokens / 2
    assert again.usage.total_tokens == again.usage.prompt_tokens + again.usage.completion_tokens


def test_cached_tokens_are_those_of_every_prompt(client: openai.OpenAI) -> None:
    prompts = [f"{start} " + "the measured value is given. " * 20 for start in ("One", "Two")]
    usage = [client.completions.create(model=NAME, prompt=prompts, n=2, max_tokens=1).usage for _ in range(2)][1]
    assert usage is not None
    assert usage.prompt_tokens_details is not None
    assert usage.prompt_tokens - 64 <= (usage.prompt_tokens_details.cached_tokens or 0) < usage.prompt_tokens


def test_a_stream_says_the_same_as_the_whole(client: openai.OpenAI) -> None:
    fixed: Any = {"model": NAME, "messages": ASK, "temperature": 0, "max_tokens": 40}
    whole = client.chat.completions.create(**fixed)
    chunks = list(client.chat.completions.create(**fixed, stream=True, stream_options={"include_usage": True}))
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == whole.choices[0].message.content
    assert chunks[0].choices[0].delta.role == "assistant"
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == whole.choices[0].finish_reason
    assert chunks[-1].choices == []
    assert chunks[-1].usage == whole.usage
    stop = text[len(text) // 2 :][:3]
    cut = client.chat.completions.create(**fixed, stop=[stop]).choices[0]
    assert (cut.message.content, cut.finish_reason) == (text[: text.index(stop)], "stop")


def test_log_probabilities_belong_to_the_tokens(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(
        model=NAME, messages=ASK, temperature=0, max_tokens=5, logprobs=True, top_logprobs=3
    )
    (choice,) = answer.choices
    assert choice.logprobs is not None
    words = choice.logprobs.content or []
    assert answer.usage is not None
    assert len(words) == answer.usage.completion_tokens
    for word in words:
        assert len(word.top_logprobs) == 3
        assert word.logprob == pytest.approx(word.top_logprobs[0].logprob) == max(t.logprob for t in word.top_logprobs)
    plain = client.completions.create(model=NAME, prompt=["One", "Two"], max_tokens=3, temperature=0, logprobs=1)
    assert [choice.index for choice in plain.choices] == [0, 1]
    assert plain.choices[0].logprobs is not None
    assert len(plain.choices[0].logprobs.tokens or []) <= 3


def test_answers_follow_schemas_and_grammars(client: openai.OpenAI) -> None:
    form: Any = {"type": "json_schema", "json_schema": {"name": "grade", "strict": True, "schema": SCHEMA}}
    for seed in range(3):
        answer = client.chat.completions.create(
            model=NAME, messages=ASK, response_format=form, seed=seed, max_completion_tokens=60
        ).choices[0]
        jsonschema.validate(json.loads(answer.message.content or ""), SCHEMA)
        assert answer.finish_reason == "stop"
    many = [f"choice {number}" for number in range(5000)]
    for more, possible in (
        ({"choice": ["accept", "reject"]}, {"accept", "reject"}),
        ({"choice": many}, set(many)),
        ({"regex": "x{3}"}, {"xxx"}),
    ):
        said = client.chat.completions.create(model=NAME, messages=ASK, max_tokens=20, extra_body=more)
        assert said.choices[0].message.content in possible


def test_tools_are_called_by_their_schema(client: openai.OpenAI) -> None:
    named: Any = {"type": "function", "function": {"name": "grade"}}
    other: Any = {"type": "function", "function": {"name": "pass_on", "parameters": {"type": "object"}}}
    for choice, tools in ((named, [TOOL, other]), ("required", [TOOL])):
        fixed: Any = {"model": NAME, "messages": ASK, "tools": tools, "tool_choice": choice, "seed": 3}
        fixed |= {"max_tokens": 120, "parallel_tool_calls": False}
        answer = client.chat.completions.create(**fixed).choices[0]
        (called,) = answer.message.tool_calls or []
        jsonschema.validate(json.loads(called.function.arguments), SCHEMA)  # type: ignore[union-attr]
        assert answer.finish_reason == "tool_calls"
        deltas = [c.choices[0] for c in client.chat.completions.create(**fixed, stream=True) if c.choices]
        parts = [call for delta in deltas for call in delta.delta.tool_calls or []]
        arguments = "".join(part.function.arguments or "" for part in parts if part.function)
        assert arguments == called.function.arguments  # type: ignore[union-attr]
        assert parts[0].function is not None
        assert (parts[0].function.name, deltas[-1].finish_reason) == ("grade", "tool_calls")
    written: Any = answer.message.model_dump()  # with a null for every field it does not use
    talk: Any = [*ASK, written, {"role": "tool", "tool_call_id": called.id, "content": "done"}]
    free = client.chat.completions.create(model=NAME, messages=talk, tools=[TOOL], max_tokens=30)
    assert free.choices[0].message.content or free.choices[0].message.tool_calls


def test_a_call_that_was_cut_is_text(client: openai.OpenAI) -> None:
    asked: Any = {"model": NAME, "messages": ASK, "tools": [TOOL], "tool_choice": "required", "max_tokens": 3}
    whole = client.chat.completions.create(**asked, seed=3).choices[0]
    parts = [one.choices[0] for one in client.chat.completions.create(**asked, seed=3, stream=True)]
    text = "".join(part.delta.content or "" for part in parts)
    assert text == whole.message.content != ""
    assert parts[-1].finish_reason == whole.finish_reason == "length"
    assert not whole.message.tool_calls


def test_embeddings_and_models_beside_it(client: openai.OpenAI) -> None:
    vector = client.embeddings.create(model=BUNDLED, input="a text").data[0].embedding
    assert sum(value * value for value in vector) == pytest.approx(1, abs=1e-5)
    assert {model.id for model in client.models.list()} == {BUNDLED, NAME}
    assert client.models.retrieve(NAME).id == NAME
    with pytest.raises(openai.BadRequestError, match="/v1/chat/completions and /v1/completions, not for this address"):
        client.embeddings.create(model=NAME, input="a text")


@pytest.mark.parametrize(
    ("fields", "status", "param", "code"),
    [
        ({"temperature": 3}, 400, "temperature", None),
        ({"best_of": 2}, 400, "best_of", "unsupported_parameter"),
        ({"frobnicate": 1}, 400, "frobnicate", "unsupported_parameter"),
        ({"modalities": ["text", "audio"]}, 400, "modalities", "unsupported_parameter"),
        ({"messages": [{"role": "user", "content": "x", "mood": 1}]}, 400, "messages", None),
        ({"messages": []}, 400, "messages", None),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, 400, "messages", None),
        ({"messages": [{"role": "assistant", "tool_calls": [DEEP]}]}, 400, "messages", None),
        ({"response_format": {"type": "json_schema"}}, 400, "response_format", None),
        ({"regex": "a("}, 400, "regex", "invalid_grammar"),
        ({"regex": "a", "choice": ["b"]}, 400, "choice", None),
        ({"tool_choice": "required"}, 400, "tool_choice", None),
        (
            {"response_format": {"type": "text", "json_schema": {"name": "x", "schema": {}}}},
            400,
            "response_format",
            None,
        ),
        ({"logit_bias": {"99999": 1}}, 400, "logit_bias", None),
        ({"logit_bias": {"²": 1}}, 400, "logit_bias", None),
        ({"logit_bias": {"9" * 5000: 1}}, 400, "logit_bias", None),
        ({"top_logprobs": 2}, 400, "top_logprobs", None),
        ({"stream_options": {"include_usage": True}}, 400, "stream_options", None),
        ({"chat_template_kwargs": {"mood": 1}}, 400, "chat_template_kwargs", "unknown_value"),
        ({"max_tokens": 5000}, 400, "messages", "context_length_exceeded"),
        ({"model": "gpt-5"}, 404, "model", "model_not_found"),
        ({"model": BUNDLED}, 400, "model", "wrong_model_for_route"),
    ],
)
def test_what_is_not_served_is_refused_by_name(
    client: openai.OpenAI, fields: dict[str, Any], status: int, param: str, code: str | None
) -> None:
    with pytest.raises(openai.APIStatusError) as refused:
        client.post("/chat/completions", cast_to=object, body={"model": NAME, "messages": ASK, **fields})
    assert (refused.value.status_code, refused.value.param) == (status, param)
    assert code is None or refused.value.code == code


def test_more_answers_than_can_ever_wait_are_no_matter_of_patience(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="300 answers") as refused:
        client.completions.create(model=NAME, prompt=["a"] * 150, n=2)
    assert refused.value.param == "prompt"


def test_a_stop_text_within_a_call_does_not_cut_it(client: openai.OpenAI) -> None:
    named: Any = {"type": "function", "function": {"name": "grade"}}
    for choice in ("required", named):
        asked: Any = {"model": NAME, "messages": ASK, "tools": [TOOL], "tool_choice": choice, "stop": ["{", "name"]}
        answer = client.chat.completions.create(**asked, seed=3, max_tokens=120).choices[0]
        assert answer.message.tool_calls
        jsonschema.validate(json.loads(answer.message.tool_calls[0].function.arguments), SCHEMA)  # type: ignore[union-attr]
    nothing: Any = {"type": "function", "function": {"name": "look"}}
    said: Any = client.chat.completions.create(model=NAME, messages=ASK, tools=[nothing], tool_choice=nothing)
    assert said.choices[0].message.tool_calls[0].function.arguments == "{}"


def test_a_schema_that_cannot_be_followed_is_refused(client: openai.OpenAI) -> None:
    for schema in ({"type": "strnig"}, {"type": "array", "uniqueItems": True}):
        form: Any = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
        with pytest.raises(openai.BadRequestError, match=r"strnig|uniqueItems") as refused:
            client.chat.completions.create(model=NAME, messages=ASK, response_format=form)
        assert refused.value.param == "response_format"


def test_a_stranger_needs_the_key(address: str) -> None:
    for key in ("wrong", KEY + "x"):
        with pytest.raises(openai.AuthenticationError):
            openai.OpenAI(base_url=f"{address}/v1", api_key=key, max_retries=0).models.list()
