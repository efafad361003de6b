"""Numbers that count things in order: sections, figures, tables, list items, entries. None twice, none left out."""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise

from review.checks.base import Check, Draft, Examined, nothing
from review.checks.prose import in_references, sentence_at
from review.manuscript import Float, Kind, Manuscript, Section

_CAPTION = re.compile(r"^\s*(?:fig(?:ure)?|tab(?:le)?)\.?\s*(\d{1,3})\s*[:.|]", re.IGNORECASE)
_CONTINUED = re.compile(r"\bcont(?:inued|'d|\.)", re.IGNORECASE)
_ITEM = re.compile(r"^[ \t]*(\d{1,2})([.)])[ \t]+(?=\S)", re.MULTILINE)
FARTHEST = 1500  # characters from one item of a list to the next


def examine(manuscript: Manuscript, _kind: Kind) -> Examined:
    """Compare every number with the one before it in its series."""
    series = [_sections(manuscript), _floats(manuscript), _entries(manuscript), _lists(manuscript)]
    counted = sum(count for count, _ in series)
    if not counted:
        return nothing("Nothing is numbered.")
    drafts = tuple(draft for _, found in series for draft in found)
    return Examined(
        examined=counted,
        summary=f"{counted} numbered headings, captions, entries and list items followed, {len(drafts)} out of order.",
        drafts=drafts,
    )


Seen = tuple[int, list[Draft]]


def _sections(manuscript: Manuscript) -> Seen:
    numbered = [s for s in manuscript.sections if re.fullmatch(r"\d{1,2}(?:\.\d{1,2}){0,3}", s.number)]
    order = [_parts(s) for s in numbered]
    if order != sorted(order):
        return 0, []  # an appendix that starts anew, or list items read as headings
    drafts = [
        _draft(f"Two sections have the number {s.number}: “{f.title}” and “{s.title}”.", (s.start, s.body), "section")
        for f, s in pairwise(numbered)
        if f.number == s.number and f.title != s.title
    ]
    families: dict[tuple[int, ...], list[Section]] = {}
    for section in numbered:
        families.setdefault(_parts(section)[:-1], []).append(section)
    for prefix, siblings in families.items():
        for one, other in pairwise(siblings):
            missing = ".".join(map(str, (*prefix, _parts(one)[-1] + 1)))
            if _parts(other)[-1] == _parts(one)[-1] + 2 and not _stands(manuscript, missing, one.start, other.start):
                claim = f"Section {one.number} is followed by section {other.number}; there is no section {missing}."
                drafts.append(_draft(claim, (other.start, other.body), "section"))
    return len(numbered), drafts


def _parts(section: Section) -> tuple[int, ...]:
    return tuple(map(int, section.number.split(".")))


def _stands(manuscript: Manuscript, number: str, start: int, end: int) -> bool:
    """Whether a line begins with this number: a heading or an item that the parser did not tell from the text."""
    line = re.compile(rf"^\W*{re.escape(number)}(?:[.):]|\s)", re.MULTILINE)
    return bool(line.search(manuscript.text, start, end))


def _floats(manuscript: Manuscript) -> Seen:
    counted, drafts = 0, []
    for kind in ("figure", "table"):
        captions = [(int(m[1]), f) for f in manuscript.floats if f.kind == kind and (m := _CAPTION.match(f.caption))]
        counted += len(captions)
        by_number: dict[int, Float] = {}
        for number, found in captions:
            twin = by_number.setdefault(number, found)
            if twin is not found and twin.caption != found.caption and not _CONTINUED.search(found.caption):
                claim = f"Two {kind}s are called {found.label}, with different captions."
                drafts.append(_draft(claim, (found.start, found.end), kind))
        for one, other in pairwise(sorted(by_number)):
            label = rf"\b{'fig(?:ure|s)?' if kind == 'figure' else 'tab(?:le|s)?'}s?\.?\s*{one + 1}\b"
            if other == one + 2 and not manuscript.warnings and not re.search(label, manuscript.text, re.IGNORECASE):
                found = by_number[other]
                claim = f"{by_number[one].label} is followed by {found.label}; there is no {kind} {one + 1}."
                drafts.append(_draft(claim, (found.start, found.end), kind))
    return counted, drafts


def _entries(manuscript: Manuscript) -> Seen:
    """Numbers of the reference list; a gap counts only where no entry may have swallowed the next."""
    labels = [(r, re.fullmatch(r"\[?(\d{1,3})\]?\.?", r.label)) for r in manuscript.references]
    if not labels or not all(match for _, match in labels):
        return 0, []
    numbered = [(r, int(match[1])) for r, match in labels if match]
    drafts = []
    for (first, one), (second, other) in pairwise(numbered):
        if one == other:
            claim = f"Two entries of the reference list have the number {one}."
            drafts.append(_draft(claim, (second.start, second.end), "entry"))
        elif other == one + 2 and not re.search(rf"(?<!\d){one + 1}(?!\d)", first.raw):
            claim = f"Entry {one} of the reference list is followed by entry {other}; there is no entry {one + 1}."
            drafts.append(_draft(claim, (second.start, second.end), "entry"))
    return len(numbered), drafts


def _lists(manuscript: Manuscript) -> Seen:
    """Items at the beginning of lines, in sources that print the number the author sees."""
    if manuscript.source == "markdown":
        return 0, []  # a list is numbered anew when it is shown
    headings = {s.start for s in manuscript.sections}
    items = [
        (int(m[1]), m[2], m.start(1))
        for m in _ITEM.finditer(manuscript.text)
        if not in_references(manuscript, m.start(1)) and not headings & set(range(m.start(), m.start(1) + 1))
    ]
    drafts = [
        _draft(
            f"The list goes from item {one} to item {other}; there is no item {one + 1}.",
            sentence_at(manuscript, at),
            "item",
        )
        for run in _runs(items)
        for (one, _, begin), (other, _, at) in pairwise(run)
        if other == one + 2 and not re.search(rf"(?<![\w.]){one + 1}\s?[.)]\s", manuscript.text[begin:at])
    ]
    return len(items), drafts


Item = tuple[int, str, int]  # number, mark, offset


def _runs(items: Sequence[Item]) -> Iterator[list[Item]]:
    """Lists: items of one mark that follow each other closely, from a first one on, with a gap of one at most."""
    for _, alike in groupby(items, key=lambda item: item[1]):
        run: list[Item] = []
        for item in alike:
            if run and run[-1][0] < item[0] <= run[-1][0] + 2 and item[2] - run[-1][2] <= FARTHEST:
                run.append(item)
                continue
            yield from [run] * (len(run) > 2)
            run = [item] if item[0] == 1 else []
        yield from [run] * (len(run) > 2)


def _draft(claim: str, span: tuple[int, int], thing: str) -> Draft:
    return Draft(
        claim=claim,
        severity="minor",
        criterion="clarity",
        span=span,
        fix=f"Number every {thing} once and in order, and correct what refers to it.",
    )


CHECK = Check(
    id="numbering",
    title="Numbers in a series follow each other",
    method="Follows the numbers of headings, captions, entries of the reference list and items of lists, and reports a "
    "number that is used twice or left out.",
    limits="A gap is reported only where nothing in the text between begins with, or speaks of, the missing number, "
    "since the parser may have missed it. Lists are followed in PDF and LaTeX only.",
    alarm_rate="no finding on five development papers.",
    examine=examine,
)
