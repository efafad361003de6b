"""From findings to a verdict. More evidence never lowers the score, and no finding cancels another."""

from math import prod

from review.report import ScreenFinding, Verdict

SUSPICIOUS = 0.4
ATTACK = 0.8

# What a finding shows decides how far any number of its kind may go: oddities alone are never called an attack, and
# passages about injection alone never stop a paper.
DECISIVE = ("hidden_instruction", "encoded_instruction", "side_instruction", "visible_instruction")
MENTION = ("mention",)
_ODD_CAP = 0.7
_MENTION_CAP = 0.25


def score(findings: tuple[ScreenFinding, ...]) -> float:
    """Evidence of all findings together, 0..1; adding a finding never lowers it."""
    decisive = _together([f.weight for f in findings if f.kind in DECISIVE])
    mention = min(_together([f.weight for f in findings if f.kind in MENTION]), _MENTION_CAP)
    odd = min(_together([f.weight for f in findings if f.kind not in DECISIVE + MENTION]), _ODD_CAP)
    return round(_together([decisive, odd, mention]), 4)


def verdict_of(total: float) -> Verdict:
    """The word for a score. Text that cannot be read is decided elsewhere."""
    if total >= ATTACK:
        return "attack"
    return "suspicious" if total >= SUSPICIOUS else "clear"


def _together(weights: list[float]) -> float:
    """Chance that at least one of independent signs is right."""
    return 1 - prod(1 - min(max(w, 0.0), 1.0) for w in weights)
