"""Deterministic checks of a manuscript. Each says what it looked at, how, and how far it can be trusted."""

from review.checks import (
    abstract_numbers,
    availability,
    changes,
    citations,
    claims,
    counts,
    cross_references,
    grim,
    intervals,
    p_reporting,
    p_values,
    phrases,
    reference_entries,
    registrations,
    reproducibility,
    statements,
    structure,
    table_arithmetic,
    table_claims,
    unfinished,
)
from review.checks.base import Check
from review.manuscript import Kind, Manuscript
from review.report import CheckResult

__all__ = ["CHECKS", "Check", "run_checks"]

CHECKS: tuple[Check, ...] = (
    structure.CHECK,
    statements.CHECK,
    abstract_numbers.CHECK,
    changes.CHECK,
    table_claims.CHECK,
    table_arithmetic.CHECK,
    counts.CHECK,
    p_values.CHECK,
    intervals.CHECK,
    grim.CHECK,
    p_reporting.CHECK,
    claims.CHECK,
    reproducibility.CHECK,
    availability.CHECK,
    registrations.CHECK,
    citations.CHECK,
    reference_entries.CHECK,
    cross_references.CHECK,
    unfinished.CHECK,
    phrases.CHECK,
)


def run_checks(manuscript: Manuscript, kind: Kind) -> tuple[CheckResult, ...]:
    """Every check's result, in a fixed order; the same manuscript gives the same results."""
    return tuple(check.run(manuscript, kind) for check in CHECKS)
