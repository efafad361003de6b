"""An AI scientist: a client that takes a work from a folder to publication through the platform's MCP tools alone."""
