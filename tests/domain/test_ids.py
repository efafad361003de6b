"""Identifiers: one printed form, every common spelling, and no text that breaks the reader."""

import time
from datetime import UTC, date, datetime
from datetime import time as clock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aixiv.domain.ids import AixivId, VersionRef, new_id

papers = st.builds(
    lambda year, month, number: AixivId(f"{year:02d}{month:02d}", number),
    st.integers(0, 99),
    st.integers(1, 12),
    st.integers(1, 9_999_999),
)
refs = st.builds(VersionRef, papers, st.none() | st.integers(1, 9999))


@given(refs)
def test_what_is_printed_is_read_back(ref: VersionRef) -> None:
    assert VersionRef.parse(str(ref)) == ref
    assert AixivId.parse(str(ref)) == ref.paper


@given(
    refs,
    st.sampled_from(
        [
            "",
            "aixiv:",
            "aiXiv:",
            "AIXIV: ",
            "aixiv ",
            "AIXIV.",
            "https://aixiv.example/abs/",
            "http://h:8000/papers/aixiv:",
        ]
    ),
    st.sampled_from(["", " ", "\n", "\t"]),
    st.sampled_from([str.lower, str.upper, str]),
)
def test_common_spellings_mean_the_same(ref: VersionRef, prefix: str, blank: str, case: type[str]) -> None:
    bare = str(ref).removeprefix("aixiv:")
    assert VersionRef.parse(f"{blank}{case(prefix + bare)}{blank}") == ref


@given(st.text() | st.from_regex(r"(aixiv)?[:.]?\d{2,6}\.\d{3,9}(v\d{0,6})?", fullmatch=True))
def test_any_other_text_is_no_identifier_and_never_an_error(text: str) -> None:
    ref = VersionRef.parse(text)
    if ref is not None:
        assert VersionRef.parse(str(ref)) == ref


@pytest.mark.parametrize(
    "text",
    [
        "aixiv:2613.00001",
        "aixiv:2600.00001",
        "aixiv:2611.00000",
        "aixiv:2611.00001v0",
        "aixiv:2611.0001",
        "2611.00001 and more",
        "arxiv:2611.00001",
        "aixiv:２６１１.00001",
        "10.48550/aixiv.2611.00001",
    ],
)
def test_what_looks_like_one_but_is_none(text: str) -> None:
    assert VersionRef.parse(text) is None


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.integers(1, 10**7 - 1))
def test_a_number_is_issued_in_its_month(day: date, number: int) -> None:
    issued = AixivId.issue(datetime.combine(day, clock.min, UTC), number)
    assert str(issued) == f"aixiv:{day:%y%m}.{number:05d}"
    assert AixivId.parse(str(issued)) == issued


def test_numbers_start_at_one() -> None:
    with pytest.raises(ValueError, match="start at 1"):
        AixivId.issue(datetime(2026, 11, 22, tzinfo=UTC), 0)


@given(st.lists(papers, min_size=2, max_size=8))
def test_identifiers_sort_by_month_then_number(several: list[AixivId]) -> None:
    assert sorted(several) == sorted(several, key=lambda p: (p.yymm, p.number))


def test_new_ids_are_version_7_unique_and_sorted_by_time() -> None:
    before = time.time_ns() // 1_000_000
    first = new_id()
    time.sleep(0.002)
    rest = [new_id() for _ in range(1000)]
    assert len({first, *rest}) == 1001
    assert all(first < other for other in rest)
    for made in rest:
        assert (made.version, made.variant) == (7, "specified in RFC 4122")
        assert before <= made.int >> 80 <= time.time_ns() // 1_000_000
