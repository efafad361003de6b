"""A bibliography entry as it was cited, read into comparable parts: names, words, identifiers."""

import re
import unicodedata
from collections.abc import Mapping

from msgspec import Struct

from review.manuscript import Reference

OTHERS = frozenset({"others", "et al", "et al.", "al", "al."})
PARTICLES = frozenset(
    {"van", "von", "de", "der", "den", "del", "della", "di", "da", "dos", "du", "la", "le", "el", "al"}
)
_TEX_ACCENT = re.compile(r"\\(?:[`'^\"~=.]|[uvHtcdbrk](?=[\s{]))\s*\{?\s*\\?([A-Za-z])\s*\}?")
_TEX_LETTER = {r"\L": "L", r"\l": "l", r"\O": "O", r"\o": "o", r"\ss": "ss", r"\ae": "ae", r"\AE": "AE", r"\aa": "a"}
_ARXIV = re.compile(
    r"(?:arxiv[./: ]+|abs/|pdf/|corr[/ ]+(?:abs/)?)\s*(?P<id>\d{4}\.\d{4,6}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})(?:v\d+)?",
    re.IGNORECASE,
)
_ARXIV_PRINTED = re.compile(r"\barxiv[: /]*(?:preprint arxiv:|abs/)?(?P<id>\d{4}\.\d{4,6})(?:v\d+)?", re.IGNORECASE)


class Author(Struct, frozen=True):
    """One name of an author list; a group has only a family name."""

    given: str
    family: str

    def __str__(self) -> str:
        return f"{self.given} {self.family}".strip()


class Entry(Struct, frozen=True, kw_only=True):
    """One cited work with the fields that were printed; what is absent is empty.

    `type` is the BibTeX type where there is one. `authors` excludes “and others”, which `abridged` records.
    """

    title: str = ""
    authors: tuple[Author, ...] = ()
    abridged: bool = False
    author_field: str = ""  # as printed
    year: int | None = None
    month: int | None = None
    type: str = ""
    venue: str = ""
    journal: str = ""
    booktitle: str = ""
    volume: str = ""
    number: str = ""
    pages: str = ""
    publisher: str = ""
    doi: str = ""
    arxiv: str = ""
    isbn: str = ""
    orcid: str = ""
    url: str = ""
    note: str = ""
    raw: str = ""  # the whole entry as printed, where the fields were told apart by guess


def entry_from_bibtex(fields: Mapping[str, str], kind: str = "") -> Entry:
    """An entry from BibTeX fields, whatever the case of their names."""
    f = {name.lower(): str(value).strip() for name, value in fields.items() if value is not None}
    authors, abridged = split_authors(f.get("author", ""))
    doi = re.sub(r"^(?:https?://(?:dx\.)?doi\.org/|doi:\s*)", "", f.get("doi", ""), flags=re.IGNORECASE)
    eprint = f.get("eprint", "") if f.get("archiveprefix", "arxiv").lower() == "arxiv" else ""
    named = f"arXiv:{eprint}" if eprint else " ".join(f.get(k, "") for k in ("doi", "url", "journal", "note", "volume"))
    arxiv = _ARXIV.search(named)
    year = re.search(r"\b(1[5-9]\d\d|[2-9]\d\d\d)\b", f.get("year", "") or f.get("date", ""))
    journal, booktitle = f.get("journal", "") or f.get("journaltitle", ""), f.get("booktitle", "")
    return Entry(
        title=untex(f.get("title", "")),
        authors=authors,
        abridged=abridged,
        author_field=f.get("author", ""),
        year=int(year[1]) if year else None,
        type=kind.lower(),
        venue=untex(booktitle or journal),
        journal=untex(journal),
        booktitle=untex(booktitle),
        volume=f.get("volume", ""),
        number=f.get("number", ""),
        pages=f.get("pages", ""),
        publisher=untex(f.get("publisher", "")),
        doi=doi,
        arxiv=arxiv["id"] if arxiv else eprint,
        isbn=f.get("isbn", ""),
        orcid=f.get("orcid", ""),
        url=f.get("url", ""),
        note=untex(f.get("note", "")),
    )


def entry_from_reference(reference: Reference) -> Entry:
    """An entry from a parsed reference list, where only some fields could be told apart."""
    names = [name for name in reference.authors if plain(name) not in OTHERS]
    printed = _ARXIV_PRINTED.search(reference.raw)
    return Entry(
        title=reference.title,
        authors=tuple(read_name(name) for name in names),
        abridged=len(names) < len(reference.authors) or "et al" in reference.raw.lower(),
        author_field=" and ".join(reference.authors),
        year=reference.year,
        venue=reference.venue,
        doi=reference.doi,
        arxiv=reference.arxiv or (printed["id"] if printed else ""),
        url=reference.url,
        raw=reference.raw,
    )


def split_authors(field: str) -> tuple[tuple[Author, ...], bool]:
    """Authors of a BibTeX author field, and whether it ends in “and others”."""
    parts = [p.strip() for p in re.split(r"\s+and\s+", untex(field)) if p.strip()]
    kept = [p for p in parts if p.lower() not in OTHERS]
    return tuple(read_name(p) for p in kept), len(kept) < len(parts)


def read_name(name: str) -> Author:
    """“Family, Given” or “Given Family”, with particles and generation suffixes kept with the family name."""
    name = re.sub(r"\s+\d{4}$", "", name.strip())  # DBLP numbers namesakes
    if "," in name:
        family, _, given = name.partition(",")
        return Author(given.strip(), family.strip())
    words = name.split()
    if len(words) < 2:
        return Author("", name)
    start = len(words) - 1
    if re.fullmatch(r"(?:Jr|Sr)\.?|I{2,3}|IV", words[start]) and start > 1:
        start -= 1
    while start > 1 and words[start - 1].lower() in PARTICLES:
        start -= 1
    return Author(" ".join(words[:start]), " ".join(words[start:]))


def untex(text: str) -> str:
    """Text without TeX accents, braces and commands."""
    for command, letter in _TEX_LETTER.items():
        text = re.sub(re.escape(command) + r"(?![A-Za-z])\s*", letter, text)
    text = _TEX_ACCENT.sub(r"\1", text)
    text = re.sub(r"\\([&%$#_])", r"\1", text).replace("&amp;", "&")
    return re.sub(r"\s+", " ", re.sub(r"[{}]|\\[a-zA-Z]+\s*", "", text)).strip()


def plain(text: str) -> str:
    """Lower-case words of Latin letters and digits, one space between: what titles and names are compared by."""
    bare = unicodedata.normalize("NFKD", untex(text)).casefold().translate(_FOLDED)
    return " ".join(re.findall(r"[^\W_]+", "".join(c for c in bare if not unicodedata.combining(c))))


_FOLDED = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ß": "ss", "’": "", "'": "", "ı": "i"})
