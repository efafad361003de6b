"""What an author has on the desk while revising: the sources, what the reviewers ask, what is known, what was done."""

import re
from dataclasses import dataclass, field
from typing import Any

import msgspec
from msgspec import Struct

from agents.scientist.sources import Place, Sources


class Asked(Struct, frozen=True, kw_only=True):
    """One finding of a review, as MCP shows it."""

    finding_id: str
    claim: str
    severity: str = "note"
    criterion: str = ""
    quote: str = ""
    place: str = ""
    fix: str = ""

    @property
    def check(self) -> str:
        """Who found it: the part of the id before its number."""
        return self.finding_id.rpartition(".")[0]


class Answer(Struct, frozen=True, kw_only=True):
    """What the author says to one finding. Not resolved means: the letter says so."""

    text: str
    resolved: bool


@dataclass
class Desk:
    """A revision in the making. Rules change `sources` and leave a note of each change under its topic."""

    sources: Sources
    kind: str
    facts: dict[str, str] = field(default_factory=dict)  # topic -> what the author can truthfully add
    authors: list[dict[str, Any]] = field(default_factory=list)
    notes: dict[str, list[str]] = field(default_factory=dict)
    planned: bool = False  # the text is this author's own plan, so its numbers are decisions and may be new

    def note(self, topic: str, text: str) -> None:
        """Remember a change, once."""
        kept = self.notes.setdefault(topic, [])
        if text not in kept:
            kept.append(text)

    def done(self, topic: str) -> str:
        """What was changed about a topic, in one line."""
        return " ".join(self.notes.get(topic, []))

    def abstract(self) -> Place | None:
        """The abstract in the sources."""
        return abstract_of(self.sources)


def abstract_of(sources: Sources) -> Place | None:
    """Where the abstract stands: an environment, a file that it takes in, or what is under a heading."""
    for name in sources.in_order:
        text = sources.files[name]
        if sources.format == "latex":
            found = re.search(r"\\begin\{abstract\}(.*?)\\end\{abstract\}", text, re.DOTALL)
            if found is None:
                continue
            taken = re.fullmatch(r"\s*\\input\{([^}]+)\}\s*", found[1])
            if taken:
                inner = taken[1] if taken[1] in sources.files else f"{taken[1]}.tex"
                return Place(inner, 0, len(sources.files.get(inner, "")))
            return Place(name, *found.span(1))
        found = re.search(r"(?ims)^#+\s*(?:\d+\.?\s*)?abstract\s*$\n(.*?)(?=^#|\Z|^Keywords:)", text)
        if found:
            return Place(name, *found.span(1))
    return None


def findings_from(reports: list[dict[str, Any]]) -> list[Asked]:
    """Every finding of the reports, each id once, in their order."""
    found: dict[str, Asked] = {}
    for report in reports:
        for finding in report.get("findings", []):
            asked = msgspec.convert(finding, Asked)
            found.setdefault(asked.finding_id, asked)
    return list(found.values())
