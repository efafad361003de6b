"""What a deterministic check is: a question, how it is answered, how far the answer can be trusted."""

from collections.abc import Callable

from msgspec import Struct

from review.manuscript import Kind, Locator, Manuscript
from review.report import CheckResult, CheckStatus, Finding, Severity

MAX_QUOTE = 320  # characters; longer passages are cut at a word
MAX_FINDINGS = 30  # per check; an author who mends these will find the others

# Criteria of a paper's rubric in the words of a proposal's.
_PROPOSAL_CRITERIA = {"soundness": "feasibility", "reproducibility": "plan"}


class Draft(Struct, frozen=True, kw_only=True):
    """A finding before it has an id: `span` is the passage that shows it, None when something is absent."""

    claim: str
    severity: Severity
    criterion: str  # key of the paper rubric; proposals are translated
    span: tuple[int, int] | None = None
    place: str = ""
    fix: str = ""


class Examined(Struct, frozen=True, kw_only=True):
    """What a check saw. `status` is given only when there was nothing to look at or no way to tell."""

    examined: int
    summary: str
    drafts: tuple[Draft, ...] = ()
    status: CheckStatus | None = None


class Check(Struct, frozen=True, kw_only=True):
    """One deterministic check. `alarm_rate` says what is known about false alarms, measured or by construction."""

    id: str
    title: str
    method: str
    limits: str
    alarm_rate: str
    examine: Callable[[Manuscript, Kind], Examined]

    def run(self, manuscript: Manuscript, kind: Kind) -> CheckResult:
        """The check's outcome with ids and places filled in; the same manuscript gives the same ids."""
        seen = self.examine(manuscript, kind)
        status: CheckStatus = seen.status or ("found" if seen.drafts else "passed")
        drafts = seen.drafts[:MAX_FINDINGS]
        findings = [self._finding(manuscript, kind, n, draft) for n, draft in enumerate(drafts, start=1)]
        return CheckResult(
            check=self.id,
            title=self.title,
            status=status,
            summary=seen.summary,
            findings=tuple(findings),
            examined=seen.examined,
            method=self.method,
            limits=f"{self.limits} Alarm rate: {self.alarm_rate}",
        )

    def _finding(self, manuscript: Manuscript, kind: Kind, number: int, draft: Draft) -> Finding:
        criterion = draft.criterion
        if kind == "proposal":
            criterion = _PROPOSAL_CRITERIA.get(criterion, criterion)
        locator = manuscript.locate(*draft.span) if draft.span else None
        return Finding(
            id=f"{self.id}.{number}",
            claim=draft.claim,
            severity=draft.severity,
            criterion=criterion,
            source=self.id,
            quote=passage(manuscript, *draft.span) if draft.span else "",
            locator=locator,
            place=draft.place or (describe(locator) if locator else "whole paper"),
            fix=draft.fix,
        )


def passage(manuscript: Manuscript, start: int, end: int) -> str:
    """`text[start:end]` on one line, cut at a word when it is long."""
    words = " ".join(manuscript.text[start:end].split())
    if len(words) <= MAX_QUOTE:
        return words
    return words[:MAX_QUOTE].rsplit(" ", 1)[0]


def describe(locator: Locator) -> str:
    """A place in words a person can follow."""
    parts = []
    if locator.section:
        parts.append(f"section “{locator.section}”")
    if locator.page:
        parts.append(f"page {locator.page}")
    return ", ".join(parts) or "text"


def nothing(summary: str) -> Examined:
    """The check has nothing to look at in this manuscript."""
    return Examined(examined=0, summary=summary, status="not_applicable")


def unclear(summary: str, examined: int = 0) -> Examined:
    """The check cannot tell, and says so instead of guessing."""
    return Examined(examined=examined, summary=summary, status="cannot_tell")
