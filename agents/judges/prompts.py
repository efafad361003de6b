"""Prompts put together from files in `agents/prompts`, and their hashes.

All agents of a round get the same first bytes: system text, manuscript, rubric. Only what follows differs, so
that a server with a prefix cache reads the manuscript once. Text of authors goes between fence lines; the fence is
random and occurs in none of it.
"""

import hashlib
from functools import lru_cache
from importlib.resources import files
from string import Template

from agents.judges import Material, Order
from review.manuscript import Manuscript
from review.panel import by_severity
from review.policy import Voter
from review.report import Finding, Report, Specialist
from review.rubric import OVERALL, Rubric

MAX_MANUSCRIPT_CHARS = 240_000  # about 60,000 tokens; what is longer is cut, and the reader is told

ROLE_FILES = ("evidence", "methods", "clarity")


@lru_cache(maxsize=64)
def prompt_text(name: str) -> str:
    """A prompt file as it is."""
    return (files("agents") / "prompts" / f"{name}.md").read_text(encoding="utf-8")


def prompt_hash(*names: str) -> str:
    """SHA-256 over the files a question was made of, in order."""
    digest = hashlib.sha256()
    for name in names:
        digest.update(prompt_text(name).encode("utf-8") + b"\0")
    return digest.hexdigest()


def review_files(role: str, *, made_by_chair: bool = False) -> tuple[str, ...]:
    """The files of a reviewer's prompt."""
    kind = "specialist" if made_by_chair else role if role in ROLE_FILES else "other"
    return ("system", "manuscript", "evidence", "review", f"role_{kind}")


CHAIR_FILES = ("system", "manuscript", "chair")
META_FILES = ("system", "manuscript", "meta")
ADJUDICATE_FILES = ("system", "manuscript", "adjudicate")

VOTE_FILES = ("system", "manuscript", "vote")


def system_prompt(material: Material) -> str:
    """The rules, with the round's fence."""
    return _fill("system", fence=material.fence)


def chair_prompt(material: Material) -> str:
    """Manuscript first, then the task of making a panel for it."""
    return f"{shared_prefix(material)}\n{_fill('chair')}"


def review_prompt(role: str, material: Material) -> str:
    """Manuscript first, then what the checks found, then what this role should do with it."""
    specialist = next((s for s in material.specialists if s.role == role), None)
    lens = _seat(specialist, material) if specialist else prompt_text(review_files(role)[-1]).strip()
    return f"{shared_prefix(material)}\n{_evidence(material)}\n{_fill('review', role=role, lens=lens)}"


def meta_prompt(material: Material) -> str:
    """Manuscript first, then the reports and the task of putting them together."""
    reports = _data("\n\n".join(_report(r) for r in material.reports), material.fence)
    return f"{shared_prefix(material)}\n{_fill('meta', fence=material.fence, reports=reports)}"


def adjudicate_prompt(material: Material, cause: str) -> str:
    """Manuscript first, then reports and ballots, and what makes the round contested."""
    ballots = [f"Voter '{b.voter}' votes {b.vote}: {b.reason}" for b in material.ballots if b.valid]
    told = "\n\n".join([*(_report(r) for r in material.reports), *ballots])
    task = _fill("adjudicate", fence=material.fence, reports=_data(told, material.fence), cause=cause)
    return f"{shared_prefix(material)}\n{task}"


def vote_prompt(voter: Voter, material: Material) -> str:
    """Manuscript first, then the reports and the voter's lens."""
    reports = "\n\n".join(_report(r) for r in material.reports)
    if material.comparison:
        reports += f"\n\nComparison with the previous version: {material.comparison.summary}"
    task = _fill(
        "vote",
        fence=material.fence,
        reports=_data(reports, material.fence),
        voter=voter.name,
        lens=_lens(voter, material.rubric),
    )
    return f"{shared_prefix(material)}\n{task}"


