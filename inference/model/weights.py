"""Tensors by our names, wherever they come from: the table of names per family, safetensors files, sharded or not.

Our names: `embed`, `norm`, `head`, `layers.N.{attention_norm,query,key,value,output,query_norm,key_norm,mlp_norm,
gate,up,down,router}`, `layers.N.experts.E.{gate,up,down}`, each optionally with `.bias`. The table works both ways:
the loader reads through it and `inference.tools.random_checkpoint` writes through it.
"""

import json
import re
from pathlib import Path
from typing import Any, Protocol

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from inference.model.spec import CheckpointError, ModelSpec

STANDARD = {
    "embed": "model.embed_tokens",
    "norm": "model.norm",
    "head": "lm_head",
    "layers.{}.attention_norm": "model.layers.{}.input_layernorm",
    "layers.{}.query": "model.layers.{}.self_attn.q_proj",
    "layers.{}.key": "model.layers.{}.self_attn.k_proj",
    "layers.{}.value": "model.layers.{}.self_attn.v_proj",
    "layers.{}.output": "model.layers.{}.self_attn.o_proj",
    "layers.{}.query_norm": "model.layers.{}.self_attn.q_norm",
    "layers.{}.key_norm": "model.layers.{}.self_attn.k_norm",
    "layers.{}.mlp_norm": "model.layers.{}.post_attention_layernorm",
    "layers.{}.gate": "model.layers.{}.mlp.gate_proj",
    "layers.{}.up": "model.layers.{}.mlp.up_proj",
    "layers.{}.down": "model.layers.{}.mlp.down_proj",
    "layers.{}.router": "model.layers.{}.mlp.gate",
    "layers.{}.experts.{}.gate": "model.layers.{}.mlp.experts.{}.gate_proj",
    "layers.{}.experts.{}.up": "model.layers.{}.mlp.experts.{}.up_proj",
    "layers.{}.experts.{}.down": "model.layers.{}.mlp.experts.{}.down_proj",
}
NAMES = dict.fromkeys(("qwen2", "qwen3", "qwen3_moe", "llama"), STANDARD)

FLOATS = (torch.float32, torch.bfloat16, torch.float16, torch.float64)
COMPUTED = ("rotary_emb.inv_freq", "mlp.experts.gate_up_proj", "mlp.experts.down_proj")
"""What stands in layers and has no name of ours: what old files keep of the rotation, and experts stored together."""

NUMBER = re.compile(r"(?<=\.)\d+(?=\.|$)")


class Source(Protocol):
    """Where tensors come from, by our names."""

    def get(self, name: str) -> Tensor:
        """The tensor. Raises `CheckpointError` when it is absent."""
        ...

    def experts(self, layer: int) -> tuple[Tensor, Tensor]:
        """All experts of a layer: gate over up [E, 2I, D], and down [E, D, I]."""
        ...


def stored_name(family: str, name: str) -> str:
    """The name of one of our tensors in a file of this family."""
    stem = name.removesuffix(".bias")
    numbers = NUMBER.findall(stem)
    theirs = NAMES[family][NUMBER.sub("{}", stem)].format(*numbers)
    return f"{theirs}.bias" if stem != name else f"{theirs}.weight"


def shapes(spec: ModelSpec) -> dict[str, tuple[int, ...]]:
    """Every tensor a model of this spec has, and its shape, in the order a forward meets them."""
    found: dict[str, tuple[int, ...]] = {"embed": (spec.vocabulary, spec.width)}
    for layer in range(spec.layers):
        prefix = f"layers.{layer}."
        found |= {prefix + name: shape for name, shape in _attention_shapes(spec).items()}
        found[f"{prefix}mlp_norm"] = (spec.width,)
        if spec.moe is not None and spec.sparse(layer):
            found[f"{prefix}router"] = (spec.moe.experts, spec.width)
            for expert in range(spec.moe.experts):
                found |= _mlp_shapes(f"{prefix}experts.{expert}.", spec.width, spec.moe.inner, bias=False)
        else:
            found |= _mlp_shapes(prefix, spec.width, spec.inner, bias=spec.mlp_bias)
    found["norm"] = (spec.width,)
    if not spec.tied:
        found["head"] = (spec.vocabulary, spec.width)
    return found


def _attention_shapes(spec: ModelSpec) -> dict[str, tuple[int, ...]]:
    queries, keys = spec.heads * spec.head_dim, spec.kv_heads * spec.head_dim
    found: dict[str, tuple[int, ...]] = {"attention_norm": (spec.width,)}
    for name, rows in (("query", queries), ("key", keys), ("value", keys)):
        found[name] = (rows, spec.width)
        if spec.attention_bias[0]:
            found[f"{name}.bias"] = (rows,)
    found["output"] = (spec.width, queries)
    if spec.attention_bias[1]:
        found["output.bias"] = (spec.width,)
    if spec.qk_norm:
        found |= {"query_norm": (spec.head_dim,), "key_norm": (spec.head_dim,)}
    return found


def _mlp_shapes(prefix: str, width: int, inner: int, *, bias: bool) -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    for name, shape in (("gate", (inner, width)), ("up", (inner, width)), ("down", (width, inner))):
        found[prefix + name] = shape
        if bias:
            found[f"{prefix}{name}.bias"] = (shape[0],)
    return found


