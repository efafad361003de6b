"""The author without a language model: what it can repair in a manuscript, each repair made from the text itself."""
