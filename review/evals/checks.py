"""How many planted errors the deterministic checks find, and how often they alarm on clean papers."""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from review.evals.statistics import Rate, rate
from review.report import CheckResult

WORDS_A_PAGE = 500


class Checked(Struct, frozen=True, kw_only=True):
    """One paper of a set: the checks that should fire (none for a clean one) and what all checks said."""

    file: str
    planted: tuple[str, ...]
    words: int
    results: tuple[CheckResult, ...]

    @property
    def fired(self) -> frozenset[str]:
        """Checks that found something."""
        return frozenset(r.check for r in self.results if r.findings)


class Alarm(Struct, frozen=True, kw_only=True):
    """One finding on a clean paper."""

    file: str
    check: str
    severity: str
    claim: str


class ChecksResult(Struct, frozen=True, kw_only=True):
    """Planted errors found, in all and by check; findings on clean papers, in all and without notes."""

    papers: int
    clean: int
    recall: Rate
    by_check: dict[str, Rate]
    kinds_found: Rate  # kinds of which every planted error was found
    alarms_per_paper: float
    alarms_per_ten_pages: float
    noted_per_paper: float  # findings of severity note, which ask for nothing
    alarms: tuple[Alarm, ...]
    missed: tuple[str, ...]


def measure(papers: Iterable[Checked]) -> ChecksResult:
    """Recall over papers with planted errors, alarms over the clean ones."""
    cases = tuple(papers)
    expected = [(case, check) for case in cases for check in case.planted]
    found = [(case, check) for case, check in expected if check in case.fired]
    checks = sorted({check for _, check in expected})
    by_check = {c: rate(sum(k == c for _, k in found), sum(k == c for _, k in expected)) for c in checks}
    clean = [case for case in cases if not case.planted]
    every = [alarm for case in clean for alarm in _alarms(case)]
    alarms = [a for a in every if a.severity != "note"]
    pages = sum(case.words for case in clean) / WORDS_A_PAGE
    return ChecksResult(
        papers=len(cases),
        clean=len(clean),
        recall=rate(len(found), len(expected)),
        by_check=by_check,
        kinds_found=rate(sum(r.hits == r.total for r in by_check.values()), len(by_check)),
        alarms_per_paper=_per(len(alarms), len(clean)),
        alarms_per_ten_pages=_per(10 * len(alarms), pages),
        noted_per_paper=_per(len(every) - len(alarms), len(clean)),
        alarms=tuple(alarms),
        missed=tuple(f"{case.file}: {check}" for case, check in expected if check not in case.fired),
    )


def _alarms(case: Checked) -> Sequence[Alarm]:
    return [
        Alarm(file=case.file, check=r.check, severity=f.severity, claim=f.claim)
        for r in case.results
        for f in r.findings
    ]


def _per(count: float, of: float) -> float:
    return round(count / of, 3) if of else 0.0


def table(result: ChecksResult) -> str:
    """The result as lines for a terminal."""
    return "\n".join(
        [
            f"{result.papers} papers, {result.clean} of them clean",
            "",
            f"{'planted errors found':<28}{result.recall}",
            *(f"{'  ' + check:<28}{share}" for check, share in result.by_check.items()),
            f"{'kinds found entirely':<28}{result.kinds_found}",
            "",
            f"{'alarms per clean paper':<28}{result.alarms_per_paper:>8.3f}",
            f"{'alarms per ten clean pages':<28}{result.alarms_per_ten_pages:>8.3f}",
            f"{'notes per clean paper':<28}{result.noted_per_paper:>8.3f}",
            *(f"  alarm: {a.file}: {a.check} ({a.severity}): {a.claim}" for a in result.alarms),
            *(f"  missed: {line}" for line in result.missed),
        ]
    )
