"""A causal decoder as an embedding model: the last token has seen the whole text, so its vector stands for it.

The texts go through the parts that answers go through, scheduler, pages and the flat token axis: long texts are read in
chunks, short ones together without padding, and what texts share at their beginning (such as an instruction) is read
once.
"""

from collections.abc import Mapping
from pathlib import Path

import torch
from tokenizers import Encoding, Tokenizer
from torch import Tensor
from torch.nn import functional

from inference.embedding.base import Embedded, cut
from inference.embedding.folder import longest_text, pooling_of, prompts_of
from inference.engine.pages import PagePool
from inference.engine.runner import Runner
from inference.engine.scheduler import Scheduler
from inference.engine.sequence import Sequence
from inference.memory import PAGE, pages_for
from inference.model.load import DType, load_body, read_tokenizer
from inference.model.spec import CheckpointError, ModelSpec
from inference.model.step import KVPool, Step
from inference.model.transformer import Transformer

TOKENS_AT_ONCE = {"cpu": 512, "cuda": 8192}
TEXTS_AT_ONCE = 32


class Pooled:
    """A Transformer without its head, as the runner knows models: one vector of length 1 for every row asked for."""

    def __init__(self, body: Transformer) -> None:
        self._body = body

    @property
    def spec(self) -> ModelSpec:
        return self._body.spec

    @property
    def device(self) -> torch.device:
        return self._body.device

    @property
    def dtype(self) -> torch.dtype:
        return self._body.dtype

    @torch.inference_mode()
    def forward(self, step: Step, pool: KVPool) -> Tensor:
        """Vectors [R, D] in float32."""
        return functional.normalize(self._body.hidden(step, pool).float(), dim=-1)


class LastTokenModel:
    """See `inference.embedding.base.Embedder`."""

    def __init__(
        self,
        name: str,
        body: Transformer,
        tokenizer: Tokenizer,
        pages: int,
        *,
        longest: int,
        said: Mapping[str, object],
    ) -> None:
        model = Pooled(body)
        self.name = name
        self._tokenizer = tokenizer
        self._said = said
        self._width = body.spec.width
        self._scheduler = Scheduler(
            PagePool(pages, PAGE), max_batch_tokens=TOKENS_AT_ONCE[model.device.type], max_sequences=TEXTS_AT_ONCE
        )
        self._runner = Runner(model, pages=pages, page_size=PAGE, max_sequences=TEXTS_AT_ONCE)
        self._arrivals = 0
        self.max_tokens = min(longest, self._scheduler.limit)

    @property
    def card(self) -> Mapping[str, object]:
        return {
            "dimensions": self._width,
            "max_tokens": self.max_tokens,
            "pooling": "vector of the last token, normalised to length 1",
            **self._said,
        }

    def encode(self, texts: list[str]) -> list[Embedded]:
        """One vector per text, in order; texts without a single token are not given."""
        tokenised = self._tokenizer.encode_batch(texts)
        kept = [cut(each.ids, self.max_tokens, closing=_closes(each)) for each in tokenised]
        vectors = self._vectors(kept)
        return [
            Embedded(vector, len(short), len(short) < len(whole.ids))
            for vector, short, whole in zip(vectors, kept, tokenised, strict=True)
        ]

    def _vectors(self, texts: list[list[int]]) -> list[list[float]]:
        waiting: dict[int, Sequence] = {}
        found: dict[int, list[float]] = {}
        try:
            for ids in texts:
                one = waiting[self._arrivals] = Sequence(self._arrivals, ids)
                self._arrivals += 1
                self._scheduler.add(one)
            while len(found) < len(texts):
                found |= self._step(waiting)
        finally:
            for one in waiting.values():  # of a forward that failed
                self._drop(one)
        return [found[number] for number in sorted(found)]

    def _step(self, waiting: dict[int, Sequence]) -> dict[int, list[float]]:
        plan = self._scheduler.plan()
        rows = self._runner.forward(plan).tolist()
        self._scheduler.commit(plan)
        ended = [chunk.sequence.number for chunk in plan.chunks if chunk.last]
        for number in ended:
            self._drop(waiting.pop(number))
        return dict(zip(ended, rows, strict=True))

    def _drop(self, one: Sequence) -> None:
        self._scheduler.remove(one)
        self._runner.forget(one)


def _closes(encoding: Encoding) -> bool:
    return bool(encoding.special_tokens_mask and encoding.special_tokens_mask[-1])


def load(
    name: str,
    folder: Path,
    *,
    dtype: DType = "auto",
    device: str = "auto",
    context: int | None = None,
    kv_memory: int | None = None,
) -> LastTokenModel:
    """Read a model such as Qwen3-Embedding. `kv_memory` in bytes bounds the longest text. Raises `CheckpointError`."""
    if pooling_of(folder) != "lasttoken":
        raise CheckpointError(f"{folder} does not pool by the last token")
    body, held = load_body(folder, dtype=dtype, device=device, headless=True)
    spec = body.spec
    longest = min(spec.context, longest_text(folder) or spec.context, context or spec.context)
    enough = -(-(longest + TOKENS_AT_ONCE[body.device.type]) // PAGE) + 2
    pages = min(enough, pages_for(spec, body.dtype, body.device, kv_memory, 1))
    said: dict[str, object] = {"family": spec.family, "weights": held, "device": str(body.device)}
    if prompts := prompts_of(folder):
        said["prompts"] = prompts
    return LastTokenModel(name, body, read_tokenizer(folder), pages=pages, longest=longest, said=said)
