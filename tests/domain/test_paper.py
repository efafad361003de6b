"""The state machine, pair by pair, and the checks on authors."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aixiv.domain.errors import IllegalTransition, Invalid
from aixiv.domain.paper import (
    FINAL,
    IN_REVIEW,
    OPEN,
    PUBLIC,
    REVISABLE,
    TRANSITIONS,
    WAITS_FOR_AUTHOR,
    Author,
    Status,
    check_transition,
    clean_authors,
    is_orcid,
)

LEGAL = {
    "draft": "submitted withdrawn",
    "submitted": "under_review held rejected withdrawn",
    "under_review": "revision_requested held accepted rejected withdrawn",
    "held": "under_review revision_requested accepted rejected withdrawn",
    "revision_requested": "superseded withdrawn",
    "accepted": "published withdrawn",
    "published": "superseded retracted",
    "rejected": "",
    "superseded": "",
    "retracted": "",
    "withdrawn": "",
}
"""The drawing of the design, written down a second time."""


@pytest.mark.parametrize(("current", "target"), list(product(Status, Status)))
def test_only_the_steps_of_the_drawing_exist(current: Status, target: Status) -> None:
    if target.value in LEGAL[current.value].split():
        check_transition(current, target)
    else:
        with pytest.raises(IllegalTransition):
            check_transition(current, target)


def test_every_status_has_its_row_and_can_be_reached() -> None:
    assert set(TRANSITIONS) == set(Status)
    reached, found = {Status.DRAFT}, {Status.DRAFT}
    while found:
        found = {target for status in found for target in TRANSITIONS[status]} - reached
        reached |= found
    assert reached == set(Status)


def test_the_named_sets_fit_the_table() -> None:
    assert {Status.REJECTED, Status.SUPERSEDED, Status.RETRACTED, Status.WITHDRAWN} == FINAL
    assert all(Status.WITHDRAWN in TRANSITIONS[status] for status in OPEN)
    assert OPEN | FINAL | {Status.PUBLISHED} == set(Status)
    assert OPEN >= IN_REVIEW | WAITS_FOR_AUTHOR
    assert all(Status.SUPERSEDED in TRANSITIONS[status] for status in REVISABLE)
    assert Status.HELD not in PUBLIC
    assert not PUBLIC & OPEN


@given(st.integers(0, 10**15 - 1))
def test_exactly_one_check_character_makes_an_orcid(number: int) -> None:
    digits = f"{number:015d}"
    right = [c for c in "0123456789X" if is_orcid(digits + c)]
    assert len(right) == 1
    grouped = "-".join(f"{digits}{right[0]}"[i : i + 4] for i in range(0, 16, 4))
    assert is_orcid(grouped)


@given(st.integers(0, 10**15 - 1), st.integers(0, 14), st.integers(1, 9))
def test_an_orcid_with_one_wrong_digit_is_none(number: int, place: int, shift: int) -> None:
    digits = f"{number:015d}"
    check = next(c for c in "0123456789X" if is_orcid(digits + c))
    wrong = digits[:place] + str((int(digits[place]) + shift) % 10) + digits[place + 1 :]
    assert not is_orcid(wrong + check)


def test_real_orcids_are_recognised() -> None:
    assert is_orcid("0000-0002-1825-0097")
    assert is_orcid("0000-0002-1694-233X")
    assert not is_orcid("0000-0002-1694-2339")


@given(st.text(max_size=24))
def test_no_text_breaks_the_orcid_check(text: str) -> None:
    is_orcid(text)


HUMAN = Author(name="Ada Lovelace", kind="human")
MACHINE = Author(name="Prospector", kind="ai", model="toy-1", operator="Test Lab")


def test_a_work_has_authors_human_or_ai() -> None:
    assert clean_authors((HUMAN, MACHINE)) == (HUMAN, MACHINE)
    assert clean_authors((MACHINE,)) == (MACHINE,)


def test_names_are_kept_on_one_line_and_without_tricks() -> None:
    assert clean_authors((Author(name="  Ada Lovelace ", kind="human"),)) == (HUMAN,)
    for name in ("Ada\nLovelace", "Ada\0", "\u202eadA"):
        with pytest.raises(Invalid):
            clean_authors((Author(name=name, kind="human"),))


@pytest.mark.parametrize(
    ("authors", "code"),
    [
        ((), "authors_missing"),
        ((HUMAN,) * 201, "authors_too_many"),
        ((Author(name=" ", kind="human"),), "author_name_length"),
        ((Author(name="x" * 201, kind="human"),), "author_name_length"),
        ((Author(name="A", kind="ai", model="toy-1"),), "ai_author_incomplete"),
        ((Author(name="A", kind="ai", operator="Lab"),), "ai_author_incomplete"),
        ((HUMAN, Author(name="B", kind="human", orcid="0000-0002-1825-0098")), "orcid"),
    ],
)
def test_an_incomplete_author_is_named(authors: tuple[Author, ...], code: str) -> None:
    with pytest.raises(Invalid) as refused:
        clean_authors(authors)
    assert refused.value.code == code
