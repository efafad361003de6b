"""The service over HTTP, as OpenAI's clients know it."""
