"""The platform of the MCP tests, for a client that knows nothing but its address and a token."""

from tests.mcp.conftest import author, door, settings, stranger

__all__ = ["author", "door", "settings", "stranger"]
