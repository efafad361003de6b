"""The embeddings call as OpenAI's clients send it, and what is answered. Nothing sent is silently ignored."""

import base64
import struct
from collections.abc import Sequence
from typing import Literal

import msgspec
from msgspec import Struct

from inference.api.errors import RefusedError
from inference.api.requests import read_fields, wrong_field
from inference.embedding.base import Embedded

MAX_INPUTS = 2048
MAX_CHARACTERS = 2_000_000  # of one input; only the first few hundred tokens are read anyway
KNOWN_FIELDS = ("input", "model", "encoding_format", "user")
KNOWN_BUT_REFUSED = {"dimensions": "this model's vectors have one length; leave 'dimensions' out"}


class EmbeddingRequest(Struct, frozen=True):
    """`user` is accepted because clients send it; it names somebody and asks for nothing."""

    input: str | list[str]
    model: str
    encoding_format: Literal["float", "base64"] = "float"
    user: str = ""

    @property
    def texts(self) -> list[str]:
        return [self.input] if isinstance(self.input, str) else self.input


class Embedding(Struct, frozen=True):
    """One vector: numbers, or base64 of little-endian float32."""

    object: Literal["embedding"]
    index: int
    embedding: list[float] | str


class Usage(Struct, frozen=True):
    """Tokens read. `truncated_inputs` (ours) counts the texts of which only the beginning was read."""

    prompt_tokens: int
    total_tokens: int
    truncated_inputs: int


class EmbeddingResponse(Struct, frozen=True):
    """The answer, in the order of the inputs."""

    object: Literal["list"]
    model: str
    data: list[Embedding]
    usage: Usage


def parse(body: bytes) -> EmbeddingRequest:
    """Read a request, or raise `RefusedError` naming the field that is wrong."""
    fields = read_fields(body)
    for name in fields:
        if name not in KNOWN_FIELDS:
            hint = KNOWN_BUT_REFUSED.get(name, f"unknown field {name!r}")
            raise RefusedError(400, hint, param=name, code="unsupported_parameter")
    try:
        request = msgspec.convert(fields, EmbeddingRequest)
    except msgspec.ValidationError as error:
        raise RefusedError(400, str(error), param=wrong_field(str(error))) from error
    _check_texts(request.texts)
    return request


def respond(request: EmbeddingRequest, found: Sequence[Embedded]) -> EmbeddingResponse:
    """The answer for the vectors found."""
    tokens = sum(one.tokens for one in found)
    shown = _base64 if request.encoding_format == "base64" else list
    return EmbeddingResponse(
        "list",
        request.model,
        [Embedding("embedding", index, shown(one.vector)) for index, one in enumerate(found)],
        Usage(tokens, tokens, sum(one.truncated for one in found)),
    )


def _check_texts(texts: list[str]) -> None:
    if not texts or not all(texts):
        raise RefusedError(400, "'input' holds no text, or an empty one", param="input")
    if len(texts) > MAX_INPUTS:
        raise RefusedError(400, f"'input' holds more than {MAX_INPUTS} texts", param="input")
    if max(map(len, texts)) > MAX_CHARACTERS:
        raise RefusedError(413, f"an input is longer than {MAX_CHARACTERS} characters", param="input")


def _base64(vector: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode("ascii")
