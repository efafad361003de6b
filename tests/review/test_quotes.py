"""A quote is found exactly when the manuscript says it, however the page broke its lines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from review.manuscript import Page
from review.quotes import find_quote, normalise
from tests.review.documents import paper, plain

TEXT = "R ELATED W ORK\nWe study low-\ndimensional ﬁelds, a 5% – drop\u200b of −5 points in 12 34 cases. Café naïve."


@pytest.mark.parametrize(
    "quote",
    [
        "low-dimensional fields",
        "We study lowdimensional fields",
        "a 5% - drop of -5 points",
        "Related work",
        "in 12 34 cases",
        "“We study low-dimensional”",
        "cafe naive",
    ],
)
def test_print_and_quote_may_differ_in_what_a_reader_does_not_see(quote: str) -> None:
    assert find_quote(plain(TEXT), quote) is not None


@pytest.mark.parametrize("quote", ["a drop of 5 points", "in 1234 cases", "low-dimensional shields", "", "We", "…"])
def test_other_words_and_other_numbers_are_not_found(quote: str) -> None:
    assert find_quote(plain(TEXT), quote) is None


def test_a_place_has_page_and_section() -> None:
    manuscript = paper()
    place = find_quote(manuscript, "Chains over several tables need an order")
    assert place is not None
    assert place.section == "Limitations"
    assert manuscript.text[place.start : place.end].startswith("Chains over")


def test_the_page_is_the_one_that_holds_the_offset() -> None:
    text = "first page words here\nsecond page words here"

    pages = (
        Page(number=1, width=600, height=800, start=0, end=22),
        Page(number=2, width=600, height=800, start=22, end=50),
    )
    place = find_quote(structs.replace(plain(text), pages=pages), "second page words")
    assert place is not None
    assert place.page == 2


@given(st.data())
def test_every_passage_of_a_text_is_found_in_it(data: st.DataObject) -> None:
    words = data.draw(st.lists(st.text("abcdefgéß1Ωж", min_size=3, max_size=9), min_size=4, max_size=30))
    breaks = data.draw(
        st.lists(st.sampled_from([" ", "\n", "  ", " \u200b", "\u00a0"]), min_size=len(words), max_size=len(words))
    )
    text = "".join(w + b for w, b in zip(words, breaks, strict=True))
    first = data.draw(st.integers(0, len(words) - 3))
    quote = " ".join(words[first : first + 3])
    place = find_quote(plain(text), quote)
    assert place is not None
    assert normalise(text[place.start : place.end]).replace(" ", "") == normalise(quote).replace(" ", "")


@given(st.text(max_size=200))
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once
