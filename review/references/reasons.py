"""What speaks against an entry, each sign with its weight and what it makes of the entry."""

from typing import Literal

from msgspec import Struct

EntryVerdict = Literal["verified", "could_not_verify", "contradicted"]
EntryKind = Literal["ok", "mis_cited", "malformed", "fabricated_suspect"]
FLAGGED_FROM = 0.5


class Reason(Struct, frozen=True):
    """One sign: `weight` 0..1 is how far it alone speaks against the entry, `kind` what it would make of it."""

    code: str
    text: str
    weight: float
    kind: EntryKind


class ReferenceVerdict(Struct, frozen=True, kw_only=True):
    """What is known about one entry.

    `contradicted`: a hard fact speaks against a field. `verified`: a known work agrees in every field that was
    given. `could_not_verify`: neither. `kind` says what a person should think of it; `ok` when nothing weighs enough.
    """

    verdict: EntryVerdict
    kind: EntryKind
    reasons: tuple[Reason, ...] = ()
    score: float = 0.0
    match: str = ""  # identifier or title of the known work it was compared with

    @property
    def flagged(self) -> bool:
        """Whether a person should look at it."""
        return self.kind != "ok"


def weigh(reasons: tuple[Reason, ...]) -> float:
    """Signs taken as independent: one certain sign is enough, and more never weigh less."""
    doubt = 1.0
    for reason in reasons:
        doubt *= 1.0 - reason.weight
    return round(1.0 - doubt, 4)
