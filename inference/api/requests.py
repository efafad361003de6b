"""What may be asked of a language model. Every field does what it says or is refused by name."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from inference.api.errors import RefusedError
from inference.constrain import guidance
from inference.constrain.guidance import BadGrammar, GuidedConstraint, Kind, Source, Vocabulary
from inference.engine.request import Sampling

MAX_CHOICES = 16
MAX_STOPS = 16
MAX_TOP = 20
LONGEST_NUMBER = 16  # digits of a token's

UNSUPPORTED = {
    "functions": "use 'tools'",
    "function_call": "use 'tool_choice'",
    "best_of": "ask for 'n' answers and choose",
    "echo": "the prompt is not repeated here",
    "suffix": "this model continues texts, it does not fill gaps",
    "audio": "this service speaks no audio",
    "prediction": "predicted outputs are not used here",
    "reasoning_effort": "use 'chat_template_kwargs' if this model's template has such a switch",
    "web_search_options": "this service reads nothing from the web",
    "store": "nothing is stored here",
    "service_tier": "there is one tier",
    "modalities": "this service answers in text",
    "metadata": "nothing is stored here",
    "verbosity": "say in a message how long the answer should be",
    "prompt_cache_key": "equal beginnings of prompts are found without a key",
    "prompt_cache_retention": "what was read is kept as long as there is room",
    "moderation": "nothing is moderated here",
    "safety_identifier": "use 'user'",
}

Penalty = Annotated[float, Meta(ge=-2, le=2)]
Asked = TypeVar("Asked", bound="Common")


class StreamOptions(Struct, frozen=True, forbid_unknown_fields=True):
    """`include_obfuscation` is what newer clients send; nothing is obfuscated here, so only false is taken."""

    include_usage: bool = False
    include_obfuscation: Literal[False] = False


class Common(Struct, frozen=True, kw_only=True):
    """What chat and plain completions share. `user` names somebody and asks for nothing.

    `top_k`, `min_p`, `repetition_penalty`, `regex`, `lark` and `choice` are ours (`extra_body` in OpenAI's client).
    """

    model: str
    max_tokens: Annotated[int, Meta(ge=1)] | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] = 1.0
    top_p: Annotated[float, Meta(gt=0, le=1)] = 1.0
    top_k: Annotated[int, Meta(ge=0)] = 0
    min_p: Annotated[float, Meta(ge=0, le=1)] = 0.0
    repetition_penalty: Annotated[float, Meta(gt=0, le=10)] = 1.0
    presence_penalty: Penalty = 0.0
    frequency_penalty: Penalty = 0.0
    logit_bias: dict[str, Annotated[float, Meta(ge=-100, le=100)]] = {}
    seed: Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)] | None = None
    n: Annotated[int, Meta(ge=1, le=MAX_CHOICES)] = 1
    stop: str | list[str] = []
    stream: bool = False
    stream_options: StreamOptions | None = None
    regex: str | None = None
    lark: str | None = None
    choice: list[str] | None = None
    user: str = ""

    @property
    def stops(self) -> tuple[str, ...]:
        """The texts at which an answer ends."""
        return (self.stop,) if isinstance(self.stop, str) else tuple(self.stop)

    @property
    def wants_usage(self) -> bool:
        """Whether a stream ends with a count."""
        return self.stream_options is not None and self.stream_options.include_usage

    def sampling(self, logprobs: int, vocabulary: int) -> Sampling:
        """How the engine chooses tokens for this request."""
        return Sampling(
            temperature=self.temperature,
            top_p=self.top_p,
            top_k=self.top_k,
            min_p=self.min_p,
            repetition_penalty=self.repetition_penalty,
            presence_penalty=self.presence_penalty,
            frequency_penalty=self.frequency_penalty,
            logit_bias={_token(word, vocabulary): bias for word, bias in self.logit_bias.items()},
            seed=self.seed,
            logprobs=logprobs,
        )


class CompletionRequest(Common, frozen=True, kw_only=True):
    """Continue a text, or each of several."""

    prompt: str | list[str | int | list[int]]
    logprobs: Annotated[int, Meta(ge=0, le=MAX_TOP)] | None = None


def read_fields(body: bytes) -> dict[str, Any]:
    """What a request gives, or `RefusedError`. A null is as good as nothing."""
    try:
        fields: Any = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RefusedError(400, f"the body is not JSON: {error}") from error
    if not isinstance(fields, dict):
        raise RefusedError(400, "the body must be a JSON object")
    found: dict[str, Any] = _without_nulls(fields)
    return found


def read(body: bytes, kind: type[Asked]) -> Asked:
    """Read a request, or raise `RefusedError` naming the field that is wrong."""
    fields = read_fields(body)
    if isinstance(messages := fields.get("messages"), list):  # as clients write out the answers they were given
        fields["messages"] = [_without_nulls(one) for one in messages]
    for name in fields:
        if name not in kind.__struct_fields__:
            hint = UNSUPPORTED.get(name, "it is not known here")
            raise RefusedError(400, f"{name!r} is not supported: {hint}", param=name, code="unsupported_parameter")
    try:
        asked = msgspec.convert(fields, kind)
    except msgspec.ValidationError as error:
        raise RefusedError(400, str(error), param=wrong_field(str(error))) from error
    _check(asked)
    return asked


def _without_nulls(value: Any) -> Any:
    return {name: inner for name, inner in value.items() if inner is not None} if isinstance(value, dict) else value


def wrong_field(message: str) -> str | None:
    """The field a validation message speaks of: msgspec ends it with the path, as in `$.input`."""
    _, found, path = message.rpartition("$.")
    if found:
        return path.rstrip("`").split("[")[0].split(".")[0]
    _, found, name = message.partition("missing required field `")
    return name.rstrip("`") if found else None


def own_constraint(asked: Common, vocabulary: Vocabulary) -> GuidedConstraint | None:
    """The constraint of `regex`, `lark` or `choice`, of which one may be given."""
    given: list[tuple[Kind, Source]] = []
    for kind, source in (("regex", asked.regex), ("lark", asked.lark), ("choice", asked.choice)):
        if source is not None:
            given.append((kind, source))  # type: ignore[arg-type]
    if len(given) > 1:
        raise RefusedError(400, "give one of 'regex', 'lark' and 'choice'", param=given[1][0])
    return constrain(*given[0], vocabulary, param=given[0][0]) if given else None


def constrain(
    kind: Kind,
    source: Source,
    vocabulary: Vocabulary,
    *,
    param: str,
    jump: int | None = None,
    inside: Sequence[Any] = (),
) -> GuidedConstraint:
    """A constraint, or a refusal that names `param`; the rest as `guidance.compile` has it."""
    try:
        return guidance.compile(kind, source, vocabulary, jump=jump, inside=inside)
    except BadGrammar as error:
        raise RefusedError(400, f"{param}: {error}", param=param, code="invalid_grammar") from error


def _check(asked: Common) -> None:
    if len(asked.stops) > MAX_STOPS or not all(asked.stops):
        raise RefusedError(400, f"'stop' holds at most {MAX_STOPS} texts, none of them empty", param="stop")
    if asked.stream_options is not None and not asked.stream:
        raise RefusedError(400, "'stream_options' says how to stream, but 'stream' is not set", param="stream_options")


def _token(word: str, vocabulary: int) -> int:
    number = int(word) if word.isdecimal() and len(word) <= LONGEST_NUMBER else vocabulary
    if number >= vocabulary:
        raise RefusedError(400, f"{word[:LONGEST_NUMBER]!r} is no token of this model", param="logit_bias")
    return number