def compare_prompt(material: Material, *, order: Order, letter: bool) -> str:
    """Both versions in the given order; the letter, when shown, comes after them."""
    if material.previous is None:
        raise ValueError("a comparison needs a previous version")
    old, new = material.previous.manuscript, material.manuscript
    first, second = (old, new) if order == "old_first" else (new, old)
    fence = material.fence
    shown = ""
    if letter and material.response:
        answers = [f"[{finding}] {answer}" for finding, answer in material.response.answers.items()]
        text = "\n\n".join(t for t in (material.response.text, *answers) if t)
        shown = _fill("letter", fence=fence, letter=_data(text or "(empty)", fence))
    return _fill(
        "compare",
        fence=fence,
        kind=material.kind,
        first=_data(_cut(first), fence),
        second=_data(_cut(second), fence),
        findings=_data(_findings(material.previous.findings), fence),
        letter=shown,
        criteria=", ".join(c.title.lower() for c in material.rubric.criteria),
    )


def shared_prefix(material: Material) -> str:
    """What every reviewer and voter of a round reads first, the same byte for byte."""
    return _fill(
        "manuscript",
        fence=material.fence,
        kind=material.kind,
        text=_data(_cut(material.manuscript), material.fence),
        rubric="\n".join(f"- `{c.key}` ({c.title}): {c.asks}" for c in material.rubric.criteria),
    )


def _evidence(material: Material) -> str:
    checks = [f"{c.title}: {c.status}. {c.summary}\n{_findings(c.findings)}".strip() for c in material.checks]
    related = [f"- {w.title} ({w.year or 'year unknown'}), {w.ref}" for w in material.related]
    return _fill(
        "evidence",
        fence=material.fence,
        evidence=_data("\n\n".join(checks) or "Nothing.", material.fence),
        related=_data("\n".join(related) or "None was found.", material.fence),
    )


def _fill(name: str, **values: str) -> str:
    return Template(prompt_text(name)).substitute(values)


def _data(text: str, fence: str) -> str:
    """Untrusted text that cannot close its fence: a model that saw the fence may have written it into a report."""
    return text.replace(fence, "")


def _cut(manuscript: Manuscript) -> str:
    text = manuscript.text
    if len(text) <= MAX_MANUSCRIPT_CHARS:
        return text
    left_out = len(text) - MAX_MANUSCRIPT_CHARS
    return f"{text[:MAX_MANUSCRIPT_CHARS]}\n[The platform cut the text here; {left_out} characters follow.]"


def _findings(findings: tuple[Finding, ...]) -> str:
    lines = []
    for finding in by_severity(findings):
        where = f" ({finding.place})" if finding.place else ""
        quote = f" Quote: “{finding.quote}”" if finding.quote else ""
        lines.append(f"- [{finding.id}] {finding.severity}: {finding.claim}{where}{quote}")
    return "\n".join(lines)


def _report(report: Report) -> str:
    scores = ", ".join(f"{s.criterion} {s.score:g}/5" for s in report.scores)
    lines = [
        f"Reviewer '{report.role}': overall {report.overall:g}/10, confidence {report.confidence:g}/5; {scores}.",
        report.summary,
        *(f"+ {s}" for s in report.strengths),
        _findings(report.weaknesses),
        *(f"? {q}" for q in report.questions),
    ]
    return "\n".join(line for line in lines if line)


def _seat(specialist: Specialist, material: Material) -> str:
    """The chair has read the manuscript, so what it wrote is data like the manuscript."""
    return _fill(
        "role_specialist",
        fence=material.fence,
        title=_data(_line(specialist.title), material.fence),
        focus=_data(_line(specialist.focus), material.fence),
        criteria=", ".join(f"`{key}`" for key in specialist.criteria),
    ).strip()


def _line(text: str) -> str:
    return " ".join(text.split())


def _lens(voter: Voter, rubric: Rubric) -> str:
    key = rubric.lens(voter.lens)
    if key == OVERALL:
        return "You weigh all criteria alike."
    criterion = rubric.criterion(key)
    return f"You give double weight to {criterion.title.lower()}: {criterion.asks}"
