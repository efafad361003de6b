"""From a folder or a hub id to a running model: config, weights, tokenizer, chat template, special tokens."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from tokenizers import Tokenizer

from inference.attention.base import Attention
from inference.attention.cpu import CpuAttention
from inference.attention.reference import ReferenceAttention
from inference.model.layers import Held, linear_maker
from inference.model.spec import CheckpointError, Config, ModelSpec, read_spec
from inference.model.transformer import Transformer
from inference.model.weights import SafetensorsSource

DType = Literal["auto", "bf16", "fp32", "int8"]


@dataclass(frozen=True)
class Loaded:
    """Everything needed to serve a decoder."""

    name: str
    model: Transformer
    tokenizer: Tokenizer
    chat_template: str | None
    eos_ids: tuple[int, ...]
    special: dict[str, str]  # bos_token, eos_token, pad_token as the template knows them
    weights: Held = "fp32"  # how they are held


def load(path_or_id: str | Path, *, dtype: DType = "auto", device: str = "auto") -> Loaded:
    """Read a checkpoint. Raises `CheckpointError` with what to do when it cannot be run."""
    folder = find(path_or_id)
    spec = read_spec(_json(folder / "config.json"))
    tokenizer = read_tokenizer(folder)
    template, special = _template(folder)
    eos_ids = _eos_ids(folder, spec, tokenizer)
    model, held = load_body(folder, dtype=dtype, device=device)
    return Loaded(
        name=name_of(path_or_id),
        model=model,
        tokenizer=tokenizer,
        chat_template=template,
        eos_ids=eos_ids,
        special=special,
        weights=held,
    )


def load_body(folder: Path, *, dtype: DType, device: str, headless: bool = False) -> tuple[Transformer, Held]:
    """The weights of a folder as a running model, and how they are held. `headless`: for vectors, not for texts."""
    spec = read_spec(_json(folder / "config.json"))
    place = choose_device(device)
    held, compute = choose_dtype(dtype, spec, place)
    if held == "int8" and spec.moe is not None and place.type == "cuda":
        raise CheckpointError("int8 experts are computed on the CPU only; use --dtype bf16 on CUDA")
    source = SafetensorsSource(folder, spec, compute, place)
    attention, make = choose_attention(spec, compute, place), linear_maker(held, place)
    return Transformer(spec, source, attention, make, headless=headless), held


def find(path_or_id: str | Path) -> Path:
    """The folder of a checkpoint: given, or in the local hub cache."""
    folder = Path(path_or_id).expanduser()
    if (folder / "config.json").is_file():
        return folder
    if folder.is_dir():
        raise CheckpointError(f"{folder} holds no config.json; give the folder that has one beside the weights")
    return _cached(str(path_or_id))


def name_of(path_or_id: str | Path) -> str:
    """What clients call a model: its folder's name, or its id."""
    path = Path(path_or_id).expanduser()
    return path.resolve().name if path.exists() else str(path_or_id)


def _cached(name: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, local_files_only=True))
    except LocalEntryNotFoundError as error:
        raise CheckpointError(
            f"{name} is neither a folder nor among what was downloaded; `aixiv models download {name}` gets it"
        ) from error
    except HFValidationError as error:
        raise CheckpointError(f"{name} is neither a folder nor a hub id such as Qwen/Qwen3-0.6B") from error


def choose_device(device: str) -> torch.device:
    """`auto` takes the first CUDA device when there is one."""
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if device.startswith("cuda") and not torch.cuda.is_available():
        raise CheckpointError("no CUDA device is visible; use --device cpu")
    return torch.device(device)


def choose_attention(spec: ModelSpec, dtype: torch.dtype, device: torch.device) -> Attention:
    """The fastest backend that this device and this model can have."""
    if device.type == "cpu":
        return CpuAttention(kernel=dtype == torch.bfloat16 and spec.head_dim % 16 == 0)
    try:
        from inference.attention.triton_paged import TritonAttention
    except ImportError:  # torch without triton, as on some platforms: right, but slow
        return ReferenceAttention()
    return TritonAttention()


def choose_dtype(dtype: DType, spec: ModelSpec, device: torch.device) -> tuple[Held, torch.dtype]:
    """How weights are held, and the dtype of the computation. float16 checkpoints are computed in bfloat16."""
    if dtype == "auto":
        dtype = "fp32" if spec.dtype == "float32" or not _has_bfloat16(device) else "bf16"
    return dtype, torch.float32 if dtype == "fp32" else torch.bfloat16


def _has_bfloat16(device: torch.device) -> bool:
    return device.type == "cuda" or bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def read_tokenizer(folder: Path) -> Tokenizer:
    """The tokenizer without padding and truncation, which are ours to do."""
    path = folder / "tokenizer.json"
    if not path.is_file():
        raise CheckpointError(f"{folder} holds no tokenizer.json; save the tokenizer in its fast form")
    try:
        tokenizer: Tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the edge of somebody's file: the library raises nothing narrower
        raise CheckpointError(f"cannot read {path}: {error}") from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def _template(folder: Path) -> tuple[str | None, dict[str, str]]:
    """The chat template, in its own file or in tokenizer_config.json, and the special tokens it may name."""
    path = folder / "tokenizer_config.json"
    config = _json(path) if path.is_file() else {}
    special = {}
    for key in ("bos_token", "eos_token", "pad_token", "unk_token"):
        value = config.get(key)
        text = value.get("content") if isinstance(value, dict) else value
        if isinstance(text, str):
            special[key] = text
    own = folder / "chat_template.jinja"
    if own.is_file():
        return own.read_text(encoding="utf-8"), special
    template = config.get("chat_template")
    if isinstance(template, list):  # several by name
        named = (one for one in template if isinstance(one, dict) and one.get("name") == "default")
        template = next((one.get("template") for one in named), None)
    if template is not None and not isinstance(template, str):
        raise CheckpointError(f"the chat template in {path} is no text")
    return template, special


def _eos_ids(folder: Path, spec: ModelSpec, tokenizer: Tokenizer) -> tuple[int, ...]:
    """generation_config.json knows all tokens that end an answer; config.json often only one of them."""
    path = folder / "generation_config.json"
    named = _json(path).get("eos_token_id") if path.is_file() else None
    ids = [] if named is None else named if isinstance(named, list) else [named]
    found = tuple(dict.fromkeys([*ids, *spec.eos_ids]))
    if not found:
        raise CheckpointError(f"{folder} names no token that ends an answer; set eos_token_id in {path.name}")
    for one in found:
        if not isinstance(one, int) or not 0 <= one < spec.vocabulary or tokenizer.id_to_token(one) is None:
            raise CheckpointError(f"eos_token_id {one!r} is no token of this model; mend it in {path.name}")
    return found


def _json(path: Path) -> Config:
    try:
        found: Config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CheckpointError(f"cannot read {path}: {error}") from error
    if not isinstance(found, dict):
        raise CheckpointError(f"{path} is no JSON object")
    return found
