"""What a work is judged by: criteria as data, with a hash that every report carries.

A rubric is a file in `review/rubrics/`, one per kind of work. Two reports may be compared only when their rubric
hashes are equal.
"""

import hashlib
import tomllib
from importlib.resources import files

import msgspec
from msgspec import Struct

from review.manuscript import Kind

OVERALL = "overall"


class Criterion(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One question of the rubric, scored 1 (poor) to 5 (excellent)."""

    key: str
    title: str
    asks: str  # the question a reviewer answers
    role: str  # the reviewer whose lens this is, when the panel has one
    weight: float  # share in the overall score, relative to the others
    aliases: tuple[str, ...] = ()  # other names checks and models use for it


class Rubric(Struct, frozen=True, kw_only=True):
    """The criteria of one kind of work. `hash` is the SHA-256 of the file they were read from."""

    name: str
    title: str
    criteria: tuple[Criterion, ...]
    hash: str

    @property
    def keys(self) -> tuple[str, ...]:
        """Criterion keys in the order of the file."""
        return tuple(c.key for c in self.criteria)

    def criterion(self, key: str) -> Criterion:
        """The criterion a key or an alias means; an unknown word belongs to the first criterion."""
        for criterion in self.criteria:
            if criterion.key == key:
                return criterion
        for criterion in self.criteria:
            if key in criterion.aliases:
                return criterion
        return self.criteria[0]

    def lens(self, key: str) -> str:
        """The criterion a voter weighs double: a word this rubric does not know means the whole work."""
        known = any(key == c.key or key in c.aliases for c in self.criteria)
        return self.criterion(key).key if known else OVERALL

    def assign(self, roles: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
        """Who reports on which criteria. Every criterion has exactly one reporter, so no finding is told twice.

        A criterion whose own role is not on the panel goes to the first role; a panel of one reports on all.
        """
        reporters = {c.key: c.role if c.role in roles else roles[0] for c in self.criteria}
        return {role: tuple(key for key, who in reporters.items() if who == role) for role in roles}


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    title: str
    criteria: tuple[Criterion, ...]


def load_rubric(kind: Kind) -> Rubric:
    """Read the rubric of a kind of work; a bad file raises `msgspec.ValidationError`."""
    raw = (files("review") / "rubrics" / f"{kind}.toml").read_bytes()
    content = msgspec.convert(tomllib.loads(raw.decode("utf-8")), _File)
    return Rubric(
        name=content.name,
        title=content.title,
        criteria=content.criteria,
        hash=hashlib.sha256(raw).hexdigest(),
    )
