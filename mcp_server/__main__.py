"""MCP over stdio: `python -m mcp_server` serves one client the platform that runs on this machine.

It acts as the owner of `AIXIV_TOKEN`, who is looked up anew for every call, so that a revoked token ends at once.
Standard output carries the protocol and nothing else; the log goes to standard error.
"""

import sys

import anyio
from mcp.server.stdio import stdio_server

from aixiv.cli.acting import opened
from aixiv.deps import Deps
from aixiv.domain.errors import AixivError
from aixiv.domain.people import ANONYMOUS, Actor
from aixiv.log import configure_logging
from aixiv.settings import Settings
from aixiv.usecases.tokens import authenticate_token
from mcp_server.server import Request, make_server


async def serve() -> None:
    """Serve until the client closes standard input."""
    async with opened(Settings()) as platform:
        deps = platform.deps

        async def who_asks(_: Request) -> Actor:
            return await _owner_of_token(deps)

        await _owner_of_token(deps)  # a wrong token is refused before a client relies on it
        server = make_server(deps, who_asks, lambda _: None)
        async with stdio_server() as (read, write):
            await server.run(read, write, server.create_initialization_options())


async def _owner_of_token(deps: Deps) -> Actor:
    token = deps.settings.token.get_secret_value()
    return await authenticate_token(deps, token) if token else ANONYMOUS


def main() -> int:
    """Exit status 1, with the reason on standard error, when there is no platform or the token is not valid."""
    configure_logging()
    try:
        anyio.run(serve)
    except AixivError as refusal:
        print(f"mcp_server: {refusal.message} [{refusal.code}]\n            {refusal.hint}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
