"""What a client sends, as the typed value a use case takes: JSON, query parameters, and a form with a manuscript.

Decoding is strict and every refusal names its field. The framework's own parsers are not used: they read a whole body
before anybody is known to be allowed to send it, and they convert what they should refuse.
"""

import re
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import Struct
from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from aixiv.domain.errors import Invalid, TooLarge
from aixiv.domain.words import line
from aixiv.usecases.submit import Upload
from aixiv.web.errors import Call, Unsupported

T = TypeVar("T")
S = TypeVar("S", bound=Struct)

MAX_METADATA = 2**20
_MAX_PARTS = 8
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_PLACE = re.compile(r"^(?P<reason>.*) - at `\$\.?(?P<field>[^`]*)`$", re.DOTALL)


async def read_json(call: Call, type_: type[T]) -> T:
    """The body as a value of this type."""
    kind = call.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Unsupported("This address takes JSON.", hint="Send 'Content-Type: application/json'.")
    return decode(await call.body(), type_, "body")


def decode(body: bytes, type_: type[T], where: str) -> T:
    """JSON text as a value of this type; `where` names it in a refusal."""
    if _NUL.search(body):
        raise Invalid("Text must not contain NUL characters.", code="nul_character", hint="Take out \\u0000.")
    try:
        return msgspec.json.decode(body, type=type_)
    except msgspec.ValidationError as error:
        raise _refusal(str(error), where) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Invalid(
            f"{where} is not JSON: {error}.", code="json_malformed", hint="Send one JSON object in UTF-8."
        ) from error


def read_query(call: Call, type_: type[S]) -> S:
    """The query parameters as this struct; each may be given once."""
    values: dict[str, Any] = {}
    for name, value in call.query_params.multi_items():
        if name in values:
            raise Invalid(f"{name[:80]} is given twice.", code="invalid_field", hint="Give each parameter once.")
        if "\0" in name or "\0" in value:
            raise Invalid("Text must not contain NUL characters.", code="nul_character", hint="Take out %00.")
        values[name] = f"{value}T00:00:00Z" if _DAY.fullmatch(value) else value
    try:
        return msgspec.convert(values, type_, strict=False)
    except msgspec.ValidationError as error:
        raise _refusal(str(error), "query") from error


@asynccontextmanager
async def received(call: Call, type_: type[T], max_bytes: int) -> AsyncIterator[tuple[T, Upload]]:
    """The parts `metadata` and `manuscript` of a form; the file lies in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="aixiv-upload-") as folder:
        form = _Form(Path(folder) / "manuscript", max_bytes)
        await form.read(call)
        if form.metadata is None or form.filename is None:
            missing = "metadata" if form.metadata is None else "manuscript"
            raise Invalid(
                f"The form has no part {missing!r}.",
                code="part_missing",
                hint="Send a part 'metadata' with JSON and a part 'manuscript' with a file name and the file.",
            )
        yield decode(bytes(form.metadata), type_, "metadata"), Upload(path=form.path, filename=form.filename)


class _Form:
    """A form while it arrives: metadata in memory, the manuscript on disk, both bounded."""

    def __init__(self, path: Path, max_bytes: int) -> None:
        self.path = path
        self.metadata: bytearray | None = None
        self.filename: str | None = None
        self._max_bytes = max_bytes
        self._size = 0

    async def read(self, call: Call) -> None:
        """Take the body in. Raises `TooLarge`, `Unsupported` or `Invalid` as soon as it is known."""
        kind, options = parse_options_header(call.headers.get("content-type", ""))
        if kind != "multipart/form-data" or not options.get("boundary"):
            raise Unsupported("This address takes a form.", hint="Send 'Content-Type: multipart/form-data'.")
        part: MultipartSegment | None = None
        try:
            with (
                self.path.open("wb") as file,
                PushMultipartParser(options["boundary"], max_segment_count=_MAX_PARTS) as parser,
            ):
                async for chunk in call.stream():
                    for event in parser.parse(chunk) if chunk and not parser.closed else ():
                        if isinstance(event, MultipartSegment):
                            part = event
                            self._open(part)
                        elif event and part:
                            self._take(part, event, file)
        except (MultipartError, UnicodeError, LookupError) as error:
            raise Invalid(
                "The form is damaged or cut off.", code="form_malformed", hint="Send it again with an HTTP library."
            ) from error

    def _open(self, part: MultipartSegment) -> None:
        if part.name == "metadata" and self.metadata is None:
            self.metadata = bytearray()
        elif part.name == "manuscript" and self.filename is None:
            if not part.filename:
                raise Invalid("The part 'manuscript' has no file name.", code="file_name", hint="Send it as a file.")
            self.filename = line(part.filename, "filename", most=255)
        else:
            raise Invalid(
                f"The part {str(part.name)[:80]!r} is not expected, or was sent twice.",
                code="part_unknown",
                hint="Send one part 'metadata' and one part 'manuscript'.",
            )

    def _take(self, part: MultipartSegment, data: bytes, file: Any) -> None:
        if part.name == "metadata" and self.metadata is not None:
            self.metadata += data
            if len(self.metadata) > MAX_METADATA:
                raise TooLarge(f"metadata has over {MAX_METADATA:,} bytes.", hint="Shorten the response letter.")
            return
        self._size += len(data)
        if self._size > self._max_bytes:
            raise TooLarge(f"The file has over {self._max_bytes:,} bytes.")
        file.write(data)


def _refusal(message: str, where: str) -> Invalid:
    placed = _PLACE.match(message)
    field = placed["field"] if placed and placed["field"] else where
    reason = placed["reason"] if placed else message
    return Invalid(
        f"{field}: {reason[:1].lower()}{reason[1:]}.".replace("`", "'"),
        code="invalid_field",
        hint=f"Correct {field}; /schema describes every field.",
    )
