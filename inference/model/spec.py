"""What a checkpoint's config.json says, in one spelling.

transformers 4 writes `rope_theta` and `rope_scaling`, `num_experts`, `torch_dtype`; transformers 5 writes
`rope_parameters`, `num_local_experts`, `dtype`. Both are read. What we cannot compute exactly is refused by name.
"""

from typing import Any, Literal

from msgspec import Struct

Config = dict[str, Any]  # whatever JSON the folder's author wrote

RopeKind = Literal["default", "linear", "llama3", "yarn"]
ROPE_KINDS: tuple[RopeKind, ...] = ("default", "linear", "llama3", "yarn")


class CheckpointError(Exception):
    """A checkpoint that cannot be run; the message says what to do about it."""


class RopeSpec(Struct, frozen=True):
    """Rotary position embedding: base, rotated width of a head, and how it was stretched to a longer context."""

    theta: float
    width: int  # of a head's numbers, from the first; the rest is not rotated
    kind: RopeKind = "default"
    factor: float = 1.0
    original_context: int = 0  # positions before stretching; llama3 and yarn need it
    low_frequency: float = 1.0  # llama3
    high_frequency: float = 4.0
    fast: float = 32.0  # yarn: beta_fast, beta_slow
    slow: float = 1.0
    attention_factor: float | None = None  # yarn: scales cos and sin; None = derived from the factor
    numerator: float | None = None  # yarn: mscale, mscale_all_dim
    denominator: float | None = None
    truncate: bool = True


class MoeSpec(Struct, frozen=True):
    """Mixture of experts: a softmax router that keeps the best few."""

    experts: int
    active: int
    inner: int
    renormalise: bool  # whether the kept weights are scaled to sum to 1


class ModelSpec(Struct, frozen=True):
    """Everything that distinguishes one decoder from another."""

    family: str
    vocabulary: int
    width: int
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    inner: int  # of a dense feed-forward layer
    norm_epsilon: float
    rope: RopeSpec
    context: int  # longest sequence the checkpoint was made for
    qk_norm: bool = False  # queries and keys normalised per head before rotation
    attention_bias: tuple[bool, bool] = (False, False)  # of query, key and value; of the output
    mlp_bias: bool = False
    tied: bool = False  # the head is the embedding
    moe: MoeSpec | None = None
    dense_layers: frozenset[int] = frozenset()  # layers without experts although `moe` is there
    dtype: str = "float32"  # as stored
    eos_ids: tuple[int, ...] = ()
    block: int = 1  # b of block-causal attention

    def sparse(self, layer: int) -> bool:
        """Whether this layer's feed-forward part is a mixture of experts."""
        return self.moe is not None and layer not in self.dense_layers

    def parameters(self) -> int:
        """Numbers stored, a tied head counted once."""
        attention = self.width * self.head_dim * (2 * self.heads + 2 * self.kv_heads)
        total = self.vocabulary * self.width * (1 if self.tied else 2) + self.width
        for layer in range(self.layers):
            total += attention + 2 * self.width + (2 * self.head_dim if self.qk_norm else 0)
            if self.moe is not None and self.sparse(layer):
                total += self.moe.experts * self.width * (3 * self.moe.inner + 1)
            else:
                total += 3 * self.width * self.inner
        return total


def read_spec(config: Config) -> ModelSpec:
    """The spec of any supported config.json. Raises `CheckpointError` naming the field that stands in the way."""
    family = str(config.get("model_type", ""))
    if family not in FAMILIES:
        known = ", ".join(sorted(FAMILIES))
        raise CheckpointError(f"model_type {family!r} is not supported; supported are {known}")
    try:
        spec = _read(family, config)
    except KeyError as missing:
        raise CheckpointError(f"config.json of a {family} model lacks the field {missing}") from missing
    except (TypeError, ValueError) as error:
        raise CheckpointError(f"config.json of a {family} model holds a wrong value: {error}") from error
    _check_numbers(spec)
    return spec


def _check_numbers(spec: ModelSpec) -> None:
    for name in ("vocabulary", "width", "layers", "heads", "kv_heads", "head_dim", "inner", "context"):
        if getattr(spec, name) < 1:
            raise CheckpointError(f"config.json gives the model a {name} of {getattr(spec, name)}")
    if spec.heads % spec.kv_heads:
        raise CheckpointError(f"{spec.heads} heads cannot share {spec.kv_heads} heads of keys and values evenly")
    if spec.rope.factor <= 0 or spec.rope.theta <= 0:
        raise CheckpointError("the factor and the base of a rope are greater than 0")
    if spec.moe is not None and not 1 <= spec.moe.active <= spec.moe.experts:
        raise CheckpointError(f"{spec.moe.active} of {spec.moe.experts} experts cannot be active")


