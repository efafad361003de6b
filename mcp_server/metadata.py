"""What a client may learn before it has a token (RFC 9728): where the server is, and who makes tokens for it."""

from typing import Any

from litestar import get

from aixiv.deps import Deps
from aixiv.settings import Settings
from aixiv.web.oauth import metadata

PATH = "/mcp"
WELL_KNOWN = metadata.RESOURCE


def resource_of(settings: Settings) -> str:
    """The server's canonical address, the audience of tokens made for it."""
    return settings.mcp_resource


def metadata_url(settings: Settings) -> str:
    """Where the document is."""
    return f"{settings.address}{WELL_KNOWN}{PATH}"


@get([f"{WELL_KNOWN}{PATH}", WELL_KNOWN])
async def resource_metadata(deps: Deps) -> dict[str, Any]:
    """The document."""
    return metadata.resource_metadata(deps.settings, resource_of(deps.settings))
