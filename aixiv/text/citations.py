"""Citation marks in running text and the references they point at."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from review.manuscript import Citation, Manuscript, Reference

NUMERIC = re.compile(r"\[(\d{1,3}(?:\s*[,;–—-]\s*\d{1,3})*)\]")
NAME = r"[A-ZÀ-Þ][\w'’‘\-‐]*[^\W\d_]"
PARTICLE = r"(?:\b(?:van|von|de|der|den|di|da|la|le|del|ten|al|el)\s+)*"
LEAD = rf"{PARTICLE}{NAME}(?:\s+{NAME}){{0,2}}"
YEARS = r"(?:19|20)\d{2}[a-z]?"
AUTHORS = rf"{LEAD}(?:\s+et\s+al\.?,?|\s*(?:,\s*{LEAD}){{0,12}},?\s+(?:and|&)\s+{LEAD})?"
TEXTUAL = re.compile(
    rf"(?P<names>{AUTHORS})(?:['’]s)?,?\s*[(\[](?P<years>{YEARS}(?:\s*[,;]\s*{YEARS})*)[^()\[\]]{{0,30}}[)\]]"
)
GROUP = re.compile(rf"[(\[](?P<inside>[^()\[\]]*?\b{YEARS}[^()\[\]]*)[)\]]")
ITEM = re.compile(rf"(?P<names>{AUTHORS}),?\s+(?P<years>{YEARS}(?:\s*,\s*(?:{YEARS}|[a-z](?=\s*[,;)]|$)))*)")
TRIGGERS = {
    "See",
    "In",
    "By",
    "The",
    "As",
    "From",
    "With",
    "And",
    "Following",
    "While",
    "Similarly",
    "Like",
    "Both",
    "Unlike",
}
MOST_IN_RANGE = 60


def find_citations(text: str, references: Sequence[Reference]) -> tuple[Citation, ...]:
    """Every citation mark outside the reference list, one `Citation` a target, in text order."""
    numeric = _outside(_numeric(text, references), references)
    named = _outside(_named(text, references), references)
    resolved = [sum(c.resolved for c in found) for found in (numeric, named)]
    if references and resolved[0] < 0.2 * max(resolved[1], 1):
        numeric = [c for c in numeric if c.resolved and all(r.label for r in references)]
    return tuple(sorted(numeric + named, key=lambda c: (c.start, c.target or 0)))


def with_plain_citations(made: Manuscript) -> Manuscript:
    """The manuscript with the citations its author typed by hand, beside those its source marked."""
    marked = made.citations
    typed = [
        c for c in find_citations(made.text, made.references) if not any(m.start <= c.start < m.end for m in marked)
    ]
    return replace(made, citations=tuple(sorted([*marked, *typed], key=lambda c: c.start)))


def _outside(found: Iterable[Citation], references: Sequence[Reference]) -> list[Citation]:
    if not references:
        return list(found)
    first, last = references[0].start, references[-1].end
    return [c for c in found if not first <= c.start < last]


def _numeric(text: str, references: Sequence[Reference]) -> Iterator[Citation]:
    for found in NUMERIC.finditer(text):
        for number in _numbers(found[1]):
            known = 1 <= number <= len(references)
            yield Citation(
                start=found.start(), end=found.end(), text=found[0], target=number if known else None, resolved=known
            )


def _numbers(inside: str) -> Iterator[int]:
    for part in re.split(r"\s*[,;]\s*", inside):
        ends = [int(n) for n in re.split(r"\s*[–—-]\s*", part)]
        if len(ends) == 2 and 0 <= ends[1] - ends[0] <= MOST_IN_RANGE:
            yield from range(ends[0], ends[1] + 1)
        else:
            yield from ends


def _named(text: str, references: Sequence[Reference]) -> Iterator[Citation]:
    index = _by_name(references)
    taken: list[tuple[int, int]] = []
    for found in TEXTUAL.finditer(text):
        names, start = _trim(found["names"], found.start())
        if not names:
            continue
        taken.append((found.start(), found.end()))
        for year in re.findall(YEARS, found["years"]):
            yield _citation(text, start, found.end(), names, year, index)
    for group in GROUP.finditer(text):
        if any(start < group.end() and group.start() < end for start, end in taken):
            continue
        for found in ITEM.finditer(group["inside"]):
            offset = group.start("inside")
            names, start = _trim(found["names"], offset + found.start())
            for year in re.findall(YEARS, found["years"]) if names else ():
                yield _citation(text, start, offset + found.end(), names, year, index)


def _trim(names: str, start: int) -> tuple[str, int]:
    while names.split(" ", 1)[0].rstrip(",") in TRIGGERS and " " in names:
        cut = names.index(" ") + 1
        names, start = names[cut:], start + cut
    return ("" if names in TRIGGERS else names), start


def _citation(
    text: str, start: int, end: int, names: str, year: str, index: dict[str, list[tuple[int, str, str]]]
) -> Citation:
    """Longest name first: in `DiffiT Hatamizadeh et al.` the words before the surname belong to the sentence."""
    lead = re.split(r"\s+et\s+al|\s*,\s*|\s+and\s+|\s*&\s*", names, maxsplit=1)[0]
    words = lead.split()
    for skip in range(len(words)):
        entries = index.get(_fold(words[-1] if skip == 0 else words[-1 - skip]), [])
        target = _best(entries, year, names)
        if target is not None:
            cut = start + names.index(words[-1 - skip]) if len(words) > 1 else start
            cut = start if lead[: names.index(words[-1 - skip])].strip().islower() else cut
            return Citation(start=cut, end=end, text=text[cut:end], target=target, resolved=True)
    return Citation(start=start, end=end, text=text[start:end])


def _best(entries: list[tuple[int, str, str]], year: str, names: str) -> int | None:
    exact = [e for e in entries if e[1] == year]
    if not exact:
        exact = [e for e in entries if e[1][:4] == year[:4] and (len(year) == 4 or len(e[1]) == 4)]
    if len(exact) > 1:
        rest = {_fold(w) for w in re.findall(NAME, names)}
        exact.sort(key=lambda e: -sum(w in rest for w in e[2].split()))
    return exact[0][0] if exact else None


def _by_name(references: Sequence[Reference]) -> dict[str, list[tuple[int, str, str]]]:
    """First surname (folded) to (index, year with suffix, all surnames)."""
    found: dict[str, list[tuple[int, str, str]]] = defaultdict(list)
    for reference in references:
        surnames = [surname(a) for a in reference.authors] or [reference.raw.split(",")[0].split(".")[0]]
        year = str(reference.year or "")
        suffix = re.search(rf"\b{year}([a-z])\b", reference.raw) if year else None
        entry = (reference.index, year + (suffix[1] if suffix else ""), " ".join(_fold(s) for s in surnames))
        for word in surnames[0].split()[-1:] or [surnames[0]]:
            found[_fold(word)].append(entry)
    return found


def surname(author: str) -> str:
    """Family name of `Family, G.` or `Given Family`."""
    if "," in author:
        return author.split(",", maxsplit=1)[0].strip()
    words = [w for w in author.split() if w.rstrip(".") not in ("Jr", "Sr", "II", "III")]
    return words[-1] if words else author


def _fold(name: str) -> str:
    return name.casefold().strip(".,'’")
