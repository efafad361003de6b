"""A scientist as a reviewer: reads works of others over MCP, checks their text, and hands in one review each.

A text that is read over MCP has no tables and no layout, so checks that need them are left out and the review says so.
"""

import asyncio
import re
from collections.abc import Callable, Iterator
from typing import Any

from msgspec import Struct, structs

from agents.context import new_fence
from agents.judges import Budget, Material
from agents.judges.evidence import EvidenceJudge
from agents.scientist.door import Platform, Refused
from review.checks import run_checks
from review.manuscript import Citation, Kind, Manuscript, Reference, Section
from review.report import CheckResult, Report
from review.rubric import load_rubric

CHUNK = 40_000
ROLE = "evidence"
NEEDS_LAYOUT = frozenset(
    ("cross-references", "table-arithmetic", "table-values", "table-claims", "best-values", "citations", "references")
)
DISCLOSURE = (
    "This review was made by a program without a language model: deterministic checks and counted facts of the text as "
    "it is read over MCP, without tables and figures. It cannot judge whether the idea is right or new."
)
_ENTRY = re.compile(r"(?m)^\s*(?P<label>\[\d{1,3}\])\s+\S[^\n]*(?:\n(?!\s*\[\d{1,3}\]\s)[^\n]+)*")
_MARK = re.compile(r"\[(?P<numbers>\d{1,3}(?:\s*[,–-]\s*\d{1,3})*)\]")


class Reviewed(Struct, frozen=True, kw_only=True):
    """One review that was handed in."""

    paper_id: str
    version: int
    title: str
    overall: float
    findings: int
    dropped: int


async def review_all(
    platform: Platform, *, papers: tuple[str, ...] = (), say: Callable[[str], None] = lambda _: None
) -> list[Reviewed]:
    """Review these papers, or all that wait for this reviewer. A refusal for one of them is said and passed over."""
    me = await platform.call("my_work", {})
    if "reviews:write" not in me["scopes"]:
        raise Refused("scope_missing", "This token may not review. Ask its owner for one with reviews:write.")
    waiting = [(item["paper_id"], item["version"]) for item in me.get("to_review", [])] if not papers else []
    named = [(paper, None) for paper in papers]
    done: list[Reviewed] = []
    for paper_id, version in [*waiting, *named]:
        try:
            reviewed = await review_one(platform, paper_id, version)
        except Refused as refusal:
            say(f"{paper_id}: {refusal}")
            continue
        say(f"“{reviewed.title}” v{reviewed.version}: {reviewed.overall:g} of 10, {reviewed.findings} findings")
        done.append(reviewed)
    return done


async def review_one(platform: Platform, paper_id: str, version: int | None) -> Reviewed:
    """Read one version whole and hand in a review; the key belongs to the version, so a repeat is no second review."""
    asked = {"paper_id": paper_id} | ({"version": version} if version else {})
    paper = await platform.call("get_paper", asked)
    manuscript = await manuscript_of(platform, paper)
    kind: Kind = "proposal" if paper["kind"] == "proposal" else "paper"
    report = await report_on(manuscript, kind)
    kept = await platform.call("submit_review", arguments_for(report, paper))
    return Reviewed(
        paper_id=paper["paper_id"],
        version=paper["version"],
        title=paper["title"],
        overall=report.overall,
        findings=len(report.weaknesses),
        dropped=len(kept["dropped"]),
    )


async def manuscript_of(platform: Platform, paper: dict[str, Any]) -> Manuscript:
    """The text of a version, joined from its chunks, with what can be told of its parts."""
    asked: dict[str, Any] = {"paper_id": paper["paper_id"], "version": paper["version"], "max_chars": CHUNK}
    first = chunk = await platform.call("read_paper", asked)
    parts = [chunk["text"]]
    while chunk["next_start"] is not None:
        chunk = await platform.call("read_paper", asked | {"start": chunk["next_start"]})
        parts.append(chunk["text"])
    text = "".join(parts)
    sections = tuple(_sections(text, first.get("outline", [])))
    references = tuple(_references(text, sections))
    return Manuscript(
        source="markdown",
        title=paper["title"],
        abstract=paper["abstract"],
        text=text,
        sections=sections,
        references=references,
        citations=tuple(_citations(text, references)),
    )


async def report_on(manuscript: Manuscript, kind: Kind) -> Report:
    """The report of the judge without a model, from the checks that need nothing but the text."""
    results = await asyncio.to_thread(run_checks, manuscript, kind)
    checks: tuple[CheckResult, ...] = tuple(r for r in results if r.check not in NEEDS_LAYOUT)
    material = Material(
        kind=kind,
        manuscript=manuscript,
        rubric=load_rubric(kind),
        roles=(ROLE,),
        checks=checks,
        fence=new_fence((manuscript.text,)),
        budget=Budget(tokens=0, deadline=0.0),
    )
    return structs.replace(await EvidenceJudge().review(ROLE, material), disclosure=DISCLOSURE)


def arguments_for(report: Report, paper: dict[str, Any]) -> dict[str, Any]:
    """The report as `submit_review` takes it."""
    return {
        "paper_id": paper["paper_id"],
        "version": paper["version"],
        "idempotency_key": f"scientist-review:{paper['paper_id']}:{paper['version']}",
        "summary": report.summary,
        "scores": {score.criterion: score.score for score in report.scores},
        "overall": report.overall,
        "confidence": report.confidence,
        "strengths": list(report.strengths),
        "questions": list(report.questions),
        "requested_changes": list(report.requested_changes),
        "disclosure": report.disclosure,
        "weaknesses": [
            {
                "claim": finding.claim,
                "severity": finding.severity,
                "criterion": finding.criterion,
                "quote": finding.quote,
                "place": finding.place,
                "fix": finding.fix,
            }
            for finding in report.weaknesses
        ],
    }


def _sections(text: str, outline: list[dict[str, Any]]) -> Iterator[Section]:
    starts = [entry["start"] for entry in outline] + [len(text)]
    for entry, end in zip(outline, starts[1:], strict=True):
        found = re.match(r"(?P<number>\d+(?:\.\d+)*|[A-Z](?=\.?\s))?\.?\s*(?P<title>.+)", entry["title"])
        line = text.find("\n", entry["start"])
        yield Section(
            number=(found["number"] or "") if found else "",
            title=found["title"] if found else entry["title"],
            level=1 + ((found["number"] or "").count(".") if found else 0),
            start=entry["start"],
            body=min(end, line + 1 if line >= 0 else end),
            end=end,
        )


def _references(text: str, sections: tuple[Section, ...]) -> Iterator[Reference]:
    part = next((s for s in sections if re.fullmatch(r"references|bibliography", s.title.strip(), re.IGNORECASE)), None)
    if part is None:
        return
    for index, found in enumerate(_ENTRY.finditer(text, part.body, part.end), start=1):
        yield Reference(index=index, raw=found[0].strip(), start=found.start(), end=found.end(), label=found["label"])


def _citations(text: str, references: tuple[Reference, ...]) -> Iterator[Citation]:
    end = references[0].start if references else 0
    by_label = {r.label: r.index for r in references}
    for found in _MARK.finditer(text, 0, end):
        first = re.match(r"\d+", found["numbers"])
        target = by_label.get(f"[{first[0]}]") if first else None
        yield Citation(start=found.start(), end=found.end(), text=found[0], target=target, resolved=target is not None)
