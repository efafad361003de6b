"""References inside the work: a target for each mention of a table or figure, a mention of each table and figure."""

import difflib
import re
from collections.abc import Iterator

from msgspec import Struct

from agents.scientist.desk import Asked, Desk
from agents.scientist.rules.tables import tables
from agents.scientist.sources import Place

TOPIC = "cross-references"
CLOSE = 0.8
_REF = re.compile(
    r"(?:\b(?:Table|Figure|Fig\.|Section|Equation|Tab\.|Eq\.)[~ ]?)?\\(?:ref|autoref|cref|Cref|eqref)\{(?P<key>[^}]+)\}"
)
_UNKNOWN = re.compile(r"\b(?P<word>Table|Figure|Section)\s+\?\?")
_FLOAT = re.compile(r"\\begin\{(?P<kind>table|figure)\*?\}.*?\\end\{(?P=kind)\*?\}", re.DOTALL)
_CLAUSE = re.compile(r",?\s+(?:as|which\s+is|which\s+are)\s+(?:listed|shown|given|described|seen|defined)\s+in\s*$")


class _Float(Struct, frozen=True, kw_only=True):
    whole: Place
    word: str  # "Table" or "Figure"
    caption: str
    key: str


def repair_mentions(desk: Desk) -> None:
    """Mentions that lead nowhere: to the float that was meant, or out."""
    if desk.sources.format == "latex":
        _repair_keys(desk)
    else:
        _repair_marks(desk)


def mention(desk: Desk, asked: Asked) -> None:
    """A float that the text never speaks of gets a sentence where it stands."""
    found = re.match(r"(?P<word>Table|Figure)\s+(?P<number>\d+)", asked.claim)
    if found is None:
        return
    if desk.sources.format == "markdown":
        target = next((t for t in tables(desk.sources) if t.label == found[0]), None)
        caption, whole, shown = (target.caption, target.whole, found[0]) if target else ("", None, "")
    else:
        chosen = next(
            (f for f in _floats(desk) if f.word == found["word"] and f.key and _same(f.caption, asked.quote)), None
        )
        caption, whole = (chosen.caption, chosen.whole) if chosen else ("", None)
        shown = f"{found['word']}~\\ref{{{chosen.key}}}" if chosen else ""
    if whole is None:
        return
    if _speaks_of(desk, shown, whole):
        desk.note(asked.finding_id, f"{found[0]} is mentioned in the text now.")
        return
    about = caption.rstrip(". ")
    about = about[:1].lower() + about[1:] if about[1:2].islower() else about
    place = Place(whole.file, whole.start, whole.start)
    desk.sources = desk.sources.replace(place, f"{shown} gives the details: {about}.\n\n")
    desk.note(asked.finding_id, f"{found[0]} is now mentioned where it stands.")


def _speaks_of(desk: Desk, shown: str, whole: Place) -> bool:
    """Whether the text names a float outside the float itself."""
    texts = [t if n != whole.file else t[: whole.start] + t[whole.end :] for n, t in desk.sources.files.items()]
    return any(re.search(rf"{re.escape(shown)}(?!\d)", text) for text in texts)


def _repair_marks(desk: Desk) -> None:
    while found := next(iter(_UNKNOWN.finditer(desk.sources.files[desk.sources.main])), None):
        text = desk.sources.files[desk.sources.main]
        lost = [t for t in tables(desk.sources) if t.label and len(re.findall(rf"\b{t.label}\b", text)) == 1]
        after = [t for t in lost if t.whole.start > found.start()]
        place = Place(desk.sources.main, *found.span())
        if found["word"] == "Table" and (after or lost):
            label = (after or lost)[0].label
            desk.sources = desk.sources.replace(place, label)
            desk.note(TOPIC, f"The reference now leads to {label}.")
        else:
            _take_out(desk, place, found[0])


def _repair_keys(desk: Desk) -> None:
    labels = {k for text in desk.sources.files.values() for k in re.findall(r"\\label\{([^}]+)\}", text)}
    for name in desk.sources.in_order:
        for found in reversed(list(_REF.finditer(desk.sources.files[name]))):
            if found["key"] in labels:
                continue
            near = difflib.get_close_matches(found["key"], labels, n=1, cutoff=CLOSE)
            place = Place(name, *found.span())
            if near:
                desk.sources = desk.sources.replace(place, found[0].replace(found["key"], near[0]))
                desk.note(TOPIC, f"Corrected the reference “{found['key']}” to “{near[0]}”.")
            else:
                _take_out(desk, place, found["key"])


def _take_out(desk: Desk, place: Place, what: str) -> None:
    """A mention of something that does not exist: its parenthesis, its clause, or its sentence."""
    text = desk.sources.files[place.file]
    if text[place.start - 1 : place.start] == "(" and text[place.end : place.end + 1] == ")":
        desk.sources = desk.sources.replace(Place(place.file, place.start - 1, place.end + 1), "")
        desk.note(TOPIC, f"Removed the reference to “{what}”, which does not exist.")
        return
    sentence = desk.sources.sentence(place)
    clause = _CLAUSE.search(text, sentence.start, place.start)
    if clause:
        desk.sources = desk.sources.replace(Place(place.file, clause.start(), place.end), "")
        desk.note(TOPIC, f"Removed the reference to “{what}”, which does not exist.")
        return
    desk.sources = desk.sources.without(sentence)
    desk.note(TOPIC, f"Removed the sentence about “{what}”, which does not exist.")


def _floats(desk: Desk) -> Iterator[_Float]:
    for name in desk.sources.in_order:
        for found in _FLOAT.finditer(desk.sources.files[name]):
            caption = re.search(r"\\caption\{((?:[^{}]|\{[^{}]*\})*)\}", found[0])
            key = re.search(r"\\label\{([^}]+)\}", found[0])
            yield _Float(
                whole=Place(name, *found.span()),
                word=found["kind"].title(),
                caption=" ".join(caption[1].split()) if caption else "",
                key=key[1] if key else "",
            )


def _same(caption: str, quote: str) -> bool:
    plain = re.sub(r"\W+", " ", re.sub(r"\\[A-Za-z]+", " ", caption)).split()
    said = re.sub(r"\W+", " ", quote).split()
    return bool(plain) and " ".join(plain[:5]) in " ".join(said)