FAMILIES = frozenset({"qwen3", "qwen3_moe", "qwen2", "llama"})


def _read(family: str, config: Config) -> ModelSpec:
    _refuse(config)
    heads = int(config["num_attention_heads"])
    default_head = 128 if family == "qwen3" else int(config["hidden_size"]) // heads
    head_dim = int(config.get("head_dim") or default_head)
    context = int(config["max_position_embeddings"])
    bias = bool(config.get("attention_bias", False))
    layers = int(config["num_hidden_layers"])
    moe = _moe(config) if family == "qwen3_moe" else None
    return ModelSpec(
        family=family,
        vocabulary=int(config["vocab_size"]),
        width=int(config["hidden_size"]),
        layers=layers,
        heads=heads,
        kv_heads=int(config.get("num_key_value_heads") or heads),
        head_dim=head_dim,
        inner=int(config["intermediate_size"]),
        norm_epsilon=float(config.get("rms_norm_eps", 1e-6)),
        rope=_rope(config, head_dim, context),
        context=context,
        qk_norm=family in {"qwen3", "qwen3_moe"},
        attention_bias=(True, False) if family == "qwen2" else (bias, bias),
        mlp_bias=bool(config.get("mlp_bias", False)),
        tied=bool(config.get("tie_word_embeddings", False)),
        moe=moe,
        dense_layers=_dense_layers(config, layers) if moe else frozenset(),
        dtype=str(config.get("dtype") or config.get("torch_dtype") or "float32"),
        eos_ids=_ids(config.get("eos_token_id")),
    )


def _refuse(config: Config) -> None:
    activation = config.get("hidden_act", "silu")
    if activation != "silu":
        raise CheckpointError(f"hidden_act {activation!r} is not supported, only 'silu'")
    if config.get("use_sliding_window"):
        raise CheckpointError("use_sliding_window is set: sliding-window attention is not supported")
    if quantised := config.get("quantization_config"):
        method = quantised.get("quant_method", "unknown") if isinstance(quantised, dict) else quantised
        raise CheckpointError(
            f"the checkpoint is quantised ({method}); use the unquantised one, and --dtype int8 to save memory"
        )


def _moe(config: Config) -> MoeSpec:
    experts = config["num_experts"] if "num_experts" in config else config["num_local_experts"]
    return MoeSpec(
        experts=int(experts),
        active=int(config["num_experts_per_tok"]),
        inner=int(config["moe_intermediate_size"]),
        renormalise=bool(config.get("norm_topk_prob", False)),
    )


def _dense_layers(config: Config, layers: int) -> frozenset[int]:
    step = int(config.get("decoder_sparse_step") or 1)
    named = {int(layer) for layer in config.get("mlp_only_layers") or ()}
    return frozenset(layer for layer in range(layers) if layer in named or (layer + 1) % step)


def _rope(config: Config, head_dim: int, context: int) -> RopeSpec:
    """Either spelling; `rope_type` was once called `type`."""
    said: Config = {**(config.get("rope_scaling") or {}), **(config.get("rope_parameters") or {})}
    kind = said.get("rope_type") or said.get("type") or "default"
    if kind not in ROPE_KINDS:
        raise CheckpointError(f"rope type {kind!r} is not supported; supported are {', '.join(ROPE_KINDS)}")
    theta = said.get("rope_theta") or config.get("rope_theta") or 10000.0
    partial = said.get("partial_rotary_factor") or config.get("partial_rotary_factor") or 1.0
    original = int(said.get("original_max_position_embeddings") or 0)
    factor = said.get("factor")
    if kind in {"llama3", "yarn"} and not original:
        raise CheckpointError(f"rope type {kind!r} needs original_max_position_embeddings")
    if factor is None:
        factor = context / original if kind == "yarn" else 1.0
    return RopeSpec(
        theta=float(theta),
        width=int(head_dim * float(partial)),
        kind=kind,
        factor=float(factor),
        original_context=original,
        low_frequency=float(said.get("low_freq_factor") or 1.0),
        high_frequency=float(said.get("high_freq_factor") or 4.0),
        fast=float(said.get("beta_fast") or 32.0),
        slow=float(said.get("beta_slow") or 1.0),
        attention_factor=_number(said.get("attention_factor")),
        numerator=_number(said.get("mscale")),
        denominator=_number(said.get("mscale_all_dim")),
        truncate=bool(said.get("truncate", True)),
    )


def _number(value: float | None) -> float | None:
    return None if value is None else float(value)


def _ids(value: int | list[int] | None) -> tuple[int, ...]:
    if value is None:
        return ()
    return tuple(int(one) for one in value) if isinstance(value, list) else (int(value),)
