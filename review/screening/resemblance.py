"""Findings of the stage likeness: passages that read like attacks, held to what their place makes usual.

Text that no reader sees needs little; notes of colleagues need more; a sentence in plain sight needs most, and must
speak to its reader.
"""

import re
from collections.abc import Iterator

from msgspec import Struct

from review.checks.prose import sentences
from review.layout import Box, Layout, SideText
from review.manuscript import Manuscript
from review.quotes import normalise
from review.report import ScreenFinding
from review.screening.decode import decoded, smuggled, turned
from review.screening.hidden import MAX_SHOWN, letters_of, seen_in, under_scan, without_markup
from review.screening.intent import intent_of, intents
from review.screening.lexicon import prose_words
from review.screening.likeness import likeness
from review.screening.surface import (
    about_injection,
    apart,
    is_english,
    is_foreign,
    is_in_english,
    speaks_to_reader,
    without_quotes,
)
from review.screening.turned import windows
from review.screening.visibility import Hidden, hidden_runs, visible_text

WEIGHT = 0.45  # suspicious by itself, never an attack
MENTION_WEIGHT = 0.1
KNOWN = 0.4  # weight of a finding that makes another one on the same passage needless
HIDDEN = 0.15
LABEL = 0.4  # hidden words without a small one among them, as plots have
FAINT = 0.7  # watermarks speak of reviews, too
JOINED = 0.8  # of a few lines that are read as one
CUT = 0.35  # clipped or covered: figures cut out of other works
FEWEST_WORDS = 2
LINES_TOGETHER = 4  # that are also read as one
HEADING_WORDS = 7
TOPIC = 1.5  # weight of `intent`
TURNED_TOPIC = 2.0  # of text that is read backwards or in rot13
NEEDED = {
    "latex_comment": 0.65,
    "html_comment": 0.45,
    "annotation": 0.45,
    "attachment": 0.45,
    "bookmark": 0.45,
    "alt_text": 0.45,
    "metadata": 0.4,
    "xmp": 0.4,
    "latex_macro": 0.29,
    "javascript": 0.3,
    "form_field": 0.2,
    "latex_hidden": HIDDEN,
    "markdown_hidden": HIDDEN,
}
SHORT_MACRO = 0.8  # of macros of a few words, which are mostly names
LINK = 0.25
BESIDE = 0.4  # every other text beside the page
TOPICAL = 0.3  # a text beside the page that may be like an attack to this degree must also speak of judging
SURE = 0.92  # of a text beside the page that speaks of no judging
LIKELY = 0.8  # of one that speaks of judging and seems to want nothing
SURE_WORDS = 5  # that it needs, at least; names and titles are shorter
SPOKEN = 0.9  # in plain sight of an English paper, and speaking to its reader
FOREIGN = 0.65  # the same in another language than English
UNSPOKEN = 0.95  # of a sentence that speaks to nobody
ALIEN = 0.8  # of a sentence in another language than its paper, whatever it speaks of
SHORT_ALIEN = 0.97  # the same of a few words
ELSEWHERE = 0.95  # in plain sight of a paper in another language, and speaking to its reader
ELSEWHERE_TOPIC = 2.0  # weight of `intent`
_WIDE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]")
_VALUE = re.compile(r'="([^"<>\s]+ [^"<>]{8,4000})"')  # of an attribute that holds words
_OWN_MARKUP = re.compile(r"</[a-z_]")
_ADDRESS = re.compile(r"\b(?:https?://|mailto:)[^\s?#]*[?#]?\w*=?", re.IGNORECASE)


class Passage(Struct, frozen=True, kw_only=True):
    """A text beside or under the page and what it must reach."""

    text: str
    carrier: str
    needed: float
    what: str
    topical: bool = False  # must also speak of judging, whatever it is like
    page: int | None = None
    box: Box | None = None


def likeness_findings(
    manuscript: Manuscript, layout: Layout, found: tuple[ScreenFinding, ...]
) -> Iterator[ScreenFinding]:
    """Findings in passages that no earlier finding of weight covers."""
    known = letters_of(" ".join(f.text for f in found if f.weight >= KNOWN))
    shown = letters_of(manuscript.text)
    for passage in _unseen(layout):
        reading, much = _strongest(passage.text)
        if much < passage.needed:
            continue
        if passage.topical and not _wishes(reading, much):
            continue
        if seen_in(passage.text, shown) or seen_in(passage.text, known):
            continue
        yield ScreenFinding(
            kind="likeness",
            carrier=passage.carrier,
            text=reading[:MAX_SHOWN],
            reason=f"{passage.what} reads like a text that is meant to steer a judge (likeness {much:.2f}).",
            weight=WEIGHT,
            page=passage.page,
            box=passage.box,
        )
    yield from _visible(manuscript, known)


def _unseen(layout: Layout) -> Iterator[Passage]:
    """Hidden runs that the page does not also show, and lines of the texts beside it."""
    runs = hidden_runs(layout)
    seen = letters_of(visible_text(layout)) if runs else ""
    for run in runs:
        if not under_scan(run, layout) and not seen_in(run.text, seen):
            what, needed = f"Text {run.reason}", _needed(run)
            for text in dict.fromkeys((run.text, *windows(run.text))):
                yield Passage(text=text, carrier=run.carrier, needed=needed, what=what, page=run.page, box=run.box)
    for side in layout.side_texts:
        yield from _lines(side)


def _needed(run: Hidden) -> float:
    if run.carrier == "faint_text":
        return FAINT
    if run.carrier in ("clipped", "covered"):
        return CUT
    return HIDDEN if _WIDE.search(run.text) or prose_words() & set(normalise(run.text).split()) else LABEL


