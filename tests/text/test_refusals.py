"""What cannot be read is refused with a reason, in this process and in the limited one; nothing is half-read."""

import contextlib
import json
import random
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pypdf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aixiv.text import Parsed, ParseLimits, Unreadable, parse_file, parse_limited
from tests.text import documents as d
from tests.text.conftest import read_path
from tests.text.offsets import check_offsets

SMALL = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def _sparse(path: Path) -> Path:
    with path.open("wb") as file:
        file.write(b"%PDF-1.7\n")
        file.truncate(2 * 2**30)
    return path


def _image_layer(path: Path) -> Path:
    def hide(canvas: d.Canvas) -> None:
        text = canvas.beginText(72, 700)
        text.setTextRenderMode(3)
        for _ in range(20):
            text.textLine(d.INSTRUCTION)
        canvas.drawText(text)

    canvas = d.Canvas(str(path))
    hide(canvas)
    canvas.showPage()
    canvas.save()
    return path


def _unreadable_files(folder: Path) -> dict[str, Path]:
    pdf = d.paper_pdf(folder / "whole.pdf").read_bytes()
    return {
        "empty_file": _written(folder / "empty.pdf", b""),
        "unknown_format": _written(folder / "picture.png", b"\x89PNG\r\n\x1a\n\0\0\0"),
        "encrypted_pdf": d.paper_pdf(folder / "locked.pdf", password="secret"),
        "damaged_file": _written(folder / "cut.pdf", pdf[:600]),
        "no_text": d.picture_pdf(folder / "picture.pdf"),
        "too_large": _sparse(folder / "sparse.pdf"),
        "archive_bomb": _written(folder / "bomb.zip", d.zip_of({"a.tex": b"\0" * 30_000_000})),
        "unsafe_archive_path": _written(folder / "escape.zip", d.zip_of({"../a.tex": "x"})),
        "no_main_file": _written(folder / "empty.zip", d.zip_of({"a.tex": "x", "b.tex": "y"})),
    }


CODES = sorted(
    [
        "empty_file",
        "unknown_format",
        "encrypted_pdf",
        "damaged_file",
        "no_text",
        "too_large",
        "archive_bomb",
        "unsafe_archive_path",
        "no_main_file",
    ]
)


@pytest.mark.parametrize("code", CODES)
def test_each_refusal_has_its_code_a_sentence_and_a_hint(tmp_path: Path, code: str) -> None:
    path = _unreadable_files(tmp_path)[code]
    with pytest.raises(Unreadable) as caught:
        read_path(path)
    assert caught.value.code == code
    assert caught.value.message.endswith(".")
    assert caught.value.hint.endswith(".")


@pytest.mark.anyio
async def test_the_limited_reader_gives_the_same_answers(tmp_path: Path) -> None:
    path = d.paper_pdf(tmp_path / "paper.pdf", white_text=d.INSTRUCTION)
    assert await parse_limited(path, filename="paper.pdf", limits=ParseLimits()) == read_path(path)
    locked = d.paper_pdf(tmp_path / "locked.pdf", password="secret")
    with pytest.raises(Unreadable) as caught:
        await parse_limited(locked, filename="locked.pdf", limits=ParseLimits())
    assert caught.value.code == "encrypted_pdf"


def test_too_many_pages(tmp_path: Path) -> None:
    writer = pypdf.PdfWriter(clone_from=d.paper_pdf(tmp_path / "one.pdf"))
    for _ in range(9):
        writer.add_blank_page()
    writer.write(tmp_path / "many.pdf")
    with pytest.raises(Unreadable) as caught:
        read_path(tmp_path / "many.pdf", max_pages=5)
    assert caught.value.code == "too_many_pages"


def test_a_hidden_text_layer_is_no_text(tmp_path: Path) -> None:
    with pytest.raises(Unreadable) as caught:
        read_path(_image_layer(tmp_path / "scan.pdf"))
    assert caught.value.code == "no_text"
    assert "no reader can see" in caught.value.message


@pytest.mark.parametrize(
    ("name", "content", "way_out"),
    [
        ("bare.md", b"![](figure.png)\n\n<!-- to come -->\n", "words"),
        ("bare.tex", b"\\documentclass{article}\\begin{document}\\end{document}", "\\begin{document}"),
    ],
)
def test_a_text_without_words_is_refused_in_words_for_its_kind(
    tmp_path: Path, name: str, content: bytes, way_out: str
) -> None:
    with pytest.raises(Unreadable) as caught:
        read_path(_written(tmp_path / name, content))
    assert caught.value.code == "no_text"
    assert way_out in caught.value.hint
    assert "PDF" not in caught.value.hint


@pytest.mark.anyio
async def test_a_slow_parse_is_stopped_and_leaves_no_process(tmp_path: Path) -> None:
    path = _written(
        tmp_path / "slow.tex", d.paper_latex().replace("\\maketitle", "\\newcommand{\\a}{" * 100_000).encode()
    )
    begun = time.monotonic()
    with pytest.raises(Unreadable) as caught:
        await parse_limited(path, filename="slow.tex", limits=ParseLimits(seconds=0.5))
    assert caught.value.code == "parse_timeout"
    assert time.monotonic() - begun < 5
    children = [" ".join(child.cmdline()) for child in psutil.Process().children(recursive=True)]
    assert not [line for line in children if "aixiv.text" in line]


@pytest.mark.anyio
@pytest.mark.parametrize("memory", [60 * 2**20, 130 * 2**20])
async def test_a_parse_that_needs_too_much_memory_is_refused(tmp_path: Path, memory: int) -> None:
    path = d.paper_pdf(tmp_path / "paper.pdf")
    with pytest.raises(Unreadable) as caught:
        await parse_limited(path, filename="paper.pdf", limits=ParseLimits(memory_bytes=memory))
    assert caught.value.code == "parse_memory"


def test_the_reader_starts_quickly_and_imports_nothing_heavy() -> None:
    ask = "import sys, json, aixiv.text.worker; print(json.dumps(sorted(sys.modules)))"
    begun = time.monotonic()
    loaded = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True).stdout
    assert time.monotonic() - begun < 2.0
    heavy = {"torch", "scipy", "litestar", "sqlalchemy", "langgraph", "pydantic", "numpy"}
    assert heavy.isdisjoint(json.loads(loaded))


@SMALL
@given(
    content=st.binary(max_size=400),
    head=st.sampled_from([b"", b"%PDF-1.7\n", b"PK\x03\x04", b"\x1f\x8b\x08", b"\\section{a}"]),
)
def test_arbitrary_bytes_give_a_manuscript_or_a_refusal(tmp_path: Path, content: bytes, head: bytes) -> None:
    path = _written(tmp_path / "file", head + content)
    with contextlib.suppress(Unreadable):
        assert isinstance(parse_file(path, filename="file.bin", max_bytes=10**6, max_pages=10), Parsed)


@SMALL
@given(seed=st.integers(0, 10**9), cuts=st.integers(1, 60))
def test_a_damaged_pdf_gives_right_places_or_a_refusal(tmp_path: Path, seed: int, cuts: int) -> None:
    whole = tmp_path / "whole.pdf"
    if not whole.exists():
        d.paper_pdf(whole)
    content = bytearray(whole.read_bytes())
    chance = random.Random(seed)
    for _ in range(cuts):
        content[chance.randrange(len(content))] = chance.randrange(256)
    with contextlib.suppress(Unreadable):
        check_offsets(read_path(_written(tmp_path / "damaged.pdf", bytes(content))).manuscript)
