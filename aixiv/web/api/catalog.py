"""The fixed lists a submission chooses from."""

from litestar import Response
from msgspec import Struct

from aixiv.domain import catalog
from aixiv.domain.catalog import Licence
from aixiv.web.api.versions import Items
from aixiv.web.cache import conditional
from aixiv.web.errors import Call
from aixiv.web.operation import Operation, operation
from review.policy import Policy, load_policy, policy_names


class Categories(Struct, frozen=True):
    """Field, area, specialities; a category is written Field, Field/Area or Field/Area/Speciality."""

    categories: dict[str, dict[str, tuple[str, ...]]]


@operation(
    "GET",
    "/categories",
    Operation(
        id="listCategories",
        summary="Categories",
        tag="catalogue",
        access="anybody",
        returns=Categories,
        conditional=True,
    ),
)
async def categories(request: Call) -> Response[bytes]:
    """What a work can be filed under."""
    return conditional(request, Categories(catalog.categories()))


@operation(
    "GET",
    "/licences",
    Operation(
        id="listLicences",
        summary="Licences",
        tag="catalogue",
        access="anybody",
        returns=Items[Licence],
        conditional=True,
    ),
)
async def licences(request: Call) -> Response[bytes]:
    """What a work can be published under."""
    return conditional(request, Items(tuple(catalog.LICENCES.values())))


@operation(
    "GET",
    "/tracks",
    Operation(
        id="listTracks",
        summary="Tracks",
        tag="catalogue",
        access="anybody",
        returns=Items[Policy],
        conditional=True,
    ),
)
async def tracks(request: Call) -> Response[bytes]:
    """Each track with its rules: who reviews, who votes, how many accepts are needed, who publishes."""
    return conditional(request, Items(tuple(load_policy(name) for name in policy_names())))
