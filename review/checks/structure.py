"""The parts a reader needs: abstract, method, results; plan, time and risk in a proposal."""

import re

from review.checks.base import Check, Draft, Examined, unclear
from review.manuscript import Kind, Manuscript
from review.report import Severity

MIN_PAPER_WORDS = 1200
MIN_PROPOSAL_WORDS = 500
LEAST_TOLD = 2  # sentences that speak of a part, where no heading names it; one that names it counts double
LEAST_WORDS = 6  # of a sentence

# Part, what its headings say, and what its absence means. Words in the text stand in for a missing heading.
_PAPER_PARTS = (
    (
        "method",
        (
            r"method|approach|model|architecture|algorithm|design|procedure|materials|theory|framework|system"
            r"|implementation|setup"
        ),
        r"\bour (?:method|approach|model|algorithm)\b|\bwe (?:propose|implement|train|measure)\b",
        "how the work was done",
    ),
    (
        "results",
        r"result|experiment|evaluation|finding|analysis|ablation|measurement|case stud|proof|observations",
        r"\bour (?:results|experiments|measurements)\b",
        "what was found",
    ),
    (
        "related work",
        r"related|prior work|previous work|background|literature|state of the art|introduction",
        r"\b(?:prior|previous|related) (?:work|stud)",
        "what was known before",
    ),
    (
        "conclusion",
        r"conclu|discussion|summary|closing|outlook|final remarks|future work",
        r"\b(?:in conclusion|we conclude|in summary)\b",
        "what follows from it",
    ),
)
_PROPOSAL_PARTS = (
    (
        "method",
        r"method|approach|design|procedure|methodology|proposed|research plan|experiment|work plan|study",
        r"\bwe (?:will|propose to|plan to) (?:\w+ )?(?:train|measure|collect|evaluate|compare|run|use|build)\b",
        "how the question will be answered",
    ),
    (
        "plan with milestones",
        r"plan|timeline|schedule|milestone|work ?packages?|phases|roadmap|gantt",
        r"\b(?:month|week|quarter|phase|milestone)s? \d|\bby (?:month|week)\b",
        "what is done when",
    ),
    (
        "risks",
        r"risk|contingenc|challenge|mitigation|threats|failure|fallback",
        r"\b(?:risks?|fall ?back|if (?:this|that|it) fails|mitigat\w+)\b",
        "what may go wrong and what happens then",
    ),
    (
        "limitations",
        r"limit|threats|caveat|scope|not (?:show|cover)",
        r"\b(?:limitations?|limited to|(?:will|does|can) ?not (?:show|cover|tell|generali[sz]e|extend))\b",
        "what the answer will not show",
    ),
    (
        "feasibility",
        r"feasib|resource|budget|preliminary|compute|data|infrastructure|cost|pilot|team",
        r"\b(?:feasib\w+|budget|preliminary (?:results|experiment)|pilot|GPU hours|resources)\b",
        "that it can be done with what is at hand",
    ),
    (
        "evaluation",
        r"evaluat|metric|success|outcome|hypothes|measure|validation|expected|analysis|criteria",
        (
            r"\b(?:we will (?:evaluate|measure)|success criteri\w+|hypothes[ie]s|will be (?:rejected|confirmed"
            r"|measured))\b"
        ),
        "how one will know whether it worked",
    ),
)


def examine(manuscript: Manuscript, kind: Kind) -> Examined:
    """Look for each part by heading first, by its wording second."""
    words = len(manuscript.text.split())
    if words < 80:
        return unclear("There is too little text to tell its parts.")
    drafts = [*_abstract(manuscript), *_length(kind, words)]
    parts = _PAPER_PARTS if kind == "paper" else _PROPOSAL_PARTS
    present = 0
    for name, headings, wording, meaning in parts:
        if has_part(manuscript, headings) or _told(manuscript, name, wording) >= LEAST_TOLD:
            present += 1
        else:
            drafts.append(_absent(kind, name, meaning))
    return Examined(
        examined=len(parts) + 2,
        summary=f"{present} of {len(parts)} expected parts found; {words} words, {len(manuscript.sections)} headings.",
        drafts=tuple(drafts),
    )


def _told(manuscript: Manuscript, name: str, wording: str) -> int:
    """How many sentences of the running text carry the wording: a cell of a table or a reference is none."""
    named = name.split(maxsplit=1)[0].rstrip("s")
    body = manuscript.text[: manuscript.references_start]
    sentences = re.split(r"(?<=[.!?])\s+|\n{2,}", body)
    return sum(
        2 if named in sentence.lower() else 1
        for sentence in sentences
        if len(sentence.split()) >= LEAST_WORDS
        and sentence.rstrip().endswith((".", "!", "?"))
        and re.search(wording, sentence, re.IGNORECASE)
    )


def has_part(manuscript: Manuscript, headings: str) -> bool:
    """Whether some heading matches."""
    return any(re.search(headings, s.title, re.IGNORECASE) for s in manuscript.sections)


def _abstract(manuscript: Manuscript) -> list[Draft]:
    length = len(manuscript.abstract.split())
    if length >= 40:
        return []
    severity: Severity = "major" if length == 0 else "minor"
    said = (
        "has no abstract"
        if length == 0
        else f"has an abstract of {length} words, too short to say what was done and found"
    )
    return [
        Draft(
            claim=f"The work {said}.",
            severity=severity,
            criterion="clarity",
            place="Abstract",
            fix="Write an abstract that states the question, the method, the main result with its number, "
            "and its limits.",
        )
    ]


def _length(kind: Kind, words: int) -> list[Draft]:
    least = MIN_PAPER_WORDS if kind == "paper" else MIN_PROPOSAL_WORDS
    if words >= least:
        return []
    return [
        Draft(
            claim=f"With {words} words the {kind} is too short to be checked: method and evidence cannot be followed.",
            severity="major",
            criterion="clarity",
            fix=f"Describe method, data and results so that a reader can repeat the work; {least} words is a low bar.",
        )
    ]


def _absent(kind: Kind, name: str, meaning: str) -> Draft:
    if kind == "proposal":
        criterion = {"plan with milestones": "plan", "risks": "feasibility", "feasibility": "feasibility"}.get(
            name, "plan"
        )
        severity: Severity = "major"
    else:
        criterion = {"related work": "novelty", "conclusion": "clarity"}.get(name, "soundness")
        severity = "major" if name in ("method", "results") else "minor"
    return Draft(
        claim=f"The {kind} has no part that gives its {name}: a reader does not learn {meaning}.",
        severity=severity,
        criterion=criterion,
        place="whole text",
        fix=f"Add a section on {name} that says {meaning}.",
    )


CHECK = Check(
    id="structure",
    title="The expected parts are there",
    method="Looks for abstract, method, results, earlier work and conclusion (in a proposal: method, plan, "
    "risks, limitations, feasibility, evaluation) by heading and, failing that, by two sentences of typical wording; "
    "counts words.",
    limits="An unusual heading with unusual wording is reported as absent.",
    alarm_rate="none on the development papers; a part is called absent only when heading and wording are "
    "both missing.",
    examine=examine,
)
