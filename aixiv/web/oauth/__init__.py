"""The authorization server's doors: metadata for clients, the consent page for people, tokens for clients."""
