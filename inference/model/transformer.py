"""One Transformer for every decoder family; what differs between families is in its `ModelSpec`.

Everything but attention sees a flat axis of T tokens, whichever sequences they belong to.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from inference.attention.base import Attention, Reader
from inference.model.glue import Glue, Norms, Turn, glue_for
from inference.model.layers import Linear, LinearMaker, MoE, NativeLinear, PlainLinear
from inference.model.rope import Rope
from inference.model.spec import CheckpointError, ModelSpec
from inference.model.step import KVPool, Step
from inference.model.weights import Source


class Mlp:
    """The dense feed-forward part."""

    def __init__(self, gate_up: Linear, down: Linear, glue: Glue) -> None:
        self.gate_up = gate_up
        self.down = down
        self._glue = glue

    def __call__(self, x: Tensor) -> Tensor:
        return self.down(self._glue.swiglu(self.gate_up(x)))


class Layer:
    """Attention and feed-forward, each normalised before and added after."""

    def __init__(self, spec: ModelSpec, source: Source, number: int, make: LinearMaker, glue: Glue) -> None:
        prefix = f"layers.{number}."
        self.number = number
        self.head_dim = spec.head_dim
        self._glue = glue
        self.attention_norm = source.get(f"{prefix}attention_norm")
        self.mlp_norm = source.get(f"{prefix}mlp_norm")
        self.norms: Norms = (None, None)
        if spec.qk_norm:
            self.norms = (source.get(f"{prefix}query_norm"), source.get(f"{prefix}key_norm"))
        inward, outward = spec.attention_bias
        self.query_key_value = _fused(source, prefix, ("query", "key", "value"), make, bias=inward)
        self.output = _fused(source, prefix, ("output",), make, bias=outward)
        self.mlp: Mlp | MoE
        if spec.moe is not None and spec.sparse(number):
            self.mlp = MoE(spec.moe, source.get(f"{prefix}router"), *source.experts(number), make)
        else:
            gate_up = _fused(source, prefix, ("gate", "up"), make, bias=spec.mlp_bias)
            self.mlp = Mlp(gate_up, _fused(source, prefix, ("down",), make, bias=spec.mlp_bias), glue)

    def __call__(
        self, x: Tensor, delta: Tensor | None, turn: Turn, slots: Tensor, pool: KVPool, read: Reader
    ) -> tuple[Tensor, Tensor]:
        """The residual stream, and what is to be added to it: the next norm does both at once."""
        x, normed = self._glue.add_norm(x, delta, self.attention_norm)
        heads = self.query_key_value(normed).view(x.shape[0], -1, self.head_dim)
        query = self._glue.place(heads, self.norms, turn, slots, pool.keys[self.number], pool.values[self.number])
        mixed = read(query, self.number)  # [T, heads, head_dim]
        x, normed = self._glue.add_norm(x, self.output(mixed.flatten(1)), self.mlp_norm)
        return x, self.mlp(normed)


class Transformer:
    """Token ids to logits. Holds weights only: keys and values live in the caller's `KVPool`.

    A headless one has hidden states and no logits, as embedding models do, whose files often lack the head.
    """

    def __init__(
        self,
        spec: ModelSpec,
        source: Source,
        attention: Attention,
        make: LinearMaker = PlainLinear,
        *,
        headless: bool = False,
    ) -> None:
        self.spec = spec
        self.attention = attention
        embed = source.get("embed")  # [vocabulary, D]
        self.dtype = embed.dtype
        self.device = embed.device
        self.rope = Rope(spec.rope, spec.context, self.dtype, self.device)
        self._glue = glue_for(spec, self.dtype, self.device)
        self.layers = [Layer(spec, source, number, make, self._glue) for number in range(spec.layers)]
        self.norm = source.get("norm")
        self.head = None if headless else make(embed if spec.tied else source.get("head"), None)
        self._embed: Callable[[Tensor], Tensor] = embed.__getitem__
        if spec.tied and isinstance(self.head, NativeLinear):
            self._embed = self.head.rows  # a quarter of the smallest models is not held twice

    def __call__(self, step: Step, pool: KVPool) -> Tensor:
        return self.forward(step, pool)

    @torch.inference_mode()
    def forward(self, step: Step, pool: KVPool) -> Tensor:
        """Write the step's keys and values to the pool; logits of `step.rows` [R, vocabulary] in float32."""
        if self.head is None:
            raise ValueError("a headless model has no logits")
        return self.head(self.hidden(step, pool)).float()

    @torch.inference_mode()
    def hidden(self, step: Step, pool: KVPool) -> Tensor:
        """The same up to the head: normalised last hidden states [R, D] of `step.rows`, as embedding models pool."""
        if pool.keys.dtype != self.dtype:
            raise ValueError(f"a pool of {pool.keys.dtype} under a model of {self.dtype}")
        read = self.attention.prepare(step, pool)
        turn = self.rope.at(step.positions)
        x = self._embed(step.ids)  # [T, D]
        delta: Tensor | None = None
        for layer in self.layers:
            x, delta = layer(x, delta, turn, step.slots, pool, read)
        rows = None if delta is None else delta[step.rows]
        return self._glue.add_norm(x[step.rows], rows, self.norm)[1]


def _fused(source: Source, prefix: str, names: tuple[str, ...], make: LinearMaker, *, bias: bool) -> Linear:
    """Several maps of the same input as one: fewer, larger products."""
    weights = [source.get(prefix + name) for name in names]
    biases = [source.get(f"{prefix}{name}.bias") for name in names] if bias else []
    if len({weight.shape[1] for weight in weights}) != 1:
        raise CheckpointError(f"{prefix}{'/'.join(names)} differ in width")
    weight = weights[0] if len(weights) == 1 else torch.cat(weights)
    return make(weight, torch.cat(biases) if biases else None)
