"""llama.cpp as a peer: the same weights as a GGUF file, read by `llama-cpp-python` where it is installed.

Its plain C calls are used for every batch size, so that nothing but `llama_decode` and a search for the largest logit
is timed.
"""

import ctypes
import importlib
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.inference.peers import LLAMA, Answered, PeerFailed, Prompts
from inference.model.spec import ModelSpec
from inference.model.weights import SafetensorsSource, shapes

NAMES = {
    "embed": "token_embd",
    "norm": "output_norm",
    "head": "output",
    "attention_norm": "attn_norm",
    "query": "attn_q",
    "key": "attn_k",
    "value": "attn_v",
    "output": "attn_output",
    "query_norm": "attn_q_norm",
    "key_norm": "attn_k_norm",
    "mlp_norm": "ffn_norm",
    "gate": "ffn_gate",
    "up": "ffn_up",
    "down": "ffn_down",
}
SUB_BATCH = 512  # tokens of one pass, llama.cpp's own default


def gguf_name(name: str) -> str:
    """What a GGUF file calls one of our tensors."""
    parts = name.split(".")
    stem = f"blk.{parts[1]}.{NAMES[parts[2]]}" if parts[0] == "layers" else NAMES[parts[0]]
    return f"{stem}.weight"


def write_gguf(folder: Path, spec: ModelSpec, path: Path) -> None:
    """The checkpoint of `folder` in bfloat16 with norms in float32, without a vocabulary: token ids are all we use."""
    import gguf

    if spec.family != "qwen3":
        raise PeerFailed(f"the file for llama.cpp is written for qwen3 only, not for {spec.family}")
    part = path.with_suffix(".part")
    writer = gguf.GGUFWriter(str(part), "qwen3")
    writer.add_context_length(spec.context)
    writer.add_embedding_length(spec.width)
    writer.add_block_count(spec.layers)
    writer.add_feed_forward_length(spec.inner)
    writer.add_head_count(spec.heads)
    writer.add_head_count_kv(spec.kv_heads)
    writer.add_key_length(spec.head_dim)
    writer.add_value_length(spec.head_dim)
    writer.add_rope_freq_base(spec.rope.theta)
    writer.add_layer_norm_rms_eps(spec.norm_epsilon)
    writer.add_vocab_size(spec.vocabulary)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_BF16)
    writer.add_tokenizer_model("none")
    source = SafetensorsSource(folder, spec, torch.bfloat16, torch.device("cpu"))
    for name in shapes(spec):
        tensor = source.get(name).contiguous()
        if tensor.dim() == 1:
            writer.add_tensor(gguf_name(name), tensor.float().numpy())
        else:
            raw = tensor.view(torch.uint8).numpy()
            writer.add_tensor(gguf_name(name), raw, raw_dtype=gguf.GGMLQuantizationType.BF16)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    part.replace(path)


class LlamaCpp:
    """llama.cpp on the CPU."""

    name = LLAMA

    def __init__(self, path: Path, spec: ModelSpec, *, room: int, sequences: int, threads: int) -> None:
        llama_cpp: Any = importlib.import_module("llama_cpp")
        self._lib = llama_cpp
        self._vocabulary = spec.vocabulary
        self._quiet = llama_cpp.llama_log_callback(_silence)
        llama_cpp.llama_log_set(self._quiet, ctypes.c_void_p(0))
        llama_cpp.llama_backend_init()
        model_settings = llama_cpp.llama_model_default_params()
        model_settings.n_gpu_layers = 0
        self._model = llama_cpp.llama_model_load_from_file(str(path).encode(), model_settings)
        if not self._model:
            raise PeerFailed(f"llama.cpp cannot read {path.name}")
        settings = llama_cpp.llama_context_default_params()
        settings.n_ctx = room
        settings.n_batch = settings.n_ubatch = SUB_BATCH
        settings.n_seq_max = sequences
        settings.kv_unified = True
        settings.n_threads = settings.n_threads_batch = threads
        self._context = llama_cpp.llama_init_from_model(self._model, settings)
        if not self._context:
            raise PeerFailed("llama.cpp gives no context")
        self._batch = llama_cpp.llama_batch_init(SUB_BATCH, 0, 1)

    def answer(self, prompts: Prompts, tokens: int) -> Answered:
        """See `Peer`. Prompts are read one after the other, then all answers grow together."""
        lib = self._lib
        lib.llama_memory_clear(lib.llama_get_memory(self._context), True)
        begin = time.perf_counter()
        moments: list[list[float]] = []
        last: list[int] = []
        for number, prompt in enumerate(prompts):
            last.append(self._read(number, list(prompt)))
            moments.append([time.perf_counter() - begin])
        for step in range(1, tokens):
            rows = [(last[number], len(prompt) + step - 1, number) for number, prompt in enumerate(prompts)]
            self._decode([(*row, True) for row in rows])
            last = [self._likeliest(number) for number in range(len(prompts))]
            now = time.perf_counter() - begin
            for each in moments:
                each.append(now)
        return Answered(moments)

    def _read(self, number: int, prompt: list[int]) -> int:
        for first in range(0, len(prompt), SUB_BATCH):
            part = prompt[first : first + SUB_BATCH]
            ends = first + len(part) == len(prompt)
            self._decode([(token, first + at, number, ends and at == len(part) - 1) for at, token in enumerate(part)])
        return self._likeliest(-1)

    def _decode(self, rows: list[tuple[int, int, int, bool]]) -> None:
        batch = self._batch
        batch.n_tokens = len(rows)
        for at, (token, place, sequence, wanted) in enumerate(rows):
            batch.token[at], batch.pos[at] = token, place
            batch.n_seq_id[at] = 1
            batch.seq_id[at][0] = sequence
            batch.logits[at] = wanted
        failed = self._lib.llama_decode(self._context, batch)
        if failed:
            raise PeerFailed(f"llama_decode answered {failed}")

    def _likeliest(self, row: int) -> int:
        logits = self._lib.llama_get_logits_ith(self._context, row)
        found: NDArray[np.float32] = np.ctypeslib.as_array(logits, shape=(self._vocabulary,))
        return int(found.argmax())


def _silence(_level: int, _text: bytes, _data: object) -> None:
    """llama.cpp tells much while it loads."""
