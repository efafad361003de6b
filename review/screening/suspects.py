"""Passages worth a second opinion: what is hidden or beside the page, and visible sentences that speak of judging."""

import re
from collections.abc import Iterator, Mapping

from msgspec import Struct

from review.checks.prose import sentences
from review.layout import Box, Layout
from review.manuscript import Locator, Manuscript
from review.quotes import normalise
from review.report import ScreenFinding
from review.screening.decode import without_invisible
from review.screening.hidden import MAX_SHOWN, without_markup
from review.screening.intent import intent_of
from review.screening.place import placed
from review.screening.surface import about_injection, without_quotes
from review.screening.visibility import REASONS, hidden_runs

MOST = 32  # suspects of one manuscript
LONGEST = 500  # characters of one
VISIBLE_INTENT = 2.5  # of ordinary visible sentences one in a hundred reaches it
MODEL_WEIGHT = 0.45  # makes a passage suspicious by itself, never an attack
MENTION_WEIGHT = 0.1
_TOO_SHORT = 8  # letters


class Suspect(Struct, frozen=True, kw_only=True):
    """A passage and where it was found. `mention`: it stands in visible prose about injection."""

    text: str
    place: str  # in words, for whoever is asked
    carrier: str
    page: int | None = None
    box: Box | None = None
    locator: Locator | None = None
    mention: bool = False


def suspects(manuscript: Manuscript, layout: Layout, findings: tuple[ScreenFinding, ...]) -> tuple[Suspect, ...]:
    """Suspects of a manuscript: what other stages found, then what weighs most, each text once."""
    shown = _plain(manuscript.text)
    unseen = [s for s in (*_hidden(layout), *_beside(layout)) if _plain(s.text) not in shown]
    unseen.sort(key=lambda s: -intent_of(without_invisible(s.text)).weight)
    kept: dict[str, Suspect] = {}
    for suspect in (*map(_found, findings), *unseen, *_visible(manuscript)):
        if sum(c.isalpha() for c in suspect.text) >= _TOO_SHORT:
            kept.setdefault(normalise(suspect.text), suspect)
    return tuple(kept.values())[:MOST]


def model_findings(
    asked: tuple[Suspect, ...], steering: Mapping[int, str], manuscript: Manuscript, layout: Layout
) -> Iterator[ScreenFinding]:
    """Findings for the passages a model calls steering, by their index; a passage it clears loses nothing."""
    for index, suspect in enumerate(asked):
        if index not in steering:
            continue
        wants = f" It reads it as: {steering[index]}" if steering[index] else ""
        found = ScreenFinding(
            kind="mention" if suspect.mention else "model",
            carrier=suspect.carrier,
            text=suspect.text[:MAX_SHOWN],
            reason=f"A language model says that this passage tries to steer a judge.{wants}",
            weight=MENTION_WEIGHT if suspect.mention else MODEL_WEIGHT,
            page=suspect.page,
            box=suspect.box,
            locator=suspect.locator,
        )
        yield placed(found, manuscript, layout)


def _found(finding: ScreenFinding) -> Suspect:
    return Suspect(
        text=finding.text[:LONGEST],
        place=_where(finding.carrier, finding.page),
        carrier=finding.carrier,
        page=finding.page,
        box=finding.box,
        locator=finding.locator,
        mention=finding.kind == "mention",
    )


def _hidden(layout: Layout) -> Iterator[Suspect]:
    for run in hidden_runs(layout):
        place = _where(run.carrier, run.page)
        yield Suspect(text=run.text[:LONGEST], place=place, carrier=run.carrier, page=run.page, box=run.box)


def _beside(layout: Layout) -> Iterator[Suspect]:
    for side in layout.side_texts:
        for line in without_markup(side).splitlines():
            place = _where(side.carrier, side.page)
            yield Suspect(text=line[:LONGEST], place=place, carrier=side.carrier, page=side.page)


def _visible(manuscript: Manuscript) -> Iterator[Suspect]:
    text = without_quotes(manuscript.text)
    for start, end in sentences(text, 0, len(text)):
        meant = intent_of(without_invisible(text[start:end]))
        if meant.weight >= VISIBLE_INTENT and meant.has("ask", "role"):
            page = manuscript.page_at(start)
            yield Suspect(
                text=text[start:end][:LONGEST],
                place=_where("visible", page),
                carrier="visible",
                page=page,
                locator=manuscript.locate(start, end),
                mention=about_injection(text[start:end]),
            )


def _where(carrier: str, page: int | None) -> str:
    how = "visible text" if carrier == "visible" else REASONS.get(carrier, carrier.replace("_", " "))
    return f"{how}, page {page}" if page else how


def _plain(text: str) -> str:
    return re.sub(r"\W", "", normalise(text))
