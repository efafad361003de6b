"""Documents at strangers' addresses: nobody reaches our own network through us, and nothing large, slow or moved."""

import gzip
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from aixiv.fetch import DocumentRefused, Documents, check_address, documents
from aixiv.fetch.documents import LARGEST, is_public
from tests.oauth.site import Site, client_site

pytestmark = pytest.mark.anyio

PRIVATE = [
    "127.0.0.1", "127.255.0.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "192.0.0.8", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.51.100.7", "203.0.113.7", "224.0.0.1",
    "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1",
    "fd12:3456::1",
    "fec0::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "64:ff9b::7f00:1",
    "64:ff9b:1::1", "100::1", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1", "2002:7f00:1::1",
    "3fff::1", "5f00::1", "not an address",
]  # fmt: skip
WRONG = [
    "http://client.example/me", "ftp://client.example/me", "file:///etc/passwd", "https://client.example",
    "https://client.example/", "https:///me", "https://user@client.example/me", "https://user:pw@client.example/me",
    "https://client.example/me#part", "https://client.example/../me", "https://client.example/./me",
    "javascript:alert(1)",
    "https://client.example\\@127.0.0.1/me", "https://client.example/me\r\nHost: x", "https://client.example/ me",
    "https://client.example:0/me", "https://client.example:99999/me", "https://cl\u0131ent.example/me", "",
    "https://[::1/me", f"https://client.example/{'x' * 2000}",
]  # fmt: skip
DISGUISED = ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "[::ffff:127.0.0.1]", "localhost", "169.254.169.254"]


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with client_site(tmp_path) as serving:
        yield serving


def test_only_the_public_internet_is_asked() -> None:
    assert [address for address in PRIVATE if is_public(address)] == []
    assert all(map(is_public, ("8.8.8.8", "1.1.1.1", "2606:4700::1111", "2a00:1450:4001::1")))


def test_addresses_that_are_not_asked() -> None:
    for address in WRONG:
        with pytest.raises(DocumentRefused):
            check_address(address)
    assert check_address("https://client.example:8443/a/b?c=d").port == 8443


async def test_a_loopback_host_is_refused_under_every_name_it_has(site: Site) -> None:
    for host in DISGUISED:
        with pytest.raises(DocumentRefused, match="its name is unknown, or not one of the public internet"):
            await Documents(tls=site.trust).get(f"https://{host}:{site.port}/client.json")
    assert site.asked == []


async def test_a_name_with_one_private_address_among_public_ones_is_refused(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the address that was checked is the one that is asked: the name is looked up once."""
    looked_up: list[str] = []

    async def answers(self: object, host: str, port: int, **_: object) -> list[object]:
        looked_up.append(host)
        return [(socket.AF_INET, 1, 6, "", (address, port)) for address in ("8.8.8.8", "10.0.0.7")]

    monkeypatch.setattr("asyncio.base_events.BaseEventLoop.getaddrinfo", answers)
    with pytest.raises(DocumentRefused, match="public internet"):
        await Documents(tls=site.trust).get(f"https://rebinding.example:{site.port}/client.json")
    assert looked_up == ["rebinding.example"]


async def test_a_document_is_fetched_once_and_as_its_host(site: Site, tmp_path: Path) -> None:
    fetched = Documents([site.netloc], tls=site.trust)
    first, again = [await fetched.get(site.client_id) for _ in range(2)]
    assert first == again
    assert site.asked == ["/client.json"]
    async with client_site(tmp_path, name="other.example") as other:  # asked as localhost, it has another's certificate
        with pytest.raises(DocumentRefused, match="reached"):
            await Documents([other.netloc], tls=other.trust).get(other.client_id)
        assert other.asked == []


async def test_what_is_moved_large_slow_or_missing_is_refused(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "TIMEOUT", 0.5)
    fetched = Documents([site.netloc], tls=site.trust)
    site.put("/moved", b"", status=302, location=site.client_id)
    site.put("/large", b" " * (LARGEST + 1))
    bomb = gzip.compress(b" " * 50 * LARGEST)
    site.put("/bomb", bomb, encoding="gzip")
    for path in ("/moved", "/large", "/slow", "/missing"):
        with pytest.raises(DocumentRefused):
            await fetched.get(f"https://{site.netloc}{path}")
    assert await fetched.get(f"https://{site.netloc}/bomb") == bomb  # never unpacked
    assert site.asked == ["/moved", "/large", "/slow", "/missing", "/bomb"]
