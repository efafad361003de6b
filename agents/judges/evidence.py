"""The judge without a model: it reports what the checks found and what the text shows, and says that it does so.

It never guesses at meaning. What it can say, it says with a passage and a place; what it cannot see, it asks.
"""

import asyncio
import time
from collections.abc import Sequence

from agents.judges import Material, Order
from agents.judges.ballots import cast_ballot
from agents.judges.pairwise import look
from agents.judges.reading import count
from agents.judges.signals import Seen
from agents.judges.weighing import Scores, overall, weigh
from review.adjudication import adjudicated
from review.checks.facts import Facts
from review.comparison import ABSENCE
from review.consolidate import consolidated
from review.panel import by_severity
from review.policy import Voter
from review.report import Adjudication, Ballot, CriterionScore, Finding, PairwiseOpinion, Panel, Report, Usage
from review.verification import NOVELTY

NAME = "evidence"
MODEL = "evidence-1"
MAX_CONFIDENCE = 3.0  # out of 5: it reads form and arithmetic, not meaning
MAX_QUOTED = 220  # characters of a passage shown in a sentence
MAX_STRENGTHS = 6
MAX_COMPARED = 3
MAX_QUESTIONS = 6
DISCLOSURE = (
    "No language model was used. This report was put together from deterministic checks and counted facts of the text; "
    "it cannot judge whether the idea is right or new."
)


class EvidenceJudge:
    """Implements `agents.judges.Judge`. Deterministic: the same material gives the same answer."""

    name = NAME
    model = MODEL

    async def chair(self, material: Material) -> Panel:  # noqa: ARG002 - the port's signature
        """No specialists: it cannot tell one subfield from another."""
        return Panel(model=MODEL)

    async def review(self, role: str, material: Material) -> Report:
        """This role's criteria, with the findings that belong to them and to no other role."""
        return await asyncio.to_thread(_report, role, material)

    async def consolidate(self, material: Material) -> Report | None:
        """What the reports say together, by rule."""
        return await asyncio.to_thread(
            consolidated,
            material.reports,
            judge=NAME,
            model=MODEL,
            rubric_hash=material.rubric.hash,
            max_spread=material.max_spread,
        )

    async def compare(self, material: Material, *, order: Order, letter: bool) -> PairwiseOpinion:
        """The version with the lighter burden of findings; neither order nor letter changes what the texts show."""
        return await asyncio.to_thread(look, material, order=order, letter=letter)

    async def vote(self, voter: Voter, material: Material) -> Ballot:
        """A ballot from the panel's findings and the facts, through the voter's lens."""
        return await asyncio.to_thread(cast_ballot, voter, material, model=MODEL)

    async def adjudicate(self, material: Material, cause: str) -> Adjudication:
        """Both cases as the reports make them; what to do is left to an editor."""
        return adjudicated(material.reports, cause=cause, model=MODEL)


def _report(role: str, material: Material) -> Report:
    began = time.monotonic()
    rubric = material.rubric
    findings = tuple(f for result in material.checks for f in result.findings)
    counted = count(material.manuscript, material.kind)
    scores = weigh(counted, material.kind, rubric, findings)
    own = material.criteria_of(role) or rubric.keys
    stated = (*findings, *_gaps(scores, findings))
    weaknesses = by_severity(tuple(f for f in stated if rubric.criterion(f.criterion).key in own))
    seen = tuple(s for s in scores.seen if s.signal.criterion in own)
    absent = tuple(s for s in seen if s.missing)
    return Report(
        role=role,
        judge=NAME,
        model=MODEL,
        prompt_hash="",
        rubric_hash=rubric.hash,
        summary=_summary(material, counted, weaknesses, own),
        strengths=_strengths(seen),
        weaknesses=weaknesses,
        questions=_questions(absent, material, own),
        requested_changes=_changes(weaknesses, absent),
        scores=tuple(_score(key, scores, material, weaknesses) for key in own),
        overall=overall(scores, rubric, findings, own=own),
        confidence=_confidence(material, scores),
        usage=Usage(seconds=time.monotonic() - began),
        disclosure=DISCLOSURE,
    )


