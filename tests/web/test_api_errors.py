"""What is refused says why, in one shape, and leaves nothing behind."""

import asyncio
import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pypdf import PdfReader, PdfWriter
from reportlab.pdfgen import canvas

from aixiv.db import Database
from aixiv.deps import Deps
from aixiv.domain import errors
from aixiv.queue import Deferrer, make_queue
from aixiv.storage import StorageUnavailable
from aixiv.usecases.oauth import OAuthRefused
from aixiv.web.errors import STATUSES
from tests.web.door import TEXT, Door, Somebody, form, served

pytestmark = pytest.mark.anyio


def subclasses(kind: type) -> Iterator[type]:
    yield kind
    for below in kind.__subclasses__():
        yield from subclasses(below)


def test_every_refusal_has_a_status_of_its_own() -> None:
    problems = {kind for kind in subclasses(errors.AixivError) if not issubclass(kind, OAuthRefused)}  # RFC 6749's own
    assert problems == set(STATUSES)


def pdf(*lines: str, password: str = "") -> bytes:
    drawn = io.BytesIO()
    page = canvas.Canvas(drawn)
    for number, line in enumerate(lines):
        page.drawString(72, 720 - 14 * number, line)
    page.showPage()
    page.save()
    if not password:
        return drawn.getvalue()
    writer = PdfWriter(clone_from=PdfReader(drawn))
    writer.encrypt(password, algorithm="RC4-128")
    closed = io.BytesIO()
    writer.write(closed)
    return closed.getvalue()


def packed(members: dict[str, bytes]) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return archive.getvalue()


MAIN = rb"\documentclass{article}\begin{document}\title{T}\maketitle Text.\end{document}"
UNREADABLE = {
    "empty_file": ("empty.md", b""),
    "encrypted_pdf": ("closed.pdf", pdf("Secret findings", password="hunter2")),
    "no_text": ("blank.pdf", pdf()),
    "archive_bomb": ("bomb.zip", packed({"main.tex": MAIN, "zeros.tex": bytes(300 * 2**20)})),
    "unsafe_archive_path": ("escape.zip", packed({"main.tex": MAIN, "../../escape.tex": b"x"})),
}


def refused(answer: httpx2.Response, status: int, code: str) -> dict[str, Any]:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    problem: dict[str, Any] = answer.json()
    assert (answer.status_code, problem["status"], problem["code"]) == (status, status, code), problem
    assert problem["detail"]
    assert problem["hint"]
    assert problem["request_id"] == answer.headers["x-request-id"]
    return problem


@pytest.fixture
async def mine(door: Door, author: Somebody) -> httpx2.AsyncClient:
    return await door.of(author.bearer)


async def test_files_that_cannot_be_read_are_refused_at_the_door(door: Door, mine: httpx2.AsyncClient) -> None:
    before = door.rows()
    for code, (filename, content) in UNREADABLE.items():
        refused(await mine.post("/api/v1/papers", files=form(content, filename=filename)), 422, code)
    assert door.rows() == before
    counted = (await door.http.get("/metrics")).text
    assert 'aixiv_uploads_refused_total{reason="encrypted_pdf"} 1.0' in counted


async def pushed(door: Door, headers: dict[str, str], chunks: Iterator[bytes]) -> tuple[httpx2.Response, int]:
    """Send until the server answers, as curl does; the answer, and how many bytes it took."""
    reader, writer = await asyncio.open_connection(*door.url.removeprefix("http://").split(":"))
    head = "".join(f"{name}: {value}\r\n" for name, value in {"Host": "localhost", **headers}.items())
    writer.write(f"POST /api/v1/papers HTTP/1.1\r\n{head}\r\n".encode())
    answer = asyncio.create_task(reader.readuntil(b"}"))
    sent = 0
    for chunk in chunks:
        if answer.done():
            break
        writer.write(chunk)
        sent += len(chunk)
        await asyncio.wait({answer, asyncio.create_task(writer.drain())}, return_when=asyncio.FIRST_COMPLETED)
    raw = await answer
    writer.transport.abort()
    lines, _, body = raw.partition(b"\r\n\r\n")
    status, *fields = lines.decode().split("\r\n")
    told = [(name, value) for name, _, value in (field.partition(": ") for field in fields)]
    return httpx2.Response(int(status.split()[1]), headers=told, content=body), sent


async def test_two_gigabytes_are_refused_before_they_are_read(door: Door, author: Somebody, tmp_path: Path) -> None:
    sparse = tmp_path / "huge.pdf"
    with sparse.open("wb") as file:
        file.truncate(2 * 2**30)
    before = door.rows()
    announced = {**author.bearer, "Content-Type": "multipart/form-data; boundary=b", "Content-Length": str(2 * 2**30)}
    with sparse.open("rb") as file:
        answer, sent = await pushed(door, announced, iter(lambda: file.read(2**20), b""))
    refused(answer, 413, "too_large")
    assert sent < 16 * 2**20
    assert door.rows() == before


async def test_a_body_without_a_length_is_cut_off_at_the_limit(
    door: Door, author: Somebody, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    spool = tmp_path / "spool"
    spool.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(spool))
    largest = 0

    def endless() -> Iterator[bytes]:
        nonlocal largest
        opening = b'--b\r\nContent-Disposition: form-data; name="manuscript"; filename="x.pdf"\r\n\r\n'
        yield b"%x\r\n%b\r\n" % (len(opening), opening)
        for _ in range(2 * 2**10):
            largest = max(largest, *(f.stat().st_size for f in spool.rglob("manuscript")), 0)
            yield b"100000\r\n" + bytes(2**20) + b"\r\n"

    chunked = {**author.bearer, "Content-Type": "multipart/form-data; boundary=b", "Transfer-Encoding": "chunked"}
    answer, sent = await pushed(door, chunked, endless())
    refused(answer, 413, "too_large")
    assert sent < 2 * door.deps.settings.max_upload_bytes
    assert 0 < largest <= door.deps.settings.max_upload_bytes
    assert not list(spool.rglob("*"))


