"""Results of a round as values: screening, checks, reports, ballots, comparison, recommendation.

These structs are what agents return, what the database stores as JSON and what every door shows. They carry no
identity of a person; who reviewed is kept beside them by the platform.
"""

from typing import Literal

from msgspec import Struct

from review.layout import Box
from review.manuscript import Locator

Severity = Literal["critical", "major", "minor", "note"]
Vote = Literal["accept", "revise", "reject"]
Outcome = Literal["accept", "revise", "reject", "hold"]
Verdict = Literal["clear", "suspicious", "attack", "unreadable"]

CHAIR = "chair"  # the role that writes the meta-review
SEVERITIES: tuple[Severity, ...] = ("critical", "major", "minor", "note")


class Usage(Struct, frozen=True, kw_only=True):
    """What an answer cost. Tokens are zero for a judge without a model.

    `cost` is money in `currency`, and None when no price is known for a model that was asked.
    """

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    seconds: float = 0.0
    calls: int = 0
    cost: float | None = None
    currency: str = ""

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            completion_tokens=self.completion_tokens + other.completion_tokens,
            cached_tokens=self.cached_tokens + other.cached_tokens,
            seconds=self.seconds + other.seconds,
            calls=self.calls + other.calls,
            cost=_sum_of_costs(self, other),
            currency=self.currency or other.currency,
        )


def _sum_of_costs(one: Usage, other: Usage) -> float | None:
    """Nothing asked costs nothing; one unknown cost makes the sum unknown."""
    known = [u.cost for u in (one, other) if u.calls]
    return round(sum(c for c in known if c is not None), 6) if known and None not in known else None


