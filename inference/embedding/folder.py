"""What a folder's sentence-transformers files say: which vector stands for a text, and what comes with it.

`modules.json` lists the steps from text to vector: a Transformer, a Pooling with its own folder, perhaps Normalize.
"""

import json
from pathlib import Path
from typing import Any, Literal

from inference.model.spec import CheckpointError

Pooling = Literal["mean", "lasttoken"]
SUPPORTED: tuple[Pooling, ...] = ("mean", "lasttoken")
OLD_NAMES = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens": "weightedmean",
    "pooling_mode_lasttoken": "lasttoken",
}
STEPS = ("Transformer", "Pooling", "Normalize")


def is_embedding(folder: Path) -> bool:
    """Whether this is an embedding model: only those say how tokens are pooled."""
    return (folder / "modules.json").is_file() or (folder / "1_Pooling").is_dir()


def pooling_of(folder: Path) -> Pooling:
    """How one vector is made of a text's. Raises `CheckpointError` for every way that we do not compute."""
    path = folder / "1_Pooling"
    for step in read_json(folder / "modules.json") if (folder / "modules.json").is_file() else ():
        kind = str(step.get("type", "")).rsplit(".", 1)[-1]
        if kind not in STEPS:
            raise CheckpointError(f"{folder} has a step {kind!r} behind its pooling, which is not supported")
        if kind == "Pooling":
            path = folder / str(step.get("path", path.name))
    said = read_json(path / "config.json")
    modes = [mode for name, mode in OLD_NAMES.items() if said.get(name)]
    mode = said.get("pooling_mode") or (modes[0] if len(modes) == 1 else modes)
    for known in SUPPORTED:
        if mode == known:
            return known
    raise CheckpointError(f"{folder} pools by {mode!r}; supported are {' and '.join(SUPPORTED)}")


def longest_text(folder: Path) -> int | None:
    """Tokens to which the authors cut a text, where they say so."""
    path = folder / "sentence_bert_config.json"
    said = read_json(path).get("max_seq_length") if path.is_file() else None
    return None if said is None else int(said)


def prompts_of(folder: Path) -> dict[str, str]:
    """Words that the authors put before a text, by what it is for. The caller puts them there, not the service."""
    path = folder / "config_sentence_transformers.json"
    said = read_json(path).get("prompts") if path.is_file() else None
    return {str(name): str(words) for name, words in said.items()} if isinstance(said, dict) else {}


def read_json(path: Path) -> Any:
    """A file's JSON. Raises `CheckpointError`."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CheckpointError(f"cannot read {path}: {error}") from error
    return found
