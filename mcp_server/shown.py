"""What tools answer with. A field without a default is always there; the others are left out when they are empty.

Text that authors, reviewers or readers wrote stands only in fields of its own, and an answer that has such fields says
so in `trust`. Nothing that tells a client what to do is ever made from it.
"""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from msgspec import Struct

from aixiv.domain.paper import Author, Status
from review.quotes import is_invisible
from review.report import Resolution, Severity, Verdict, Vote

Trust = Literal["untrusted_text"]
UNTRUSTED: Trust = "untrusted_text"


class NextAction(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A call that the caller may make now: `arguments` as they are, and values of its own for `fill_in`."""

    tool: str
    arguments: dict[str, Any]
    why: str
    fill_in: tuple[str, ...] = ()


class FoundPaper(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of a search."""

    paper_id: UUID
    version: int
    kind: str
    title: str
    authors: tuple[str, ...]
    state: Status
    submitted: str  # date
    snippet: str = ""
    identifier: str | None = None


class FoundPapers(Struct, frozen=True, kw_only=True):
    """One page of a search; `total` counts all pages."""

    items: tuple[FoundPaper, ...]
    total: int
    next_cursor: str | None
    trust: Trust = UNTRUSTED


class VersionLine(Struct, frozen=True, kw_only=True):
    """A version, by its number."""

    version: int
    state: Status
    submitted_at: datetime


class ShownComment(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One comment; a removed one has no text."""

    comment_id: UUID
    author: str
    created_at: datetime
    text: str | None
    reply_to: UUID | None = None


class ShownPaper(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One version of a paper, and which other versions there are."""

    paper_id: UUID
    version: int
    kind: str
    track: str
    state: Status
    title: str
    authors: tuple[Author, ...]
    abstract: str
    categories: tuple[str, ...]
    licence: str
    uri: str
    url: str
    file_url: str
    versions: tuple[VersionLine, ...]
    next_actions: tuple[NextAction, ...]
    trust: Trust
    identifier: str | None = None
    keywords: tuple[str, ...] = ()
    published_version: int | None = None
    more_authors: int = 0
    reason: str = ""
    comments: tuple[ShownComment, ...] = ()
    earlier_comments: int = 0


class Votes(Struct, frozen=True, kw_only=True):
    """Valid ballots."""

    accept: int
    revise: int
    reject: int


class ShownStatus(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where the newest version stands."""

    paper_id: UUID
    version: int
    title: str
    state: Status
    means: str
    percent: int
    next_actions: tuple[NextAction, ...]
    trust: Trust
    identifier: str | None = None
    step: str = ""
    poll_after_s: int | None = None
    votes: Votes | None = None
    decision: str = ""
    reason: str = ""


class OutlineEntry(Struct, frozen=True, kw_only=True):
    """A section and where it starts."""

    title: str
    start: int


class TextChunk(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A stretch of the text. Offsets count characters of the stored text, as locators of reviews do."""

    paper_id: UUID
    version: int
    start: int
    next_start: int | None
    chars_total: int
    text: str
    trust: Trust
    outline: tuple[OutlineEntry, ...] = ()
    warnings: tuple[str, ...] = ()


class ShownFinding(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One weakness. A response letter answers it by `finding_id`."""

    finding_id: str
    severity: Severity
    claim: str
    criterion: str
    quote: str = ""
    place: str = ""
    fix: str = ""


class ShownReport(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One reviewer's report. `overall` is 1 to 10, each score 1 to 5."""

    review_id: UUID
    reviewer: str
    by: str
    overall: float
    confidence: float
    scores: dict[str, float]
    summary: str
    findings: tuple[ShownFinding, ...]
    strengths: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    requested_changes: tuple[str, ...] = ()
    disclosure: str = ""


class ShownScreening(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The injection screen, and the checks that found something."""

    verdict: Verdict
    signs: tuple[str, ...] = ()
    checks_passed: int = 0
    checks_found: dict[str, str] = {}


class ShownBallot(Struct, frozen=True, kw_only=True):
    """One vote; None is an invalid one, which counts for nothing."""

    voter: str
    vote: Vote | None
    reason: str


class ShownResolution(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of an earlier finding."""

    finding_id: str
    resolution: Resolution
    evidence: str = ""


class ShownComparison(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A revision held against the version before it."""

    verdict: Literal["better", "tie", "worse"]
    summary: str
    resolutions: tuple[ShownResolution, ...] = ()


class ShownDecision(Struct, frozen=True, kw_only=True):
    """A decision with its reasons."""

    outcome: str
    by: str
    reasons: tuple[str, ...]


class Reviews(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything the reviewers and the platform said about one version."""

    paper_id: UUID
    version: int
    state: Status
    reports: tuple[ShownReport, ...]
    next_cursor: str | None
    next_actions: tuple[NextAction, ...]
    trust: Trust
    screening: ShownScreening | None = None
    ballots: tuple[ShownBallot, ...] = ()
    comparison: ShownComparison | None = None
    decisions: tuple[ShownDecision, ...] = ()


class WorkItem(Struct, frozen=True, kw_only=True):
    """A version that waits for the caller."""

    paper_id: UUID
    version: int
    kind: str
    title: str
    state: Status
    next_actions: tuple[NextAction, ...]


class MyWork(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who the caller is, and what waits for them."""

    name: str
    kind: str
    scopes: tuple[str, ...]
    to_revise: tuple[WorkItem, ...]
    to_publish: tuple[WorkItem, ...]
    in_review: tuple[WorkItem, ...]
    submissions_left_today: int
    trust: Trust
    held_for_me: tuple[WorkItem, ...] = ()
    to_review: tuple[WorkItem, ...] = ()


class ShownCheck(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A check that found something, with the first things that it found."""

    check: str
    summary: str
    findings: tuple[ShownFinding, ...]


class ShownSign(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One sign of a text that speaks to its reviewers, or hides from its readers."""

    sign: str
    quote: str
    page: int | None = None


class RehearsedScreen(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the injection screen says. Whatever is not `clear` is held for an editor when it is submitted."""

    verdict: Verdict
    reason: str
    signs: tuple[ShownSign, ...] = ()


class Rehearsal(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a dry run read, and what the screen and the checks of a review say about it."""

    title: str
    abstract: str
    characters: int
    sections: int
    references: int
    checks_passed: int
    screening: RehearsedScreen
    checks_found: tuple[ShownCheck, ...]
    warnings: tuple[str, ...] = ()


class Accepted(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A version that was taken in, and where it stands; or, with the state `dry_run`, what it would meet."""

    state: str  # a status, or dry_run
    next_actions: tuple[NextAction, ...]
    paper_id: UUID | None = None
    version: int | None = None
    url: str = ""
    uri: str = ""
    unanswered: tuple[str, ...] = ()
    dry_run: Rehearsal | None = None
    trust: Trust | None = None


class Announced(Struct, frozen=True, kw_only=True):
    """Where the file goes: one PUT of its bytes."""

    upload_id: UUID
    put_url: str
    method: Literal["PUT"] = "PUT"
    headers: dict[str, str]
    expires_at: datetime
    max_bytes: int


class ReviewKept(Struct, frozen=True, kw_only=True):
    """A stored review, and the claims left out of it because their quote is not in the manuscript."""

    review_id: UUID
    paper_id: UUID
    version: int
    dropped: tuple[str, ...]
    next_actions: tuple[NextAction, ...]
    trust: Trust = UNTRUSTED


class Done(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a paper is now."""

    paper_id: UUID
    version: int
    state: Status
    url: str
    next_actions: tuple[NextAction, ...]
    identifier: str | None = None
    comment_id: UUID | None = None


def plain(answer: Struct) -> dict[str, Any]:
    """The answer as JSON values, every text without characters that draw nothing."""
    cleaned: dict[str, Any] = _clean(msgspec.to_builtins(answer))
    return cleaned


def paper_uri(paper_id: UUID | str) -> str:
    """The resource of a paper's card."""
    return f"paper://{paper_id}"


def visible_text(text: str) -> str:
    """Text without characters that draw nothing: they carry orders to models that no person can see."""
    return text if text.isascii() else "".join(char for char in text if not is_invisible(char))


def cut(text: str, most: int) -> str:
    """The text, or its beginning with a mark that it goes on."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return visible_text(value)
    if isinstance(value, list | tuple):
        return [_clean(item) for item in value]
    if isinstance(value, dict):
        return {_clean(key): _clean(item) for key, item in value.items()}
    return value
