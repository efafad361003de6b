"""Programs that make what tests and benchmarks need: random checkpoints and tokenizers."""
