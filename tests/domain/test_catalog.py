"""The fixed lists are whole, and what is not in them is refused with a hint."""

import re

import pytest

from aixiv.domain.catalog import LICENCES, categories, category_paths, check_categories, check_licence
from aixiv.domain.errors import Invalid


def test_categories_have_three_levels_without_holes_or_doubles() -> None:
    assert len(categories()) >= 8
    for field, areas in categories().items():
        assert areas, field
        for area, leaves in areas.items():
            assert leaves, area
            assert len(set(leaves)) == len(leaves), area
            for name in (field, area, *leaves):
                assert name == name.strip()
                assert "/" not in name
    count = sum(1 + len(areas) + sum(map(len, areas.values())) for areas in categories().values())
    assert len(category_paths()) == count


def test_every_category_can_be_chosen() -> None:
    for path in category_paths():
        check_categories((path,))


@pytest.mark.parametrize(
    ("chosen", "code"),
    [
        ((), "categories"),
        (("Physics", "Physics"), "categories"),
        (tuple(sorted(category_paths()))[:6], "categories"),
        (("Alchemy",), "category_unknown"),
        (("physics",), "category_unknown"),
        (("Physics/",), "category_unknown"),
    ],
)
def test_other_choices_are_refused(chosen: tuple[str, ...], code: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_categories(chosen)
    assert refused.value.code == code


def test_licences_are_spdx_identifiers_with_an_address() -> None:
    for identifier, licence in LICENCES.items():
        assert identifier == licence.id
        assert re.fullmatch(r"[A-Za-z0-9.-]+", identifier)
        assert licence.url.startswith("https://")
        check_licence(identifier)
    with pytest.raises(Invalid, match="not a licence"):
        check_licence("all rights reserved")
