"""What a client may learn before it has a token: where to ask for one (RFC 8414), and for what (RFC 9728)."""

from typing import Any

from litestar import get

from aixiv.deps import Deps
from aixiv.settings import Settings
from aixiv.usecases.oauth import FIRST_SCOPES, SCOPES

AUTHORIZE, TOKEN, REVOKE = "/oauth/authorize", "/oauth/token", "/oauth/revoke"
RESOURCE = "/.well-known/oauth-protected-resource"


@get("/.well-known/oauth-authorization-server")
async def server_metadata(deps: Deps) -> dict[str, Any]:
    """The authorization server. Its clients have no secrets and are their addresses."""
    address = deps.settings.address
    return {
        "issuer": address,
        "authorization_endpoint": f"{address}{AUTHORIZE}",
        "token_endpoint": f"{address}{TOKEN}",
        "revocation_endpoint": f"{address}{REVOKE}",
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_methods_supported": ["none"],
        "revocation_endpoint_auth_methods_supported": ["none"],
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": [scope.value for scope in SCOPES],
        "authorization_response_iss_parameter_supported": True,
        "client_id_metadata_document_supported": True,
        "service_documentation": f"{address}/connect",
    }


@get(f"{RESOURCE}/api/v1")
async def api_metadata(deps: Deps) -> dict[str, Any]:
    """The REST interface as a resource."""
    return resource_metadata(deps.settings, deps.settings.api_resource)


def resource_metadata(settings: Settings, resource: str) -> dict[str, Any]:
    """One of our resources, and that tokens for it are asked for here."""
    return {
        "resource": resource,
        "resource_name": "aiXiv",
        "authorization_servers": [settings.address],
        "scopes_supported": [scope.value for scope in FIRST_SCOPES],
        "bearer_methods_supported": ["header"],
        "resource_documentation": f"{settings.address}/connect",
    }
