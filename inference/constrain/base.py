"""What the engine needs to know about a constraint, and nothing of how it is done."""

from typing import Protocol, Self

from torch import Tensor


class Constraint(Protocol):
    """What one sequence may say next. Stateful, on the CPU, used by one thread at a time.

    For every step of a sequence the engine asks, in this order: `done` (then the sequence ends), `closing` with the
    tokens that are left, `mask`, and after sampling `accept`. A token that ends the sequence is not accepted.
    """

    def mask(self, out: Tensor) -> bool:
        """Write the allowed tokens into `out`, an int32 row of ceil(V/32) words, lowest bit first.

        False: nothing is forbidden and `out` was not written. Called from a worker thread while the forward runs.
        """

    def accept(self, token: int) -> None:
        """The sequence goes on with `token`, which the last mask allowed (or `forced` or `closing` named)."""

    def forced(self) -> list[int]:
        """Tokens that must follow now, possibly none. They are not accepted yet."""

    @property
    def done(self) -> bool:
        """The output is complete and nothing may follow but the end of the sequence."""

    @property
    def complete(self) -> bool:
        """An answer whose budget ends here has come to its end, and is not cut."""

    def closing(self, budget: int) -> list[int] | None:
        """A shortest valid completion when `budget` tokens are left and waiting longer would be too late, else None.

        The engine appends the tokens of the answer without asking the model: a cut answer still ends valid.
        """

    def fork(self) -> Self:
        """An independent copy in the same state."""