class SafetensorsSource:
    """The safetensors of a folder, memory-mapped; a tensor is read when it is asked for."""

    def __init__(self, folder: Path, spec: ModelSpec, dtype: torch.dtype, device: torch.device) -> None:
        self._spec = spec
        self._dtype = dtype
        self._device = device
        self._shapes = shapes(spec)
        self._files: dict[str, Any] = {}  # by tensor name; safetensors leaves its handles untyped
        for path in _files(folder):
            try:
                opened: Any = safe_open(path, framework="pt")
            except (SafetensorError, OSError) as error:
                raise CheckpointError(f"cannot read {path.name}: {error}; download it again") from error
            self._files |= dict.fromkeys(opened.keys(), opened)
        self._refuse_unread()

    def get(self, name: str) -> Tensor:
        """One tensor on the device, its shape checked against the config."""
        tensor = self._stored(stored_name(self._spec.family, name))
        if tensor is None:
            raise CheckpointError(
                f"the checkpoint lacks {stored_name(self._spec.family, name)}; is a shard missing from the folder?"
            )
        if tuple(tensor.shape) != self._shapes[name]:
            expected = list(self._shapes[name])
            raise CheckpointError(f"{name} has shape {list(tensor.shape)}, config.json says {expected}")
        return self._placed(name, tensor)

    def experts(self, layer: int) -> tuple[Tensor, Tensor]:
        """Stored per expert as a rule; transformers 5 keeps them fused in memory and some folders hold them so."""
        stem = stored_name(self._spec.family, f"layers.{layer}.router").removesuffix("gate.weight") + "experts."
        fused = self._stored(f"{stem}gate_up_proj"), self._stored(f"{stem}down_proj")
        if fused[0] is not None and fused[1] is not None:
            up, down = (self._placed(f"{stem}*", part) for part in fused if part is not None)
            self._check_experts(up, down)
            return up, down
        return stack_experts(self, self._spec, layer)

    def _placed(self, name: str, tensor: Tensor) -> Tensor:
        """As it is computed with, every number finite. One sum over it tells, a small part of the time of reading."""
        placed = tensor.to(device=self._device, dtype=self._dtype)
        if not placed.sum().isfinite() and not placed.isfinite().all():
            kind = str(self._dtype).removeprefix("torch.")
            raise CheckpointError(f"{name} holds numbers that are not finite in {kind}; download the checkpoint again")
        return placed

    def _check_experts(self, up: Tensor, down: Tensor) -> None:
        moe, width = self._spec.moe, self._spec.width
        assert moe is not None
        expected = [moe.experts, 2 * moe.inner, width], [moe.experts, width, moe.inner]
        if (list(up.shape), list(down.shape)) != expected:
            raise CheckpointError(f"experts have shapes {list(up.shape)} and {list(down.shape)}, not {expected}")

    def _refuse_unread(self) -> None:
        """A tensor of a layer that the config knows nothing of would be missing from every answer."""
        known = {stored_name(self._spec.family, name).removeprefix("model.") for name in self._shapes}
        for name in sorted(self._files):
            bare = name.removeprefix("model.")
            if bare.startswith("layers.") and bare not in known and not bare.endswith(COMPUTED):
                raise CheckpointError(f"the checkpoint holds {name}, of which config.json knows nothing")

    def _stored(self, name: str) -> Tensor | None:
        for known in (name, name.removeprefix("model."), f"model.{name}"):  # bare bodies leave the prefix out
            if known in self._files:
                found: Tensor = self._files[known].get_tensor(known)
                if found.dtype not in FLOATS:
                    kind = str(found.dtype).removeprefix("torch.")
                    raise CheckpointError(f"{known} is stored as {kind}; use the checkpoint that is not quantised")
                return found
        return None


def stack_experts(source: Source, spec: ModelSpec, layer: int) -> tuple[Tensor, Tensor]:
    """Experts stored one by one, as two tensors. Filled in place, so that no second copy of a layer is made."""
    assert spec.moe is not None
    first = source.get(f"layers.{layer}.experts.0.gate")
    both = first.new_empty(spec.moe.experts, 2 * spec.moe.inner, spec.width)
    down = first.new_empty(spec.moe.experts, spec.width, spec.moe.inner)
    for expert in range(spec.moe.experts):
        stem = f"layers.{layer}.experts.{expert}."
        both[expert, : spec.moe.inner] = source.get(f"{stem}gate")
        both[expert, spec.moe.inner :] = source.get(f"{stem}up")
        down[expert] = source.get(f"{stem}down")
    return both, down


def _files(folder: Path) -> list[Path]:
    index = folder / "model.safetensors.index.json"
    if not index.exists():
        if (folder / "model.safetensors").is_file():  # others beside it are adapters or the same in another form
            return [folder / "model.safetensors"]
        found = sorted(folder.glob("*.safetensors"))
        if not found:
            raise CheckpointError(f"{folder} holds no .safetensors file; pickled .bin weights are not read")
        return found
    try:
        named = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
    except (ValueError, KeyError, AttributeError) as error:
        raise CheckpointError(f"{index.name} is not a weight index: {error}") from error
    if not all(isinstance(name, str) for name in named):
        raise CheckpointError(f"{index.name} is not a weight index: a file's name is no text")
    absent = sorted(name for name in named if not (folder / name).is_file())
    if absent:
        raise CheckpointError(f"{len(absent)} of {len(named)} shards are missing, the first is {absent[0]}")
    return sorted(folder / name for name in named)
