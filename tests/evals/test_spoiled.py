"""Spoiled copies differ from the work in nothing but what was spoiled, and the command counts which score lower."""

import json
import re
from pathlib import Path
from random import Random

import pytest

from aixiv.cli.eval_spoiled import spoiled_eval
from aixiv.domain.errors import Invalid
from aixiv.text import parse_file
from review.evals.planted import clean_text
from review.evals.spoiled import SPOILS, SpoiledPaper, Variant, measure, spoiled, table
from review.manuscript import Manuscript


def work(folder: Path) -> Manuscript:
    short = re.sub(r"## 4 Observations.*?(?=## 5)", "", clean_text(0), flags=re.DOTALL)
    (folder / "own.md").write_text(short)
    return parse_file(folder / "own.md", filename="own.md", max_bytes=2**20, max_pages=20).manuscript


def test_a_copy_differs_only_in_what_was_spoiled(tmp_path: Path) -> None:
    original = work(tmp_path)
    wiped = SPOILS["tables wiped"](original, Random(1))
    assert "12" in [c for f in original.floats for row in f.rows for c in row]
    assert {"Morning", "Error rate (%)", "-"} <= {c for f in wiped.floats for row in f.rows for c in row}
    assert not any(re.search(r"\d", c) for f in wiped.floats for row in f.rows[1:] for c in row)
    third = SPOILS["a third redrawn"](original, Random(1))
    cells = [(a, b) for one, other in zip(original.floats, third.floats, strict=True) for a, b in pairs(one, other)]
    changed = [(a, b) for a, b in cells if a != b]
    assert len(changed) == round(len([a for a, _ in cells if a[:1].isdigit()]) / 3)
    assert all(re.sub(r"\d", "0", a) == re.sub(r"\d", "0", b) for a, b in changed)
    assert len(third.text) == len(original.text)
    assert sum(a != b for a, b in zip(original.text, third.text, strict=True)) >= len(changed)
    assert third == SPOILS["a third redrawn"](original, Random(1)) != SPOILS["a third redrawn"](original, Random(2))
    assert SPOILS["citations removed"](original, Random(1)).references == ()
    without = SPOILS["limitations cut"](original, Random(1))
    assert without.section_named("Limitations") is None
    assert all(without.text[s.start : s.body].strip().endswith(s.title) for s in without.sections)


def pairs(one: object, other: object) -> list[tuple[str, str]]:
    rows, others = one.rows, other.rows  # type: ignore[attr-defined]
    return [p for row, twin in zip(rows[1:], others[1:], strict=True) for p in zip(row[1:], twin[1:], strict=True)]


def test_what_has_nothing_to_spoil_is_said_and_not_counted(tmp_path: Path) -> None:
    (tmp_path / "bare.md").write_text("# A title\n\n" + "Words about one thing and another, no number anywhere. " * 9)
    bare = parse_file(tmp_path / "bare.md", filename="bare.md", max_bytes=2**20, max_pages=20).manuscript
    assert {copy for _, _, copy in spoiled(bare, seed=1, draws=2)} == {None}
    variants = (
        Variant(spoiling="tables wiped", seed=None, score=2.5),
        Variant(spoiling="a third redrawn", seed=1, score=3.5),
        Variant(spoiling="a third redrawn", seed=2, score=3.0),
        Variant(spoiling="citations removed", seed=None, score=None),
    )
    result = measure([SpoiledPaper(file="own.md", score=3.0, variants=variants)], judge="evidence")
    assert result.by_spoiling.keys() == {"tables wiped", "a third redrawn"}
    drawn = result.by_spoiling["a third redrawn"]
    assert (drawn.lower, drawn.same, drawn.higher, drawn.least_change) == (0, 1, 1, 0.5)
    assert "nothing to spoil" in table(result)


def test_the_command_scores_a_paper_and_its_copies(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    work(tmp_path)
    spoiled_eval([tmp_path / "own.md"], draws=1, as_json=True)
    result = json.loads(capsys.readouterr().out)
    assert result["judge"].startswith("evidence")
    assert result["by_spoiling"].keys() == SPOILS.keys()
    assert all(fall["lower"] == 1 for name, fall in result["by_spoiling"].items() if name != "a third redrawn")


@pytest.mark.parametrize(("name", "draws"), [("none.md", 3), ("own.md", 0)])
def test_a_file_that_is_not_there_or_no_draw_is_refused(tmp_path: Path, name: str, draws: int) -> None:
    work(tmp_path)
    with pytest.raises(Invalid):
        spoiled_eval([tmp_path / name], draws=draws)
