"""How each outside index is asked, and how its answers read. Pure: an address and parameters out, works in."""

import html
import re
from collections.abc import Callable
from typing import Any, Literal
from urllib.parse import quote

import msgspec
from msgspec import Struct

from review.references import Work
from review.references.dumps import crossref_record, openalex_record
from review.references.entry import read_name
from review.references.keys import arxiv_key, doi_key

ROWS = 5  # works asked for; the right one is among the first or not there
S2_FIELDS = "title,authors,year,venue,externalIds"


class Question(Struct, frozen=True):
    """What is looked for: a work by its DOI or arXiv identifier, by its title, or works about some words."""

    by: Literal["doi", "arxiv", "title", "words"]
    value: str

    @property
    def key(self) -> str:
        """The same for questions that have the same answer."""
        return f"{self.by}:{' '.join(self.value.lower().split())}"


class Source(Struct, frozen=True, kw_only=True):
    """One index. `ask` gives path and parameters of a question; `read` the works of an answer."""

    name: str
    base_url: str
    ask: Callable[[Question, str], tuple[str, dict[str, str]]]
    read: Callable[[bytes], list[Work]]


def _ask_openalex(question: Question, mail: str) -> tuple[str, dict[str, str]]:
    doi = {"doi": question.value, "arxiv": f"10.48550/arxiv.{question.value}"}.get(question.by)
    asked = {"filter": f"doi:{doi}"} if doi else {"search": _words(question.value)}
    return "/works", {**asked, "per-page": str(ROWS), **({"mailto": mail} if mail else {})}


def _ask_crossref(question: Question, mail: str) -> tuple[str, dict[str, str]]:
    polite = {"mailto": mail} if mail else {}
    doi = {"doi": question.value, "arxiv": f"10.48550/arxiv.{question.value}"}.get(question.by)
    if doi:
        return f"/works/{quote(doi, safe='')}", polite
    return "/works", {"query.bibliographic": question.value, "rows": str(ROWS), **polite}


def _ask_semantic_scholar(question: Question, _mail: str) -> tuple[str, dict[str, str]]:
    prefix = {"doi": "DOI:", "arxiv": "ARXIV:"}.get(question.by)
    if prefix:
        return f"/paper/{prefix}{quote(question.value, safe='/')}", {"fields": S2_FIELDS}
    return "/paper/search", {"query": _words(question.value), "limit": str(ROWS), "fields": S2_FIELDS}


def _ask_arxiv(question: Question, _mail: str) -> tuple[str, dict[str, str]]:
    most = {"max_results": str(ROWS)}
    if question.by == "arxiv":
        return "/api/query", {"id_list": question.value, **most}
    words = _words(question.value)
    asked = {"title": f'ti:"{words}"', "words": f"all:{words}", "doi": f'all:"{question.value}"'}
    return "/api/query", {"search_query": asked[question.by], **most}


def _words(text: str) -> str:
    """Letters and digits only: every index gives other marks a meaning of its own."""
    return " ".join(re.findall(r"[^\W_]+", text))


def _read_openalex(body: bytes) -> list[Work]:
    rows = _object(body).get("results") or ()
    return [record.work for row in rows if (record := openalex_record(row))]


def _read_crossref(body: bytes) -> list[Work]:
    message = _object(body).get("message") or {}
    rows = message.get("items") if "items" in message else [message]
    return [record.work for row in rows or () if (record := crossref_record(row))]


def _read_semantic_scholar(body: bytes) -> list[Work]:
    raw = _object(body)
    rows = raw.get("data") if "data" in raw else [raw] if "title" in raw else []
    return [_semantic_scholar(row) for row in rows or () if row.get("title")]


def _semantic_scholar(raw: dict[str, Any]) -> Work:
    ids = raw.get("externalIds") or {}
    return Work(
        title=raw["title"],
        families=tuple(read_name(a["name"]).family for a in raw.get("authors") or () if a.get("name")),
        years=(raw["year"],) if raw.get("year") else (),
        venues=(raw["venue"],) if raw.get("venue") else (),
        doi=doi_key(ids.get("DOI") or ""),
        arxiv=arxiv_key(ids.get("ArXiv") or ""),
        source="semanticscholar",
    )


def _read_arxiv(body: bytes) -> list[Work]:
    """The few elements of an Atom feed that matter; entities are those of HTML, and nothing else is expanded."""
    entries = re.findall(r"<entry\b.*?</entry>", body.decode("utf-8", "replace"), re.DOTALL)
    return [work for entry in entries if (work := _arxiv(entry))]


def _arxiv(entry: str) -> Work | None:
    number = re.search(r"<id>\s*https?://arxiv\.org/abs/([^<\s]+)\s*</id>", entry)
    title, year = _element(entry, "title"), re.search(r"<published>\s*(\d{4})", entry)
    if not number or not title:
        return None
    return Work(
        title=title,
        families=tuple(read_name(_plain(name)).family for name in re.findall(r"<name>(.*?)</name>", entry, re.DOTALL)),
        years=(int(year[1]),) if year else (),
        venues=("arXiv",),
        doi=doi_key(_element(entry, "arxiv:doi")),
        arxiv=arxiv_key(number[1]),
        source="arxiv",
    )


def _element(entry: str, name: str) -> str:
    found = re.search(rf"<{name}\b[^>]*>(.*?)</{name}>", entry, re.DOTALL)
    return _plain(found[1]) if found else ""


def _plain(text: str) -> str:
    return " ".join(html.unescape(text).split())


def _object(body: bytes) -> dict[str, Any]:
    return msgspec.json.decode(body, type=dict[str, Any])


SOURCES = {
    source.name: source
    for source in (
        Source(name="openalex", base_url="https://api.openalex.org", ask=_ask_openalex, read=_read_openalex),
        Source(name="crossref", base_url="https://api.crossref.org", ask=_ask_crossref, read=_read_crossref),
        Source(
            name="semanticscholar",
            base_url="https://api.semanticscholar.org/graph/v1",
            ask=_ask_semantic_scholar,
            read=_read_semantic_scholar,
        ),
        Source(name="arxiv", base_url="https://export.arxiv.org", ask=_ask_arxiv, read=_read_arxiv),
    )
}
