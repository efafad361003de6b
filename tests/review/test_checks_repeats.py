"""Text, tables and other tables against each other: a row printed twice, a number set against a cell."""

import pytest
from msgspec.structs import replace

from review.checks import CHECKS
from review.manuscript import Float, Manuscript
from review.report import CheckResult
from tests.review.documents import paper

Rows = tuple[tuple[str, ...], ...]
HEADER = ("Structure", "Recall", "Latency (ms)", "Params (M)")
ROWS = (HEADER, ("Baseline", "71.25", "0.803", "12.4"), ("Chain", "78.40", "0.941", "12.4"))
SAID = "The chain raised recall from 71.25 to 78.40 in this setting."


def checked(manuscript: Manuscript, check: str) -> CheckResult:
    return next(c for c in CHECKS if c.id == check).run(manuscript, "paper")


def with_two(first: Rows, second: Rows) -> Manuscript:
    one = paper(table=first, table_caption="Table 1: Recall and latency.")
    at = one.text.index("Limitations")
    other = Float(
        kind="table", label="Table 2", caption="Table 2: Parts taken away.", start=at, end=at + 5, rows=second
    )
    return replace(one, floats=(*one.floats, other))


@pytest.mark.parametrize(
    ("row", "found"),
    [
        (("Chain", "78.40", "0.941", "0.517"), ""),
        (("Chain", "78.4", "0.941", "0.517"), ""),
        (("Chain", "78.40", "0.941", "0.917"), "0.917"),
        (("Full chain", "78.40", "0.941", "0.917"), ""),
        (("Chain", "79.40", "0.951", "0.517"), ""),
    ],
)
def test_a_row_that_stands_in_two_tables_is_the_same(row: tuple[str, ...], found: str) -> None:
    first = ((*HEADER[:3], "Final loss"), ("Baseline", "71.25", "0.803", "0.601"), ("Chain", "78.40", "0.941", "0.517"))
    second = (("Configuration", "Recall (%)", "Latency", "Loss"), row, ("No chain", "70.00", "0.700", "0.700"))
    result = checked(with_two(first, second), "table-repeats")
    assert bool(result.findings) == bool(found), result.findings
    if found:
        assert found in result.findings[0].claim
        assert result.findings[0].place == "Table 1 and Table 2"


def test_what_a_thing_has_does_not_make_two_rows_one() -> None:
    header = ("Structure", "Params (M)", "Memory (MB)", "Recall")
    rows = (header, ("Chain", "12.41", "512.5", "71.25"))
    assert not checked(with_two(rows, (header, ("Chain", "12.41", "512.5", "79.90"))), "table-repeats").findings
    assert checked(paper(table=rows), "table-repeats").status == "not_applicable"


@pytest.mark.parametrize(
    ("said", "severity"),
    [
        (SAID, ""),
        (SAID.replace("71.25", "33.10"), "minor"),
        ("Against the baseline the chain raised recall from 33.10 to 78.40 in this setting.", "major"),
        ("The chain raised recall from about 33.10 to 78.40 in this setting.", ""),
        ("The chain raised recall from 3.31 to 78.40 in this setting.", ""),
        ("The chain went from 33.10 joules to 0.95 joules in this setting.", ""),
        ("Another structure raised recall from 33.10 to 78.40 in this setting.", ""),
    ],
)
def test_a_number_set_against_a_cell_stands_in_a_table(said: str, severity: str) -> None:
    result = checked(paper(said, table=ROWS, table_caption="Table 1: Recall and latency."), "table-values")
    assert [f.severity for f in result.findings] == [severity] * bool(severity), result.findings
    assert all("33.10" in f.claim and f.quote == said for f in result.findings)
