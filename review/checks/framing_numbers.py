"""Numbers of introduction and conclusion that the authors report as their own must stand somewhere else, too."""

import re

from review.checks.abstract_numbers import derived_from, evidence_in, is_result, outside, phrase_around, supported
from review.checks.base import Check, Draft, Examined, nothing, unclear
from review.checks.prose import Number, Span, abstract_span, numbers, one_slip, sections_named, sentences
from review.manuscript import Kind, Manuscript

_CLOSING = r"^(?:\W*\d*\W*)?(?:conclusions?\b|concluding|summary|discussion and conclusion)"
_OPENING = r"^(?:\W*\d*\W*)?introduction"
# In an introduction only what the authors say of their own results; elsewhere it reports what others found.
_OWN_RESULT = re.compile(
    r"\b(?:we|our|this (?:paper|work|study))\b[^.;]{0,120}?\b(?:achiev\w+|improv\w+|reduc\w+|increas\w+|outperform\w*"
    r"|observ\w+|find|found|show\w*|reach\w*|obtain\w*|demonstrat\w+|report\w*)\b",
    re.IGNORECASE,
)
_NOT_OURS = re.compile(
    r"\b(?:et al|future|plan to|could|would|might|may|previous|prior|reported by|e\.g\.|such as|estimated"
    r"|approximately|about|around|roughly|nearly|almost|over|more than|less than)\b|[~≈]|\[\d|\(\w+,? \d{4}",
    re.IGNORECASE,
)
LEAST_TEXT = 3000  # characters outside the framing; with less the parse went wrong or there is nothing to compare


def examine(manuscript: Manuscript, kind: Kind) -> Examined:
    """Look for each own result of the framing sections in the rest of the text, the abstract and the tables."""
    if kind == "proposal":
        return nothing("A proposal has no results to repeat.")
    found = [(span, n) for span in _framing(manuscript) for n in _own_numbers(manuscript, span)]
    if not found:
        return nothing("Introduction and conclusion state no number as a result of their own.")
    if any(f.kind == "table" and not f.rows for f in manuscript.floats):
        return unclear("The cells of a table could not be read, so the numbers may stand there.", len(found))
    derived = derived_from(manuscript)
    drafts = []
    for span, number in found:
        rest = tuple(outside(manuscript, [span]))
        if sum(end - start for start, end in rest) < LEAST_TEXT:
            return unclear("Too little text was recognised besides.", len(found))
        shown = evidence_in(manuscript, rest)
        if not supported(number, shown, derived):
            drafts.append(_draft(manuscript, number, span, [s.number for s in shown]))
    return Examined(
        examined=len(found),
        summary=f"{len(found) - len(drafts)} of {len(found)} numbers of introduction and conclusion stand elsewhere.",
        drafts=tuple(drafts),
    )


def _framing(manuscript: Manuscript) -> list[Span]:
    """Introduction and conclusion, without the abstract where the parser put it inside."""
    abstract = abstract_span(manuscript)
    spans = [(s.body, s.end) for s in sections_named(manuscript, f"{_CLOSING}|{_OPENING}") if s.level == 1]
    return [s for s in spans if not (abstract and s[0] < abstract[1] and s[1] > abstract[0])]


def _own_numbers(manuscript: Manuscript, span: Span) -> list[Number]:
    opening = any(s.body == span[0] and re.search(_OPENING, s.title, re.IGNORECASE) for s in manuscript.sections)
    end = min(span[1], manuscript.references_start)
    found = []
    for sentence in sentences(manuscript.text, span[0], max(span[0], end)):
        said = manuscript.text[slice(*sentence)]
        if _NOT_OURS.search(said) or (opening and not _OWN_RESULT.search(said)):
            continue
        cited = any(sentence[0] <= c.start < sentence[1] for c in manuscript.citations)
        if not cited:
            found += [n for n in numbers(manuscript.text, *sentence) if is_result(manuscript.text, n)]
    return found


def _draft(manuscript: Manuscript, number: Number, span: Span, shown: list[Number]) -> Draft:
    printed = " ".join(manuscript.text[number.start : number.end].split())
    near = next((n for n in shown if n.percent == number.percent and one_slip(n.value, number.value)), None)
    claim = f"The section states {printed}, which stands nowhere else: no other text and no table shows it."
    if near is not None:
        other = f"{near.value:f}{'%' if near.percent else ''}"
        claim = f"The section states {printed}, which stands nowhere else; the nearest number elsewhere is {other}."
    return Draft(
        claim=claim,
        severity="minor",
        criterion="soundness",
        span=phrase_around(manuscript.text, number, span),
        fix=f"Show where {printed} comes from, or correct it to what the results say.",
    )


CHECK = Check(
    id="framing-numbers",
    title="Numbers of introduction and conclusion are in the work",
    method="Takes percentages, decimals, large numbers and numbers with a unit from the conclusion, and from sentences "
    "of the introduction in which the authors state a result, and looks for each, or for a finer number that rounds "
    "to it, in all other text, in table cells and among changes between cells.",
    limits="Sentences that cite, hedge or look ahead are left alone, and so are papers with a table whose cells could "
    "not be read. Numbers read off a figure are not seen.",
    alarm_rate="no finding on five development papers.",
    examine=examine,
)
