"""The reference list of a LaTeX project, from `thebibliography` or from BibTeX files."""

import re
from dataclasses import dataclass

from bibtexparser.entrypoint import parse_string
from bibtexparser.model import Entry

from aixiv.text.bounds import Gathered
from aixiv.text.latex.archive import Sources
from aixiv.text.latex.setter import Setter, argument, optional
from aixiv.text.latex.sources import decode
from aixiv.text.names import JOINT
from aixiv.text.references import ARXIV, DOI, parse_entry, split_authors
from review.manuscript import Reference

LIST = re.compile(r"\\begin\s*\{thebibliography\}(?:\s*\{[^}]*\})?(.*?)\\end\s*\{thebibliography\}", re.DOTALL)
ITEM = re.compile(r"\\bibitem\b")
FILES = re.compile(r"\\(?:bibliography|addbibresource|nobibliography)\s*(?:\[[^\]]*\])?\s*\{([^}]*)\}")
CITED = re.compile(r"\\(?:[A-Za-z]*cite[A-Za-z]*)\*?\s*(?:\[[^\]]*\]\s*){0,2}\{([^}]*)\}")
MOST_ENTRIES = 2_000


@dataclass(frozen=True, slots=True)
class Listed:
    """One entry and its citation key."""

    key: str
    reference: Reference


def reference_list(source: str, sources: Sources, stem: str, aside: Gathered) -> list[Listed]:
    """Entries in printed order, offsets still zero. A printed list wins over BibTeX data."""
    inline = LIST.search(source)
    if inline:
        return _items(inline[1], aside)
    asked = [name.strip() for found in FILES.finditer(source) for name in found[1].split(",")]
    printed = [n for n in sources if n.lower().endswith(".bbl")]
    for name in sorted(printed, key=lambda n: (not n.startswith(stem), n)):
        found = LIST.search(decode(sources[name]))
        if found:
            return _items(found[1], aside)
    return _from_bibtex(source, sources, asked, aside) if asked else []


def _items(body: str, aside: Gathered) -> list[Listed]:
    marks = list(ITEM.finditer(body))
    if len(marks) > MOST_ENTRIES:
        aside.miss(f"a list of {len(marks):,} references: the first {MOST_ENTRIES:,} were read")
    Setter(aside=aside).inner(body[: marks[0].start()] if marks else body)
    starts = [m.end() for m in marks[:MOST_ENTRIES]]
    begins = [*[m.start() for m in marks[1:]], len(body)]
    found: list[Listed] = []
    for number, (start, end) in enumerate(zip(starts, begins, strict=False), 1):
        _, at = optional(body, start)
        key, at = argument(body, at)
        said = re.sub(r"\s+", " ", Setter(aside=aside).inner(body[at:end])).strip()
        raw = f"[{number}] {said}"
        found.append(Listed(key.strip(), parse_entry(raw, index=number, start=0)))
    return found


def _from_bibtex(source: str, sources: Sources, asked: list[str], aside: Gathered) -> list[Listed]:
    entries: dict[str, Entry] = {}
    for name in asked:
        path = next(
            (n for n in sources if n == name or n in (f"{name}.bib", f"./{name}.bib") or n.endswith(f"/{name}.bib")), ""
        )
        if path:
            library = parse_string(decode(sources[path]))
            entries.update({e.key: e for e in library.entries})
    cited = [key.strip() for found in CITED.finditer(source) for key in found[1].split(",")]
    wanted = list(entries) if "*" in cited else [k for k in dict.fromkeys(cited) if k in entries]
    if len(wanted) > MOST_ENTRIES:
        aside.miss(f"a list of {len(wanted):,} references: the first {MOST_ENTRIES:,} were read")
    in_order = re.search(r"\\bibliographystyle\s*\{(?:unsrt\w*|ieeetr|IEEEtran\w*)\}", source)
    if not in_order:
        wanted.sort(key=lambda k: (_field(entries[k], "author").casefold() or "~", _field(entries[k], "year")))
    return [Listed(k, _reference(entries[k], n, aside)) for n, k in enumerate(wanted[:MOST_ENTRIES], 1)]


def _reference(entry: Entry, index: int, aside: Gathered) -> Reference:
    field = {name: _field(entry, name, aside) for name in ("author", "title", "year", "date", "doi", "url", "eprint")}
    venue = next(
        (v for n in ("journal", "booktitle", "publisher", "school", "howpublished") if (v := _field(entry, n, aside))),
        "",
    )
    year = re.search(r"\d{4}", field["year"] or field["date"])
    authors = tuple(
        _in_order(name) for name in re.split(r"\s+and\s+", field["author"]) if name.strip() not in ("", "others")
    )
    arxiv = ARXIV.search(f"arxiv:{field['eprint']} {venue} {field['url']}")
    doi = DOI.search(field["doi"])
    where = ", ".join(p for p in (venue, year[0] if year else "") if p)
    links = " ".join(p for p in (f"doi:{doi[1]}" if doi else "", field["url"]) if p)
    raw = ". ".join(p for p in (", ".join(authors), field["title"], where) if p)
    return Reference(
        index=index,
        raw=f"[{index}] {raw}. {links}".strip(),
        start=0,
        end=0,
        label=f"[{index}]",
        title=field["title"],
        authors=authors,
        year=int(year[0]) if year else None,
        venue=venue,
        doi=doi[1] if doi else "",
        arxiv=arxiv[1] if arxiv else "",
        url=field["url"],
    )


def _field(entry: Entry, name: str, aside: Gathered | None = None) -> str:
    found = entry.fields_dict.get(name)
    return re.sub(r"\s+", " ", Setter(aside=aside or Gathered()).inner(str(found.value))).strip() if found else ""


def _in_order(name: str) -> str:
    """`Given Family`, whatever order BibTeX had."""
    family, comma, given = name.partition(",")
    return f"{given.strip()} {family.strip()}".strip() if comma else name.strip()


def printed_authors(reference: Reference) -> str:
    """`Ho et al.`, `Ho and Jain` or `Ho`, as textual citations print them."""
    authors = reference.authors or tuple(split_authors(reference.raw))
    families = [_family(name) for name in authors]
    if not families:
        return ""
    if len(families) > 2:
        return f"{families[0]} et al."
    return " and ".join(families)


def _family(name: str) -> str:
    if "," in name:
        return name.split(",", maxsplit=1)[0]
    words = name.split()
    joint = next((i for i, w in enumerate(words) if re.fullmatch(JOINT, w)), len(words) - 1)
    return " ".join(words[joint:]) if words else name
