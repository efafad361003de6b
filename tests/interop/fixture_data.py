"""Resources and prompts of the conformance fixture, with the names and texts that the suite asks for."""

import base64
import json
import re
import struct
import zlib
from collections.abc import Callable, Mapping
from typing import Any

from mcp.types import (
    AudioContent,
    BlobResourceContents,
    EmbeddedResource,
    ImageContent,
    InputRequiredResult,
    TextContent,
    TextResourceContents,
)

from tests.interop.asking import asking, elicit


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


_PIXEL = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
_PNG = (
    b"\x89PNG\r\n\x1a\n"
    + _chunk(b"IHDR", _PIXEL)
    + _chunk(b"IDAT", zlib.compress(b"\0\xff\0\0"))
    + _chunk(b"IEND", b"")
)
_FORMAT = struct.pack("<HHIIHH", 1, 1, 8000, 8000, 1, 8)
_WAV = (
    b"RIFF"
    + struct.pack("<I", 37)
    + b"WAVEfmt "
    + struct.pack("<I", 16)
    + _FORMAT
    + b"data"
    + struct.pack("<I", 1)
    + b"\x80"
)
BINARY = base64.b64encode(_PNG).decode()
SOUND = base64.b64encode(_WAV).decode()

IMAGE = ImageContent(type="image", data=BINARY, mime_type="image/png")
AUDIO = AudioContent(type="audio", data=SOUND, mime_type="audio/wav")


def text(words: str) -> TextContent:
    return TextContent(type="text", text=words)


def embedded(uri: str, words: str, kind: str = "text/plain") -> EmbeddedResource:
    return EmbeddedResource(type="resource", resource=TextResourceContents(uri=uri, mime_type=kind, text=words))


CONTENTS: dict[str, TextResourceContents | BlobResourceContents] = {
    "test://static-text": TextResourceContents(
        uri="test://static-text", mime_type="text/plain", text="This is the content of the static text resource."
    ),
    "test://static-binary": BlobResourceContents(uri="test://static-binary", mime_type="image/png", blob=BINARY),
    "test://watched-resource": TextResourceContents(
        uri="test://watched-resource", mime_type="text/plain", text="Watched."
    ),
}


def TEMPLATE(uri: str) -> TextResourceContents | None:
    found = re.fullmatch(r"test://template/([^/]+)/data", uri)
    if found is None:
        return None
    said = {"id": found[1], "templateTest": True, "data": f"Data for ID: {found[1]}"}
    return TextResourceContents(uri=uri, mime_type="application/json", text=json.dumps(said))


def _with_context(_: Mapping[str, str], answers: Mapping[str, Any]) -> list[Any] | InputRequiredResult:
    if "user_context" not in answers:
        return asking(user_context=elicit("What context should the prompt use?", "context"))
    return [text(f"Context: {answers['user_context'].content}")]


Made = Callable[[Mapping[str, str], Mapping[str, Any]], "list[Any] | InputRequiredResult"]
PROMPTS: dict[str, tuple[tuple[str, ...], Made]] = {
    "test_simple_prompt": ((), lambda _, __: [text("This is a simple prompt for testing.")]),
    "test_prompt_with_arguments": (
        ("arg1", "arg2"),
        lambda given, _: [text(f"Prompt with arguments: arg1='{given['arg1']}', arg2='{given['arg2']}'")],
    ),
    "test_prompt_with_embedded_resource": (
        ("resourceUri",),
        lambda given, _: [
            embedded(given["resourceUri"], "Embedded resource content for testing."),
            text("Please process the embedded resource above."),
        ],
    ),
    "test_prompt_with_image": ((), lambda _, __: [IMAGE, text("Please analyze the image above.")]),
    "test_input_required_result_prompt": ((), _with_context),
}
