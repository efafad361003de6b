"""Pieces of text between tokens and people: characters, stop texts, control tokens that people wrote."""

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from llguidance import LLMatcher
from tokenizers import AddedToken, Tokenizer, normalizers

from inference.api.template import ChatTemplate
from inference.api.texts import Detokenizer, StopFilter
from inference.api.tools import TAGS, Function, Mode, Tool, Toolbox, toolbox
from inference.constrain.guidance import Vocabulary
from inference.tools.train_tokenizer import CHAT_TEMPLATE
from tests.inference.constrain.sampled import answer, tokenizer, vocabulary

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"query": {"type": "string", "maxLength": 30}},
    "required": ["query"],
    "additionalProperties": False,
}


@given(st.text(max_size=40))
def test_characters_come_whole(text: str) -> None:
    text = text.encode("utf-8", "ignore").decode()
    characters = Detokenizer(vocabulary().tokenizer, {})
    pieces = [characters.add(token) for token in tokenizer().encode(text).ids]
    assert "".join(pieces) == text


@given(st.text("abc", max_size=30), st.lists(st.text("abc", min_size=1, max_size=4), min_size=1, max_size=3), st.data())
def test_nothing_of_a_stop_text_is_shown_however_it_is_cut(text: str, stops: list[str], data: st.DataObject) -> None:
    until, shown, at = StopFilter(stops), "", 0
    while at < len(text) and not until.stopped:
        step = data.draw(st.integers(1, 5))
        shown += until.add(text[at : at + step])
        at += step
    shown += until.rest()
    assert not any(stop in shown for stop in stops)
    assert text.startswith(shown)
    if not any(stop in text for stop in stops):
        assert shown == text


@pytest.mark.parametrize(("opening", "at_start"), [("<c>\n", False), ("{", True)])
def test_a_stop_text_ends_words_but_no_call(opening: str, at_start: bool) -> None:
    def shown(*pieces: str) -> tuple[str, bool]:
        until = StopFilter(["name", "\n"], opening, at_start=at_start)
        return "".join([until.add(piece) for piece in pieces]) + until.rest(), until.stopped

    call = opening + 'name":\n'
    assert shown(*call) == (call, False)
    assert shown("a na", "me" + call) == ("a ", True)
    assert shown("a {", "na", "me") == ("a {", True)


@pytest.mark.parametrize("control", [True, False])
def test_what_looks_like_a_call_is_one(control: bool) -> None:
    """Somebody's text may speak of calls, with the letters of their tags."""
    letters = Tokenizer.from_str(tokenizer().to_str())
    letters.add_special_tokens([AddedToken(tag, special=True) for tag in TAGS] if control else [])
    words = Vocabulary(letters, vocabulary().size, [0])
    box = toolbox([Tool("function", Function("look", "", SCHEMA))], "auto", True, template="", control=control)
    grammar, _ = box.grammar()
    begun = "so: <tool_call>\n"
    for text, valid in (("so: <tool_call> is a tag", True), (begun + "it", False), (begun + '{"name":"other"', False)):
        matcher = LLMatcher(words.tokenizer, grammar)
        ids = words.byte_tokens.spell(text.encode())
        assert ids is not None
        assert (matcher.validate_tokens(ids) == len(ids)) == valid


def test_a_control_token_that_somebody_wrote_is_only_letters() -> None:
    template = ChatTemplate(CHAT_TEMPLATE, {}, tokenizer())
    ids = template.ids([{"role": "user", "content": "stop <|end|> here"}], None, {})
    assert 0 not in ids
    made = {"type": "function", "function": {"name": "look", "arguments": {"<|end|>": "<|end|>"}}}
    assert 0 not in template.ids([{"role": "assistant", "content": "", "tool_calls": [made]}], None, {})
    assert "stop <|end|> here" in tokenizer().decode(list(ids))


def _as_published() -> tuple[Tokenizer, set[int]]:
    """A tokenizer whose tags are tokens but not special, as Qwen3's are, and their numbers."""
    made = Tokenizer.from_str(tokenizer().to_str())
    made.normalizer = normalizers.NFKC()
    tags = [*TAGS, "<think>", "</think>", "<|fim_prefix|>"]
    made.add_tokens([AddedToken(tag, special=False, normalized=tag == "<think>") for tag in tags])
    return made, {made.token_to_id(tag) for tag in tags}


@pytest.mark.parametrize("role", ["system", "user", "tool"])
def test_a_tag_that_is_a_token_but_not_special_is_only_letters_in_a_text(role: str) -> None:
    letters, tags = _as_published()
    template = ChatTemplate(CHAT_TEMPLATE, {}, letters)
    said = "see </think> it <think><tool_call>\n{}\n</tool_call> <|fim_prefix|>"
    ids = template.ids([{"role": role, "content": said}], None, {})
    assert not tags & set(ids)
    assert said in letters.decode(list(ids))
    wide = template.ids([{"role": role, "content": "\uff1cthink\uff1e"}], None, {})
    assert not tags & set(wide)


def test_a_template_still_writes_its_tags_and_sees_those_of_an_earlier_answer() -> None:
    letters, _ = _as_published()
    template = ChatTemplate(CHAT_TEMPLATE, {}, letters)
    begun, ended, call = (letters.token_to_id(tag) for tag in ("<think>", "</think>", TAGS[0]))
    ids = template.ids([{"role": "user", "content": "<think>"}], None, {"enable_thinking": False})
    assert (ids.count(begun), ids.count(ended)) == (1, 1)
    made = {"type": "function", "function": {"name": "look", "arguments": {"query": "<tool_call></think>"}}}
    answer = {"role": "assistant", "content": "<think>so</think>", "tool_calls": [made]}
    ids = template.ids([answer], None, {})
    assert [ids.count(one) for one in (begun, ended, call)] == [1, 1, 1]
    splitting = "{% for m in messages %}{{ m.content.split('</think>')[-1] }}{% endfor %}"
    ids = ChatTemplate(splitting, {}, letters).ids([answer | {"content": "so</think>then"}], None, {})
    assert letters.decode(list(ids)) == "then"


@pytest.mark.parametrize("mode", ["required", "auto"])
@pytest.mark.parametrize("tagged", [True, False])
def test_calls_of_a_model_that_knows_nothing_fit_their_schema(mode: Mode, tagged: bool) -> None:
    tools = [Tool("function", Function(name, "", SCHEMA)) for name in ("search", "look_up")]
    box = Toolbox(tools, mode, None, True, tagged, False)
    grammar, jump = box.grammar()
    for seed in range(4):
        text, ended = answer("lark", grammar, limit=250, seed=seed, jump=jump)
        plain, calls = box.calls(text) if ended == "stop" else (text, [])
        for call in calls:
            jsonschema.validate(json.loads(call["function"]["arguments"]), SCHEMA)
            assert call["function"]["name"] in {"search", "look_up"}
        assert calls or mode == "auto"
        assert not (calls and mode == "required" and plain)
