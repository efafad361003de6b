"""Outside bibliographic indexes over HTTP: one question, a few works, or the reason why there was no answer."""

from aixiv.fetch.client import Fetcher, SourceSilent, sources_of
from aixiv.fetch.sources import SOURCES, Question, Source

__all__ = ["SOURCES", "Fetcher", "Question", "Source", "SourceSilent", "sources_of"]
