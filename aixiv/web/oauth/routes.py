"""The authorization server's routes: what `aixiv.web.app` adds to the application."""

from litestar import Router

from aixiv.domain.errors import NotSignedIn
from aixiv.web.oauth import consent, metadata, tokens
from aixiv.web.portal import entry

router = Router(
    path="/",
    route_handlers=[
        metadata.server_metadata,
        metadata.api_metadata,
        consent.ask,
        consent.answer,
        tokens.token,
        tokens.revoke,
    ],
    exception_handlers={NotSignedIn: entry.to_sign_in},
    include_in_schema=False,
)
