"""A manuscript from disk: archives as people and machines make them."""

import zipfile
from pathlib import Path

import pytest

from agents.scientist.sources import load

PAPER = r"\documentclass{article}\title{T}\begin{document}Words.\end{document}"


def packed(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def test_what_a_machine_leaves_in_an_archive_is_passed_over(tmp_path: Path) -> None:
    left = {"__MACOSX/._paper.tex": b"\x00\x05\x16\x07\xff", ".git/x.tex": b"\xff", "notes.docx": b"PK"}
    sources = load(packed(tmp_path / "paper.zip", {"paper.tex": PAPER.encode(), **left}))
    assert (sources.main, list(sources.files)) == ("paper.tex", ["paper.tex"])


@pytest.mark.parametrize("name", ["../paper.bib", "/tmp/paper.bib", "a/../../paper.bib"])
def test_a_name_that_leads_out_of_the_archive_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="outside"):
        load(packed(tmp_path / "paper.zip", {"paper.tex": PAPER.encode(), name: b"@a{b}"}))


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"paper\.tex is not in UTF-8"):
        load(packed(tmp_path / "latin.zip", {"paper.tex": PAPER.replace("Words", "Größe").encode("latin-1")}))
    whole = packed(tmp_path / "broken.zip", {"paper.tex": PAPER.encode()}).read_bytes()
    (tmp_path / "broken.zip").write_bytes(whole.replace(b"Words", b"Wards"))
    with pytest.raises(ValueError, match=r"broken\.zip cannot be unpacked: Bad CRC"):
        load(tmp_path / "broken.zip")
