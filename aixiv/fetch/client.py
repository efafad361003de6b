"""Asking an outside index, politely: a name and a mail address, one question at a time, and waiting when it says so."""

import asyncio
from typing import Any

import httpx2
import msgspec
import stamina

from aixiv.domain.errors import Invalid
from aixiv.fetch.sources import SOURCES, Question, Source
from review.references import Work

ATTEMPTS = 3
TIMEOUT = 10.0  # seconds for one answer
LONGEST_WAIT = 20.0  # seconds an index may ask to be left alone; longer, and it counts as silent
LARGEST = 2 * 2**20  # bytes of an answer
BUSY = frozenset({429, 500, 502, 503, 504})


class SourceSilent(Exception):
    """The index gave no answer that can be read; asking it again in this round is no use."""


class _Busy(Exception):
    def __init__(self, reason: str, after: float | None = None) -> None:
        super().__init__(reason)
        self.after = after


class Fetcher:
    """Asks the indexes it was given. `wait` is the first pause in seconds before a question is repeated."""

    def __init__(self, sources: tuple[Source, ...], *, mail: str = "", wait: float = 0.5) -> None:
        self.sources = sources
        self._mail, self._wait = mail, wait
        contact = f" (mailto:{mail})" if mail else ""
        self._http = httpx2.AsyncClient(timeout=TIMEOUT, headers={"User-Agent": f"aixiv{contact}"})
        self._turns = {source.name: asyncio.Lock() for source in sources}

    async def ask(self, source: Source, question: Question) -> tuple[Work, ...]:
        """Works that answer the question, perhaps none. Raises `SourceSilent`."""
        retries = stamina.retry_context(on=_pause, attempts=ATTEMPTS, timeout=None, wait_initial=self._wait)
        try:
            async with self._turns[source.name]:
                async for attempt in retries:
                    with attempt:
                        return await self._ask_once(source, question)
        except _Busy as failure:
            raise SourceSilent(f"{source.name}: {failure}") from failure
        raise AssertionError("unreachable: the retries end by returning or raising")

    async def aclose(self) -> None:
        """Give the connections back."""
        await self._http.aclose()

    async def _ask_once(self, source: Source, question: Question) -> tuple[Work, ...]:
        path, parameters = source.ask(question, self._mail)
        try:
            response = await self._http.get(f"{source.base_url}{path}", params=parameters)
        except httpx2.HTTPError as error:
            raise _Busy(f"cannot be reached ({type(error).__name__})") from error
        if response.status_code in BUSY:
            after = _seconds(response.headers.get("Retry-After", ""))
            if after is not None and after > LONGEST_WAIT:
                raise SourceSilent(f"{source.name}: asks to be left alone for {after:g} seconds")
            raise _Busy(f"answered {response.status_code}", after)
        if response.status_code == 404:
            return ()
        if response.status_code != 200 or len(response.content) > LARGEST:
            raise SourceSilent(f"{source.name}: answered {response.status_code}, {len(response.content)} bytes")
        try:
            return tuple(source.read(response.content))
        except (msgspec.DecodeError, msgspec.ValidationError, AttributeError, KeyError, TypeError, ValueError) as error:
            raise SourceSilent(f"{source.name}: an answer of another form ({type(error).__name__})") from error


def _pause(error: Exception) -> Any:
    """Whether to ask again, and after how many seconds when the index says so."""
    if not isinstance(error, _Busy):
        return False
    return True if error.after is None else error.after


def _seconds(header: str) -> float | None:
    return float(header) if header.strip().isdigit() else None


def sources_of(setting: str) -> tuple[Source, ...]:
    """Indexes named in the setting, in its order: `openalex,crossref=http://host:port`, or `off`. Raises Invalid."""
    found = []
    for item in (part.strip() for part in setting.split(",")):
        name, _, address = item.partition("=")
        if name in ("", "off"):
            continue
        if name not in SOURCES:
            raise Invalid(
                f"AIXIV_LITERATURE: {name!r} is no index.", code="literature", hint=f"Known are {', '.join(SOURCES)}."
            )
        source = SOURCES[name]
        found.append(msgspec.structs.replace(source, base_url=address.rstrip("/")) if address else source)
    return tuple(found)
