"""Whether an entry and a known work are the same, and in which fields they differ."""

from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from functools import lru_cache

from msgspec import Struct

from review.references.entry import Entry, plain
from review.references.keys import arxiv_key, bare_words, doi_key
from review.references.reasons import Reason
from review.references.venues import find_venue

SAME_TITLE = 0.97
NEAR_TITLE = 0.78
OTHER_TITLE = 0.5
ENOUGH_AUTHORS = 0.6
WRONG, AGAIN = 0.9, 0.2  # weight of a field that is wrong, and of one that another version may explain
COMMON_WORDS = 4  # a title this short may be of two works: then the authors must meet
_SMALL_WORDS = frozenset(["a", "an", "the"])


class Work(Struct, frozen=True, kw_only=True):
    """A work that a bibliographic index knows. `families` may be only the first; `complete` says whether it is all."""

    title: str
    families: tuple[str, ...] = ()
    complete: bool = True
    years: tuple[int, ...] = ()  # every year it may carry: preprint, publication
    venues: tuple[str, ...] = ()
    doi: str = ""
    arxiv: str = ""
    source: str = ""


class Match(Struct, frozen=True, kw_only=True):
    """An entry beside the known work it means."""

    work: Work
    title: float
    authors: float


def title_similarity(one: str, other: str) -> float:
    """0..1: 1 for the same words without articles, less by how many letters of the longer must change."""
    a, b = _bare(one), _bare(other)
    if a == b:
        return 1.0
    matcher = SequenceMatcher(None, a, b, autojunk=False)
    return matcher.ratio() if matcher.real_quick_ratio() >= NEAR_TITLE and matcher.quick_ratio() >= NEAR_TITLE else 0.0


@lru_cache(maxsize=4096)
def _bare(title: str) -> str:
    return " ".join(bare_words(title))


def elsewhere(entry: Entry, works: Iterable[Work]) -> Work | None:
    """The work that the entry's DOI or arXiv identifier belongs to, when that is clearly another work."""
    for work in works:
        named = (work.doi and doi_key(entry.doi) == work.doi) or (work.arxiv and arxiv_key(entry.arxiv) == work.arxiv)
        if named and title_similarity(entry.title, work.title) < OTHER_TITLE and not author_overlap(entry, work):
            return work
    return None


def author_overlap(entry: Entry, work: Work) -> float:
    """Share of the entry's family names that the work bears; of the work's, when its list is cut short."""
    cited = {_family(a.family) for a in entry.authors if a.family}
    known = {_family(f) for f in work.families}
    if not cited or not known:
        return 0.0
    return len(cited & known) / (len(cited) if work.complete else min(len(cited), len(known)))


def _family(name: str) -> str:
    return plain(name).replace(" ", "")


def find_match(entry: Entry, works: Iterable[Work]) -> Match | None:
    """The work an entry means: the one with the same or nearly the same title, nearer authors deciding.

    A title that is only near, or that is short, counts when the authors agree: two works may have near titles.
    """
    best: Match | None = None
    for work in works:
        title, authors = title_similarity(entry.title, work.title), author_overlap(entry, work)
        own = title >= SAME_TITLE and (authors > 0 or len(plain(work.title).split()) > COMMON_WORDS)
        same = own or (_same_head(entry.title, work.title) and authors >= ENOUGH_AUTHORS)
        if same or (title >= NEAR_TITLE and authors >= ENOUGH_AUTHORS and _first_agrees(entry, work)):
            match = Match(work=work, title=1.0 if same else title, authors=authors)
            if best is None or (match.title, match.authors) > (best.title, best.authors):
                best = match
    return best


def _same_head(one: str, other: str) -> bool:
    """Whether one title is the other without its subtitle."""
    heads = {plain(one.split(":", maxsplit=1)[0]), plain(other.split(":", maxsplit=1)[0])}
    return len(heads) == 1 and len(next(iter(heads)).split()) >= 3 and (":" not in one or ":" not in other)


