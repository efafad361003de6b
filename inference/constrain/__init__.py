"""Answers that are valid by construction: what the next token may be, given a schema or a grammar."""
