"""Two versions side by side without a model: which carries fewer and lighter findings, and which lost substance."""

from agents.judges import Material, Order
from agents.judges.reading import read_work
from agents.judges.weighing import Scores, weigh
from review.comparison import burden
from review.report import Finding, PairwiseOpinion

MARGIN = 1.0  # points below which a difference would not matter to a reader; a minor finding weighs one


def look(material: Material, *, order: Order, letter: bool) -> PairwiseOpinion:
    """One opinion. A letter is an argument, so it moves nothing here; neither does the order."""
    if material.previous is None:
        raise ValueError("a comparison needs a previous version")
    old, new = material.previous.manuscript, material.manuscript
    before, after = (read_work(m, material.kind) for m in (old, new))
    old_scores, new_scores = (weigh(r.facts, material.kind, material.rubric, ()) for r in (before, after))
    lighter = burden(before.findings) - burden(after.findings)
    richer = 4 * (_substance(new_scores) - _substance(old_scores))
    gain = lighter + richer
    preferred = "tie" if abs(gain) < MARGIN else ("new" if gain > 0 else "old")
    return PairwiseOpinion(
        order=order,
        letter=letter,
        preferred=preferred,  # type: ignore[arg-type]  # one of three literals
        reason=_reason(before.findings, after.findings, old_scores, new_scores),
    )


def _substance(scores: Scores) -> float:
    return sum(scores.criteria.values()) / len(scores.criteria) - 4 * len(scores.missing)


def _reason(old: tuple[Finding, ...], new: tuple[Finding, ...], old_scores: Scores, new_scores: Scores) -> str:
    sentences = [f"The checks find {_tally(old)} in the old version and {_tally(new)} in the new one."]
    before = {s.signal.key: s for s in old_scores.seen}
    lost = [s for s in new_scores.seen if s.missing and not before[s.signal.key].missing]
    won = [s for s in new_scores.seen if not s.missing and before[s.signal.key].missing]
    if won:
        sentences.append(f"New in it: {', '.join(s.signal.key.replace('_', ' ') for s in won)}.")
    if lost:
        sentences.append(f"No longer in it: {', '.join(s.signal.key.replace('_', ' ') for s in lost)}.")
    return " ".join(sentences)


def _tally(findings: tuple[Finding, ...]) -> str:
    grave = sum(f.severity in ("critical", "major") for f in findings)
    return f"{len(findings)} things ({grave} grave)"
