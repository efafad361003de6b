"""What a measurement cannot be made on is refused with a word on what would help, never with a traceback."""

from collections.abc import Callable
from pathlib import Path

import pytest

from aixiv.cli.eval_checks import checks_eval
from aixiv.cli.eval_decisions import decisions_eval, read_papers
from aixiv.cli.eval_drift import drift_eval
from aixiv.cli.eval_panel import panel_eval
from aixiv.cli.eval_references import references_eval
from aixiv.cli.eval_stability import stability_eval
from aixiv.cli.evals import screening_eval
from aixiv.domain.errors import Invalid

BINARY = bytes(range(256))
GENERAL = Invalid("x").hint


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("bytes.csv", "bytes.json", "own/planted.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(BINARY)
    (tmp_path / "empty").touch()
    (tmp_path / "none").mkdir()
    (tmp_path / "list.csv").write_text("id,file,decision,score\n1,no.pdf,accept,3\n")
    (tmp_path / "score.csv").write_text("id,file,decision,score\n1,no.pdf,accept,high\n")
    (tmp_path / "twice.csv").write_text("id,file,decision,score\n1,a.pdf,accept,\n1,b.pdf,reject,\n")
    (tmp_path / "lone").mkdir()
    (tmp_path / "lone" / "planted.csv").write_text("file,planted\n")
    return tmp_path


@pytest.mark.parametrize(
    ("code", "ask"),
    [
        ("eval_file", lambda f: decisions_eval(f / "bytes.csv", f)),
        ("eval_columns", lambda f: decisions_eval(f / "empty", f)),
        ("eval_file", lambda f: decisions_eval(f / "none", f)),
        ("eval_file", lambda f: decisions_eval(f / "score.csv", f)),
        ("eval_file", lambda f: decisions_eval(f / "twice.csv", f)),
        ("eval_folder", lambda f: decisions_eval(f / "list.csv", f / "absent")),
        ("eval_folder", lambda f: decisions_eval(f / "list.csv", f / "none")),
        ("eval_words", lambda f: decisions_eval(f / "list.csv", f, words=0)),
        ("eval_review", lambda f: stability_eval([f / "bytes.csv"])),
        ("eval_file", lambda f: stability_eval([f / "none"])),
        ("eval_file", lambda f: checks_eval(f / "own")),
        ("eval_columns", lambda f: checks_eval(f / "lone")),
        ("eval_folder", lambda f: checks_eval(f / "none")),
        ("eval_folder", lambda f: checks_eval(f / "empty", make=True)),
        ("eval_folder", lambda f: checks_eval(f / "empty" / "set", make=True)),
        ("eval_papers", lambda f: checks_eval(f / "none", make=True, papers=0)),
        ("eval_file", lambda f: panel_eval(f / "bytes.json")),
        ("eval_file", lambda f: references_eval(f / "empty")),
        ("eval_file", lambda f: references_eval(f / "bytes.json")),
        ("eval_cases", lambda _: screening_eval(cases=-3)),
        ("eval_cases", lambda _: screening_eval(cases=0, clean=0)),
        ("eval_recent", lambda _: drift_eval(recent=0)),
    ],
)
def test_it_is_refused_with_a_hint(folder: Path, code: str, ask: Callable[[Path], None]) -> None:
    with pytest.raises(Invalid) as refusal:
        ask(folder)
    assert (refusal.value.code, refusal.value.hint != GENERAL, bool(refusal.value.hint)) == (code, True, True)


def test_a_list_written_by_a_spreadsheet_is_read(folder: Path) -> None:
    (folder / "list.csv").write_bytes(
        b"\xef\xbb\xbfid,file,decision,score,note\r\n7, a.pdf ,Accept (oral),,x\r\n8,b.pdf\r\n"
    )
    assert [(row.id, row.file, row.accepted) for row in read_papers(folder / "list.csv")] == [
        ("7", "a.pdf", True),
        ("8", "b.pdf", None),
    ]
