"""How the judge without a model votes: five lenses over the same facts and findings, each with its own bar."""

from msgspec import Struct

from agents.judges import Material
from agents.judges.reading import count
from agents.judges.weighing import Scores, mean_with_lens, weigh
from review.policy import Voter
from review.report import Ballot, Finding, Vote
from review.rubric import OVERALL, Rubric


class Bar(Struct, frozen=True, kw_only=True):
    """What one lens asks for. Means are on the scale 1..5."""

    accept: float  # least mean for an accept
    lens: float  # least score of the lens's own criterion
    majors_elsewhere: int  # major findings outside the lens that it lets pass


STRICT = Bar(accept=3.4, lens=3.2, majors_elsewhere=0)
WIDE = Bar(accept=3.2, lens=3.0, majors_elsewhere=1)
BARS = {
    "soundness": STRICT,
    "feasibility": STRICT,
    "reproducibility": STRICT,
    "plan": STRICT,
    "significance": WIDE,
    "clarity": WIDE,
    "novelty": WIDE,
    OVERALL: Bar(accept=3.3, lens=0.0, majors_elsewhere=0),
}
REJECT_BELOW = 1.5  # mean below which a revision would be another work; an empty text has 1.0
REJECT_CRITICALS = 2  # critical findings from which the work cannot be saved by repairs


class Weighed(Struct, frozen=True, kw_only=True):
    """What a voter looks at."""

    mean: float
    own: float | None  # score of the lens's criterion
    title: str  # the lens in words
    criticals: tuple[Finding, ...]
    majors: tuple[Finding, ...]  # those that count for this lens
    missing: tuple[str, ...]  # changes that would supply what is needed
    worse: bool


def cast_ballot(voter: Voter, material: Material, *, model: str) -> Ballot:
    """One voter's ballot, with the reason and what would change it."""
    rubric = material.rubric
    findings = tuple(f for r in material.reports for f in r.weaknesses)
    scores = weigh(count(material.manuscript, material.kind), material.kind, rubric, findings)
    lens = rubric.lens(voter.lens)
    bar = BARS.get(lens, STRICT)
    weighed = _weighed(lens, bar, rubric, scores, findings, material)
    vote, reason = _decide(bar, weighed)
    return Ballot(voter=voter.name, model=model, vote=vote, reason=reason, valid=True)


def _weighed(
    lens: str, bar: Bar, rubric: Rubric, scores: Scores, findings: tuple[Finding, ...], material: Material
) -> Weighed:
    majors = [f for f in findings if f.severity == "major"]
    own_majors = [f for f in majors if lens == OVERALL or rubric.criterion(f.criterion).key == lens]
    elsewhere = [f for f in majors if f not in own_majors]
    return Weighed(
        mean=mean_with_lens(scores, rubric, lens),
        own=scores.criteria.get(lens),
        title="the whole work" if lens == OVERALL else rubric.criterion(lens).title.lower(),
        criticals=tuple(f for f in findings if f.severity == "critical"),
        majors=tuple(own_majors + (elsewhere if len(elsewhere) > bar.majors_elsewhere else [])),
        missing=tuple(s.signal.change for s in scores.missing),
        worse=material.comparison is not None and material.comparison.verdict == "worse",
    )


def _decide(bar: Bar, seen: Weighed) -> tuple[Vote, str]:
    state = f"Looking at {seen.title}, the evidence adds up to {seen.mean:.1f} of 5"
    if seen.mean < REJECT_BELOW or len(seen.criticals) >= REJECT_CRITICALS:
        why = f"; {len(seen.criticals)} critical findings stand." if seen.criticals else ", too little to build on."
        return (
            "reject",
            f"{state}{why} A new version that reports method, results and their limits would change this vote.",
        )
    obstacles = _obstacles(bar, seen)
    if obstacles:
        return "revise", f"{state}. {obstacles[0]} What would change this vote: {_remedy(seen)}"
    return (
        "accept",
        f"{state}, and no grave finding stands against it. A finding of wrong numbers would change this vote.",
    )


def _obstacles(bar: Bar, seen: Weighed) -> list[str]:
    obstacles = [f"A critical finding stands: {f.claim} [{f.id}]" for f in seen.criticals]
    obstacles += [f"A major finding stands: {f.claim} [{f.id}]" for f in seen.majors]
    if seen.missing:
        obstacles.append(f"Something a reader needs is missing ({len(seen.missing)} of the required parts).")
    if seen.worse:
        obstacles.append("The previous version was better.")
    if seen.own is not None and seen.own < bar.lens:
        obstacles.append(f"The score for {seen.title} is {seen.own:.1f}; this voter asks for {bar.lens:.1f}.")
    if seen.mean < bar.accept:
        obstacles.append(f"This voter asks for a mean of {bar.accept:.1f}.")
    return obstacles


def _remedy(seen: Weighed) -> str:
    repairs = [f.fix for f in (*seen.criticals, *seen.majors) if f.fix]
    repairs += seen.missing
    return repairs[0] if repairs else f"more evidence on {seen.title}, as the reports ask for it."
