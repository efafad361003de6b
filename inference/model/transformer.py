"""One Transformer for every decoder family; what differs between families is in its `ModelSpec`.

Everything but attention sees a flat axis of T tokens, whichever sequences they belong to.
"""

import torch
from torch import Tensor
from torch.nn import functional

from inference.attention.base import Attention, Reader
from inference.model.layers import Linear, LinearMaker, MoE, PlainLinear, swiglu
from inference.model.rope import Rope
from inference.model.spec import CheckpointError, ModelSpec
from inference.model.step import KVPool, Step
from inference.model.weights import Source


class Mlp:
    """The dense feed-forward part."""

    def __init__(self, gate_up: Linear, down: Linear) -> None:
        self.gate_up = gate_up
        self.down = down

    def __call__(self, x: Tensor) -> Tensor:
        return self.down(swiglu(self.gate_up(x)))


class Layer:
    """Attention and feed-forward, each normalised before and added after."""

    def __init__(self, spec: ModelSpec, source: Source, number: int, make: LinearMaker) -> None:
        prefix = f"layers.{number}."
        self.spec = spec
        self.number = number
        self.attention_norm = source.get(f"{prefix}attention_norm")
        self.mlp_norm = source.get(f"{prefix}mlp_norm")
        self.query_norm = source.get(f"{prefix}query_norm") if spec.qk_norm else None
        self.key_norm = source.get(f"{prefix}key_norm") if spec.qk_norm else None
        inward, outward = spec.attention_bias
        self.query_key_value = _fused(source, prefix, ("query", "key", "value"), make, bias=inward)
        self.output = _fused(source, prefix, ("output",), make, bias=outward)
        self.mlp: Mlp | MoE
        if spec.moe is not None and spec.sparse(number):
            self.mlp = MoE(spec.moe, source.get(f"{prefix}router"), *source.experts(number), make)
        else:
            gate_up = _fused(source, prefix, ("gate", "up"), make, bias=spec.mlp_bias)
            self.mlp = Mlp(gate_up, _fused(source, prefix, ("down",), make, bias=spec.mlp_bias))

    def __call__(
        self, x: Tensor, rope: Rope, turn: tuple[Tensor, Tensor], slots: Tensor, pool: KVPool, read: Reader
    ) -> Tensor:
        query, key, value = self._project(self._norm(x, self.attention_norm), rope, turn)
        pool.keys[self.number].flatten(0, 1).index_copy_(0, slots, key)
        pool.values[self.number].flatten(0, 1).index_copy_(0, slots, value)
        mixed = read(query, self.number)  # [T, heads, head_dim]
        x = x + self.output(mixed.flatten(1))
        return x + self.mlp(self._norm(x, self.mlp_norm))

    def _project(self, x: Tensor, rope: Rope, turn: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor, Tensor]:
        spec = self.spec
        heads = self.query_key_value(x).view(x.shape[0], -1, spec.head_dim)
        query, key, value = torch.split(heads, [spec.heads, spec.kv_heads, spec.kv_heads], dim=1)
        if self.query_norm is not None and self.key_norm is not None:
            query, key = self._norm(query, self.query_norm), self._norm(key, self.key_norm)
        return rope.rotate(query, *turn), rope.rotate(key, *turn), value

    def _norm(self, x: Tensor, weight: Tensor) -> Tensor:
        return functional.rms_norm(x, weight.shape, weight, self.spec.norm_epsilon)


class Transformer:
    """Token ids to logits. Holds weights only: keys and values live in the caller's `KVPool`."""

    def __init__(self, spec: ModelSpec, source: Source, attention: Attention, make: LinearMaker = PlainLinear) -> None:
        self.spec = spec
        self.attention = attention
        self.embed = source.get("embed")  # [vocabulary, D]
        self.dtype = self.embed.dtype
        self.device = self.embed.device
        self.rope = Rope(spec.rope, spec.context, self.dtype, self.device)
        self.layers = [Layer(spec, source, number, make) for number in range(spec.layers)]
        self.norm = source.get("norm")
        self.head = make(self.embed if spec.tied else source.get("head"), None)

    def __call__(self, step: Step, pool: KVPool) -> Tensor:
        return self.forward(step, pool)

    @torch.inference_mode()
    def forward(self, step: Step, pool: KVPool) -> Tensor:
        """Write the step's keys and values to the pool; logits of `step.rows` [R, vocabulary] in float32."""
        return self.head(self.hidden(step, pool)).float()

    @torch.inference_mode()
    def hidden(self, step: Step, pool: KVPool) -> Tensor:
        """The same up to the head: normalised last hidden states [R, D] of `step.rows`, as embedding models pool."""
        read = self.attention.prepare(step, pool)
        turn = self.rope.at(step.positions)
        x = self.embed[step.ids]  # [T, D]
        for layer in self.layers:
            x = layer(x, self.rope, turn, step.slots, pool, read)
        return functional.rms_norm(x[step.rows], self.norm.shape, self.norm, self.spec.norm_epsilon)


def _fused(source: Source, prefix: str, names: tuple[str, ...], make: LinearMaker, *, bias: bool) -> Linear:
    """Several maps of the same input as one: fewer, larger products."""
    weights = [source.get(prefix + name) for name in names]
    biases = [source.get(f"{prefix}{name}.bias") for name in names] if bias else []
    if len({weight.shape[1] for weight in weights}) != 1:
        raise CheckpointError(f"{prefix}{'/'.join(names)} differ in width")
    weight = weights[0] if len(weights) == 1 else torch.cat(weights)
    return make(weight, torch.cat(biases) if biases else None)
