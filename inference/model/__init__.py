"""One Transformer for every decoder family: what a checkpoint says, its weights, and a forward over a flat token axis."""
