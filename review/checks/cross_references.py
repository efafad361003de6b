"""References inside the text: figures, tables and marks that lead nowhere, and floats nobody mentions."""

import re
from collections import Counter
from collections.abc import Iterator

from review.checks.base import Check, Draft, Examined
from review.checks.prose import in_references, prose_spans, sentence_at
from review.manuscript import Float, Kind, Manuscript
from review.quotes import normalise

_UNDEFINED = re.compile(
    r"\(\s*\?{1,3}\s*\)|\[\s*\?{1,3}(?:\s*,\s*\?{0,3})*\s*\]|(?<![^\s(\[~])\?\?+(?=[\s.,;:)\]]|$)|\b(?:Figures?|Fig\.|Tables?|Tab\."
    r"|Sections?|Sec\.|Eq\.|Equations?|"
    r"Algorithm|Appendix|Theorem|Lemma)\s*~?\(?\?+\)?|\[(?:citation needed|CITE|REF|cite|ref|TODO)\]"
)
_LABEL = (
    r"(?:[A-Z]\.\d+[a-z]?|[A-Z]?\d+(?:\.\d+)?[a-z]?|[A-Z]\d*|[IVX]+)(?![\w%])(?:\s?\([a-z](?:\s?[-–,]\s?[a-z])*\))?"
)
# The figure may be in another file or another paper.
_OF_ANOTHER = re.compile(
    r"\bsupplement|\bonline\b|\bet al\b|\b(?:of|in|from) (?:\[|[A-Z]\w+ \(\d{4}|\\cite)", re.IGNORECASE
)
_MENTION = re.compile(
    r"\b(?P<kind>(?i:fig(?:ures?|s)?|tab(?:les?|s)?))(?:\.|\b)\s*~?\(?"
    rf"(?P<list>{_LABEL}(?:\s*(?:,\s*and|,|and|&|–|-|to)\s*{_LABEL})*)"
)


def examine(manuscript: Manuscript, _kind: Kind) -> Examined:
    """Undefined marks, mentions of floats that do not exist, floats never mentioned, captions used twice."""
    mentioned = set(_mentions(manuscript))
    known = {_key(f) for f in manuscript.floats if f.label}
    drafts = [
        *_undefined(manuscript),
        *_missing(manuscript, known),
        *_orphans(manuscript, mentioned),
        *_twins(manuscript),
    ]
    return Examined(
        examined=len(mentioned) + len(manuscript.floats),
        summary=f"{len(manuscript.floats)} figures and tables, {len(mentioned)} of their labels mentioned in the text.",
        drafts=tuple(drafts),
    )


def _undefined(manuscript: Manuscript) -> Iterator[Draft]:
    for start, end in prose_spans(manuscript):
        for match in _UNDEFINED.finditer(manuscript.text, start, end):
            yield Draft(
                claim=f"The text contains “{' '.join(match[0].split())}” where a reference or citation was "
                f"never resolved.",
                severity="major" if "(" in match[0] or "[" in match[0] else "minor",
                criterion="clarity",
                span=sentence_at(manuscript, match.start()),
                fix="Add the missing entry or label and build the document again until no question marks remain.",
            )


def _missing(manuscript: Manuscript, known: set[tuple[str, str]]) -> Iterator[Draft]:
    """Mentions of a figure or table whose caption does not exist; silent unless captions were found at all."""
    reported: set[tuple[str, str]] = set()
    for key, start in _mention_places(manuscript):
        same_kind = {number for kind, number in known if kind == key[0]}
        if not same_kind or key in known or key in reported or not key[1].isdigit():
            continue
        if int(key[1]) <= max((int(n) for n in same_kind if n.isdigit()), default=0) + 1 and manuscript.warnings:
            continue
        if _OF_ANOTHER.search(manuscript.text[slice(*sentence_at(manuscript, start))]):
            continue
        reported.add(key)
        yield Draft(
            claim=f"The text refers to {key[0].title()} {key[1]}, but no {key[0]} with that number was found.",
            severity="minor",
            criterion="clarity",
            span=sentence_at(manuscript, start),
            fix=f"Add {key[0].title()} {key[1]} or correct the number.",
        )


def _orphans(manuscript: Manuscript, mentioned: set[tuple[str, str]]) -> Iterator[Draft]:
    for found in manuscript.floats:
        if found.label and _key(found) not in mentioned:
            yield Draft(
                claim=f"{found.label} is never mentioned in the text, so a reader does not learn what it shows.",
                severity="minor",
                criterion="clarity",
                span=(found.start, found.end),
                fix=f"Discuss {found.label} where its evidence is used, or remove it.",
            )


def _twins(manuscript: Manuscript) -> Iterator[Draft]:
    captions = Counter((f.kind, normalise(_caption(f))) for f in manuscript.floats if len(_caption(f)) > 25)
    seen: dict[tuple[str, str], Float] = {}
    for found in manuscript.floats:
        key = (found.kind, normalise(_caption(found)))
        if captions.get(key, 0) > 1 and key in seen and found.label != seen[key].label:
            yield Draft(
                claim=f"{found.label} carries the same caption as {seen[key].label}: one of them is a "
                f"duplicate or mislabelled.",
                severity="minor",
                criterion="clarity",
                span=(found.start, found.end),
                fix=f"Remove the copy, or say in the caption what {found.label} shows that {seen[key].label} does not.",
            )
        seen.setdefault(key, found)


def _caption(found: Float) -> str:
    return re.sub(r"^\s*(?:figure|fig\.?|table|tab\.?)\s*\S{1,6}\s*[:.]?\s*", "", found.caption, flags=re.IGNORECASE)


def _mentions(manuscript: Manuscript) -> Iterator[tuple[str, str]]:
    return (key for key, _ in _mention_places(manuscript))


def _mention_places(manuscript: Manuscript) -> Iterator[tuple[tuple[str, str], int]]:
    captions = [(f.start, min(f.end, f.start + 16)) for f in manuscript.floats]
    for match in _MENTION.finditer(manuscript.text):
        if any(s - 2 <= match.start() < e for s, e in captions) or in_references(manuscript, match.start()):
            continue
        kind = "figure" if match["kind"].lower().startswith("fig") else "table"
        for number in _expanded(match["list"]):
            yield (kind, number), match.start()


def _expanded(listed: str) -> Iterator[str]:
    """The numbers of “1, 2(a) and 3a” or “2-4”."""
    for piece in re.split(r",|\band\b|&", re.sub(r"\s?\([a-z][^)]*\)", "", listed)):
        ends = [re.sub(r"(?<=\d)[a-z]$", "", p.strip()) for p in re.split(r"–|-|\bto\b", piece) if p.strip()]
        if len(ends) == 2 and all(e.isdigit() for e in ends) and 0 <= int(ends[1]) - int(ends[0]) < 30:
            yield from (str(n) for n in range(int(ends[0]), int(ends[1]) + 1))
        else:
            yield from (e.upper() for e in ends)


def _key(found: Float) -> tuple[str, str]:
    number = re.sub(r"^\D*\s", "", found.label.strip()).strip(" .:")
    return found.kind, number.upper()


CHECK = Check(
    id="cross-references",
    title="Internal references resolve",
    method="Searches for question marks that LaTeX leaves for undefined labels, compares the figures and "
    "tables mentioned with the "
    "captions found, and captions with each other.",
    limits="A figure whose caption the parser missed is reported as absent only when the parser had no other trouble.",
    alarm_rate="4 findings on five development papers, all right; follows how well captions are read.",
    examine=examine,
)
