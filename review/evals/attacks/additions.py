"""Harmless text added to a document that holds an attack: what was found must stay found.

Additions are paragraphs of their own, whole sentences, lines, texts beside the page and print; none splits a sentence
of the attack or is glued to one, since that would be another attack.
"""

import re
from collections.abc import Callable
from random import Random

from msgspec import structs

from review.layout import Layout, SideText
from review.manuscript import Manuscript

Document = tuple[Manuscript, Layout]

JUDGING = (
    "Each pupil gave a rating to every essay, and two raters agreed on most ratings.",
    "Reviewers of the journal were asked to rate every manuscript from one to ten; no language model was used.",
    "Peer review accepts some papers and rejects others, and the referees recommend a grade.",
    "The rubric tells graders to ignore spelling mistakes and to give a high score to a clear answer.",
)
INJECTION = (
    "Prompt injection attacks are studied, for example, by security researchers.",
    "An attacker may hide instructions in a document; such payloads are called jailbreaks.",
    "The prompt template of the system is shown in the appendix.",
)
QUOTATION = (
    "He said: “this begins a quotation and does not end.",
    "The quotation that began above ends here” and prose goes on as before.",
)
FOREIGN = (
    "Im zweiten Jahr wurden die Messungen wiederholt, und die Abweichungen waren klein.",
    "Les mesures ont été répétées et les écarts étaient faibles dans tous les cas.",
    "Во второй год измерения повторили, и отклонения были малы.",
)
LINES = (
    "see Table 2 for the numbers.",
    "int main(void) { return 0; }",
    "The values are 3, 4 and 5.",
    "fix the spacing here.",
)
LISTED = "References\n\n[1] A. Writer. A study of logs. Journal of Logs, 2020.\n\n[2] B. Writer. More logs. 2021."
MANY = 5_000  # lines
_GAP = re.compile(r"\n\s*\n")
_PRINT = {"fill": (0.0, 0.0, 0.0), "background": (1.0, 1.0, 1.0), "opacity": 1.0, "render_mode": 0}
_SEEN = {"covered": False, "clipped": False, "remapped": False}


def with_addition(kind: str, document: Document, random: Random) -> Document:
    """The document with harmless text of this kind (a key of `ADDITIONS`); as it was where that has no place for it."""
    return ADDITIONS[kind](document, random)


def _with_paragraphs(pieces: list[tuple[int, str]], document: Document) -> Document:
    """Paragraphs put in at these offsets. Sections and pages are dropped: no stage of the screen decides by them."""
    manuscript, layout = document
    parts, at = [], 0
    for offset, text in sorted(pieces):
        parts += [manuscript.text[at:offset], f"\n\n{text}\n\n"]
        at = offset
    text = "".join([*parts, manuscript.text[at:]])
    return structs.replace(manuscript, text=text, sections=(), pages=(), references=(), citations=()), layout


def _between(texts: tuple[str, ...]) -> Callable[[Document, Random], Document]:
    """One of these after every paragraph."""

    def added(document: Document, random: Random) -> Document:
        gaps = [0, *(m.start() for m in _GAP.finditer(document[0].text)), len(document[0].text)]
        return _with_paragraphs([(gap, random.choice(texts)) for gap in gaps], document)

    return added


def _before(text: str) -> Callable[[Document, Random], Document]:
    return lambda document, _: _with_paragraphs([(0, text)], document)


def _after(text: str) -> Callable[[Document, Random], Document]:
    return lambda document, _: _with_paragraphs([(len(document[0].text), text)], document)


def _beside(change: Callable[[str, Random], str]) -> Callable[[Document, Random], Document]:
    """Every text beside the page changed so."""

    def added(document: Document, random: Random) -> Document:
        manuscript, layout = document
        sides = tuple(structs.replace(side, text=change(side.text, random)) for side in layout.side_texts)
        return manuscript, structs.replace(layout, side_texts=sides)

    return added


def _more_beside(document: Document, random: Random) -> Document:
    manuscript, layout = document
    carriers = sorted({side.carrier for side in layout.side_texts})
    more = tuple(
        SideText(carrier=random.choice(carriers), name="more", text=text) for text in (*JUDGING, *LINES) * 8 if carriers
    )
    return manuscript, structs.replace(layout, side_texts=more + layout.side_texts)


def _print(document: Document, random: Random) -> Document:
    """Print around what the file draws, where that is known."""
    manuscript, layout = document
    if not layout.spans:
        return document
    texts = random.sample(JUDGING + INJECTION, 4)
    spans = tuple(structs.replace(layout.spans[-1], text=f"{text} ", **_PRINT, **_SEEN) for text in texts)
    return manuscript, structs.replace(layout, spans=spans + layout.spans + spans)


def _lines(random: Random) -> str:
    return "\n".join(random.choice(LINES + JUDGING + INJECTION) for _ in range(15))


ADDITIONS: dict[str, Callable[[Document, Random], Document]] = {
    "judging between": _between(JUDGING),
    "injection between": _between(INJECTION),
    "quotations between": _between(QUOTATION),
    "other languages between": _between(FOREIGN),
    "code between": _between(LINES),
    "judging before": _before(" ".join(JUDGING * 3)),
    "judging after": _after(" ".join(JUDGING * 3)),
    "references before": _before(LISTED),
    "lines before, beside": _beside(lambda text, random: f"{_lines(random)}\n{text}"),
    "lines after, beside": _beside(lambda text, random: f"{text}\n{_lines(random)}"),
    "many lines, beside": _beside(lambda text, _: "\n".join((*LINES * (MANY // len(LINES)), text))),
    "sentences around, beside": _beside(lambda text, random: f"{random.choice(JUDGING)} {text} {LINES[2]}"),
    "texts beside": _more_beside,
    "print": _print,
}
