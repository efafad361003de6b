"""Documents at addresses that strangers name, fetched so that nobody looks into our own network through us.

The name is resolved once, every address it has must be public, and the connection goes to the address that was
checked, so that a second answer of the name server changes nothing. No redirect is followed, no proxy is asked.
"""

import asyncio
import ipaddress
import re
import socket
import ssl
import time
from collections.abc import Collection
from urllib.parse import SplitResult, urlsplit

import httpx2

TIMEOUT = 5.0  # seconds for name, connection and answer together
LARGEST = 64 * 1024  # bytes
KEPT_SECONDS, KEPT_MOST = 300.0, 200
LONGEST_ADDRESS = 1000  # characters
NOT_PUBLIC = "its name is unknown, or not one of the public internet"
"""One answer for both, so that nobody learns which names our own network knows."""

_SPELLING = re.compile(r"[A-Za-z0-9\-._~:/?\[\]@!$&'()*+,;=%]+")
_HOST = re.compile(r"[a-z0-9.-]+|[0-9a-f:.]+")
_GLOBAL_V6 = ipaddress.ip_network("2000::/3")
_NOT_OURS = tuple(
    map(
        ipaddress.ip_network,
        (
            "192.0.0.0/24",  # protocol assignments
            "192.88.99.0/24",  # relays of 6to4
            "2001::/23",  # protocol assignments, Teredo among them
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4: an IPv4 address inside
            "3fff::/20",  # documentation
        ),
    )
)


class DocumentRefused(Exception):
    """The address may not be asked, or did not give a document; the message says which."""


class Documents:
    """Fetches documents and keeps them for five minutes.

    `local` names hosts (`host:port`) that may be asked by http and at private addresses, and `tls` whom to trust
    in place of the usual authorities: for development and tests.
    """

    def __init__(self, local: Collection[str] = (), tls: ssl.SSLContext | None = None) -> None:
        self._local = frozenset(local)
        self._tls = tls or True
        self._kept: dict[str, tuple[float, bytes]] = {}

    async def get(self, address: str) -> bytes:
        """The document at this address. Raises `DocumentRefused`."""
        kept = self._kept.get(address)
        if kept and kept[0] > time.monotonic():
            return kept[1]
        parts = check_address(address, self._local)
        try:
            async with asyncio.timeout(TIMEOUT):
                document = await self._fetch(parts, await self._resolve(parts))
        except TimeoutError as error:
            raise DocumentRefused("it did not answer in time") from error
        if len(self._kept) >= KEPT_MOST:
            self._kept.pop(next(iter(self._kept)))
        self._kept[address] = (time.monotonic() + KEPT_SECONDS, document)
        return document

    async def _resolve(self, parts: SplitResult) -> str:
        """The one address to connect to; every address of the name has to be public."""
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(parts.hostname, _port(parts), type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise DocumentRefused(NOT_PUBLIC) from error
        addresses = [str(sockaddr[0]) for *_, sockaddr in found]
        if not addresses or (parts.netloc not in self._local and not all(map(is_public, addresses))):
            raise DocumentRefused(NOT_PUBLIC)
        return addresses[0]

    async def _fetch(self, parts: SplitResult, address: str) -> bytes:
        host = f"[{address}]" if ":" in address else address
        query = f"?{parts.query}" if parts.query else ""
        pinned = f"{parts.scheme}://{host}:{_port(parts)}{parts.path}{query}"
        headers = {
            "Host": parts.netloc,
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": "aixiv",
        }
        body = bytearray()
        try:
            async with (
                httpx2.AsyncClient(timeout=TIMEOUT, trust_env=False, verify=self._tls) as http,
                http.stream(
                    "GET", pinned, headers=headers, extensions={"sni_hostname": parts.hostname}, follow_redirects=False
                ) as answer,
            ):
                if answer.status_code != 200:
                    raise DocumentRefused(f"it answered {answer.status_code}")
                async for piece in answer.aiter_raw():
                    body += piece
                    if len(body) > LARGEST:
                        raise DocumentRefused(f"it is larger than {LARGEST} bytes")
        except httpx2.HTTPError as error:
            raise DocumentRefused(f"it cannot be reached ({type(error).__name__})") from error
        return bytes(body)


def check_address(address: str, local: Collection[str] = ()) -> SplitResult:
    """The parts of an address that may be asked; raises `DocumentRefused`."""
    if len(address) > LONGEST_ADDRESS or not _SPELLING.fullmatch(address):
        raise DocumentRefused("it is no plain address")
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as error:
        raise DocumentRefused("it is no plain address") from error
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.netloc in local):
        raise DocumentRefused("it must begin with https://")
    if not parts.hostname or not _HOST.fullmatch(parts.hostname) or "@" in parts.netloc or port == 0:
        raise DocumentRefused("it needs a host, and no user")
    if parts.path in ("", "/") or any(segment in (".", "..") for segment in parts.path.split("/")):
        raise DocumentRefused("it needs a path without dots")
    return parts


def is_public(address: str) -> bool:
    """Whether this is an address of the public internet, in itself and not by another one wrapped in it."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address) and found not in _GLOBAL_V6:
        return False  # IPv4 in IPv6 (mapped, compatible, translated), link-local, unique local, multicast
    return (
        found.is_global
        and not found.is_multicast
        and not any(found in n for n in _NOT_OURS if n.version == found.version)
    )


def local_hosts(setting: str) -> frozenset[str]:
    """Hosts of the setting `oauth_local_clients`."""
    return frozenset(host for part in setting.split(",") if (host := part.strip()))


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)
