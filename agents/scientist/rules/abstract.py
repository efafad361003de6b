"""Numbers of the abstract, brought to what tables and text say. What nothing shows is withdrawn."""

import re
from collections.abc import Iterator
from decimal import Decimal

from msgspec import Struct

from agents.scientist.desk import Asked, Desk
from agents.scientist.rules.figures import Figure, figures
from agents.scientist.rules.tables import rows_of, tables
from agents.scientist.sources import Place

TOPIC = "abstract-numbers"
FARTHEST = Decimal("2.2")  # a slip keeps a number's order of magnitude
LEAST_SCORE = 3.0
STEM = 4  # letters that two forms of a word share
FEWEST_WORDS = 45  # an abstract keeps so many, or a sentence is only shortened
_STATED = re.compile(r"states (?P<number>[\d.,]*\d)")
_WORDS = re.compile(r"[^\W\d_]{3,}|\d{1,3}(?:,\d{3})+|\d{3,}")
_CLAUSE = re.compile(r"[;:]")
_WAYS = {
    "<less>": r"\b(?:slow\w*|less|lower|fewer|reduc\w+|decreas\w+|drop\w*|fall\w*|los[est]\w*|sav\w+)\b",
    "<more>": r"\b(?:fast\w*|more|higher|greater|increas\w+|rise\w*|gain\w*|grow\w*|improv\w+)\b",
}
_EVERYDAY = re.compile(
    r"the|and|for|with|from|that|this|than|are|was|were|has|have|its|not|but|all|any|each|into", re.IGNORECASE
)
_COUNTS = frozenset(("one", "two", "thre", "four", "five", "six", "seve", "eigh", "nine", "ten"))  # stems


class Candidate(Struct, frozen=True, kw_only=True):
    """A number of the body that the abstract may have meant."""

    figure: Figure
    words: frozenset[str]
    beside: frozenset[str]
    total: bool = False


def correct_abstract(desk: Desk, asked: Asked) -> None:
    """Replace the number that the body does not show by the one it shows for the same thing."""
    span, said = desk.abstract(), _STATED.search(asked.claim)
    if span is None or said is None:
        return
    inside = desk.sources.at(span)
    wrong = next((f for f in figures(inside) if f.printed == said["number"].rstrip(".,")), None)
    if wrong is None:
        return
    place = Place(span.file, span.start + wrong.start, span.start + wrong.end)
    meant = _meant(desk, place, wrong, {f.value for f in figures(inside)})
    if meant is not None:
        desk.sources = desk.sources.replace(place, meant.printed)
        desk.note(
            asked.finding_id, f"Corrected the abstract from {wrong.printed} to {meant.printed}, the value of the body."
        )
        return
    sentence = desk.sources.sentence(place)
    if len(inside.split()) - len(desk.sources.at(sentence).split()) >= FEWEST_WORDS:
        desk.sources = desk.sources.without(sentence)
        desk.note(asked.finding_id, f"Withdrew the sentence with {wrong.printed}: nothing in the body shows it.")


def _meant(desk: Desk, place: Place, wrong: Figure, kept: set[Decimal]) -> Figure | None:
    sentence = desk.sources.sentence(place)
    text = desk.sources.at(sentence)
    at = place.start - sentence.start
    clause, offset = _clause(text, at)
    wanted, beside = _stems(clause), _beside(clause, at - offset, len(wrong.printed))
    scored = []
    for candidate in _candidates(desk):
        figure = candidate.figure
        other = wanted & _COUNTS and candidate.words & _COUNTS and not wanted & candidate.words & _COUNTS
        if figure.value in kept or other or not _same_kind(figure, wrong) or not _near(figure, wrong):
            continue
        score = len(wanted & candidate.words) + 2.0 * len(beside & candidate.beside) + candidate.total
        closeness = -abs(1 - float(figure.value / wrong.value))
        scored.append((score, closeness, figure))
    scored.sort(key=lambda s: s[:2], reverse=True)
    return scored[0][2] if scored and scored[0][0] >= LEAST_SCORE else None


def _candidates(desk: Desk) -> Iterator[Candidate]:
    abstract = desk.abstract()
    bodies = list(tables(desk.sources))
    for table in bodies:
        rows = rows_of(desk.sources, table)
        heading = " ".join(c.text for c in rows[0].cells) if rows else ""
        for row in rows[1:]:
            words = _stems(f"{table.caption} {heading} {row.cells[0].text}")
            total = bool(re.match(r"\W*(?:total|sum)\b", row.cells[0].text, re.IGNORECASE))
            for cell in row.cells[1:]:
                for figure in figures(cell.text):
                    yield Candidate(figure=figure, words=words, beside=words, total=total)
    for sentence in desk.sources.sentences():
        inside = [p for p in (abstract, *(t.body for t in bodies)) if p and p.file == sentence.file]
        if any(p.start <= sentence.start < p.end for p in inside) or sentence.file.endswith((".bib", ".bbl")):
            continue
        text = desk.sources.at(sentence)
        if re.search(r"\\bibitem|\\documentclass|\\usepackage|^\s*\[\d+\]", text):
            continue
        for figure in figures(text):
            clause, offset = _clause(text, figure.start)
            beside = _beside(clause, figure.start - offset, len(figure.printed))
            yield Candidate(
                figure=figure, words=_stems(clause) | _stems(text) if len(text) < 160 else _stems(clause), beside=beside
            )


def _clause(text: str, at: int) -> tuple[str, int]:
    """The part of a sentence between two strong marks, and where it begins."""
    marks = list(_CLAUSE.finditer(text))
    start = max((m.end() for m in marks if m.end() <= at), default=0)
    end = min((m.start() for m in marks if m.start() > at), default=len(text))
    return text[start:end], start


def _beside(text: str, at: int, length: int) -> frozenset[str]:
    """Stems of the words right around a number."""
    after = _WORDS.findall(text[at + length :])[:3]
    before = _WORDS.findall(text[:at])[-2:]
    return _stemmed([*before, *after])


def _stems(text: str) -> frozenset[str]:
    """Stems of a text's words, and which way it says that something moved."""
    way = {name for name, words in _WAYS.items() if re.search(words, text, re.IGNORECASE)}
    return _stemmed(_WORDS.findall(re.sub(r"\\[A-Za-z]+", " ", text))) | way


def _stemmed(words: list[str]) -> frozenset[str]:
    return frozenset(w.lower()[:STEM] if not w[0].isdigit() else w for w in words if not _EVERYDAY.fullmatch(w))


def _same_kind(one: Figure, other: Figure) -> bool:
    percents = "%" in (one.unit, other.unit)
    return one.unit == other.unit if percents or len(other.unit) in (1, 2) else len(one.unit) > 2 or not one.unit


def _near(one: Figure, other: Figure) -> bool:
    return bool(one.value and other.value) and 1 / FARTHEST <= one.value / other.value <= FARTHEST
