"""Puts a service together: a checkpoint, its engine, the embedding model and the HTTP server."""

import asyncio
import ipaddress
import math
import secrets
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import uvicorn
from jinja2 import TemplateError
from litestar import Litestar
from tokenizers import Tokenizer

from inference.api.app import create_app
from inference.api.language import Language
from inference.api.template import ChatTemplate
from inference.api.tools import TAGS
from inference.constrain.guidance import Vocabulary
from inference.embedding import last_token, loader
from inference.embedding.base import Embedder
from inference.embedding.folder import is_embedding, pooling_of
from inference.engine.engine import Engine
from inference.memory import PAGE, TooLittleMemory, pages_for
from inference.model.load import DType, find, load, name_of
from inference.model.spec import CheckpointError

SEQUENCES = {"cuda": 64, "cpu": 16}
BATCH_TOKENS = {"cuda": 8192, "cpu": 512}
WAITING = 256
GRACE_S = 2.5  # for what is being answered when the service is told to stop; a supervisor kills after 4
LAST_WORDS_S = 4  # the forward in hand, and the error to everybody


@dataclass(frozen=True)
class Options:
    """How a service is started. `kv_memory` is in bytes; `context` in tokens, by default the checkpoint's."""

    model: str = ""
    dtype: DType = "auto"
    device: str = "auto"
    host: str = "127.0.0.1"
    port: int = 8001
    context: int | None = None
    kv_memory: int | None = None
    name: str = ""
    api_key: str = ""
    needs_model: bool = True
    """False: serve embeddings alone when the checkpoint cannot be loaded, and say why."""


class Server(uvicorn.Server):
    """Ends answers that take longer than `grace` seconds with an error, before their connections are cut."""

    def __init__(self, app: Litestar, *, grace: float = GRACE_S) -> None:
        after = math.ceil(grace) + LAST_WORDS_S
        super().__init__(uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=after))
        self._grace = grace
        self._stop: Callable[[], None] | None = app.state.stop

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Called once, when it is time to end."""
        ending = asyncio.create_task(self._end_answers())
        await super().shutdown(sockets)
        ending.cancel()

    async def _end_answers(self) -> None:
        await asyncio.sleep(self._grace)
        if self._stop is not None:
            await asyncio.to_thread(self._stop)


def serve(options: Options) -> None:
    """Serve until told to stop. Raises `CheckpointError` or `TooLittleMemory` where a model is needed, and ends the
    process when the port is not to be had, before anything is loaded."""
    place = _bound(options.host, options.port)
    key = options.api_key
    if not key and not is_loopback(options.host):
        key = secrets.token_urlsafe(32)
        print(f"{options.host} can be reached from elsewhere; the API key of this run is {key}", flush=True)
    app = application(options, key)
    address = f"[{options.host}]" if ":" in options.host else options.host
    print(f"{', '.join(app.state.models)} at http://{address}:{options.port}/v1; Ctrl-C ends", flush=True)
    server = Server(app)
    with suppress(KeyboardInterrupt):
        server.run(sockets=[place])
    if not server.started:
        raise SystemExit("aixiv: the service could not start; the log above says why")


def _bound(host: str, port: int) -> socket.socket:
    """A socket of ours that does not listen yet: until the model is loaded, connections are refused."""
    place = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        place.bind((host, port))
    except (OSError, OverflowError) as error:
        raise SystemExit(f"aixiv: cannot listen at {host}, port {port}: {error}") from error
    return place


def application(options: Options, api_key: str = "") -> Litestar:
    """The application with everything loaded, not started yet."""
    language, missing = None, ""
    embedders: list[Embedder] = [loader.load(loader.BUNDLED, loader.bundled_folder())]
    try:
        if options.model and is_embedding(find(options.model)):
            embedders.append(embedder_of(options))
            missing = f"{embedders[-1].name} is an embedding model: it answers /v1/embeddings and writes no texts"
        elif options.model:
            language = language_of(options)
    except (CheckpointError, TooLittleMemory) as error:
        if options.needs_model:
            raise
        missing = f"the model {options.model} could not be loaded: {error}"
        print(missing, file=sys.stderr, flush=True)
    return create_app(embedders, language=language, missing=missing, api_key=api_key)


def embedder_of(options: Options) -> Embedder:
    """A loaded embedding model, by the way in which its folder says that it pools."""
    folder = find(options.model)
    name = options.name or name_of(options.model)
    if name == loader.BUNDLED:
        raise CheckpointError(f"{name} is the name of the model that is always here; give another one")
    if pooling_of(folder) == "mean":
        return loader.load(name, folder)
    return last_token.load(
        name,
        folder,
        dtype=options.dtype,
        device=options.device,
        context=options.context,
        kv_memory=options.kv_memory,
    )


def language_of(options: Options) -> Language:
    """A loaded decoder behind its engine."""
    if options.context is not None and options.context < 1:
        raise CheckpointError(f"a context of {options.context} tokens holds nothing")
    loaded = load(options.model, dtype=options.dtype, device=options.device)
    model, spec = loaded.model, loaded.model.spec
    kind = "cuda" if model.device.type == "cuda" else "cpu"
    pages = pages_for(spec, model.dtype, model.device, options.kv_memory, SEQUENCES[kind])
    engine = Engine(
        model,
        pages=pages,
        page_size=PAGE,
        max_batch_tokens=BATCH_TOKENS[kind],
        max_sequences=SEQUENCES[kind],
        max_waiting=WAITING,
    )
    tokenizer, template = loaded.tokenizer, loaded.chat_template
    return Language(
        name=options.name or loaded.name,
        engine=engine,
        tokenizer=tokenizer,
        vocabulary=Vocabulary(tokenizer, spec.vocabulary, loaded.eos_ids),
        template=_template(template, loaded.special, tokenizer) if template else None,
        eos_ids=frozenset(loaded.eos_ids),
        context=min(engine.limit, options.context or engine.limit),
        weights=loaded.weights,
        tags=_tags(tokenizer),
        begin=tuple(tokenizer.encode("").ids),
        more={"family": spec.family, "device": str(model.device), "kv_tokens": (pages - 1) * PAGE},
    )


def _template(source: str, special: dict[str, str], tokenizer: Tokenizer) -> ChatTemplate:
    try:
        return ChatTemplate(source, special, tokenizer)
    except TemplateError as error:
        raise CheckpointError(f"the chat template cannot be read: {error}") from error


def _tags(tokenizer: Tokenizer) -> dict[int, bytes]:
    """The tags of tool calls, where they are control tokens of this tokenizer."""
    added = tokenizer.get_added_tokens_decoder()
    return {
        number: token.content.encode() for number, token in added.items() if token.special and token.content in TAGS
    }


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
