"""LaTeX sources: unpacked with bounds, flattened, macros expanded, read as plain text with maths as written."""
