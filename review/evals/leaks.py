"""What in a paper's text betrays its decision, and the same paper without it.

Sets of papers with decisions are mostly collected after the decision: accepted ones are camera-ready, with authors,
thanks and links, rejected ones still carry the anonymous header. A reviewer measured on them reads the answer. What
tells is overwritten with blanks, so that every offset of the manuscript still holds.
"""

import re
from collections.abc import Iterator

from msgspec import Struct, structs

from review.checks.prose import Span, abstract_span, prose_spans
from review.manuscript import Manuscript

MOST_WORDS = 6000  # of running text; a camera-ready paper has a page more than the submission it grew from
FRONT = 6000  # characters searched for an author block when there is no abstract to end it
_VENUE = r"(?:[A-Z][\w&’'-]*|of|the|on|and|for|in|\d{4}|\d+(?:st|nd|rd|th)|[,:()])"
_SENTENCE, _REST = r"[^.\n]*\b", r"\b[^.\n]*\.?"
_WORDS = {
    "acceptance": (
        r"\b(?:Published|Accepted|To appear|Presented)\b[^.\n]{0,90}?\b(?:\d{4}|Conference|Workshop|Journal)\b",
        rf"\b(?:published|accepted|presented) (?:as|for) an? \w+ (?:paper|poster|oral|spotlight)(?: {_VENUE}){{0,10}}",
        r"\b[Cc]amera[- ]ready\b[^.\n]{0,60}",
        r"\b(?:Conference|Workshop) on [A-Z][^.\n]{5,80}?\(\w+ ?\d{4}\)[^\n]{0,40}",
        r"©\s?\d{4}[^\n]{0,120}",
    ),
    "submission": (
        r"\bUnder (?:double-blind |single-blind )?review\b[^.\n]{0,80}",
        rf"\bunder review (?:as|at|for|by)(?: (?:an?|\w+ paper|{_VENUE})){{1,10}}",
        rf"\b[Ss]ubmitted to(?: {_VENUE})* [A-Z][\w&]*(?: {_VENUE}){{0,8}}",
        r"\b[Pp]aper under (?:double-blind )?review\b|\bDo not distribute\b\.?",
    ),
    "anonymity": (
        r"\b[Aa]nonymous (?:[Aa]uthors?|[Ss]ubmission|[Aa]ffiliation)(?:\(s\))?",
        r"\b[Aa]nonymi[sz]ed (?:for|during) (?:\w+[- ])*review\b|\b[Aa]uthor names? (?:withheld|removed)\b",
    ),
    "reviewers thanked": (
        rf"{_SENTENCE}(?:thank|grateful)\b[^.\n]{{0,80}}\b(?:reviewers?|area chairs?|program committee){_REST}",
        rf"{_SENTENCE}(?:suggested|requested|pointed out) by (?:\w+ ){{0,2}}(?:reviewers?|referees?){_REST}",
    ),
    "contribution notes": (
        r"[*∗†‡]?\s?\b(?:[Ee]qual contributions?|[Cc]ontributed equally|[Cc]orresponding authors?)\b[^.\n]{0,100}",
        r"[*∗†‡]?\s?\b(?:[Ww]ork (?:was )?(?:done|performed) (?:while|during|when)|[Ii]nternship at)\b[^.\n]{0,100}",
    ),
    "funding": (rf"{_SENTENCE}(?:(?:supported|funded) (?:in part )?by|grant (?:no\.?|number|agreement)){_REST}",),
    "addresses": (r"[\w.+{},-]+\s?@\s?[\w-]+(?:\.[\w-]+)+",),
    "links": (r"(?:https?://|www\.)\S+", r"\b(?:github|gitlab|bitbucket|huggingface)\.(?:com|io|org|co)/\S*"),
}
_WORDINGS = {name: re.compile("|".join(patterns)) for name, patterns in _WORDS.items()}
_THANKED = r"acknowledge?ments?|funding"
_THANKS = re.compile(rf"^\W*(?:{_THANKED}|author contributions?|contributions of authors)\b", re.IGNORECASE)
_RUN_IN = re.compile(rf"(?m)^\W{{0,3}}(?i:{_THANKED})\b[.:][^\n]*(?:\n(?!\s*\n)[^\n]*){{0,12}}")
LEAKS: tuple[str, ...] = (*_WORDINGS, "acknowledgements", "author block")


