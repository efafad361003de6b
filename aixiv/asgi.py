"""The web process: reads the settings, puts the parts together, serves the application."""

from collections.abc import Callable

from litestar import Litestar

from aixiv.bootstrap import build
from aixiv.deps import Deps
from aixiv.log import configure_logging
from aixiv.settings import Settings
from aixiv.web import app as web


def create_app(make: Callable[[Deps], Litestar] = web.create_app) -> Litestar:
    """The application of `uvicorn --factory aixiv.asgi:create_app`; `make` puts another one over the same parts."""
    configure_logging()
    parts = build(Settings(), "judging")
    app = make(parts.deps)
    app.on_startup += [parts.readers.start, parts.deps.blobs.ensure_bucket]
    app.on_shutdown.append(parts.close)
    return app
