"""Messages to a prompt by the checkpoint's own template, in a sandbox, and the prompt to tokens.

What people and papers wrote can never become a control token: a text such as `<|im_end|>` or `<think>` inside a message
is encoded letter by letter. Checkpoints mark only some of their control tokens as special, so we look at all of them.
"""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from jinja2 import TemplateError, meta
from jinja2.ext import loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment
from tokenizers import Tokenizer

from inference.api.errors import RefusedError

Message = dict[str, Any]
FIRST_STAND_IN = 0xF0000  # a private-use plane: no text of ours or of a template's
BRACKETED = re.compile(r"<\S+>")
"""The form of control tokens; a template need not name those that its model was trained with."""


class ChatTemplate:
    """One checkpoint's template. `source` is Jinja as transformers understands it."""

    def __init__(self, source: str, special: Mapping[str, str], tokenizer: Tokenizer) -> None:
        environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols])
        environment.filters["tojson"] = _to_json
        environment.globals["raise_exception"] = _complain
        environment.globals["strftime_now"] = lambda form: datetime.now().strftime(form)  # noqa: DTZ005 - local day
        self.source = source
        self.variables = meta.find_undeclared_variables(environment.parse(source))
        self._template = environment.from_string(source)
        self._special = dict(special)
        self._tokenizer = tokenizer
        self._literally = _letters_only(tokenizer)
        added = tokenizer.get_added_tokens_decoder().values()
        marked = {token.content for token in added if token.special}
        named = {token.content for token in added if token.content in source or BRACKETED.fullmatch(token.content)}
        signs = {text: chr(FIRST_STAND_IN + place) for place, text in enumerate(sorted(marked | named))}
        self._control, self._stands_for = signs, {sign: text for text, sign in signs.items()}
        self._found, self._found_special = _one_of(signs), _one_of(marked)

    def ids(
        self, messages: Sequence[Message], tools: Sequence[Message] | None, given: Mapping[str, Any]
    ) -> tuple[int, ...]:
        """The prompt's tokens. Raises `RefusedError` when the template will not have the messages."""
        for name in given:
            if name not in self.variables or name in {"messages", "tools"}:
                raise RefusedError(
                    400, f"this model's template knows no {name!r}", param="chat_template_kwargs", code="unknown_value"
                )
        try:
            context = {
                **self._special,
                "add_generation_prompt": True,
                **given,
                "messages": list(map(self._message, messages)),
            }
            text = self._template.render(tools=self._disarmed(tools) if tools else None, **context)
        except (TemplateError, TypeError, ValueError, RecursionError) as error:
            raise RefusedError(400, f"the model's chat template refuses: {error}", param="messages") from error
        return tuple(self._encode(text))

    def _message(self, message: Message) -> Message:
        """One message without control tokens of somebody's. A template may look for `</think>` in an earlier answer of
        the model's own, so tokens that are not special stay in its text."""
        plain: Message = self._disarmed(message)
        if message.get("role") == "assistant":
            plain["content"] = self._replaced(message["content"], self._found_special)
        return plain

    def _disarmed(self, value: Any) -> Any:
        """The same with a stand-in for every control token that somebody wrote."""
        if isinstance(value, str):
            return self._replaced(value, self._found)
        if isinstance(value, Mapping):
            return {self._disarmed(key): self._disarmed(inner) for key, inner in value.items()}
        return [self._disarmed(inner) for inner in value] if isinstance(value, list | tuple) else value

    def _replaced(self, text: str, control: re.Pattern[str]) -> str:
        """Some tokenizers look for tokens in the normalised text, where letters of another kind spell them too."""
        normaliser = self._tokenizer.normalizer
        if normaliser is not None and not text.isascii():
            seen = normaliser.normalize_str(text)
            text = seen if len(control.findall(seen)) > len(control.findall(text)) else text
        return control.sub(lambda found: self._control[found.group()], text)

    def _encode(self, text: str) -> list[int]:
        ids: list[int] = []
        for part in re.split("([" + "".join(self._stands_for) + "])" if self._stands_for else "(?!)", text):
            if part in self._stands_for:
                ids += self._literally.encode(self._stands_for[part], add_special_tokens=False).ids
            elif part:
                ids += self._tokenizer.encode(part, add_special_tokens=False).ids
        return ids


def _letters_only(tokenizer: Tokenizer) -> Tokenizer:
    """A tokenizer that finds none of its added tokens in a text. The library passes over special ones alone."""
    described = json.loads(tokenizer.to_str())
    for token in described["added_tokens"]:
        token["special"] = True
    letters: Tokenizer = Tokenizer.from_str(json.dumps(described))
    letters.encode_special_tokens = True
    return letters


def _one_of(texts: Collection[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, sorted(texts, key=len, reverse=True))) or "(?!)")


def _to_json(value: Any, indent: int | None = None, **_options: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent)


def _complain(message: str) -> None:
    raise TemplateError(message)
