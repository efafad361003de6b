"""Labelled entries measured: shares by label and kind, halves that never move, and files that are refused."""

import json
from pathlib import Path

import pytest

from aixiv.cli.eval_references import references_eval
from aixiv.domain.errors import Invalid
from review.evals.references import half_of, read_labelled

FIELDS = {
    "title": "Weighing Pebbles with Tidal Clocks",
    "author": "Ottoline Farthing",
    "year": "2021",
    "booktitle": "ICML",
}


def line(key: str, kind: str | None, **changed: str) -> str:
    label = "HALLUCINATED" if kind else "VALID"
    entry = {"bibtex_key": key, "bibtex_type": "inproceedings", "fields": {**FIELDS, **changed}}
    return json.dumps({**entry, "label": label, "hallucination_type": kind, "explanation": "ignored"})


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    file = tmp_path / "labelled.jsonl"
    lines = [
        line("a", "future_date", year="2044"),
        line("b", "fabricated_doi", doi="10.1234/x"),
        line("c", "swapped_authors", author="Bo Ek"),  # nothing in the entry tells
        line("d", None),
        line("e", None, year="2045"),
    ]
    file.write_text("\n".join(lines) + "\n")
    return file


def test_detection_false_alarm_and_f1(labelled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    references_eval(labelled, as_json=True)
    result = json.loads(capsys.readouterr().out)
    assert (result["detection"]["hits"], result["detection"]["total"]) == (2, 3)
    assert (result["false_alarm"]["hits"], result["false_alarm"]["total"]) == (1, 2)
    assert result["f1"] == pytest.approx(4 / 6, abs=1e-4)
    assert result["by_type"]["swapped_authors"]["rate"] == 0
    assert result["by_reason"]["future"] == {"hits": 1, "total": 2, "rate": 0.5, "low": 0.0945, "high": 0.9055}


def test_the_halves_part_the_file(labelled: Path) -> None:
    lines = labelled.read_text().splitlines()
    halves = {half: {e.bibtex_key for e in read_labelled(lines, half)} for half in ("tuning", "held-back")}
    assert halves["tuning"] | halves["held-back"] == set("abcde")
    assert not halves["tuning"] & halves["held-back"]
    assert all(half_of(key) == half for half, keys in halves.items() for key in keys)


def test_the_table_shows_each_share_with_its_interval(labelled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    references_eval(labelled)
    shown = capsys.readouterr().out
    assert "detection                      0.667  [0.208, 0.939]  2 of 3" in shown


def test_a_file_of_another_form_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "other.jsonl"
    file.write_text('{"title": "no label"}\n')
    with pytest.raises(Invalid, match="HALLMARK"):
        references_eval(file)