def differences(entry: Entry, match: Match) -> list[Reason]:
    """Fields of the entry that the known work contradicts. None of them makes the work less real."""
    work, found = match.work, []
    if match.title < SAME_TITLE:
        found.append(_differs("title", f"The work is called “{work.title}”."))
    if entry.authors and work.families and (text := _authors_differ(entry, match)):
        found.append(_differs("authors", text))
    again = _published_again(entry, work)
    if entry.year and work.years and not min(work.years) <= entry.year <= max(work.years):
        printed = " or ".join(str(y) for y in sorted({min(work.years), max(work.years)}))
        found.append(_differs("year", f"The work is of {printed}, not {entry.year}.", AGAIN if again else WRONG))
    if text := _venue_differs(entry, work):
        found.append(_differs("venue", text, AGAIN if again else WRONG))
    if entry.arxiv and work.arxiv and arxiv_key(entry.arxiv) != arxiv_key(work.arxiv):
        found.append(_differs("arxiv", f"The work is arXiv:{work.arxiv}, not arXiv:{entry.arxiv}."))
    if entry.doi and work.doi and _other_doi(entry.doi, work.doi):
        found.append(_differs("doi", f"The work's DOI is {work.doi}, not {entry.doi}."))
    return [reason for reason in found if not _printed(reason.code, entry.raw, work)]


def _printed(code: str, raw: str, work: Work) -> bool:
    """Whether the entry as printed says this field right, so that only its parts were told apart wrongly."""
    said = f" {plain(raw)} "
    names = [f" {_family(family)} " in said for family in work.families]
    right = {
        "known_title": bool(raw) and f" {plain(work.title)} " in said,
        "known_authors": any(names[:1]) and sum(names) >= ENOUGH_AUTHORS * len(names),
        "known_year": any(str(year) in said for year in work.years),
        "known_venue": any(f" {plain(venue)} " in said for venue in work.venues if plain(venue)),
        "known_arxiv": bool(work.arxiv) and work.arxiv in raw,
        "known_doi": bool(work.doi) and work.doi in raw.lower(),
    }
    return bool(raw) and right.get(code, False)


def _differs(field: str, text: str, weight: float = WRONG) -> Reason:
    return Reason(f"known_{field}", text, weight, "mis_cited")


def _published_again(entry: Entry, work: Work) -> bool:
    """Whether the entry may be of a version that the index need not know: in a journal, or after the preprint."""
    cited = find_venue(entry.venue)
    known = [venue for name in work.venues if (venue := find_venue(name))]
    journal = cited is not None and cited.kind == "journal" and all(venue.kind != "journal" for venue in known)
    since = cited is not None and bool(known) and all(venue.kind == "preprint" for venue in known)
    return (journal or since) and bool(work.years) and (entry.year is None or entry.year >= min(work.years))


def _authors_differ(entry: Entry, match: Match) -> str:
    work = match.work
    cited, known = [_family(a.family) for a in entry.authors], [_family(f) for f in work.families]
    strangers = [str(a) for a, name in zip(entry.authors, cited, strict=True) if name not in known]
    if not _first_agrees(entry, work):
        return f"Its first author is {work.families[0]}, not {entry.authors[0]}."
    if match.authors < ENOUGH_AUTHORS or (strangers and work.complete):
        return f"{strangers[0]} is not among its authors." if strangers else "Its authors are others."
    if work.complete and not entry.abridged and len(set(cited)) < len(set(known)):
        return f"It lists {len(cited)} of its {len(known)} authors without saying so."
    return ""


def _first_agrees(entry: Entry, work: Work) -> bool:
    if not entry.authors or not work.families:
        return False
    first = entry.authors[0]
    return _family(work.families[0]) in {_family(first.family), _family(first.given), _family(str(first))}


def _venue_differs(entry: Entry, work: Work) -> str:
    cited = find_venue(entry.venue)
    known = [venue for name in work.venues if (venue := find_venue(name))]
    if cited is None or cited.key == "arxiv" or cited in known or all(v.kind == "preprint" for v in known):
        return ""  # a preprint that is all an index knows may have been published since
    return f"It appeared at {known[0].names[0]}, not at {cited.names[0]}."


def _other_doi(cited: str, known: str) -> bool:
    """A preprint's DOI and its publication's may both be right."""
    preprint = [d.lower().startswith("10.48550/") for d in (cited, known)]
    return preprint[0] == preprint[1] and doi_key(cited) != doi_key(known)


def works_of(entry: Entry, works: Sequence[Work]) -> Sequence[Work]:
    """Works of a small list that may be the entry's: those sharing a rare enough word of its title."""
    words = {w for w in _bare(entry.title).split() if len(w) > 3}
    return [w for w in works if len(words & _words(w.title)) >= min(2, len(words))]


@lru_cache(maxsize=4096)
def _words(title: str) -> frozenset[str]:
    return frozenset(_bare(title).split())
