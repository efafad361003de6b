"""Deterministic checks of a manuscript. Each says what it looked at, how, and how far it can be trusted."""

from review.checks import (
    abstract_numbers,
    availability,
    best_values,
    changes,
    citations,
    claims,
    counts,
    cross_references,
    framing_numbers,
    grim,
    grimmer,
    intervals,
    numbering,
    overlap,
    p_reporting,
    p_values,
    phrases,
    reference_entries,
    registrations,
    reproducibility,
    retractions,
    sample_size,
    settings,
    statements,
    structure,
    table_arithmetic,
    table_changes,
    table_claims,
    table_repeats,
    table_values,
    unfinished,
)
from review.checks.base import Check
from review.manuscript import Kind, Manuscript
from review.references.listing import ground
from review.report import CheckResult, Grounding

__all__ = ["CHECKS", "Check", "checks_over", "run_checks"]

OF_THE_TEXT: tuple[Check, ...] = (
    structure.CHECK,
    statements.CHECK,
    abstract_numbers.CHECK,
    framing_numbers.CHECK,
    changes.CHECK,
    table_claims.CHECK,
    table_values.CHECK,
    table_changes.CHECK,
    table_repeats.CHECK,
    best_values.CHECK,
    table_arithmetic.CHECK,
    counts.CHECK,
    sample_size.CHECK,
    p_values.CHECK,
    intervals.CHECK,
    grim.CHECK,
    grimmer.CHECK,
    p_reporting.CHECK,
    claims.CHECK,
    reproducibility.CHECK,
    settings.CHECK,
    availability.CHECK,
    registrations.CHECK,
    citations.CHECK,
    cross_references.CHECK,
    numbering.CHECK,
    unfinished.CHECK,
    phrases.CHECK,
)


def checks_over(grounding: Grounding | None) -> tuple[Check, ...]:
    """Every check, those that need other works over what was found of them."""
    return (*OF_THE_TEXT, *(make(grounding) for make in (reference_entries.check, retractions.check, overlap.check)))


CHECKS = checks_over(None)


def run_checks(manuscript: Manuscript, kind: Kind, grounding: Grounding | None = None) -> tuple[CheckResult, ...]:
    """Every check's result, in a fixed order; the same input gives the same results. Without `grounding` the
    references are judged by what comes with the code."""
    over = checks_over(grounding or ground(manuscript))
    return tuple(check.run(manuscript, kind) for check in over)
