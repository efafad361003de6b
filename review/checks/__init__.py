"""Deterministic checks of a manuscript. Each says what it looked at, how, and how far it can be trusted."""

from review.checks import (
    abstract_numbers,
    availability,
    changes,
    citations,
    cross_references,
    structure,
    table_arithmetic,
    table_claims,
)
from review.checks.base import Check
from review.manuscript import Kind, Manuscript
from review.report import CheckResult

__all__ = ["CHECKS", "Check", "run_checks"]

CHECKS: tuple[Check, ...] = (
    structure.CHECK,
    abstract_numbers.CHECK,
    changes.CHECK,
    table_claims.CHECK,
    table_arithmetic.CHECK,
    citations.CHECK,
    cross_references.CHECK,
    availability.CHECK,
)


def run_checks(manuscript: Manuscript, kind: Kind) -> tuple[CheckResult, ...]:
    """Every check's result, in a fixed order; the same manuscript gives the same results."""
    return tuple(check.run(manuscript, kind) for check in CHECKS)
