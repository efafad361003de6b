"""One request on its way: its tokens, how far they are computed, and the pages that hold them.

waiting -> running -> finished
   ^__________|  (preempted: pages given up, tokens kept, computed again later)
"""

from dataclasses import dataclass, field
from enum import StrEnum

from inference.engine.pages import PagePool, root_key


class Status(StrEnum):
    """Where a sequence is."""

    WAITING = "waiting"
    RUNNING = "running"
    FINISHED = "finished"


NEXT = {
    Status.WAITING: {Status.RUNNING, Status.FINISHED},
    Status.RUNNING: {Status.WAITING, Status.FINISHED},
    Status.FINISHED: set[Status](),
}


@dataclass(eq=False, slots=True)
class Sequence:
    """`tokens` are the prompt and the answer so far; keys and values of the first `computed` of them are in `pages`.

    `number` is the place in the order of arrival. `pages[:published]` are findable by others. `cached` counts prompt
    tokens that were found instead of computed, `bypassed` how often a later arrival was taken in first.
    """

    number: int
    tokens: list[int]
    salt: str = ""
    prompt: int = 0
    status: Status = Status.WAITING
    computed: int = 0
    pages: list[int] = field(default_factory=list)
    keys: list[int] = field(default_factory=list)
    published: int = 0
    cached: int = 0
    reached: int = 0
    bypassed: int = 0
    preemptions: int = 0
    forwards: int = 0

    def __post_init__(self) -> None:
        if not self.tokens:
            raise ValueError("a sequence needs a first token")
        self.prompt = len(self.tokens)

    @property
    def pending(self) -> int:
        """Known tokens that are not computed yet."""
        return len(self.tokens) - self.computed

    @property
    def generated(self) -> int:
        """Tokens answered so far."""
        return len(self.tokens) - self.prompt

    def move(self, status: Status) -> None:
        """Change state. Raises ValueError on a change that makes no sense."""
        if status not in NEXT[self.status]:
            raise ValueError(f"a {self.status} sequence cannot become {status}")
        self.status = status

    def extend_keys(self, pool: PagePool) -> None:
        """Keys for all pages that the known tokens fill."""
        size = pool.page_size
        for index in range(len(self.keys), len(self.tokens) // size):
            before = self.keys[-1] if self.keys else root_key(self.salt)
            self.keys.append(pool.digest(before, tuple(self.tokens[index * size : (index + 1) * size])))

    def shareable(self, page_size: int) -> int:
        """Pages another may have computed for us: all complete ones, but the last token is always our own, since its
        logits are wanted."""
        return (len(self.tokens) - 1) // page_size
