"""What the judge without a model reads in a work, once per work: its facts and what the checks find."""

from functools import lru_cache

from msgspec import Struct

from review.checks import run_checks
from review.checks.facts import Facts, facts
from review.manuscript import Kind, Manuscript
from review.report import Finding

WORKS_KEPT = 8  # a round asks a dozen questions about two texts


class Reading(Struct, frozen=True, kw_only=True):
    """Facts and findings of one text."""

    facts: Facts
    findings: tuple[Finding, ...]


@lru_cache(maxsize=WORKS_KEPT)
def count(manuscript: Manuscript, kind: Kind) -> Facts:
    """The facts of a text."""
    return facts(manuscript, kind)


@lru_cache(maxsize=WORKS_KEPT)
def read_work(manuscript: Manuscript, kind: Kind) -> Reading:
    """Facts and findings of a text."""
    findings = tuple(f for result in run_checks(manuscript, kind) for f in result.findings)
    return Reading(facts=count(manuscript, kind), findings=findings)
