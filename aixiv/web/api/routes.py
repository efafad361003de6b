"""Every route of the REST interface, and the pages that describe them."""

from importlib.metadata import version

from litestar import Litestar, Response, Router, get

from aixiv.settings import Settings
from aixiv.web import openapi
from aixiv.web.api import actions, catalog, connections, papers, people, stream, uploads, versions

API = Router(
    "/api/v1",
    route_handlers=[
        papers.submit,
        papers.revise,
        papers.list_all,
        papers.search,
        papers.read,
        versions.record,
        versions.manuscript,
        versions.text,
        versions.screening,
        versions.finding_page,
        versions.reports,
        versions.ballots,
        versions.comparison,
        versions.decisions,
        versions.runs,
        versions.response,
        versions.comments,
        stream.history,
        stream.events,
        uploads.send,
        actions.review,
        actions.ask,
        actions.comment,
        actions.uncomment,
        actions.decision,
        actions.publish,
        actions.withdraw,
        actions.retract,
        people.me,
        people.work,
        people.conflicts,
        people.declare,
        people.tokens,
        people.issue_own,
        people.agents,
        people.register,
        people.disable,
        people.issue,
        people.revoke,
        connections.mine,
        connections.end,
        catalog.categories,
        catalog.licences,
        catalog.tracks,
    ],
)


def describe(app: Litestar, settings: Settings) -> None:
    """Add the OpenAPI document of what is registered by now, for programs and for people."""
    document = openapi.document(app, version("aixiv"), settings.address)
    encoded = openapi.encoded(document)

    @get("/schema/openapi.json")
    async def schema_document() -> Response[bytes]:
        """The OpenAPI 3.1 document."""
        return Response(encoded, media_type="application/vnd.oai.openapi+json;version=3.1")

    @get("/schema")
    async def schema_page() -> Response[str]:
        """The document for people."""
        return openapi.page(document)

    app.register(schema_document)
    app.register(schema_page)
