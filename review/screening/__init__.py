"""Prompt-injection screen over a manuscript and its layout evidence.

Stages: extract (what is hidden, and beside the page), layout (why nobody sees it), surface (orders by their grammar),
intent (wishes by their subject), cross-check (the text read under encodings, backwards, without marks and in plain
letters), likeness (what a linear model learned of attacks), and semantic where the caller has vectors. Findings of all
stages are weighed together.
"""

from collections.abc import Iterable

from review.layout import Layout
from review.manuscript import Manuscript
from review.quotes import normalise
from review.report import ScreenFinding, Screening
from review.screening.hidden import hidden_findings, side_findings, unread_findings
from review.screening.place import placed
from review.screening.resemblance import likeness_findings
from review.screening.semantic import Vectors, passages, semantic_findings
from review.screening.surface import surface_findings
from review.screening.weigh import score, verdict_of

__all__ = ["STAGES", "passages", "screen", "with_findings"]

STAGES = ("extract", "layout", "surface", "intent", "cross-check", "likeness")
MIN_LETTERS = 200  # fewer letters in a whole work are not a text anybody can judge


def screen(manuscript: Manuscript, layout: Layout, vectors: Vectors | None = None) -> Screening:
    """Judge whether a manuscript tries to instruct its reviewers. A text that cannot be read is never `clear`.

    `vectors` holds one for each text of `passages(layout)`; without them the semantic stage is not among those run.
    """
    stages = STAGES if vectors is None else (*STAGES, "semantic")
    hidden = tuple(hidden_findings(layout))
    side = tuple(side_findings(layout, manuscript.text))
    known = normalise(" ".join(f.text for f in hidden))
    surface = tuple(surface_findings(manuscript, known))
    near = () if vectors is None else tuple(semantic_findings(layout, vectors))
    ruled = (*hidden, *side, *unread_findings(layout), *surface, *near)
    alike = likeness_findings(manuscript, layout, ruled)
    findings = tuple(placed(f, manuscript, layout) for f in (*ruled, *alike))
    return _weighed(findings, stages, _unreadable(manuscript, layout))


def with_findings(screening: Screening, stage: str, findings: Iterable[ScreenFinding]) -> Screening:
    """The screening after a further stage. Its findings are added; nothing known is taken away or weighs less."""
    unread = screening.reason if screening.verdict == "unreadable" else ""
    return _weighed((*screening.findings, *findings), (*screening.stages, stage), unread)


def _weighed(findings: tuple[ScreenFinding, ...], stages: tuple[str, ...], unread: str) -> Screening:
    findings = tuple(sorted(findings, key=lambda f: -f.weight))
    total = score(findings)
    verdict = verdict_of(total)
    if unread and verdict != "attack":
        return Screening(verdict="unreadable", score=total, findings=findings, stages=stages, reason=unread)
    return Screening(verdict=verdict, score=total, findings=findings, stages=stages, reason=_reason(verdict, findings))


def _unreadable(manuscript: Manuscript, layout: Layout) -> str:
    """Why nobody can judge this text, or an empty string."""
    letters = sum(c.isalpha() for c in manuscript.text)
    garbled = sum(c == "\ufffd" or "\ue000" <= c <= "\uf8ff" for c in manuscript.text)
    if layout.encrypted and letters < MIN_LETTERS:
        return "The file is encrypted and its text cannot be read."
    if letters < MIN_LETTERS:
        return f"Only {letters} letters of text could be read."
    if garbled > letters / 3:
        return "Most of the text is not readable: its fonts do not say which characters they draw."
    if layout.image_only_pages and len(layout.image_only_pages) * 2 > len(manuscript.pages):
        pages = len(layout.image_only_pages)
        return f"{pages} of {len(manuscript.pages)} pages are images without text."
    return ""


def _reason(verdict: str, findings: tuple[ScreenFinding, ...]) -> str:
    if not findings:
        return "Nothing was found that addresses a reviewer or hides from a reader."
    first = findings[0]
    where = f" (page {first.page})" if first.page else ""
    if verdict == "clear":
        return f"What was found is harmless by itself: {first.reason}{where}"
    more = f" {len(findings) - 1} further findings." if len(findings) > 1 else ""
    return f"{first.reason}{where}{more}"
