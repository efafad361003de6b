"""Typed words: what is kept can be stored and shown, what cannot is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aixiv.domain.errors import Invalid
from aixiv.domain.words import line, prose

anything = st.text(st.characters(codec=None), max_size=30)


@given(anything)
def test_a_line_is_one_line_that_can_be_stored(text: str) -> None:
    try:
        kept = line(text, "name", most=20)
    except Invalid:
        return
    kept.encode()
    assert len(kept.splitlines()) == 1
    assert line(kept, "name", most=20) == kept
    assert "\x00" not in kept


@given(anything)
def test_prose_can_be_stored_and_has_one_kind_of_line_end(text: str) -> None:
    try:
        kept = prose(text, "body", most=20)
    except Invalid:
        return
    kept.encode()
    assert prose(kept, "body", most=20) == kept
    assert "\r" not in kept
    assert "\x00" not in kept


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "name_length"),
        ("x" * 6, "name_length"),
        ("\u200b \ufeff", "name_length"),  # nothing that a reader sees
        ("a\nb", "name_characters"),
    ],
)
def test_a_refusal_names_the_field(text: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        line(text, "name", most=5)
    assert refused.value.code == code
