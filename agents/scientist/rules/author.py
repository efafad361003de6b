"""The author without a language model: findings in, changed sources and an answer to each finding out."""

from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct, structs

from agents.scientist.desk import Answer, Asked, Desk
from agents.scientist.rules import abstract, arithmetic, citing, claiming, pointing, stating
from agents.scientist.sources import Sources

OPEN = (
    "Acknowledged, and not resolved in this version: it needs something that the text and our records do not hold, "
    "and we do not make it up."
)
_COUNTING: dict[str, Callable[[Desk], None]] = {
    "table-arithmetic": arithmetic.recompute_totals,
    "changes": arithmetic.recompute_changes,
    "counts": arithmetic.recompute_shares,
}
"""Repairs of numbers, in the order that later ones build on: tables first."""
_STANDING = ("reproducibility", "availability", "statements", "structure", "completeness")


class Revision(Struct, frozen=True, kw_only=True):
    """A new version, and what is said to each finding of the version before."""

    sources: Sources
    answers: dict[str, Answer]
    changes: tuple[str, ...]

    def followed_by(self, further: "Revision") -> "Revision":
        """This revision after another pass over its result: the answers stay those to the review."""
        return structs.replace(self, sources=further.sources, changes=further.changes)

    def without_claims_to(self, left: set[tuple[str, str]], asked: Sequence[Asked]) -> "Revision":
        """The same without saying of a finding that it is resolved when a rehearsal still finds it word for word."""
        still = {f.finding_id for f in asked if (f.check, f.claim) in left}
        answers = {n: Answer(text=OPEN, resolved=False) if n in still else a for n, a in self.answers.items()}
        return structs.replace(self, answers=answers)


def revise(desk: Desk, asked: Sequence[Asked], wishes: Iterable[str] = ()) -> Revision:
    """Repair what can be repaired. `wishes` are requested changes and questions, as far as facts answer them."""
    for repair in _COUNTING.values():
        repair(desk)
    for finding in (f for f in asked if f.check in ("abstract-numbers", "framing-numbers")):
        abstract.correct_abstract(desk, finding)
    checks = {f.check for f in asked}
    if checks & {"cross-references", "citations"}:
        citing.repair_citations(desk)
        pointing.repair_mentions(desk)
    for finding in (f for f in asked if f.check == "cross-references" and "never mentioned" in f.claim):
        pointing.mention(desk, finding)
    if "claims" in checks:
        claiming.soften(desk)
    topics = [stating.topic_of(f"{f.claim} {f.fix}") for f in asked if f.check in _STANDING]
    stating.state(desk, [*topics, *(stating.topic_of(wish) for wish in wishes)])
    said = {f.finding_id for f in asked if f.check in (*_STANDING, "claims")}  # their changes are noted by topic
    return Revision(
        sources=desk.sources,
        answers={f.finding_id: _answer(desk, f) for f in asked},
        changes=tuple(n for topic, notes in desk.notes.items() if topic not in said for n in notes),
    )


def _answer(desk: Desk, asked: Asked) -> Answer:
    if asked.check in _STANDING:
        stating.answer_for(desk, asked)
    elif asked.check == "claims":
        claiming.answer_for(desk, asked)
    said = desk.done(asked.finding_id)
    if not said and asked.check in _COUNTING:
        said = desk.done(asked.check)
    if not said and asked.check == "citations":
        said = desk.done(citing.ENTRIES if "never cited" in asked.claim else citing.TOPIC)
    if not said and asked.check == "cross-references":
        said = desk.done(citing.TOPIC if "[?]" in asked.claim else pointing.TOPIC)
    return Answer(text=said, resolved=True) if said else Answer(text=OPEN, resolved=False)
