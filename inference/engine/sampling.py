"""From logits to tokens, all rows of a step at once and with one read-back.

A row's draw depends on its seed and the place of the token alone, never on the batch, on preemption or on the device's
generator: a request with a seed is answered the same whoever else is served. Order of the steps: penalties, bias,
grammar, temperature, top-k, top-p, min-p. Log-probabilities are the model's own, before all of these.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inference.engine.request import Emitted, Sampling

CANDIDATES = 1024  # how many tokens top-p looks at first; sorting 150,000 takes 16 ms, finding these one
COLDEST = 1e-5  # a temperature below leaves nothing but the likeliest token, and logits divided by it overflow
_MIX = 0x9E3779B97F4A7C15
_WORD = (1 << 64) - 1


@dataclass(slots=True)
class Row:
    """What sampling knows of one sequence. `said` counts the tokens of the answer, `read` are those of the prompt.

    `fixed`: the token is known already, only its log-probability is asked for.
    """

    sampling: Sampling
    seed: int
    read: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    said: Counter[int] = field(default_factory=Counter)
    place: int = 0
    fixed: int | None = None

    @classmethod
    def begin(cls, sampling: Sampling, seed: int, prompt: Sequence[int]) -> "Row":
        """Before the first token."""
        read = np.unique(np.array(prompt, np.int64)) if sampling.repetition_penalty != 1.0 else np.empty(0, np.int64)
        return cls(sampling, seed, read)

    @property
    def greedy(self) -> bool:
        """Whether the likeliest token is taken."""
        return self.sampling.temperature < COLDEST

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
    """The next token of every row of `logits` [R, V], which are changed in place. A mask is a row of bits [V / 32].

    A CPU takes row after row, because one of 150,000 numbers stays in its cache and eight do not: 5 ms against 53.
    """
    if logits.is_cuda:
        return sample_together(logits, rows, masks)
    return [
        emitted
        for index, row in enumerate(rows)
        for emitted in sample_together(logits[index : index + 1], [row], [masks[index]])
    ]


def sample_together(logits: Tensor, rows: Sequence[Row], masks: Sequence[Tensor | None]) -> list[Emitted]:
    """The same with a few operations for all rows."""
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
    """Repetition divides the logits of all tokens seen, once; the others count what the answer said."""
    for index, row in enumerate(rows):
        asked = row.sampling
        if asked.repetition_penalty == 1.0 and not asked.presence_penalty and not asked.frequency_penalty:
            continue
        said = np.fromiter(row.said.keys(), np.int64, len(row.said))
        if asked.repetition_penalty != 1.0:
            where = torch.from_numpy(np.union1d(row.read, said)).to(logits.device)
            value = logits[index, where]
            factor = asked.repetition_penalty
            logits[index, where] = torch.where(value > 0, value / factor, value * factor)
        if asked.presence_penalty or asked.frequency_penalty:
            counts = np.fromiter(row.said.values(), np.float32, len(row.said))
            minus = torch.from_numpy(asked.presence_penalty + asked.frequency_penalty * counts)
            logits[index, torch.from_numpy(said).to(logits.device)] -= minus.to(logits)


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
    if not logits.is_cuda:
        for index, mask in limited:
            forbidden = np.unpackbits(~mask.numpy().view(np.uint8), bitorder="little")[: logits.shape[1]]
            np.copyto(logits[index].numpy(), -math.inf, where=forbidden.view(np.bool_))
        return
    _forbid_on_device(logits, limited, len(limited) == len(masks))


def _forbid_on_device(logits: Tensor, limited: list[tuple[int, Tensor]], every: bool) -> None:
    words = torch.stack([mask for _, mask in limited]).to(logits.device)
    bits = torch.arange(32, dtype=torch.int32, device=logits.device)
    allowed = ((words.unsqueeze(-1) >> bits) & 1).bool().flatten(1)[:, : logits.shape[1]]
    if every:
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
    best = _best(logits, width)
    if limited:
        every = torch.tensor([[number == size] for number in counts], device=device)
        least = best.gather(1, count).masked_fill(every, -math.inf)
        logits, best = logits.masked_fill(logits < least, -math.inf), best.masked_fill(best < least, -math.inf)
    floor = best[:, :1] + torch.tensor(
        [[math.log(row.sampling.min_p) if row.sampling.min_p > 0 else -math.inf] for row in rows], device=device
    )
    if any(row.sampling.top_p < 1.0 for row in rows):
        floor = torch.maximum(floor, _nucleus(logits, masses, best))
    return logits.masked_fill(logits < floor, -math.inf)


def _best(logits: Tensor, width: int) -> Tensor:
    return logits.topk(width).values if width < logits.shape[1] else logits.sort(-1, descending=True).values


def _nucleus(logits: Tensor, masses: Tensor, best: Tensor) -> Tensor:
    """The smallest logit [R, 1] among the likeliest tokens that together have `masses` [R, 1]. `best` are the largest
    logits in order; if those are not enough, more are looked at."""
    likely = (best - logits.logsumexp(-1, keepdim=True)).double().exp()
    before = likely.cumsum(-1) - likely
    enough = before[:, -1:] + likely[:, -1:] >= masses
    if best.shape[1] < logits.shape[1] and not bool((enough | (masses >= 1.0)).all()):
        return _nucleus(logits, masses, _best(logits, min(16 * best.shape[1], logits.shape[1])))
    last = (before < masses).sum(-1, keepdim=True).clamp(min=1) - 1
    return best.gather(1, last).masked_fill(masses >= 1.0, -math.inf)


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
