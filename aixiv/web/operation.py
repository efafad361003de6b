"""One route of the REST interface: its handler, and what the OpenAPI document says about it."""

from collections.abc import Awaitable, Callable
from typing import Any, Literal

from litestar import delete, get, post, put
from litestar.handlers import HTTPRouteHandler
from msgspec import Struct

from aixiv.domain.errors import AixivError

Method = Literal["GET", "POST", "PUT", "DELETE"]
Access = Literal["anybody", "signed in"]
OPTION = "operation"

_DECORATORS: dict[Method, Any] = {"GET": get, "POST": post, "PUT": put, "DELETE": delete}


class Operation(Struct, frozen=True, kw_only=True):
    """What a client must know of a route. The description is the handler's docstring.

    `body`, `form` and `query` are the types a request is decoded to; `returns` is the type of the answer, and
    `produces` names answers that are not JSON by their media type.
    """

    id: str
    summary: str
    tag: str
    access: Access
    writes: bool = False  # then it takes an Idempotency-Key and is refused across sites
    status: int = 200
    returns: Any = None
    produces: tuple[str, ...] = ()
    query: type[Struct] | None = None
    body: type[Struct] | None = None
    form: type[Struct] | None = None
    takes: str = ""  # media type of a body that is a file
    conditional: bool = False
    request_headers: dict[str, str] = {}
    response_headers: dict[str, str] = {}
    other: dict[int, str] = {}  # further statuses that are no errors
    errors: tuple[type[AixivError], ...] = ()


Handler = Callable[..., Awaitable[Any]]


def operation(method: Method, path: str, told: Operation) -> Callable[[Handler], HTTPRouteHandler]:
    """Make a handler of this function, and keep what is told about it."""
    decorate = _DECORATORS[method](path, status_code=told.status, operation_id=told.id, opt={OPTION: told})
    made: Callable[[Handler], HTTPRouteHandler] = decorate
    return made
