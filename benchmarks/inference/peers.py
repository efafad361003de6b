"""The programs that are compared, behind one call: prompts in, the moment of every token out.

All answer greedily, with a fixed number of tokens: nothing ends an answer early, so that all do the same work.
"""

import asyncio
import importlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch

from inference.constrain.base import Constraint
from inference.engine.engine import Engine
from inference.engine.request import Request, Sampling

Prompts = Sequence[Sequence[int]]

OURS, GENERATE, CONTINUOUS, LLAMA = "ours", "transformers generate", "transformers continuous batching", "llama.cpp"
STATIC_BATCH = 8  # prompts of unequal length that `generate` takes together, padded
BATCH_TOKENS = {"cpu": 512, "cuda": 8192}
LEFT_AFTER = 16  # times the tokens wanted are allowed under a grammar, so that it never sees its end come near
PAGE = {"cpu": 64, "cuda": 256}  # of transformers' continuous batching


@dataclass(frozen=True)
class Answered:
    """Seconds from the asking to every token, by prompt."""

    moments: list[list[float]]

    @property
    def seconds(self) -> float:
        """Until the last token of all."""
        return max(each[-1] for each in self.moments)

    @property
    def firsts(self) -> list[float]:
        """Until the first token of each."""
        return [each[0] for each in self.moments]

    @property
    def tokens(self) -> int:
        """Tokens answered."""
        return sum(map(len, self.moments))

    @property
    def decode_rate(self) -> float:
        """Tokens per second once all prompts are read."""
        begin = max(self.firsts)
        later = sum(moment > begin for each in self.moments for moment in each)
        return later / (self.seconds - begin)


class PeerFailed(Exception):
    """A peer did not do the work it was given; its figure is left out and the reason shown."""


class Peer(Protocol):
    """One program with the model loaded."""

    name: str

    def answer(self, prompts: Prompts, tokens: int) -> Answered:
        """Continue every prompt by `tokens` tokens, all at once."""
        ...


class Ours:
    """The engine as the server uses it: requests from an event loop, tokens read on that loop."""

    name = OURS

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def answer(self, prompts: Prompts, tokens: int) -> Answered:
        """See `Peer`."""
        return self.ask(prompts, tokens)

    def ask(
        self,
        prompts: Prompts,
        tokens: int,
        *,
        salts: Sequence[str] | None = None,
        constraints: Sequence[Constraint] | None = None,
    ) -> Answered:
        """The same with tenants of the prefix cache and grammars; under a grammar the answer is left after `tokens`."""
        asked = [
            Request(
                ids=tuple(prompt),
                max_tokens=LEFT_AFTER * tokens if constraints else tokens,
                sampling=Sampling(temperature=0.0),
                eos_ids=frozenset(),
                constraint=constraints[index] if constraints else None,
                salt=salts[index] if salts else "",
            )
            for index, prompt in enumerate(prompts)
        ]
        moments = asyncio.run(self._all(asked, tokens))
        if constraints is None and any(len(each) != tokens for each in moments):
            raise PeerFailed(f"answers of {sorted({len(each) for each in moments})} tokens instead of {tokens}")
        return Answered(moments)

    async def _all(self, asked: list[Request], tokens: int) -> list[list[float]]:
        begin = time.perf_counter()
        return await asyncio.gather(*(self._one(request, tokens, begin) for request in asked))

    async def _one(self, request: Request, tokens: int, begin: float) -> list[float]:
        ticket = self.engine.submit(request)
        moments = []
        async for _ in ticket:
            moments.append(time.perf_counter() - begin)
            if len(moments) == tokens < request.max_tokens:
                ticket.cancel()
        if ticket.finish not in {"length", "stop", "cancelled"}:
            raise PeerFailed(f"an answer ended as {ticket.finish}: {self.engine.failure}")
        return moments


