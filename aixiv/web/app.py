"""The web application: REST for programs, pages for people, and what surrounds both."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager

from litestar import Litestar
from litestar.di import Provide
from litestar.types import ControllerRouterHandler

from aixiv.deps import Deps
from aixiv.web import errors, health
from aixiv.web.api.routes import API, describe
from aixiv.web.auth import provide_actor
from aixiv.web.edge import Edge
from aixiv.web.metrics import Metrics
from aixiv.web.oauth import routes as oauth
from aixiv.web.portal import routes as portal


def create_app(
    deps: Deps,
    *,
    doors: Sequence[ControllerRouterHandler] = (),
    lifespan: Sequence[AbstractAsyncContextManager[None]] = (),
) -> Litestar:
    """The application over these dependencies; who built them closes them.

    `doors` are further handlers at addresses of their own, and `lifespan` what they need while this one serves.
    """
    metrics = Metrics()
    refuse = errors.handler(portal.error_page)
    app = Litestar(
        route_handlers=[API, portal.router, oauth.router, health.healthz, health.readyz, health.metrics, *doors],
        dependencies={
            "deps": Provide(lambda: deps, sync_to_thread=False),
            "metrics": Provide(lambda: metrics, sync_to_thread=False),
            "actor": Provide(provide_actor),
        },
        exception_handlers={Exception: refuse},
        openapi_config=None,
        request_max_body_size=None,  # `Edge` limits bodies by what they are
        logging_config=None,
        lifespan=list(lifespan),
    )
    describe(app, deps.settings)
    app.asgi_handler = Edge(app, deps.settings, metrics, refuse)
    return app
