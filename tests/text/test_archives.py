"""Archives are untrusted: what escapes, explodes or links is refused, and nothing is ever half-read."""

import contextlib
import gzip
import io
import random
import tarfile
import zipfile
from itertools import pairwise
from pathlib import PurePosixPath

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aixiv.text import Parsed, Unreadable
from aixiv.text.latex import archive as bounds
from tests.text import documents as d
from tests.text.conftest import Read

QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def tar_of(*members: tuple[tarfile.TarInfo, bytes], mode: str = "w:gz") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:  # type: ignore[call-overload]
        for info, content in members:
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def refused(read: Read, content: bytes, name: str) -> Unreadable:
    with pytest.raises(Unreadable) as caught:
        read(content, name)
    assert caught.value.message
    assert caught.value.hint
    return caught.value


@pytest.mark.parametrize("name", ["../evil.tex", "/etc/evil.tex", "a/../../evil.tex", "..\\evil.tex", "C:\\evil.tex"])
def test_a_member_that_points_outside_is_refused(read: Read, name: str) -> None:
    content = d.zip_of({"main.tex": d.paper_latex(), name: "x"})
    assert refused(read, content, "paper.zip").code == "unsafe_archive_path"
    content = tar_of((tarfile.TarInfo("main.tex"), d.paper_latex().encode()), (tarfile.TarInfo(name), b"x"))
    assert refused(read, content, "paper.tar.gz").code == "unsafe_archive_path"


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_are_refused(read: Read, kind: bytes) -> None:
    link = tarfile.TarInfo("figure.tex")
    link.type, link.linkname = kind, "/etc/passwd"
    content = tar_of((tarfile.TarInfo("main.tex"), d.paper_latex().encode()), (link, b""))
    assert refused(read, content, "paper.tar.gz").code == "unsafe_archive_path"


def test_a_symbolic_link_in_a_zip_is_refused(read: Read) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("main.tex", d.paper_latex())
        link = zipfile.ZipInfo("secret.tex")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    assert refused(read, out.getvalue(), "paper.zip").code == "unsafe_archive_path"


def test_bombs_are_refused(read: Read) -> None:
    zeros = b"\0" * 30_000_000
    assert refused(read, d.zip_of({"main.tex": d.paper_latex(), "big.tex": zeros}), "a.zip").code == "archive_bomb"
    assert refused(read, gzip.compress(zeros), "main.tex.gz").code == "archive_bomb"
    tar = tar_of((tarfile.TarInfo("main.tex"), d.paper_latex().encode()), (tarfile.TarInfo("big.png"), zeros))
    assert refused(read, tar, "a.tar.gz").code == "archive_bomb"
    many = {f"{n}.tex": "" for n in range(bounds.MOST_MEMBERS + 1)}
    assert refused(read, d.zip_of(many), "a.zip").code == "archive_bomb"
    deep = "/".join("d" * (bounds.DEEPEST_PATH + 1)) + ".tex"
    assert refused(read, d.zip_of({deep: "x"}), "a.zip").code == "archive_bomb"


def test_a_zip_that_lies_about_a_size_is_refused(read: Read) -> None:
    content = d.zip_of({"main.tex": d.paper_latex(), "big.tex": b"%" * 30_000_000})
    lying = content.replace((30_000_000).to_bytes(4, "little"), (1000).to_bytes(4, "little"))
    assert refused(read, lying, "a.zip").code in ("archive_bomb", "damaged_file")


def test_inputs_without_end_are_refused(read: Read) -> None:
    loop = d.zip_of({"main.tex": d.paper_latex().replace("\\maketitle", "\\input{a}"), "a.tex": "\\input{a}"})
    assert refused(read, loop, "a.zip").code == "archive_bomb"
    doubling = {f"x{n}.tex": f"\\input{{x{n + 1}}}\n" * 12 for n in range(8)}
    main = d.paper_latex().replace("\\maketitle", "\\input{x0}")
    assert refused(read, d.zip_of({"main.tex": main, "x8.tex": "word", **doubling}), "a.zip").code == "archive_bomb"


def test_macros_without_end_are_refused(read: Read) -> None:
    doubling = "".join(f"\\newcommand{{\\m{a}}}{{{f'{chr(92)}m{b} ' * 30}}}\n" for a, b in pairwise("abcdefgh"))
    source = doubling + d.paper_latex().replace("\\maketitle", "\\ma")
    assert refused(read, source.encode(), "a.tex").code == "archive_bomb"


def test_an_archive_without_a_main_file(read: Read) -> None:
    assert refused(read, d.zip_of({"notes.txt": "hello", "part.tex": "\\section{X} y"}), "a.zip").code == "no_main_file"


def test_a_project_is_flattened_from_its_main_file(read: Read) -> None:
    source = d.paper_latex()
    head, rest = source.split("\\section{Method}")
    body, tail = rest.split("\\begin{table}")
    members: dict[str, str | bytes] = {
        "paper/main.tex": head + "\\input{parts/method}\n\\begin{table}" + tail,
        "paper/parts/method.tex": "\\section{Method}" + body,
        "paper/figure.png": b"\x89PNG not read",
    }
    whole = read(source, "one.tex").manuscript
    assert read(d.zip_of(members), "paper.zip").manuscript == whole
    files = [(tarfile.TarInfo(n), c.encode() if isinstance(c, str) else c) for n, c in members.items()]
    assert read(tar_of(*files), "paper.tar.gz").manuscript == whole
    assert read(gzip.compress(source.encode()), "one.tex.gz").manuscript == whole


@pytest.mark.parametrize(
    "figure", [b"%PDF-1.7\nnot a manuscript", b"\x1f\x8b not a manuscript", b"# Not a manuscript\n"]
)
def test_an_archive_that_begins_with_a_figure_is_an_archive(read: Read, figure: bytes) -> None:
    source = d.paper_latex()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("a/figure.pdf", figure)
        archive.writestr("main.tex", source)
    assert figure in out.getvalue()[:256]  # where a reader of PDF would look
    whole = read(source, "one.tex").manuscript
    assert read(out.getvalue(), "paper.zip").manuscript == whole
    assert read(out.getvalue(), "paper.pdf").manuscript == whole
    files = [(tarfile.TarInfo("a/figure.pdf"), figure), (tarfile.TarInfo("main.tex"), source.encode())]
    for mode in ("w", "w:gz"):
        assert read(tar_of(*files, mode=mode), "paper.tar").manuscript == whole


@QUICK
@given(name=st.text(st.sampled_from("ab./\\:\x00 "), min_size=1, max_size=12))
def test_no_accepted_name_leads_outside(name: str) -> None:
    try:
        safe = PurePosixPath(bounds.safe_name(name))
    except Unreadable:
        return
    assert not safe.is_absolute()
    assert ".." not in safe.parts


@QUICK
@given(seed=st.integers(0, 10**9), cuts=st.integers(1, 40), kind=st.sampled_from(["zip", "tar.gz", "tar"]))
def test_a_damaged_archive_is_read_whole_or_refused(read: Read, seed: int, cuts: int, kind: str) -> None:
    members = (tarfile.TarInfo("main.tex"), d.paper_latex().encode())
    mode = "w:gz" if kind == "tar.gz" else "w"
    whole = d.zip_of({"main.tex": d.paper_latex()}) if kind == "zip" else tar_of(members, mode=mode)
    content = bytearray(whole)
    chance = random.Random(seed)
    for _ in range(cuts):
        content[chance.randrange(len(content))] = chance.randrange(256)
    with contextlib.suppress(Unreadable):
        assert isinstance(read(bytes(content), f"paper.{kind}"), Parsed)
