"""How many took part: the number in the abstract, in the text and over the columns of tables."""

import re
from collections.abc import Iterator
from itertools import combinations

from msgspec import Struct

from review.checks.base import Check, Draft, Examined, nothing, unclear
from review.checks.prose import Span, abstract_span, in_references, prose_sentences
from review.manuscript import Float, Kind, Manuscript

LEAST = 10  # smaller numbers are written in words and stand for parts
MOST_COLUMNS = 12  # every sum of some of them is tried
_WHO = (
    r"participants|patients|subjects|respondents|volunteers|students|children|adults|adolescents|people|persons"
    r"|individuals|women|men|infants|workers|nurses|teachers|interviewees|raters|annotators|users|households|schools"
    r"|mice|rats|animals|dogs|cats|units|specimens|samples|plots|cases"
)
_COUNT = re.compile(
    rf"(?<![\w.,/–−-])(?P<number>\d{{1,3}}(?:,\d{{3}})+|\d{{2,6}})\s(?:\w+\s)?(?P<who>{_WHO})\b", re.IGNORECASE
)
_N = re.compile(r"(?<![\w.])(?:n|N)\s?=\s?(?P<number>\d{1,3}(?:,\d{3})+|\d{1,6})(?![\w.]*\d)")
# A part, somebody else's, or a plan.
_PART = re.compile(
    r"\b(?:of (?:the|these|those|them|whom|which)|among|per|each|every|at least|at most|more than|fewer than|less than"
    r"|up to|about|approximately|around|over|nearly|additional|another|other|remaining|pilot|et al|previous|prior"
    r"|earlier|future|would|should|required|power|aimed|target)\b|[~≈]",
    re.IGNORECASE,
)
_LOST = re.compile(
    r"\b(?:exclu\w+|drop\w* out|drop-outs?|withdr\w+|attrition|lost to|missing|did not (?:complete|finish|respond)"
    r"|incomplete|declin\w+|discard\w+|remov\w+|ineligible|left out)\b",
    re.IGNORECASE,
)


class Size(Struct, frozen=True):
    """A number of whoever took part, and the sentence that gives it."""

    number: int
    who: str
    span: Span
    part: bool  # of something larger, or of somebody else's


def examine(manuscript: Manuscript, kind: Kind) -> Examined:
    """Hold the abstract's number against the text's, and the text's against the columns of tables."""
    abstract = abstract_span(manuscript)
    sizes = list(_sizes(manuscript))
    inside = [s for s in sizes if abstract and abstract[0] <= s.span[0] < abstract[1]]
    body = [s for s in sizes if s not in inside]
    columns = [
        (f, groups) for f in manuscript.floats if f.kind == "table" and 1 < len(groups := _groups(f)) <= MOST_COLUMNS
    ]
    stated = [s for s in inside if not s.part and any(b.who == s.who for b in body)]
    if not stated and not (columns and body):
        return nothing("No sample size is stated twice.")
    if any(_tells_of_losses(manuscript.text[slice(*span)]) for span in prose_sentences(manuscript)):
        return unclear("The text speaks of exclusions, so its numbers may differ with reason.", len(stated))
    drafts = [d for s in stated if (d := _against_body(manuscript, s, body))]
    if kind == "paper":
        drafts += [d for table, groups in columns if (d := _against_columns(table, groups, sizes))]
    return Examined(
        examined=len(stated) + len(columns),
        summary=f"{len(stated)} sample sizes of the abstract and {len(columns)} tables compared with the text, "
        f"{len(drafts)} do not agree.",
        drafts=tuple(drafts),
    )


def _tells_of_losses(sentence: str) -> bool:
    return bool(_LOST.search(sentence) and (re.search(r"\d", sentence) or re.search(_WHO, sentence, re.IGNORECASE)))


def _sizes(manuscript: Manuscript) -> Iterator[Size]:
    for span in prose_sentences(manuscript):
        part = bool(_PART.search(manuscript.text, *span))
        for match in _COUNT.finditer(manuscript.text, *span):
            number = _number(match)
            if number >= LEAST and not 1900 <= number <= 2100:
                yield Size(number, match["who"].lower(), span, part)


def _number(match: re.Match[str]) -> int:
    return int(match["number"].replace(",", ""))


def _against_body(manuscript: Manuscript, stated: Size, body: list[Size]) -> Draft | None:
    """Nothing outside the abstract gives this number, alone or as a sum of two, and the text gives one other."""
    others = {b.number for b in body if b.who == stated.who and not b.part}
    groups = {b.number for b in body} | {_number(m) for m in _N.finditer(manuscript.text)}
    if len(others) != 1 or stated.number in others or any(stated.number - n in groups for n in groups):
        return None
    if stated.number in _printed(manuscript, stated.span):
        return None
    other = next(b for b in body if b.who == stated.who and not b.part)
    return Draft(
        claim=f"The abstract speaks of {stated.number} {stated.who}, the text of {other.number}, and nothing in it "
        f"adds up to {stated.number}.",
        severity="major",
        criterion="soundness",
        span=other.span,
        fix="Give one number, or say who was left out between the two.",
    )


def _printed(manuscript: Manuscript, without: Span) -> set[int]:
    """Every whole number of the text and the tables outside this sentence."""
    found = re.finditer(r"(?<![\d.,:])(?:\d{1,3}(?:,\d{3})+|\d{1,6})(?!\d|[.,:]\d)", manuscript.text)
    places = ((m.start(), int(m[0].replace(",", ""))) for m in found)
    return {n for at, n in places if not without[0] <= at < without[1] and not in_references(manuscript, at)}


def _groups(table: Float) -> tuple[int, ...]:
    """The n of the columns, where at least two head columns of their own."""
    head = next((row for row in table.rows if sum(bool(_N.search(cell)) for cell in row) > 1), ())
    return tuple(_number(match) for cell in head if (match := _N.search(cell)))


def _against_columns(table: Float, groups: tuple[int, ...], sizes: list[Size]) -> Draft | None:
    """Columns that add up to another number than the one that the text gives throughout."""
    stated = {s.number for s in sizes if not s.part}
    if len(stated) != 1 or (max(groups) * 2 == sum(groups) and max(groups) in stated):
        return None
    whole = stated.pop()
    parts = {sum(c) for size in range(1, len(groups) + 1) for c in combinations(groups, size)}
    if whole in parts or sum(groups) > 3 * whole or 3 * sum(groups) < whole:
        return None
    size = next(s for s in sizes if s.number == whole)
    return Draft(
        claim=f"The columns of {table.label} stand for {' + '.join(map(str, groups))} = {sum(groups)}, but the text "
        f"gives {whole} {size.who} throughout.",
        severity="major",
        criterion="soundness",
        span=size.span,
        place=table.label,
        fix=f"Say who is missing from {table.label}, or correct the number.",
    )


CHECK = Check(
    id="sample-size",
    title="The sample size is one number",
    method="Compares the number of participants, patients, animals or units in the abstract with the one that the text "
    "gives, and that one with the n that head the columns of a table.",
    limits="Parts, plans and other people's samples are left alone; where the text speaks of exclusions the check "
    "cannot tell; numbers in words are not read, nor tables of more than twelve groups.",
    alarm_rate="no finding on five development papers, which have no such sample.",
    examine=examine,
)
