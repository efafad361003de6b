"""Results as text for a terminal."""

import textwrap
from typing import Any

from review.report import Finding, Report, Round

WIDTH = 100
MARKS = {"passed": "ok", "found": "!!", "not_applicable": "--", "cannot_tell": "??"}


def check_text(seen: dict[str, Any]) -> str:
    """One file as ingest, screening and the checks see it."""
    lines = [f"{seen['file']}: {seen['title'] or '(no title)'}"]
    if "error" in seen:
        lines += [
            f"  cannot be read: {seen['error']['message']} [{seen['error']['code']}]",
            f"  {seen['error']['hint']}",
        ]
        return "\n".join(lines)
    lines.append(
        f"  {seen['pages']} pages, {len(seen['sections'])} sections, {len(seen['references'])} references, "
        f"{seen['figures']} figures, {seen['tables']} tables"
    )
    lines += [f"  warning: {warning}" for warning in seen["warnings"]]
    screening = seen["screening"]
    lines.append(f"  screening: {screening['verdict']} (score {screening['score']:.2f}) {screening['reason']}")
    for found in screening["findings"]:
        place = f"page {found['page']}" if found.get("page") else found["carrier"]
        lines.append(_wrapped(f"{place}: {found['reason']} “{found['text'][:160]}”", "    - "))
    for result in seen["checks"]:
        lines.append(f"  {MARKS[result['status']]} {result['title']}: {result['summary']}")
        for finding in result["findings"]:
            lines.append(_wrapped(f"[{finding['severity']}] {finding['claim']}", "       - "))
            if finding.get("quote"):
                lines.append(_wrapped(f"“{finding['quote'][:200]}”", "         "))
    return "\n".join(lines)


def round_text(result: Round) -> str:
    """A whole round: screening, reports, comparison, ballots, recommendation."""
    lines = [f"screening: {result.screening.verdict} {result.screening.reason}".rstrip()]
    for report in result.reports:
        lines += ["", *_report_lines(report)]
    if result.comparison is not None:
        lines += ["", f"compared with the previous version: {result.comparison.verdict}. {result.comparison.summary}"]
        for item in result.comparison.resolutions:
            lines.append(_wrapped(f"{item.resolution}: {item.finding.claim}", "  - "))
    lines.append("")
    for ballot in result.ballots:
        vote = ballot.vote if ballot.valid else "invalid"
        lines.append(_wrapped(f"ballot of {ballot.voter}: {vote}. {ballot.reason}", ""))
    lines += ["", f"recommendation: {result.recommendation.outcome}"]
    lines += [_wrapped(reason, "  ") for reason in result.recommendation.reasons]
    return "\n".join(lines)


def _report_lines(report: Report) -> list[str]:
    lines = [f"report of reviewer '{report.role}' ({report.judge}, {report.model}): overall {report.overall:.1f} of 10"]
    lines.append(_wrapped(report.summary, "  "))
    lines += [f"  {s.criterion}: {s.score:.1f} of 5. {s.reason}" for s in report.scores]
    lines += [_wrapped(strength, "  + ") for strength in report.strengths]
    for weakness in report.weaknesses:
        lines += _finding_lines(weakness)
    lines += [_wrapped(question, "  ? ") for question in report.questions]
    if report.disclosure:
        lines.append(_wrapped(report.disclosure, "  "))
    return lines


def _finding_lines(finding: Finding) -> list[str]:
    place = f" ({finding.place})" if finding.place else ""
    lines = [_wrapped(f"{finding.id} [{finding.severity}] {finding.claim}{place}", "  - ")]
    if finding.quote:
        lines.append(_wrapped(f"“{finding.quote[:240]}”", "      "))
    if finding.fix:
        lines.append(_wrapped(f"To do: {finding.fix}", "      "))
    return lines


def _wrapped(text: str, mark: str) -> str:
    return textwrap.fill(" ".join(text.split()), width=WIDTH, initial_indent=mark, subsequent_indent=" " * len(mark))
