"""Works of bibliographic dumps as their records show them: OpenAlex and Crossref in JSON, DBLP in XML."""

import re
from collections.abc import Iterable, Iterator
from html import unescape
from html.parser import HTMLParser
from typing import Any

import msgspec

from review.references.entry import read_name
from review.references.keys import arxiv_key, doi_key
from review.references.match import Work

_DBLP_RECORDS = frozenset(
    {"article", "inproceedings", "proceedings", "book", "incollection", "phdthesis", "mastersthesis"}
)
_DBLP_FIELDS = frozenset({"author", "title", "year", "journal", "booktitle", "ee"})
_MARKUP = re.compile(r"</?(?:i|b|sub|sup|tt|ref)\b[^>]*>")
_DOI_URL = re.compile(r"^https?://(?:dx\.)?doi\.org/", re.IGNORECASE)
_ARXIV_URL = re.compile(r"arxiv\.org/(?:abs|pdf)/([\w.-]+/?\d+)|10\.48550/arxiv\.(\S+)", re.IGNORECASE)


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One work of a dump with its identifier there."""

    id: str
    work: Work


def openalex_record(raw: dict[str, Any]) -> Record | None:
    title = _plain(raw.get("title") or raw.get("display_name") or "")
    if not title or not raw.get("id"):
        return None
    names = [
        (a.get("author") or {}).get("display_name") or a.get("raw_author_name") or ""
        for a in raw.get("authorships") or ()
    ]
    places = [raw.get("primary_location"), *(raw.get("locations") or ())]
    urls = " ".join(str(place.get("landing_page_url")) for place in places if place)
    source = ((raw.get("primary_location") or {}).get("source") or {}).get("display_name") or ""
    return Record(
        id=str(raw["id"]).rsplit("/", 1)[-1],
        work=Work(
            title=title,
            families=tuple(read_name(name).family for name in names if name),
            complete=not raw.get("is_authors_truncated", False),
            years=_years(raw.get("publication_year")),
            venues=(source,) if source else (),
            doi=doi_key(_DOI_URL.sub("", raw.get("doi") or "")),
            arxiv=_arxiv(f"{raw.get('doi')} {urls}"),
            source="openalex",
        ),
    )


def crossref_record(raw: dict[str, Any]) -> Record | None:
    titles, doi = raw.get("title") or (), raw.get("DOI") or ""
    if not titles or not titles[0] or not doi:
        return None
    title, subtitle = _plain(titles[0]), _plain((raw.get("subtitle") or ("",))[0])
    dates = [raw.get(k) for k in ("published-print", "published-online", "published", "issued")]
    years = {part[0][0] for date in dates if date and (part := date.get("date-parts")) and part[0] and part[0][0]}
    return Record(
        id=doi_key(doi),
        work=Work(
            title=f"{title}: {subtitle}" if subtitle and subtitle not in title else title,
            families=tuple(a.get("family") or a.get("name") or "" for a in raw.get("author") or ()),
            years=_years(*years),
            venues=tuple(map(_plain, raw.get("container-title") or ()))[:2],
            doi=doi_key(doi),
            arxiv=_arxiv(doi),
            source="crossref",
        ),
    )


def _plain(text: str) -> str:
    """Text of a field that may hold markup and its entities."""
    return " ".join(unescape(re.sub(r"</?[A-Za-z][^<>]*>", "", text)).split())


def _years(*years: Any) -> tuple[int, ...]:
    known = sorted(int(y) for y in years if isinstance(y, int) and 1400 < y < 2200)
    return tuple(known)


def _arxiv(text: str) -> str:
    match = _ARXIV_URL.search(text)
    return arxiv_key(match[1] or match[2]) if match else ""


def read_dblp(chunks: Iterable[str]) -> Iterator[Record]:
    """Works of DBLP's XML, fed in pieces. Its entities are those of HTML, so no document type is fetched or trusted."""
    parser = _Dblp()
    for chunk in chunks:
        parser.feed(chunk)
        yield from parser.take()
    parser.close()
    yield from parser.take()


class _Dblp(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._done: list[Record] = []
        self._key = ""
        self._field = ""
        self._record: dict[str, list[str]] = {}

    def take(self) -> list[Record]:
        done, self._done = self._done, []
        return done

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _DBLP_RECORDS and not self._key:
            self._key, self._record = dict(attrs).get("key") or "", {}
        elif self._key and tag in _DBLP_FIELDS:
            self._field = tag
            self._record.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == self._field:
            self._field = ""
        elif tag in _DBLP_RECORDS and self._key:
            if work := _dblp_work(self._record):
                self._done.append(Record(id=self._key, work=work))
            self._key, self._field = "", ""

    def handle_data(self, data: str) -> None:
        if self._field:
            self._record[self._field][-1] += data


def _dblp_work(fields: dict[str, list[str]]) -> Work | None:
    title = _MARKUP.sub("", "".join(fields.get("title", ()))).strip().removesuffix(".")
    if not title:
        return None
    links = fields.get("ee", [])
    dois = [doi_key(_DOI_URL.sub("", link)) for link in links if _DOI_URL.match(link)]
    year = "".join(fields.get("year", ())).strip()
    return Work(
        title=title,
        families=tuple(read_name(name).family for name in fields.get("author", ())),
        years=_years(int(year)) if year.isdigit() else (),
        venues=tuple(v.strip() for v in (*fields.get("booktitle", ()), *fields.get("journal", ())) if v.strip()),
        doi=dois[0] if dois else "",
        arxiv=_arxiv(" ".join(links)),
        source="dblp",
    )
