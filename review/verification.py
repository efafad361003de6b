"""Does the manuscript say what a report or a ballot says it does? One set of rules for models, people and agents.

A claim whose quote is not in the manuscript is dropped. A claim that nothing shows, or that leans on a work nobody can
find, is kept as a note. Both are counted, and a ballot that invents its grounds counts for nothing.
"""

import re
from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from review.manuscript import Locator, Manuscript
from review.quotes import MIN_QUOTE, find_quote, normalise
from review.report import Ballot, Finding, RelatedWork, Report, Side, Split

EVIDENCE = "evidence"  # the judge whose reports are put together from checks
_QUOTED = re.compile(r"[“\"]([^“”\"]+)[”\"]")
_ABSENT = re.compile(
    r"\b(?:no|not|never|none|nothing|nowhere|without|missing|absent|lacks?|lacking|omits?|omitted|unstated|unreported"
    r"|neither|fails? to)\b|n't\b",
    re.IGNORECASE,
)
_WHOLE = re.compile(
    r"\b(?:whole|entire|throughout|overall|manuscript|paper|work|proposal|title|abstract)\b", re.IGNORECASE
)
_PLACED = re.compile(r"\b(?:section|page|table|figure|fig|equation|eq|appendix|line)s?\.?\s*[\dA-Z]", re.IGNORECASE)
_IDENTIFIER = re.compile(
    r"\b10\.\d{4,9}/[^\s\"'<>()\[\]“”]+|\barxiv:\s?(?:\d{4}\.\d{4,5}|[a-z-]+/\d{7})|\baixiv:\s?\d{4}\.\d{5}",
    re.IGNORECASE,
)
_AUTHOR_YEAR = re.compile(
    r"\b([A-Z][\w'’-]{2,})(?:(?: et al\.?| (?:and|&) [A-Z][\w'’-]+),?\s*[(\[]?|,\s*|\s*[(\[])"
    r"((?:19|20|21)\d{2})[a-z]?\b[)\]]?"
)
_NO_NAMES = frozenset(
    {"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november"}
    | {"december", "since", "until", "before", "after", "during", "between", "section", "table", "figure", "version"}
    | {"release", "python", "ubuntu", "debian", "windows", "the", "and", "from", "around", "year", "years"}
)
NOVELTY = "novelty"  # the criterion that is judged beside other works
_FINDING_ID = re.compile(r"\[([a-z][a-z0-9-]*\.[a-z0-9_-]+)\]")


def checked_report(
    report: Report, manuscript: Manuscript, check_ids: frozenset[str] = frozenset(), related: Sequence[RelatedWork] = ()
) -> Report:
    """The report with what the manuscript supports; a finding of a deterministic check keeps its weight."""
    kept: list[Finding] = []
    dropped, demoted = list(report.dropped), list(report.demoted)
    for finding in report.weaknesses:
        placed = _placed(finding, manuscript)
        if placed is None:
            dropped.append(f"{finding.claim} (the quoted passage is not in the manuscript)")
            continue
        why = "" if finding.source in check_ids else _unsupported(placed, manuscript, related)
        if why and placed.severity != "note":
            demoted.append(f"{finding.claim} ({why})")
            placed = replace(placed, severity="note")
        kept.append(placed)
    strengths = []
    for strength in report.strengths:
        if why := _unfounded(strength, manuscript, related):
            dropped.append(f"{strength} ({why})")
        else:
            strengths.append(strength)
    return replace(
        report,
        weaknesses=tuple(kept),
        strengths=tuple(strengths),
        dropped=tuple(dropped),
        demoted=tuple(demoted),
    )


def rests_on_text(report: Report) -> bool:
    """Whether anything a checked report says of its own was found in the manuscript.

    That is a weakness that kept its weight, or words quoted in a strength: those that are nowhere were dropped. A
    report put together from checks rests on them.
    """
    if report.judge == EVIDENCE:
        return True
    weighty = any(f.source == report.role and f.severity != "note" for f in report.weaknesses)
    quoted = (quote for strength in report.strengths for quote in _QUOTED.findall(strength))
    return weighty or any(len(quote.strip()) > 2 * MIN_QUOTE for quote in quoted)


def checked_meta(report: Report, manuscript: Manuscript) -> Report:
    """The chair's report without quotes that the manuscript does not contain; a disagreement stays without them."""
    dropped = list(report.dropped)
    splits = []
    for split in report.splits:
        one, two = split.sides
        splits.append(
            Split(about=split.about, sides=(_shown(one, manuscript, dropped), _shown(two, manuscript, dropped)))
        )
    agreements = []
    for sentence in report.agreements:
        if invented := _invented(sentence, (manuscript,)):
            dropped.append(f"{sentence} (the manuscript does not say “{invented}”)")
        else:
            agreements.append(sentence)
    return replace(report, splits=tuple(splits), agreements=tuple(agreements), dropped=tuple(dict.fromkeys(dropped)))


def checked_ballot(
    ballot: Ballot, works: Sequence[Manuscript], reports: Sequence[Report], findings: Iterable[Finding] = ()
) -> Ballot:
    """The ballot, not valid when its reason quotes what neither a work nor a report says, or names no finding there is.

    `findings` are those of the previous version, which a voter may name too.
    """
    if not ballot.valid:
        return ballot
    known = {f.id for r in reports for f in r.weaknesses} | {f.id for f in findings}
    told = normalise("\n".join(_told(r) for r in reports))
    invented = _invented(ballot.reason, works, told)
    unknown = next((name for name in _FINDING_ID.findall(ballot.reason) if name not in known), "")
    if not invented and not unknown:
        return ballot
    why = (
        f"it quotes “{invented}”, which nobody wrote" if invented else f"it names the finding {unknown}, which is none"
    )
    return replace(ballot, valid=False, reason=f"Not counted: {why}. The voter said: {ballot.reason}")


