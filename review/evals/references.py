"""How well entries of a bibliography are judged: detection and false alarm on a file of labelled entries.

The file is JSONL in HALLMARK's form: `fields`, `bibtex_type`, `label` VALID or HALLUCINATED, `hallucination_type`.
"""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Literal

import msgspec
from msgspec import Struct

from review.evals.statistics import Rate, rate
from review.references import Index, ReferenceVerdict, entry_from_bibtex, examine

Half = Literal["all", "tuning", "held-back"]


class Labelled(Struct, kw_only=True):
    """One line of the file; other fields are ignored."""

    fields: dict[str, Any]
    label: Literal["VALID", "HALLUCINATED"]
    bibtex_key: str = ""
    bibtex_type: str = ""
    hallucination_type: str | None = None


class Judged(Struct, frozen=True, kw_only=True):
    """One labelled entry and what was said of it."""

    key: str
    type: str  # kind of fabrication, or "real"
    verdict: ReferenceVerdict

    @property
    def real(self) -> bool:
        """Whether the entry is labelled as right."""
        return self.type == "real"


class ReferencesResult(Struct, frozen=True, kw_only=True):
    """Shares with their counts: of fabricated entries flagged, of real ones flagged, and of each kind and reason."""

    half: Half
    detection: Rate
    false_alarm: Rate
    precision: Rate
    f1: float
    by_type: dict[str, Rate]
    by_reason: dict[str, Rate]  # of the entries a reason was given for, how many are fabricated
    verdicts: dict[str, int]


def read_labelled(lines: Iterable[bytes | str], half: Half = "all") -> Iterator[Labelled]:
    """Entries of a file, or of one half of it. The half is chosen by a hash of the key, so it never moves."""
    for line in lines:
        if line.strip():
            entry = msgspec.json.decode(line, type=Labelled)
            if half == "all" or half == half_of(entry.bibtex_key):
                yield entry


def half_of(key: str) -> Half:
    """Which half an entry belongs to."""
    return "held-back" if hashlib.sha256(key.encode()).digest()[0] % 2 else "tuning"


def judge(labelled: Labelled, *, now: datetime, index: Index | None = None) -> Judged:
    """Judge one labelled entry."""
    fields = {name: str(value) for name, value in labelled.fields.items() if value is not None}
    return Judged(
        key=labelled.bibtex_key,
        type="real" if labelled.label == "VALID" else labelled.hallucination_type or "fabricated",
        verdict=examine(entry_from_bibtex(fields, labelled.bibtex_type), index=index, now=now),
    )


def measure(judged: Iterable[Judged], half: Half = "all") -> ReferencesResult:
    """Shares over judged entries."""
    cases = tuple(judged)
    real, false = [c for c in cases if c.real], [c for c in cases if not c.real]
    alarms, found = sum(c.verdict.flagged for c in real), sum(c.verdict.flagged for c in false)
    types = sorted({c.type for c in false})
    codes = sorted({r.code for c in cases for r in c.verdict.reasons})
    return ReferencesResult(
        half=half,
        detection=rate(found, len(false)),
        false_alarm=rate(alarms, len(real)),
        precision=rate(found, found + alarms),
        f1=round(2 * found / (found + alarms + len(false)), 4) if false else 0.0,
        by_type={t: _flagged([c for c in false if c.type == t]) for t in types},
        by_reason={
            code: _fabricated([c for c in cases if code in {r.code for r in c.verdict.reasons}]) for code in codes
        },
        verdicts={v: sum(c.verdict.verdict == v for c in cases) for v in sorted({c.verdict.verdict for c in cases})},
    )


def _flagged(cases: list[Judged]) -> Rate:
    return rate(sum(c.verdict.flagged for c in cases), len(cases))


def _fabricated(cases: list[Judged]) -> Rate:
    return rate(sum(not c.real for c in cases), len(cases))


def table(result: ReferencesResult) -> str:
    """The result as lines for a terminal."""
    lines = [
        f"entries: {result.detection.total} fabricated, {result.false_alarm.total} real ({result.half})",
        "",
        _line("detection", result.detection),
        _line("false alarm", result.false_alarm),
        _line("precision", result.precision),
        f"{'F1':<28}{result.f1:>8.3f}",
        "",
        "found, by kind of fabrication",
        *(_line(f"  {kind}", share) for kind, share in result.by_type.items()),
        "",
        "fabricated among the entries a reason was given for",
        *(_line(f"  {code}", share) for code, share in result.by_reason.items()),
    ]
    return "\n".join(lines)


def _line(name: str, share: Rate) -> str:
    return f"{name:<28}{share}"
