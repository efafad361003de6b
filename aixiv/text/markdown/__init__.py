"""Markdown: CommonMark with tables, front matter, citations and maths kept as written."""