class ScreenFinding(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One sign of an injection: what was found, where, how it was hidden, and how much it weighs."""

    kind: str  # e.g. hidden_text, instruction, encoded, side_channel, look_alike
    carrier: str  # e.g. white_text, tiny_text, render_mode, metadata, visible
    text: str
    reason: str
    weight: float  # evidence added to the score, >= 0
    page: int | None = None
    box: Box | None = None
    locator: Locator | None = None
    context: str = ""  # the lines around it, where a page cannot be shown


class Screening(Struct, frozen=True, kw_only=True):
    """Verdict of the injection screen. `score` never falls when a finding is added."""

    verdict: Verdict
    score: float
    findings: tuple[ScreenFinding, ...] = ()
    stages: tuple[str, ...] = ()  # stages that ran
    reason: str = ""
    model: str = ""  # the language model that was asked about suspect passages, if one was
    prompt_hash: str = ""
    usage: Usage = Usage()


class Finding(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One claim of a review or a check, with the passage that shows it.

    `id` is stable within a round ("numbers.abstract-1"); a response letter answers findings by id. `quote` occurs
    verbatim (after normalisation) in the manuscript, or is empty when the finding is about something absent; then
    `place` says where a reader should have found it.
    """

    id: str
    claim: str
    severity: Severity
    criterion: str  # a criterion key of the rubric
    source: str  # check id, or role of the reviewer
    quote: str = ""
    locator: Locator | None = None
    place: str = ""  # words for people: "Abstract", "Section 4, Table 1", "whole paper"
    fix: str = ""  # what would resolve it


CheckStatus = Literal["passed", "found", "not_applicable", "cannot_tell"]


class CheckResult(Struct, frozen=True, kw_only=True):
    """Outcome of one deterministic check: what it looked at, what it found, and how far it can be trusted."""

    check: str
    title: str
    status: CheckStatus
    summary: str
    findings: tuple[Finding, ...] = ()
    examined: int = 0  # how many things were looked at (numbers, references, ...)
    method: str = ""
    limits: str = ""


class CriterionScore(Struct, frozen=True, kw_only=True):
    """Score of one rubric criterion, 1 (poor) to 5 (excellent)."""

    criterion: str
    score: float
    reason: str


class Specialist(Struct, frozen=True, kw_only=True):
    """A seat the chair made for one manuscript: what it is called, what it looks at, which criteria it answers for."""

    role: str
    title: str
    focus: str
    criteria: tuple[str, ...]


class Panel(Struct, frozen=True, kw_only=True):
    """Who reviews a manuscript. Without specialists the track's own roles do; `note` says why, when a chair failed."""

    subfields: tuple[str, ...] = ()
    specialists: tuple[Specialist, ...] = ()
    note: str = ""
    model: str = ""
    prompt_hash: str = ""
    usage: Usage = Usage()

    @property
    def roles(self) -> tuple[str, ...]:
        """Roles of the specialists, in the chair's order."""
        return tuple(s.role for s in self.specialists)


class Side(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one reviewer says in a disagreement, with the passage it rests on."""

    role: str
    says: str
    quote: str = ""  # verbatim from the manuscript, or empty
    score: float | None = None


class Split(Struct, frozen=True, kw_only=True):
    """A disagreement of the panel that stays visible: what about, and both sides."""

    about: str
    sides: tuple[Side, Side]


class Report(Struct, frozen=True, kw_only=True):
    """One reviewer's review of one version; the role `chair` consolidates the others and is no reviewer itself."""

    role: str  # "methods", "evidence", "clarity", "chair", ...
    judge: str  # "evidence" or "language-model"
    model: str  # model name, or the judge's version when there is no model
    prompt_hash: str
    rubric_hash: str
    summary: str
    strengths: tuple[str, ...]
    weaknesses: tuple[Finding, ...]
    questions: tuple[str, ...]
    requested_changes: tuple[str, ...]
    scores: tuple[CriterionScore, ...]
    overall: float  # 1..10
    confidence: float  # 1..5
    usage: Usage = Usage()
    dropped: tuple[str, ...] = ()  # claims removed by the quote check, each with the reason
    demoted: tuple[str, ...] = ()  # claims kept as notes because nothing shows them, each with the reason
    disclosure: str = ""  # how the report was made, in a sentence for readers
    agreements: tuple[str, ...] = ()  # chair only: what the reviewers agree on
    splits: tuple[Split, ...] = ()  # chair only: where they disagree


class Ballot(Struct, frozen=True, kw_only=True):
    """One voter's vote. An invalid ballot (absent, unreadable) counts for nothing and is never an accept."""

    voter: str
    model: str
    vote: Vote | None
    reason: str
    valid: bool
    prompt_hash: str = ""
    usage: Usage = Usage()


class Argument(Struct, frozen=True, kw_only=True):
    """The best case for or against a work, with the passage it rests on."""

    claim: str
    quote: str


class Adjudication(Struct, frozen=True, kw_only=True):
    """A further look at a contested round. `supported`: both arguments quote what the manuscript says."""

    cause: str  # why the round was contested
    champion: Argument | None
    critic: Argument | None
    resolution: str
    finding: Literal["accept", "revise", "reject", "undecided"]
    supported: bool
    model: str = ""
    prompt_hash: str = ""
    usage: Usage = Usage()


Resolution = Literal["resolved", "partly", "not_resolved", "disputed"]


class FindingResolution(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of one earlier finding in the new version."""

    finding: Finding
    resolution: Resolution
    answer: str = ""  # what the author said to it
    evidence: str = ""  # why the comparison thinks so
    quote: str = ""  # passage of the new text that shows it
    locator: Locator | None = None


class PairwiseOpinion(Struct, frozen=True, kw_only=True):
    """One look at old against new. `order` and `letter` say how the pair was presented."""

    order: Literal["old_first", "new_first"]
    letter: bool
    preferred: Literal["old", "new", "tie"]
    reason: str
    usage: Usage = Usage()


class Comparison(Struct, frozen=True, kw_only=True):
    """Pairwise review of a version against its predecessor: both orders, with and without the response letter."""

    verdict: Literal["better", "tie", "worse"]
    opinions: tuple[PairwiseOpinion, ...]
    resolutions: tuple[FindingResolution, ...]
    new_findings: tuple[Finding, ...] = ()
    summary: str = ""


class RelatedWork(Struct, frozen=True, kw_only=True):
    """A work of the corpus or of an outside index that is near the manuscript."""

    title: str
    ref: str  # aixiv id, DOI, URL
    similarity: float
    year: int | None = None
    source: str = "corpus"


class CitedWork(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known about one entry of the reference list. A real work with a wrong field is `mis_cited`."""

    index: int  # 1-based position in the list
    verdict: Literal["verified", "could_not_verify", "contradicted"]
    kind: Literal["ok", "mis_cited", "malformed", "fabricated_suspect"] = "ok"
    reasons: tuple[str, ...] = ()  # what speaks against the entry, the heaviest first
    match: str = ""  # identifier or title of the known work it was compared with
    retraction: str = ""  # what a list of retractions says about the work, in a sentence


class Overlap(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Wording shared with another work of this platform. An unpublished one has neither `ref` nor `title`."""

    share: float  # of this manuscript's wording that the other work has too, 0..1
    start: int  # offsets of a shared passage in this manuscript
    end: int
    ref: str = ""
    title: str = ""
    paper: str = ""  # internal id of an unpublished work, for editors alone


class Grounding(Struct, frozen=True, kw_only=True):
    """What a round knows about other works: each reference judged, shared wording, and who was asked."""

    references: tuple[CitedWork, ...] = ()
    overlaps: tuple[Overlap, ...] | None = None  # None: nothing was compared
    retraction_list: bool = False  # whether there is a list to compare with
    sources: tuple[str, ...] = ()  # indexes that answered
    silent: tuple[str, ...] = ()  # indexes that were asked and did not answer, or only in part


class Recommendation(Struct, frozen=True, kw_only=True):
    """What the policy makes of a round; the platform applies it."""

    outcome: Outcome
    reasons: tuple[str, ...]
    accepts: int = 0
    valid_ballots: int = 0
    resolution: str = ""  # the written resolution of a contested round


class Round(Struct, frozen=True, kw_only=True):
    """Everything a review run returns for one version."""

    screening: Screening
    checks: tuple[CheckResult, ...]
    reports: tuple[Report, ...]
    ballots: tuple[Ballot, ...]
    recommendation: Recommendation
    comparison: Comparison | None = None
    related: tuple[RelatedWork, ...] = ()
    mode: str = ""
    usage: Usage = Usage()
    panel: Panel | None = None  # how the reviewers were chosen
    adjudication: Adjudication | None = None  # the further look at a contested round
    grounding: Grounding | None = None


class ResponseLetter(Struct, frozen=True, kw_only=True):
    """An author's answer to a review: free text, and answers to single findings by their id."""

    text: str = ""
    answers: dict[str, str] = {}
