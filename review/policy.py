"""From votes to a recommendation: the track's policy as data, and the one function that applies it.

Fails closed: missing ballots, an unclear screen, a critical finding beside accepting votes or wide dispersion end in
`hold`, never in `accept`.
"""

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Literal

import msgspec
from msgspec import Struct

from review.adjudication import resolution_told
from review.report import CHAIR, Adjudication, Ballot, Comparison, Outcome, Recommendation, Report, Screening
from review.verification import rests_on_text

NOBODY: Mapping[str, str] = MappingProxyType({})
SPLIT_REJECTS = 2  # rejects beside just enough accepts that make a vote contested


class Voter(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One seat of the panel that votes: its lens, and the model it asks (empty: the judge's default)."""

    name: str
    lens: str  # criterion key this voter weighs double, or "overall"
    model: str = ""


class Models(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which model answers in which role. Empty: the judge's default; a voter's seat may name its own."""

    chair: str = ""  # makes the panel, writes the meta-review, adjudicates
    specialist: str = ""  # reviews, and compares versions
    voter: str = ""
    screen: str = ""  # reads the suspect passages of the injection screen


class Policy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Rules of a track, read from `review/policies/*.toml`."""

    name: str
    title: str
    mode: Literal["single", "panel"]
    roles: tuple[str, ...]
    voters: tuple[Voter, ...]
    accept_threshold: int  # accepts needed
    quorum: int  # valid ballots needed for any decision
    max_rounds: int  # versions that may be reviewed before the answer must be final
    max_spread: float  # widest allowed gap between reports' overall scores (scale 1..10)
    auto_publish: bool
    blind: bool
    public_history: bool  # earlier versions and reviews become public with publication
    roles_from: Literal["policy", "chair"] = "policy"  # a chair without a model always takes the policy's roles
    models: Models = Models()
    adjudication: Literal["hold", "decide"] = "hold"  # whether a supported resolution settles a contested round

    @property
    def panel(self) -> tuple[str, ...]:
        """Roles that review: all of them, or the first alone in mode `single`."""
        return self.roles if self.mode == "panel" else self.roles[:1]

    @property
    def reviewers(self) -> int:
        """How many reports a complete round has."""
        return len(self.panel)


@cache
def load_policy(name: str) -> Policy:
    """Read a bundled policy; an unknown name raises `KeyError`, a bad file `msgspec.ValidationError`."""
    path = files("review") / "policies" / f"{name}.toml"
    if not path.is_file():
        raise KeyError(name)
    return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Policy)


@cache
def policy_names() -> tuple[str, ...]:
    """Names of the bundled policies, sorted."""
    return tuple(sorted(p.name[:-5] for p in (files("review") / "policies").iterdir() if p.name.endswith(".toml")))


def recommend(
    policy: Policy,
    *,
    screening: Screening,
    screening_waived: bool,
    reports: tuple[Report, ...],
    ballots: tuple[Ballot, ...],
    comparison: Comparison | None,
    round_number: int,
    reviewers: int | None = None,
    adjudication: Adjudication | None = None,
    absences: Mapping[str, str] = NOBODY,
) -> Recommendation:
    """Map a round to accept, revise, reject or hold, with the reasons a person would want to read.

    `reviewers` is how many reports a complete round has, where a chair made the panel; `absences` says by role why one
    delivered none. A report by the chair itself is
    no reviewer's: it is neither counted nor measured.
    """
    reports = tuple(r for r in reports if r.role != CHAIR)
    expected = policy.reviewers if reviewers is None else reviewers
    valid = [b for b in ballots if b.valid and b.vote]
    accepts = sum(b.vote == "accept" for b in valid)
    holds = tuple(_hold_reasons(policy, screening, screening_waived, reports, expected, len(valid), accepts))
    if holds and not _blocked(screening, screening_waived):
        holds += tuple(f"Reviewer '{role}': {reason}." for role, reason in sorted(absences.items()))
        if len(valid) < policy.quorum:
            holds += tuple(dict.fromkeys(b.reason for b in ballots if not b.valid))
    cause = contested(policy, reports, ballots)
    outcome, reasons = _decide(policy, valid, comparison, round_number)
    if cause:
        settled = _settled(policy, adjudication, outcome, round_number)
        outcome, reasons = settled or "hold", (cause,)
    if holds:
        outcome, reasons = "hold", (*((cause,) if cause else ()), *holds)
    resolution = resolution_told(adjudication) if cause and adjudication else ""
    return Recommendation(
        outcome=outcome,
        reasons=(*reasons, f"Adjudication. {resolution}") if resolution else reasons,
        accepts=accepts,
        valid_ballots=len(valid),
        resolution=resolution,
    )


def contested(policy: Policy, reports: tuple[Report, ...], ballots: tuple[Ballot, ...]) -> str:
    """Why a round needs a further look, or an empty string.

    An absent ballot might have been a reject, so it counts as one here: losing a reject must not settle a split vote.
    """
    overall = [r.overall for r in reports if r.role != CHAIR]
    if overall and max(overall) - min(overall) > policy.max_spread:
        return f"Reviewers disagree widely: overall scores span {max(overall) - min(overall):.1f} points."
    votes = [b.vote for b in ballots if b.valid and b.vote]
    accepts, rejects, absent = votes.count("accept"), votes.count("reject"), len(policy.voters) - len(votes)
    if accepts == policy.accept_threshold and rejects + absent >= SPLIT_REJECTS:
        return f"The vote is split: {accepts} accept, just enough, {rejects} reject, {absent} are absent."
    return ""


def _settled(policy: Policy, adjudication: Adjudication | None, plain: Outcome, round_number: int) -> Outcome | None:
    """What a supported resolution settles: it confirms what the votes say, or asks for another revision."""
    if policy.adjudication != "decide" or adjudication is None or not adjudication.supported:
        return None
    if adjudication.finding == "revise" and round_number < policy.max_rounds:
        return "revise"
    return plain if adjudication.finding == plain else None


def _decide(
    policy: Policy, valid: list[Ballot], comparison: Comparison | None, round_number: int
) -> tuple[Outcome, tuple[str, ...]]:
    accepts = sum(b.vote == "accept" for b in valid)
    rejects = sum(b.vote == "reject" for b in valid)
    tally = f"{accepts} of {len(valid)} valid ballots accept; {policy.accept_threshold} are needed."
    if accepts >= policy.accept_threshold:
        if comparison is not None and comparison.verdict == "worse":
            return "hold", (tally, "The pairwise comparison finds this version worse than the last.")
        return "accept", (tally,)
    if rejects >= policy.accept_threshold:
        return "reject", (f"{rejects} of {len(valid)} valid ballots reject.",)
    if round_number >= policy.max_rounds:
        return "reject", (tally, f"This was round {round_number} of {policy.max_rounds}.")
    return "revise", (tally,)


def _blocked(screening: Screening, waived: bool) -> bool:
    return screening.verdict != "clear" and not waived


def _hold_reasons(
    policy: Policy,
    screening: Screening,
    waived: bool,
    reports: tuple[Report, ...],
    expected: int,
    valid: int,
    accepts: int,
) -> Iterator[str]:
    if _blocked(screening, waived):
        yield f"The screen says {screening.verdict}: {screening.reason}"
        return
    if len(reports) < expected:
        yield f"Only {len(reports)} of {expected} reviewers delivered a readable report."
    if valid < policy.quorum:
        yield f"Only {valid} of {len(policy.voters)} ballots are valid; the quorum is {policy.quorum}."
    critical = [f for r in reports for f in r.weaknesses if f.severity == "critical"]
    if accepts < policy.accept_threshold:
        yield from _baseless(reports)
        return
    if critical:
        yield f"A critical finding stands beside accepting votes: {critical[0].claim}"
    for report in reports:
        own = sum(f.source == report.role for f in report.weaknesses) - len(report.demoted)
        if len(report.dropped) + len(report.demoted) > max(0, own):
            what = "is not in the manuscript" if report.dropped else "rests on nothing that can be looked up"
            yield f"Most of what reviewer '{report.role}' claims {what}, and the votes build on it."
    yield from _baseless(reports)


def _baseless(reports: tuple[Report, ...]) -> Iterator[str]:
    if reports and not any(map(rests_on_text, reports)):
        yield "Nothing that any reviewer says of its own was found in the manuscript, and the votes build on it."
