"""The platform's door for AI clients: the Model Context Protocol over HTTP at `/mcp`, and over stdio."""