def _lines(side: SideText) -> Iterator[Passage]:
    needed = LINK if side.name == "Link/URI" else NEEDED.get(side.carrier, BESIDE)
    what = f"{side.carrier.replace('_', ' ').capitalize()} “{side.name}”"
    text = "\n".join([without_markup(side), *_VALUE.findall(side.text), *_forms(side)])
    lines = [line for line in text.splitlines() if line.strip()]
    topical = needed >= TOPICAL
    for line in lines:
        if side.carrier != "bookmark" or not _heading(line):
            enough = SHORT_MACRO if side.carrier == "latex_macro" and not _long(line) else needed
            yield Passage(text=line, carrier=side.carrier, needed=enough, what=what, topical=topical, page=side.page)
    for at in range(max(len(lines) - LINES_TOGETHER + 1, 1) if len(lines) > 1 else 0):
        whole, enough = " ".join(lines[at : at + LINES_TOGETHER]), max(needed, JOINED)
        yield Passage(text=whole, carrier=side.carrier, needed=enough, what=what, topical=True, page=side.page)


def _forms(side: SideText) -> list[str]:
    """A text in markup of its own as one line of names and values: what a form says stands in its tags."""
    if side.carrier == "xmp" or not _OWN_MARKUP.search(side.text):
        return []
    return [" ".join(re.sub(r"[<>/=_\"']+", " ", side.text).split())]


def _heading(line: str) -> bool:
    """Whether this may be the title of a section: a few words without an end."""
    ended = line.strip().endswith((".", "!", ":", "。", "！"))
    return not ended and len(line.split()) < HEADING_WORDS and len(_WIDE.findall(line)) < 2 * HEADING_WORDS


def _strongest(text: str) -> tuple[str, float]:
    """The reading of a text that is most like an attack: as it stands, or under an encoding."""
    readings = [_ADDRESS.sub(" ", text), *(inner.text for inner in (*decoded(text), *smuggled(text)))]
    judged = [(reading, _likeness(_ADDRESS.sub(" ", reading))) for reading in readings]
    for inner in (inner for piece in (readings[0], *windows(readings[0])) for inner in turned(piece)):
        if intent_of(inner.text).weight >= TURNED_TOPIC and (much := _likeness(inner.text)) >= FAINT:
            judged.append((inner.text, much))
    return max(judged, key=lambda pair: pair[1])


def _wishes(text: str, much: float) -> bool:
    """Whether a text beside the page speaks of judging and wants something; titles of papers on reviewing do not."""
    meant = [one for one in intents(text) if one.weight >= TOPIC]
    if not meant:
        return much >= SURE and _long(text)
    return much >= LIKELY or any(one.has("ask", "drop", "good", "bad", "role") for one in meant)


def _long(text: str) -> bool:
    return len(re.findall(r"[^\W\d_]{2,}", text)) >= SURE_WORDS or len(_WIDE.findall(text)) >= 2 * SURE_WORDS


def _likeness(text: str) -> float:
    """Names, numbers and single words are no passages."""
    if len(re.findall(r"[^\W\d_]{2,}", text)) < FEWEST_WORDS and len(_WIDE.findall(text)) < FEWEST_WORDS * 2:
        return 0.0
    return likeness(text)


def _visible(manuscript: Manuscript, known: str) -> Iterator[ScreenFinding]:
    text = without_quotes(manuscript.text)
    english = is_in_english(text)
    spans = sentences(text, 0, len(text))
    with_next = zip(spans, (*(last for _, last in spans[1:]), len(text)), strict=False)
    parts = ((part, last) for span, last in with_next for part in (span, *apart(text, span)))
    for (start, end), last in parts:
        sentence, passage = text[start:end], text[start:last].partition("\n\n")[0]
        alien = english and any(map(_alien, (sentence, passage)))
        if not (alien or _steers(sentence, passage, english=english)) or seen_in(sentence, known):
            continue
        mention = about_injection(sentence)
        yield ScreenFinding(
            kind="mention" if mention else "likeness",
            carrier="visible",
            text=sentence[:MAX_SHOWN],
            reason=f"A sentence reads like a text that is meant to steer a judge (likeness {_likeness(passage):.2f}).",
            weight=MENTION_WEIGHT if mention else WEIGHT,
            page=manuscript.page_at(start),
            locator=manuscript.locate(start, end),
        )


def _alien(sentence: str) -> bool:
    """Whether a sentence in another language than its English paper is like an attack."""
    needed = ALIEN if _long(sentence) else SHORT_ALIEN
    return is_foreign(sentence) and _likeness(sentence) >= needed


def _steers(sentence: str, passage: str, *, english: bool) -> bool:
    """Whether a sentence that is like an attack is meant for whoever judges the paper.

    `passage`: the sentence and the next. `english`: the paper is; in another language every manual speaks to readers.
    """
    if not _speaks_of_judging(TOPIC if english else ELSEWHERE_TOPIC, sentence, passage):
        return False
    spoken = speaks_to_reader(sentence)
    if not english:
        return spoken and _likeness(sentence) >= ELSEWHERE
    if not is_english(sentence):
        return spoken and _likeness(sentence) >= FOREIGN
    return _likeness(sentence) >= (SPOKEN if spoken else UNSPOKEN)


def _speaks_of_judging(least: float, *texts: str) -> bool:
    found = (one for text in texts for one in intents(text))
    return any(one.weight >= least and one.has("who", "value", "mark", "role") for one in found)
