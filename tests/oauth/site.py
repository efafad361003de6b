"""A client's own site, with a certificate of its own: it gives its document, and whatever else a test puts there."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

HOST = "localhost"
REDIRECT = "http://127.0.0.1:7777/back"
FOREIGN = "https://elsewhere.example/back"


@dataclass
class Site:
    """Answers by path: status, headers, body. `asked` counts requests."""

    port: int
    trust: ssl.SSLContext
    answers: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    @property
    def netloc(self) -> str:
        return f"{HOST}:{self.port}"

    @property
    def client_id(self) -> str:
        return f"https://{self.netloc}/client.json"

    def put(self, path: str, content: Any, status: int = 200, location: str = "", encoding: str = "identity") -> str:
        """Serve this, JSON unless it is bytes; the address."""
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        headers = {"content-encoding": encoding} | ({"location": location} if location else {})
        self.answers[path] = status, headers, body
        return f"https://{self.netloc}{path}"

    def describe(self, path: str = "/client.json", **changes: Any) -> str:
        """Serve a client's document; its id."""
        told = {
            "client_id": f"https://{self.netloc}{path}",
            "client_name": "Desk Agent",
            "redirect_uris": [REDIRECT, FOREIGN],
            "token_endpoint_auth_method": "none",
            "grant_types": ["authorization_code", "refresh_token"],
        }
        return self.put(path, told | changes)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request and one answer."""
        path = (await reader.readuntil(b"\r\n\r\n")).split(b" ", 2)[1].decode()
        self.asked.append(path)
        if path == "/slow":
            await asyncio.sleep(30)
        status, headers, body = self.answers.get(path, (404, {}, b""))
        head = {"content-length": str(len(body)), "connection": "close"} | headers
        lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        writer.write(f"HTTP/1.1 {status} X\r\n{lines}\r\n".encode() + body)
        await writer.drain()
        writer.close()


@asynccontextmanager
async def client_site(folder: Path, *, name: str = HOST) -> AsyncIterator[Site]:
    """The site on a port of its own, with a certificate for this name."""
    certificate = folder / f"{name}.pem"
    certificate.write_bytes(certificate_for(name))
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(certificate)
    site = Site(0, ssl.create_default_context(cafile=str(certificate)))
    server = await asyncio.start_server(site.serve, "127.0.0.1", 0, ssl=serving)
    site.port = server.sockets[0].getsockname()[1]
    site.describe()
    async with server:
        yield site


def certificate_for(name: str) -> bytes:
    """A key and a certificate that it signed itself, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain) + made.public_bytes(
        serialization.Encoding.PEM
    )
