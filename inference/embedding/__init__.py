"""Texts to unit vectors: a BERT encoder, its weights and the thread it computes in."""
