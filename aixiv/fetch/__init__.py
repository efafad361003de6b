"""What is asked of others over HTTP: works of bibliographic indexes, and documents that a stranger's address names."""

from aixiv.fetch.client import Fetcher, SourceSilent, sources_of
from aixiv.fetch.documents import DocumentRefused, Documents, check_address, local_hosts
from aixiv.fetch.sources import SOURCES, Question, Source

__all__ = [
    "SOURCES",
    "DocumentRefused",
    "Documents",
    "Fetcher",
    "Question",
    "Source",
    "SourceSilent",
    "check_address",
    "local_hosts",
    "sources_of",
]