async def test_a_key_repeats_its_answer_and_takes_no_other_content(door: Door, mine: httpx2.AsyncClient) -> None:
    key = {"Idempotency-Key": "4c1f-one"}
    first = await mine.post("/api/v1/papers", files=form(), headers=key)
    again = await mine.post("/api/v1/papers", files=form(), headers=key)
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json() == again.json()
    before = door.rows()
    assert before["papers"] == 1
    other = await mine.post("/api/v1/papers", files=form(TEXT + b"\nMore.\n"), headers=key)
    refused(other, 422, "idempotency_conflict")
    assert door.rows()["papers"] == before["papers"]
    assert door.rows()["events"] == before["events"]


async def test_a_stale_base_is_a_conflict(door: Door, mine: httpx2.AsyncClient) -> None:
    card = (await mine.post("/api/v1/papers", files=form())).json()
    before = door.rows()
    late = form(TEXT + b"\nMore.\n", metadata={"base_version": 7})
    refused(await mine.post(f"/api/v1/papers/{card['paper_id']}/versions", files=late), 409, "stale_base")
    assert door.rows() == before


async def test_what_is_wrong_with_a_form_is_named(mine: httpx2.AsyncClient, door: Door) -> None:
    before = door.rows()
    for files, code, word in (
        (form(authors="nobody"), "invalid_field", "authors"),
        (form(authors=[{"name": 3, "kind": "ai"}]), "invalid_field", "authors[0].name"),
        (form(colour="red"), "invalid_field", "colour"),
        (form(title="a\0b"), "nul_character", "NUL"),
        (form(categories=["Alchemy/Gold"]), "category_unknown", "Alchemy"),
        ({**form(), "extra": (None, b"x")}, "part_unknown", "extra"),
        ({"metadata": form()["metadata"]}, "part_missing", "manuscript"),
        ({"manuscript": form()["manuscript"]}, "part_missing", "metadata"),
        ({**form(), "metadata": (None, b"{")}, "json_malformed", "metadata"),
        (form(filename="a\u202egpj.md"), "filename_characters", "filename"),
    ):
        assert word in refused(await mine.post("/api/v1/papers", files=files), 422, code)["detail"]
    kind = await mine.post("/api/v1/papers", json={})
    refused(kind, 415, "media_type")
    cut = await mine.post(
        "/api/v1/papers",
        content=b'--b\r\nContent-Disposition: form-data; name="metadata"\r\n\r\n{}',
        headers={"Content-Type": "multipart/form-data; boundary=b"},
    )
    refused(cut, 422, "form_malformed")
    assert door.rows() == before


async def test_queries_are_strict_and_name_what_is_wrong(door: Door) -> None:
    for query, word in (
        ("limit=0", "limit"),
        ("limit=ten", "limit"),
        ("status=lost", "status"),
        ("colour=red", "colour"),
        ("limit=1&limit=2", "limit"),
        ("since=yesterday", "since"),
    ):
        problem = refused(await door.http.get(f"/api/v1/papers?{query}"), 422, "invalid_field")
        assert word in problem["detail"]
    refused(await door.http.get("/api/v1/papers?query=%00"), 422, "nul_character")
    refused(await door.http.get("/api/v1/papers?cursor=abc"), 422, "cursor")
    assert (await door.http.get("/api/v1/papers?since=2026-01-01")).status_code == 200


async def test_unknown_routes_and_methods_have_the_same_shape(door: Door) -> None:
    refused(await door.http.get("/api/v1/nothing"), 404, "route_unknown")
    answer = await door.http.put("/api/v1/papers")
    refused(answer, 405, "method_not_allowed")
    assert "POST" in answer.headers["allow"]
    page = await door.http.get("/nothing", headers={"Accept": "text/html"})
    assert page.status_code == 404
    assert page.headers["content-type"].startswith("text/html")


async def test_an_outage_is_503_and_says_when_to_come_back(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    async def down() -> None:
        raise StorageUnavailable("gone")

    assert (await door.http.get("/readyz")).status_code == 200
    monkeypatch.setattr(door.deps.blobs, "ping", down)
    answer = await door.http.get("/readyz")
    refused(answer, 503, "storage_unavailable")
    assert int(answer.headers["retry-after"]) > 0
    assert (await door.http.get("/healthz")).status_code == 200


async def test_a_database_that_is_gone_is_503_everywhere(deps: Deps) -> None:
    nowhere = Database("postgresql://nobody@127.0.0.1:1/none", defer=Deferrer(make_queue("")))
    async with served(replace(deps, database=nowhere)) as door:
        for path in ("/readyz", "/api/v1/papers", "/api/v1/papers/2611.00001"):
            answer = await door.http.get(path)
            refused(answer, 503, "database_unavailable")
            assert int(answer.headers["retry-after"]) > 0
        page = await door.http.get("/", headers={"Accept": "text/html"})
        assert page.status_code == 503
    await nowhere.close()


async def test_a_fault_of_ours_is_masked(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: Any) -> None:
        raise KeyError("the secret inside")

    monkeypatch.setattr("aixiv.web.api.lookup.find_paper", broken)
    answer = await door.http.get("/api/v1/papers/2611.00001")
    refused(answer, 500, "internal")
    assert "secret" not in answer.text
