"""The planted set and its measurement: every error is really in, the clean papers are clean, folders are refused."""

import json
from pathlib import Path

import pytest

from aixiv.cli.eval_checks import checks_eval
from aixiv.domain.errors import Invalid
from review.checks import CHECKS
from review.evals.planted import PLANTS, clean_text, planted_set


def test_the_set_has_five_errors_of_every_kind_for_checks_that_exist() -> None:
    made = planted_set()
    assert len(PLANTS) >= 10
    assert len([p for p in made if p.planted]) == 5 * len(PLANTS)
    assert set(PLANTS) <= {check.id for check in CHECKS}
    assert len({p.text for p in made}) == len(made)
    assert clean_text(3) == clean_text(3) != clean_text(4)


def test_planted_errors_are_found_and_clean_papers_are_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    checks_eval(tmp_path, make=True, papers=1, as_json=True)
    result = json.loads(capsys.readouterr().out)
    kinds = len(PLANTS)
    assert (result["papers"], result["clean"], result["recall"]["total"]) == (1 + kinds, 1, kinds)
    assert result["recall"]["rate"] >= 0.9
    assert result["alarms_per_ten_pages"] <= 1


def test_a_set_of_ones_own_is_read_from_its_list(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "own.md").write_text(clean_text(0).replace("Table 1 gives", "Table 9 gives"))
    (tmp_path / "planted.csv").write_text("file,planted\nown.md,cross-references counts\n")
    checks_eval(tmp_path, as_json=True)
    result = json.loads(capsys.readouterr().out)
    assert result["missed"] == ["own.md: counts"]
    assert result["clean"] == 0


@pytest.mark.parametrize("row", ["none.md,", "own.md,no-such-check"])
def test_a_list_that_names_what_is_not_there_is_refused(tmp_path: Path, row: str) -> None:
    (tmp_path / "own.md").write_text(clean_text(0))
    (tmp_path / "planted.csv").write_text(f"file,planted\n{row}\n")
    with pytest.raises(Invalid):
        checks_eval(tmp_path)


def test_a_folder_without_a_list_is_refused_with_a_hint(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"planted\.csv"):
        checks_eval(tmp_path)
