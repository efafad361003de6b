"""Fixed lists a submission chooses from: categories on three levels, licences, tracks. Data files, checked here."""

import tomllib
from functools import cache
from importlib.resources import files

from msgspec import Struct

from aixiv.domain.errors import Invalid

DEFAULT_TRACK = "standard"
MAX_CATEGORIES = 5


class Licence(Struct, frozen=True, kw_only=True):
    """A licence a work may be published under: SPDX id, name, and the address of its text."""

    id: str
    name: str
    url: str


@cache
def categories() -> dict[str, dict[str, tuple[str, ...]]]:
    """Field -> area -> specialities, in the order people read them."""
    data = tomllib.loads((files("aixiv.domain") / "categories.toml").read_text(encoding="utf-8"))
    return {field: {area: tuple(leaves) for area, leaves in areas.items()} for field, areas in data.items()}


@cache
def category_paths() -> frozenset[str]:
    """Every category as it is stored: `Field`, `Field/Area` and `Field/Area/Speciality`."""
    paths: set[str] = set()
    for field, areas in categories().items():
        paths.add(field)
        for area, leaves in areas.items():
            paths.add(f"{field}/{area}")
            paths.update(f"{field}/{area}/{leaf}" for leaf in leaves)
    return frozenset(paths)


LICENCES: dict[str, Licence] = {
    licence.id: licence
    for licence in (
        Licence(
            id="CC-BY-4.0",
            name="Creative Commons Attribution 4.0",
            url="https://creativecommons.org/licenses/by/4.0/",
        ),
        Licence(
            id="CC-BY-SA-4.0",
            name="Creative Commons Attribution-ShareAlike 4.0",
            url="https://creativecommons.org/licenses/by-sa/4.0/",
        ),
        Licence(
            id="CC-BY-NC-4.0",
            name="Creative Commons Attribution-NonCommercial 4.0",
            url="https://creativecommons.org/licenses/by-nc/4.0/",
        ),
        Licence(
            id="CC0-1.0",
            name="Creative Commons Zero 1.0",
            url="https://creativecommons.org/publicdomain/zero/1.0/",
        ),
        Licence(id="MIT", name="MIT License", url="https://spdx.org/licenses/MIT.html"),
        Licence(id="Apache-2.0", name="Apache License 2.0", url="https://www.apache.org/licenses/LICENSE-2.0"),
    )
}


def check_categories(chosen: tuple[str, ...]) -> None:
    """Raise `Invalid` unless one to five known categories are named, each once."""
    if not chosen or len(chosen) > MAX_CATEGORIES or len(set(chosen)) != len(chosen):
        raise Invalid(f"Name one to {MAX_CATEGORIES} different categories.", code="categories")
    for category in chosen:
        if category not in category_paths():
            raise Invalid(
                f"{category!r} is not a category.",
                code="category_unknown",
                hint="GET /api/v1/categories lists them; write Field/Area/Speciality.",
            )


def check_licence(licence: str) -> None:
    """Raise `Invalid` unless the licence is one of the list."""
    if licence not in LICENCES:
        raise Invalid(
            f"{licence!r} is not a licence we offer.",
            code="licence_unknown",
            hint=f"One of {', '.join(LICENCES)}.",
        )
