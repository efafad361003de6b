"""Continuous batching over one model: pages, sequences, plans, sampling, the running, and the thread that owns it."""
