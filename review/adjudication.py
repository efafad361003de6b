"""A further look at a round whose reviewers or voters are split: the best case for the work beside the best against it.

Written so that a person can decide; a rule never weighs the two.
"""

import re

from review.panel import by_severity
from review.report import Adjudication, Argument, Report

_QUOTED = re.compile(r"[“\"]([^“”\"]+)[”\"]")


def adjudicated(reports: tuple[Report, ...], *, cause: str, model: str) -> Adjudication:
    """Both cases out of the reports, without a model; it finds nothing and leaves the decision to an editor."""
    return Adjudication(
        cause=cause,
        champion=_champion(reports),
        critic=_critic(reports),
        resolution="No rule can weigh the two against each other; an editor has to.",
        finding="undecided",
        supported=False,
        model=model,
    )


def resolution_told(adjudication: Adjudication) -> str:
    """The resolution as people read it: both arguments with their passages, then what follows."""
    parts = [
        f"{title}: {argument.claim}{f' (“{argument.quote}”)' if argument.quote else ''}"
        for title, argument in (("For the work", adjudication.champion), ("Against it", adjudication.critic))
        if argument is not None
    ]
    return " ".join([*parts, f"Resolution: {adjudication.resolution}"])


def _champion(reports: tuple[Report, ...]) -> Argument | None:
    """The first strength with a passage, from whoever thinks best of the work."""
    strengths = [s for r in sorted(reports, key=lambda r: -r.overall) for s in r.strengths]
    quoted = [(s, found[1]) for s in strengths if (found := _QUOTED.search(s))]
    if quoted:
        sentence, quote = quoted[0]
        return Argument(claim=_QUOTED.sub("", sentence).strip(" :"), quote=quote)
    return Argument(claim=strengths[0], quote="") if strengths else None


def _critic(reports: tuple[Report, ...]) -> Argument | None:
    findings = by_severity(tuple(f for r in reports for f in r.weaknesses))
    return Argument(claim=f"{findings[0].claim} [{findings[0].id}]", quote=findings[0].quote) if findings else None
