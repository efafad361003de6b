"""PDF: from glyphs with places to a manuscript with offsets, one small step per module."""
