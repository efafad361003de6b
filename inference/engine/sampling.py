"""From logits to tokens, all rows of a step at once and with one read-back.

A row's draw depends on its seed and the place of the token alone, never on the batch, on preemption or on the device's
generator: a request with a seed is answered the same whoever else is served. Order of the steps: penalties, bias,
grammar, temperature, top-k, top-p, min-p. Log-probabilities are the model's own, before all of these.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from inference.engine.request import Emitted, Sampling

CANDIDATES = 1024  # how many tokens top-p looks at before it sorts the whole vocabulary
_MIX = 0x9E3779B97F4A7C15
_WORD = (1 << 64) - 1


@dataclass(slots=True)
class Row:
    """What sampling knows of one sequence. `said` counts the tokens of the answer, `read` are those of the prompt.

    `fixed`: the token is known already, only its log-probability is asked for.
    """

    sampling: Sampling
    seed: int
    read: tuple[int, ...] = ()
    said: Counter[int] = field(default_factory=Counter)
    place: int = 0
    fixed: int | None = None

    @classmethod
    def begin(cls, sampling: Sampling, seed: int, prompt: Sequence[int]) -> "Row":
        """Before the first token."""
        return cls(sampling, seed, tuple(set(prompt)) if sampling.repetition_penalty != 1.0 else ())

    @property
    def greedy(self) -> bool:
        """Whether the likeliest token is taken."""
        return self.sampling.temperature == 0.0

    def add(self, token: int) -> None:
        """The answer goes on with `token`."""
        self.said[token] += 1
        self.place += 1


def uniform(seed: int, place: int) -> float:
    """A number in [0, 1) that only these two decide (splitmix64), in steps of 2**-32, so that a product with a sum of
    probabilities stays below the sum."""
    x = (seed * _MIX + (place + 1) * 0xD1342543DE82EF95) & _WORD
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        x = ((x ^ (x >> shift)) * factor) & _WORD
    return ((x ^ (x >> 31)) >> 32) / 2**32


@torch.inference_mode()
def sample(logits: Tensor, rows: Sequence[Row], masks: Sequence[Tensor | None]) -> list[Emitted]:
    """The next token of every row of `logits` [R, V], which are changed in place. A mask is a row of bits [V / 32]."""
    asked = max((abs(row.sampling.logprobs) for row in rows), default=0)
    believed = torch.log_softmax(logits, -1) if asked else None
    _penalise(logits, rows)
    _bias(logits, rows)
    _forbid(logits, masks)
    chosen = logits.argmax(-1)
    drawn = [index for index, row in enumerate(rows) if not row.greedy and row.fixed is None]
    if drawn:
        all_drawn = len(drawn) == len(rows)
        where = torch.tensor(drawn, device=logits.device)
        picked = _draw(logits if all_drawn else logits[where], [rows[index] for index in drawn])
        chosen = picked if all_drawn else chosen.index_copy(0, where, picked)
    fixed = [(index, row.fixed) for index, row in enumerate(rows) if row.fixed is not None]
    if fixed:
        where, tokens = torch.tensor(fixed, device=logits.device).unbind(1)
        chosen = chosen.index_copy(0, where, tokens)
    if believed is None:
        return [Emitted(token) for token in chosen.tolist()]
    return _with_logprobs(chosen, believed, rows)


def _penalise(logits: Tensor, rows: Sequence[Row]) -> None:
    places: list[tuple[int, int]] = []
    changes: list[tuple[float, float]] = []
    for index, row in enumerate(rows):
        asked = row.sampling
        repetition = asked.repetition_penalty
        if repetition != 1.0:
            fresh = [token for token in row.read if token not in row.said]
            places += [(index, token) for token in fresh]
            changes += [(repetition, 0.0)] * len(fresh)
        if repetition != 1.0 or asked.presence_penalty or asked.frequency_penalty:
            places += [(index, token) for token in row.said]
            changes += [
                (repetition, asked.presence_penalty + asked.frequency_penalty * count) for count in row.said.values()
            ]
    if not places:
        return
    row_of, token_of = torch.tensor(places, device=logits.device).unbind(1)
    factor, minus = torch.tensor(changes, device=logits.device, dtype=logits.dtype).unbind(1)
    value = logits[row_of, token_of]
    logits[row_of, token_of] = torch.where(value > 0, value / factor, value * factor) - minus


def _bias(logits: Tensor, rows: Sequence[Row]) -> None:
    places = [(index, token) for index, row in enumerate(rows) for token in row.sampling.logit_bias]
    if places:
        row_of, token_of = torch.tensor(places, device=logits.device).unbind(1)
        added = [float(value) for row in rows for value in row.sampling.logit_bias.values()]
        logits[row_of, token_of] += torch.tensor(added, device=logits.device, dtype=logits.dtype)


def _forbid(logits: Tensor, masks: Sequence[Tensor | None]) -> None:
    limited = [(index, mask) for index, mask in enumerate(masks) if mask is not None]
    if not limited:
        return
    words = torch.stack([mask for _, mask in limited]).to(logits.device)
    bits = torch.arange(32, dtype=torch.int32, device=logits.device)
    allowed = ((words.unsqueeze(-1) >> bits) & 1).bool().flatten(1)[:, : logits.shape[1]]
    if len(limited) == len(masks):
        logits.masked_fill_(~allowed, -math.inf)
        return
    where = torch.tensor([index for index, _ in limited], device=logits.device)
    logits[where] = logits[where].masked_fill_(~allowed, -math.inf)


def _draw(logits: Tensor, rows: Sequence[Row]) -> Tensor:
    """One token of each row by its own uniform number: the first whose cumulated probability exceeds it."""
    device = logits.device
    heat = torch.tensor([row.sampling.temperature for row in rows], device=device)
    logits = logits / heat.unsqueeze(-1)
    if any(row.sampling.top_k > 0 or row.sampling.top_p < 1.0 or row.sampling.min_p > 0.0 for row in rows):
        logits = _restrict(logits, rows)
    reached = torch.softmax(logits, -1).cumsum(-1, dtype=torch.float64)
    aim = torch.tensor([uniform(row.seed, row.place) for row in rows], dtype=torch.float64, device=device)
    found = torch.searchsorted(reached, aim.unsqueeze(-1) * reached[:, -1:], right=True).squeeze(-1)
    return found.clamp_(max=logits.shape[1] - 1)


def _restrict(logits: Tensor, rows: Sequence[Row]) -> Tensor:
    """Only the tokens that top-k, top-p and min-p leave. Tokens as likely as the last one kept are kept too."""
    device, size = logits.device, logits.shape[1]
    counts = [min(row.sampling.top_k, size) if row.sampling.top_k > 0 else size for row in rows]
    limited = [count for count in counts if count < size]
    width = min(size, max([CANDIDATES, *limited]))
    masses = torch.tensor([[row.sampling.top_p] for row in rows], dtype=torch.float64, device=device)
    count = torch.tensor([[min(count, width) - 1] for count in counts], device=device)
    best = logits.topk(width).values
    if limited:
        every = torch.tensor([[number == size] for number in counts], device=device)
        logits = logits.masked_fill((logits < best.gather(1, count)) & ~every, -math.inf)
    floor = best[:, :1] + torch.tensor(
        [[math.log(row.sampling.min_p) if row.sampling.min_p > 0 else -math.inf] for row in rows], device=device
    )
    if any(row.sampling.top_p < 1.0 for row in rows):
        floor = torch.maximum(floor, _nucleus(logits, masses, width))
    return logits.masked_fill(logits < floor, -math.inf)


def _nucleus(logits: Tensor, masses: Tensor, width: int) -> Tensor:
    """The smallest logit [R, 1] among the likeliest tokens that together have `masses` [R, 1]."""
    best = logits.topk(width).values
    likely = (best - logits.logsumexp(-1, keepdim=True)).double().exp()
    before = likely.cumsum(-1) - likely
    enough = before[:, -1:] + likely[:, -1:] >= masses
    if width < logits.shape[1] and not bool((enough | (masses >= 1.0)).all()):
        return _nucleus(logits, masses, logits.shape[1])
    last = (before < masses).sum(-1, keepdim=True).clamp(min=1) - 1
    floor = best.gather(1, last)
    return floor.masked_fill(masses >= 1.0, -math.inf)


def _with_logprobs(chosen: Tensor, believed: Tensor, rows: Sequence[Row]) -> list[Emitted]:
    own = believed.gather(1, chosen.unsqueeze(-1)).squeeze(-1).tolist()
    most = min(max(row.sampling.logprobs for row in rows), believed.shape[1])
    values, tokens = (part.tolist() for part in believed.topk(max(most, 0)))
    emitted = []
    for index, (row, token) in enumerate(zip(rows, chosen.tolist(), strict=True)):
        wanted = row.sampling.logprobs
        top = tuple(zip(tokens[index][:wanted], values[index][:wanted], strict=True)) if wanted > 0 else ()
        emitted.append(Emitted(token, own[index] if wanted else None, top))
    return emitted