class Leak(Struct, frozen=True):
    """One passage that tells, and what kind it is."""

    kind: str
    start: int
    end: int


def leaks(manuscript: Manuscript) -> tuple[Leak, ...]:
    """Every passage outside the reference list that betrays the decision, in order of kind and place."""
    return tuple(leak for leak in _leaks(manuscript) if manuscript.text[leak.start : leak.end].strip())


def _leaks(manuscript: Manuscript) -> Iterator[Leak]:
    for start, end in prose_spans(manuscript):
        for kind, wording in _WORDINGS.items():
            for match in wording.finditer(manuscript.text, start, end):
                yield Leak(kind, *match.span())
        for match in _RUN_IN.finditer(manuscript.text, start, end):
            yield Leak("acknowledgements", *match.span())
    for section in manuscript.sections:
        if _THANKS.match(section.title):
            yield Leak("acknowledgements", section.start, min(section.end, _stop(manuscript, section.start)))
    yield from (Leak("author block", *span) for span in _author_block(manuscript))


def _stop(manuscript: Manuscript, start: int) -> int:
    """Where the reference list begins, when that is behind `start`."""
    return manuscript.references_start if manuscript.references_start > start else len(manuscript.text)


def _author_block(manuscript: Manuscript) -> Iterator[Span]:
    """What stands between title and abstract, and every full name of an author wherever it is printed."""
    abstract = abstract_span(manuscript)
    limit = _heading_before(manuscript.text, abstract[0]) if abstract else min(FRONT, len(manuscript.text))
    title = manuscript.text.find(manuscript.title[:40]) if manuscript.title else -1
    if abstract and abstract[0] < FRONT:
        begin = title + len(manuscript.title) if 0 <= title < limit else 0
        yield min(begin, limit), limit
    for name in manuscript.authors:
        if len(name.split()) < 2:
            continue
        wording = re.compile(r"\s+".join(map(re.escape, name.split())), re.IGNORECASE)
        for start, end in prose_spans(manuscript):
            yield from (match.span() for match in wording.finditer(manuscript.text, start, end))


def _heading_before(text: str, abstract: int) -> int:
    """Where the abstract's heading starts, or the abstract itself when it has none."""
    heading = re.search(r"[#*_\s]*abstract\W*$", text[max(0, abstract - 40) : abstract], re.IGNORECASE)
    return max(0, abstract - 40) + heading.start() if heading else abstract


def sanitise(manuscript: Manuscript, most_words: int = MOST_WORDS) -> Manuscript:
    """The manuscript with every leak blanked and nothing after `most_words` words of running text.

    Offsets stay what they were. Headings, citations and captions that fell into a blank are gone; the authors and
    the parser's warnings, which may quote the front page, too.
    """
    spans = [(leak.start, leak.end) for leak in leaks(manuscript)]
    spans += _beyond(manuscript, most_words)
    text = manuscript.text
    for start, end in spans:
        text = text[:start] + re.sub(r"\S", " ", text[start:end]) + text[end:]

    def kept(start: int, end: int) -> bool:
        return bool(text[start:end].strip())

    return structs.replace(
        manuscript,
        text=text,
        abstract=_clean(manuscript.abstract),
        authors=(),
        warnings=(),
        sections=tuple(s for s in manuscript.sections if kept(s.start, s.body)),
        citations=tuple(c for c in manuscript.citations if kept(c.start, c.end)),
        floats=tuple(f for f in manuscript.floats if kept(f.start, f.end)),
        pages=tuple(p for p in manuscript.pages if kept(p.start, p.end)),
    )


def _clean(abstract: str) -> str:
    for wording in _WORDINGS.values():
        abstract = wording.sub(" ", abstract)
    return " ".join(abstract.split())


def _beyond(manuscript: Manuscript, most_words: int) -> Iterator[Span]:
    """Running text after the allowed words; the reference list is no running text."""
    left = most_words
    for start, end in prose_spans(manuscript):
        words = list(re.finditer(r"\S+", manuscript.text[start:end]))
        if len(words) > left:
            yield start + words[left].start(), end
        left = max(left - len(words), 0)
