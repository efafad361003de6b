"""The web application: REST for programs, pages for people, and what surrounds both."""

from litestar import Litestar
from litestar.di import Provide

from aixiv.deps import Deps
from aixiv.web import errors, health
from aixiv.web.api.routes import API, describe
from aixiv.web.auth import provide_actor
from aixiv.web.edge import Edge
from aixiv.web.metrics import Metrics
from aixiv.web.portal import routes as portal


def create_app(deps: Deps) -> Litestar:
    """The application over these dependencies; who built them closes them."""
    metrics = Metrics()
    refuse = errors.handler(portal.error_page)
    app = Litestar(
        route_handlers=[API, portal.router, health.healthz, health.readyz, health.metrics],
        dependencies={
            "deps": Provide(lambda: deps, sync_to_thread=False),
            "metrics": Provide(lambda: metrics, sync_to_thread=False),
            "actor": Provide(provide_actor),
        },
        exception_handlers={Exception: refuse},
        openapi_config=None,
        request_max_body_size=None,  # `Edge` limits bodies by what they are
        logging_config=None,
    )
    describe(app, deps.settings)
    app.asgi_handler = Edge(app, deps.settings, metrics, refuse)
    return app
