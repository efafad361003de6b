"""One Transformer for every decoder family: its spec, its weights, and a forward over a flat token axis."""
