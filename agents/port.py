"""The seam between the platform and the reviewer graph: a request goes in, a `Round` comes back.

`aixiv.usecases` sees only this module. The graph decides nothing about states and stores nothing but its own
checkpoints; killed half way, the same `run_id` continues where it stopped.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from msgspec import Struct

from review.layout import Layout
from review.manuscript import Kind, Manuscript
from review.policy import Policy
from review.references.known import Known
from review.report import Finding, RelatedWork, ResponseLetter, Round


class Predecessor(Struct, frozen=True, kw_only=True):
    """The version this one replaces, and what its round found."""

    manuscript: Manuscript
    findings: tuple[Finding, ...]


class ReviewRequest(Struct, frozen=True, kw_only=True):
    """One version to review, complete: the graph asks nobody for more."""

    run_id: str  # also the checkpoint thread: the same id resumes
    kind: Kind
    manuscript: Manuscript
    layout: Layout
    policy: Policy
    previous: Predecessor | None = None
    response: ResponseLetter | None = None
    round_number: int = 1  # which review of this paper it is; the policy's last round must be final
    screening_waived: bool = False  # an editor has looked at the screen's findings and let it through
    deadline_seconds: float = 1800.0


class Progress(Struct, frozen=True, kw_only=True):
    """One step finished or begun. `percent` never falls within a run."""

    step: str  # node name
    message: str
    percent: int  # 0..100


OnProgress = Callable[[Progress], Awaitable[None]]
FindRelated = Callable[[Manuscript], Awaitable[Sequence[RelatedWork]]]
LookUp = Callable[[Manuscript], Awaitable[Known]]
"""What is known of the works a manuscript cites, and of works that share its wording."""


async def nothing_known(_manuscript: Manuscript) -> Known:
    """A look-up without any index."""
    return Known()


Embed = Callable[[Sequence[str]], Awaitable[Sequence[Sequence[float]]]]
"""One vector per text, in order; raises the errors of `inference.client`."""


class ReviewFailed(Exception):
    """The run ended without a result. `retryable` says whether asking again later can help."""

    def __init__(self, reason: str, *, retryable: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retryable = retryable


class Reviewer(Protocol):
    """Runs the reviewer graph."""

    async def review(
        self,
        request: ReviewRequest,
        *,
        on_progress: OnProgress,
        find_related: FindRelated,
        look_up: LookUp = nothing_known,
    ) -> Round:
        """Review one version, or raise `ReviewFailed`. Safe to call again with the same `run_id`."""
        ...

    async def forget(self, run_id: str) -> None:
        """Drop what was kept to resume this run: its result is stored, or it was given up."""
        ...
