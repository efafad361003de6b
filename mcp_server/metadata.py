"""What a client may learn before it has a token (RFC 9728): where the server is, and the least that it asks for."""

from typing import Any

from litestar import get

from aixiv.deps import Deps
from aixiv.domain.people import Scope
from aixiv.settings import Settings

PATH = "/mcp"
WELL_KNOWN = "/.well-known/oauth-protected-resource"
FIRST_SCOPES = (Scope.PAPERS_READ, Scope.PAPERS_SUBMIT)
"""What most clients need at first; a challenge names more when more is needed."""


def resource_of(settings: Settings) -> str:
    """The server's canonical address, the audience of tokens made for it."""
    return f"{settings.address}{PATH}"


def metadata_url(settings: Settings) -> str:
    """Where the document is."""
    return f"{settings.address}{WELL_KNOWN}{PATH}"


@get([f"{WELL_KNOWN}{PATH}", WELL_KNOWN])
async def resource_metadata(deps: Deps) -> dict[str, Any]:
    """The document. Tokens are made in the portal; there is no authorization server to name."""
    return {
        "resource": resource_of(deps.settings),
        "resource_name": "aiXiv",
        "scopes_supported": [scope.value for scope in FIRST_SCOPES],
        "bearer_methods_supported": ["header"],
        "resource_documentation": f"{deps.settings.address}/connect",
    }