class Generate:
    """transformers' `generate`: one batch, padded on the left, from the first token to the last."""

    name = GENERATE

    def __init__(self, model: Any) -> None:
        self.model = model

    def answer(self, prompts: Prompts, tokens: int) -> Answered:
        """See `Peer`. Prompts of unequal length are taken in batches of a fixed size, one after the other."""
        size = len(prompts) if len({len(prompt) for prompt in prompts}) == 1 else STATIC_BATCH
        begin, moments = time.perf_counter(), []
        for first in range(0, len(prompts), size):
            moments += self._batch(prompts[first : first + size], tokens, begin)
        return Answered(moments)

    def _batch(self, prompts: Prompts, tokens: int, begin: float) -> list[list[float]]:
        longest = max(map(len, prompts))
        ids = torch.tensor([[0] * (longest - len(prompt)) + list(prompt) for prompt in prompts])
        mask = torch.tensor([[0] * (longest - len(prompt)) + [1] * len(prompt) for prompt in prompts])
        clock = _Clock(begin, self.model.device)
        with torch.inference_mode():
            out = self.model.generate(
                ids.to(self.model.device),
                attention_mask=mask.to(self.model.device),
                max_new_tokens=tokens,
                do_sample=False,
                stopping_criteria=[clock],
            )
        clock.synchronise()
        if out.shape[1] != longest + tokens or len(clock.moments) != tokens:
            raise PeerFailed(f"{out.shape[1] - longest} tokens instead of {tokens}")
        clock.moments[-1] = time.perf_counter() - begin
        return [list(clock.moments) for _ in prompts]


class _Clock:
    """Asked after every token whether to stop; notes when."""

    def __init__(self, begin: float, device: torch.device) -> None:
        self.begin = begin
        self.device = device
        self.moments: list[float] = []

    def __call__(self, ids: torch.Tensor, _scores: object, **_more: object) -> torch.Tensor:
        if not self.moments:
            self.synchronise()  # what is queued for the prompt is not done yet
        self.moments.append(time.perf_counter() - self.begin)
        return torch.zeros(ids.shape[0], dtype=torch.bool, device=ids.device)

    def synchronise(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)


class Continuous:
    """transformers' continuous batching by `generate_batch`. The making of its cache is not counted."""

    name = CONTINUOUS

    def __init__(self, model: Any, memory: float = 0.25) -> None:
        self.model = model
        self._memory = memory  # of what a card has free

    def answer(self, prompts: Prompts, tokens: int) -> Answered:
        """See `Peer`. Time counts from the moment at which the first request is taken in."""
        out = self.model.generate_batch(
            inputs=[list(prompt) for prompt in prompts],
            generation_config=self._generation(tokens),
            continuous_batching_config=self._config(prompts, tokens),
            record_timestamps=True,
            progress_bar=False,
        )
        found = list(out.values())
        if len(found) != len(prompts) or any(len(each.generated_tokens) != tokens for each in found):
            raise PeerFailed(f"{len(found)} of {len(prompts)} answers, or not all of {tokens} tokens")
        begin = min(each.created_time for each in found)
        return Answered([[moment - begin for moment in each.timestamps] for each in found])

    def _generation(self, tokens: int) -> Any:
        return transformers().GenerationConfig(max_new_tokens=tokens, do_sample=False, eos_token_id=-1, pad_token_id=0)

    def _config(self, prompts: Prompts, tokens: int) -> Any:
        kind = self.model.device.type
        if kind == "cuda":
            return transformers().ContinuousBatchingConfig(max_memory_percent=self._memory)
        pages = sum(-(-(len(prompt) + tokens) // PAGE[kind]) + 1 for prompt in prompts)
        return transformers().ContinuousBatchingConfig(
            page_size=PAGE[kind], num_blocks=pages + 4, max_batch_tokens=BATCH_TOKENS[kind]
        )


def transformers() -> Any:
    """The library, whose functions are half typed."""
    return importlib.import_module("transformers")


def transformers_model(source: Any, device: torch.device, dtype: torch.dtype = torch.bfloat16) -> Any:
    """transformers' model that never ends an answer by itself. `source` is a folder or a config object."""
    library = transformers()
    library.utils.logging.set_verbosity_error()
    library.utils.logging.disable_progress_bar()
    if isinstance(source, dict):
        given = dict(source)
        config = library.AutoConfig.for_model(given.pop("model_type"), **given)
        with device:
            model = library.AutoModelForCausalLM.from_config(config, dtype=dtype)
    else:
        model = library.AutoModelForCausalLM.from_pretrained(source, dtype=dtype)
    model = model.to(device).eval()
    model.generation_config.eos_token_id = None
    model.generation_config.pad_token_id = 0
    return model
