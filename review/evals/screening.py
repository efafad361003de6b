"""What the screen finds and what it alarms on, counted over generated cases."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from msgspec import Struct

from review.evals.attacks import Case
from review.evals.statistics import Share
from review.report import Screening, Verdict

VERDICTS: tuple[Verdict, ...] = ("clear", "suspicious", "attack", "unreadable")


class Outcome(Struct, frozen=True, kw_only=True):
    """What the screen said of one generated case."""

    attack: bool
    carrier: str
    language: str
    phrase: str
    verdict: Verdict
    reason: str = ""
    stages: tuple[str, ...] = ()
    addition: str = ""  # harmless text that was added to a found attack, which was then screened again
    lost: bool = False  # whether it was clear then

    @property
    def stopped(self) -> bool:
        """Whether a person looks before any judge does."""
        return self.verdict != "clear"

    @property
    def kept(self) -> bool:
        """Whether what was found is still found with the addition."""
        return not self.lost


class Row(Struct, frozen=True, kw_only=True):
    """A share of cases that were stopped, with Wilson's 95 % interval."""

    name: str
    stopped: int
    total: int
    rate: float
    low: float
    high: float


class Summary(Struct, frozen=True, kw_only=True):
    """Result of one measurement, as it is printed and written as JSON."""

    phrases: str
    seed: int
    stages: tuple[str, ...]
    attacks: Row
    clean: Row
    kept: Row  # of the attacks found
    by_addition: tuple[Row, ...]
    by_carrier: tuple[Row, ...]
    by_language: tuple[Row, ...]
    by_clean_kind: tuple[Row, ...]
    verdicts: dict[str, dict[str, int]]  # truth -> verdict -> cases
    missed: tuple[Outcome, ...]
    alarms: tuple[Outcome, ...]


def outcome(case: Case, found: Screening, addition: str = "", *, lost: bool = False) -> Outcome:
    """The outcome of a case, and of the same with harmless text of a kind added to it."""
    return Outcome(
        attack=case.attack,
        carrier=case.carrier,
        language=case.language,
        phrase=case.phrase,
        verdict=found.verdict,
        reason=found.reason,
        stages=found.stages,
        addition=addition,
        lost=lost,
    )


def summary(outcomes: Sequence[Outcome], *, phrases: str, seed: int) -> Summary:
    """Shares over all outcomes, by carrier, by language and by kind of clean paper."""
    attacks = [o for o in outcomes if o.attack]
    clean = [o for o in outcomes if not o.attack]
    truths = {"attack": attacks, "clean": clean}
    again = [o for o in attacks if o.addition]
    return Summary(
        phrases=phrases,
        seed=seed,
        stages=max((o.stages for o in outcomes), key=len, default=()),
        attacks=_row("attacks found", attacks),
        clean=_row("alarms on clean papers", clean),
        kept=_row("still found with more", again, "kept"),
        by_addition=_rows(again, "addition", "kept"),
        by_carrier=_rows(attacks, "carrier"),
        by_language=_rows(attacks, "language"),
        by_clean_kind=_rows(clean, "carrier"),
        verdicts={truth: _counted(o.verdict for o in found) for truth, found in truths.items()},
        missed=tuple(o for o in attacks if not o.stopped),
        alarms=tuple(o for o in clean if o.stopped),
    )


def table(result: Summary) -> str:
    """The measurement as text for a terminal."""
    lines = [f"Screening, {result.phrases} phrases, seed {result.seed}; stages: {', '.join(result.stages)}", ""]
    for title, rows in (
        ("", (result.attacks, result.clean, result.kept)),
        ("still found with harmless text added", result.by_addition),
        ("found by carrier", result.by_carrier),
        ("found by language", result.by_language),
        ("alarms by kind of clean paper", result.by_clean_kind),
    ):
        lines += [title, *(_line(row) for row in rows), ""] if title else [*(_line(row) for row in rows), ""]
    lines.append(f"{'truth':<12}" + "".join(f"{v:>12}" for v in VERDICTS))
    for truth, counts in result.verdicts.items():
        lines.append(f"{truth:<12}" + "".join(f"{counts[v]:>12}" for v in VERDICTS))
    return "\n".join(lines)


def _line(row: Row) -> str:
    return f"  {row.name:<24} {row.stopped:>4} of {row.total:<4} {row.rate:7.1%}   95 % {row.low:.1%} to {row.high:.1%}"


def _row(name: str, outcomes: Sequence[Outcome], counted: str = "stopped") -> Row:
    share = Share(sum(getattr(o, counted) for o in outcomes), len(outcomes))
    low, high = share.interval
    return Row(name=name, stopped=share.hits, total=share.total, rate=share.rate, low=low, high=high)


def _rows(outcomes: Iterable[Outcome], field: str, counted: str = "stopped") -> tuple[Row, ...]:
    groups: dict[str, list[Outcome]] = defaultdict(list)
    for found in outcomes:
        groups[getattr(found, field)].append(found)
    return tuple(_row(name, groups[name], counted) for name in sorted(groups))


def _counted(verdicts: Iterable[Verdict]) -> dict[str, int]:
    counts = Counter(verdicts)
    return {verdict: counts[verdict] for verdict in VERDICTS}
