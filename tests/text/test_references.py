"""Printed entries whose parts are hard to tell apart."""

import pytest

from aixiv.text.references import parse_entry


@pytest.mark.parametrize(
    ("entry", "authors", "title"),
    [
        (
            "C. Mohan, Don Haderle, Bruce Lindsay, and Peter Schwarz. ARIES: A method. ACM Transactions, 1992.",
            ("C. Mohan", "Don Haderle", "Bruce Lindsay", "Peter Schwarz"),
            "ARIES: A method",
        ),
        (
            "T. Shen, Tao Lei, and T. Jaakkola. Style transfer. ArXiv, 2017.",
            ("T. Shen", "Tao Lei", "T. Jaakkola"),
            "Style transfer",
        ),
        (
            "C. M. Bishop, Pattern Recognition and Machine Learning. Springer, 2006.",
            ("C. M. Bishop",),
            "Pattern Recognition and Machine Learning",
        ),
        ("R. Roe, Signals, Systems, and Inference. Pearson, 2016.", ("R. Roe",), "Signals, Systems, and Inference"),
    ],
)
def test_initials_before_the_first_name_do_not_make_a_book(entry: str, authors: tuple[str, ...], title: str) -> None:
    reference = parse_entry(entry, index=1, start=0)
    assert (reference.authors, reference.title) == (authors, title)