def _gaps(scores: Scores, findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """What keeps the work from being accepted by being absent, unless a check has said so already."""
    absences = " ".join(f.claim.lower() for f in findings if not f.quote)
    return tuple(
        Finding(
            id=f"{ABSENCE}.{seen.signal.key}",
            claim=f"Needed and not found ({seen.signal.key}): {seen.signal.ask}",
            severity=seen.signal.gap,
            criterion=seen.signal.criterion,
            source=ABSENCE,
            place="whole work",
            fix=seen.signal.change,
        )
        for seen in scores.missing
        if seen.signal.key.rstrip("s") not in absences
    )


def _summary(material: Material, counted: Facts, weaknesses: tuple[Finding, ...], own: Sequence[str]) -> str:
    manuscript = material.manuscript
    parts = [_many(counted.references, "reference"), _many(counted.tables, "table"), _many(counted.figures, "figure")]
    sentences = [f"“{manuscript.title}” is a {material.kind} of {counted.words} words with {', '.join(parts)}."]
    if counted.contributions:
        sentences.append(f"What it sets out to do, in its own words: “{_short(counted.contributions[0].quote)}”")
    if counted.results and material.kind == "paper":
        sentences.append(f"What it reports: “{_short(counted.results[0].quote)}”")
    titles = ", ".join(material.rubric.criterion(key).title.lower() for key in own)
    ran = [c for c in material.checks if c.status in ("passed", "found")]
    grave = sum(f.severity in ("critical", "major") for f in weaknesses)
    sentences.append(
        f"This reviewer looks at {titles}. {len(ran)} of {len(material.checks)} checks could be applied. "
        f"{_findings(len(weaknesses))} under these criteria, {grave or 'none'} of them grave."
    )
    return " ".join(sentences)


def _findings(number: int) -> str:
    return "One finding falls" if number == 1 else f"{number or 'No'} findings fall"


def _many(number: int, thing: str) -> str:
    return f"{number or 'no'} {thing}{'' if number == 1 else 's'}"


def _strengths(seen: tuple[Seen, ...]) -> tuple[str, ...]:
    present = [s for s in seen if s.share >= 0.75]
    shown = [s for s in present if s.passage is not None] + [s for s in present if s.passage is None]
    return tuple(_strength(s) for s in shown[:MAX_STRENGTHS])


def _strength(seen: Seen) -> str:
    if seen.passage is None:
        return f"{seen.signal.good}."
    place = seen.passage.locator
    where = f" ({place.section}{f', page {place.page}' if place.page else ''})" if place.section else ""
    return f"{seen.signal.good}: “{_short(seen.passage.quote)}”{where}"


def _questions(absent: tuple[Seen, ...], material: Material, own: Sequence[str]) -> tuple[str, ...]:
    needed_first = sorted(absent, key=lambda s: not s.signal.needed)
    questions = [s.signal.ask for s in needed_first[:MAX_QUESTIONS]]
    if "novelty" in own and material.related:
        nearest = max(material.related, key=lambda w: w.similarity)
        questions.append(
            f"How does this work differ from “{nearest.title}” ({nearest.ref}), the nearest that was found?"
        )
    return tuple(questions)


def _changes(weaknesses: tuple[Finding, ...], absent: tuple[Seen, ...]) -> tuple[str, ...]:
    repairs = [f"{f.fix} [{f.id}]" for f in weaknesses if f.fix and f.severity != "note"]
    supplies = [s.signal.change for s in sorted(absent, key=lambda s: not s.signal.needed)]
    return tuple(dict.fromkeys(repairs + supplies))


def _score(key: str, scores: Scores, material: Material, weaknesses: tuple[Finding, ...]) -> CriterionScore:
    rubric = material.rubric
    there = [s.signal.key.replace("_", " ") for s in scores.seen if s.signal.criterion == key and not s.missing]
    gone = [s.signal.key.replace("_", " ") for s in scores.seen if s.signal.criterion == key and s.missing]
    own = [f for f in weaknesses if rubric.criterion(f.criterion).key == key]
    parts = [f"shown: {', '.join(there) or 'nothing'}"]
    if gone:
        parts.append(f"not found: {', '.join(gone)}")
    if own:
        parts.append(f"findings: {', '.join(f'{f.id} ({f.severity})' for f in own)}")
    if key == NOVELTY:
        parts.append(_beside(material))
    if scores.depth < 1:
        parts.append("the text is too short to carry a full score")
    reason = "; ".join(parts)
    return CriterionScore(
        criterion=key, score=round(scores.criteria[key], 1), reason=f"{reason[:1].upper()}{reason[1:]}."
    )


def _beside(material: Material) -> str:
    """The works that novelty is seen beside, with identifiers a reader can follow."""
    nearest = sorted(material.related, key=lambda w: -w.similarity)[:MAX_COMPARED]
    if not nearest:
        return "no related work was found to compare with"
    return f"nearest works found: {', '.join(f'“{w.title}” ({w.ref})' for w in nearest)}"


def _confidence(material: Material, scores: Scores) -> float:
    """Confident as far as the checks could be applied and the text could be read."""
    applied = sum(c.status in ("passed", "found") for c in material.checks) / max(1, len(material.checks))
    readable = 0.5 if material.manuscript.warnings else 1.0
    return round(max(1.0, MAX_CONFIDENCE * (0.4 + 0.6 * applied) * readable * scores.depth), 1)


def _short(quote: str) -> str:
    """The beginning of a passage, cut at a word; still a verbatim quote."""
    plain = quote.replace("“", "'").replace("”", "'")
    return plain if len(plain) <= MAX_QUOTED else plain[:MAX_QUOTED].rsplit(" ", 1)[0]
