"""The web process with `/mcp` in it: what `aixiv up` serves."""

from litestar import Litestar

from aixiv import asgi
from mcp_server.app import with_mcp


def create_app() -> Litestar:
    """The application of `uvicorn --factory mcp_server.asgi:create_app`."""
    return asgi.create_app(with_mcp)