def outside_citations(text: str) -> tuple[str, ...]:
    """Works a sentence cites by identifier, or by author and year, as they are printed."""
    identifiers = [m[0].rstrip(".,;:") for m in _IDENTIFIER.finditer(text)]
    rest = _IDENTIFIER.sub(" ", text)
    names = [m[0].rstrip(",") for m in _AUTHOR_YEAR.finditer(rest) if m[1].lower() not in _NO_NAMES]
    return tuple(dict.fromkeys([*identifiers, *names]))


def unresolved(text: str, manuscript: Manuscript, related: Sequence[RelatedWork] = ()) -> str:
    """The first work a text cites that neither the manuscript nor the related work that was found knows, or nothing."""
    for cited in outside_citations(text):
        if not _resolves(cited, manuscript, related):
            return cited
    return ""


def _resolves(cited: str, manuscript: Manuscript, related: Sequence[RelatedWork]) -> bool:
    bare = re.sub(r"^(?:arxiv|aixiv):\s?", "", cited.lower())
    if _IDENTIFIER.fullmatch(cited):
        places = [
            manuscript.text.lower(),
            *(f"{r.doi} {r.arxiv} {r.url} {r.raw}".lower() for r in manuscript.references),
        ]
        return any(bare in place for place in (*places, *(w.ref.lower() for w in related)))
    name = _AUTHOR_YEAR.search(cited)
    if name is None:
        return True
    family, year = name[1].lower(), name[2]
    if any(family in r.raw.lower() and (year in r.raw or str(r.year) == year) for r in manuscript.references):
        return True
    nearby = re.search(rf"\b{re.escape(family)}\b[^.]{{0,60}}\b{year}", manuscript.text, re.IGNORECASE)
    return nearby is not None or any(family in w.title.lower() and str(w.year) == year for w in related)


def _unsupported(finding: Finding, manuscript: Manuscript, related: Sequence[RelatedWork]) -> str:
    """Why a claim can be no more than a note, or an empty string."""
    if cited := unresolved(finding.claim, manuscript, related):
        return f"it cites {cited}, which could not be found"
    if finding.criterion == NOVELTY and related and not compares(finding, manuscript, related):
        return "it speaks of novelty and names no work to compare with"
    if finding.quote.strip():
        return ""
    if not _ABSENT.search(finding.claim):
        return "no passage is quoted, and it does not say that something is missing"
    return "" if _is_place(finding.place, manuscript) else "no passage is quoted, and no place is named"


def compares(finding: Finding, manuscript: Manuscript, related: Sequence[RelatedWork]) -> bool:
    """Whether a finding names another work: by identifier, author and year, number in the list, or title."""
    if outside_citations(finding.claim):
        return True
    said = normalise(f"{finding.claim} {finding.quote}")
    numbers = {int(n) for n in re.findall(r"\[(\d{1,3})\]", said)}
    titles = (normalise(t) for t in (*(w.title for w in related), *(r.title for r in manuscript.references)))
    return bool(numbers & {r.index for r in manuscript.references}) or any(t and t in said for t in titles)


def _is_place(place: str, manuscript: Manuscript) -> bool:
    """Whether these words lead a reader somewhere: the whole work, a numbered thing, a heading."""
    words = normalise(place)
    if _WHOLE.search(place) or _PLACED.search(place):
        return True
    titles = (normalise(s.title) for s in manuscript.sections)
    return bool(words) and any(words in title or title in words for title in titles if title)


def _unfounded(sentence: str, manuscript: Manuscript, related: Sequence[RelatedWork]) -> str:
    if invented := _invented(sentence, (manuscript,)):
        return f"the manuscript does not say “{invented}”"
    cited = unresolved(sentence, manuscript, related)
    return f"it cites {cited}, which could not be found" if cited else ""


def _placed(finding: Finding, manuscript: Manuscript) -> Finding | None:
    """The finding with its place, or None when the manuscript does not say what it quotes."""
    if not finding.quote.strip():
        return finding
    locator = _place(finding, manuscript)
    return replace(finding, locator=locator) if locator else None


def _place(finding: Finding, manuscript: Manuscript) -> Locator | None:
    """Where the manuscript says it: at the place the finding names, which may be short, or anywhere else."""
    named = finding.locator
    if named is not None and normalise(finding.quote) in normalise(manuscript.text[named.start : named.end]):
        return named
    return find_quote(manuscript, finding.quote)


def _shown(side: Side, manuscript: Manuscript, dropped: list[str]) -> Side:
    if not side.quote or find_quote(manuscript, side.quote):
        return side
    dropped.append(f"“{side.quote}” (quoted for '{side.role}'; not in the manuscript)")
    return replace(side, quote="")


def _invented(sentence: str, works: Sequence[Manuscript], told: str = "") -> str:
    """The first long quotation in a sentence that neither a work nor `told` (normalised) contains."""
    quotes = (q.strip() for q in _QUOTED.findall(sentence))
    long = (q for q in quotes if len(q) > 2 * MIN_QUOTE)
    return next((q for q in long if normalise(q) not in told and not any(find_quote(work, q) for work in works)), "")


def _told(report: Report) -> str:
    findings = [text for f in report.weaknesses for text in (f.claim, f.quote, f.fix)]
    scores = [s.reason for s in report.scores]
    return "\n".join(
        [report.summary, *report.strengths, *findings, *report.questions, *report.requested_changes, *scores]
    )
