"""`aixiv inference`: the inference service alone, for one machine or for others that set AIXIV_INFERENCE_URL."""

import sys
from typing import Literal

from aixiv.settings import Settings


def inference(
    *,
    model: str = "",
    dtype: Literal["auto", "bf16", "fp32", "int8"] | None = None,
    host: str = "127.0.0.1",
    port: int = 8001,
    context: int | None = None,
    kv_memory: float | None = None,
) -> int:
    """Serve chat, completions and embeddings as OpenAI's clients know them.

    Parameters
    ----------
    model
        Folder of a checkpoint, or its id in the local hub cache; default AIXIV_MODEL. Without one, embeddings only.
    dtype
        How the weights are held.
    host
        Where to listen. Beyond loopback a key is needed: AIXIV_INFERENCE_API_KEY, or one is made and printed.
    port
        The port.
    context
        Tokens of the longest prompt and answer together.
    kv_memory
        Memory for keys and values, GiB.
    """
    from inference.memory import TooLittleMemory
    from inference.model.spec import CheckpointError
    from inference.serve import Options, serve

    settings = Settings()
    settings = settings.model_copy(update={"model": model}) if model else settings
    options = Options(
        model=settings.model_source,
        name=settings.model_name,
        dtype=dtype or settings.model_dtype,
        host=host,
        port=port,
        context=context or settings.model_context or None,
        kv_memory=int(kv_memory * 2**30) if kv_memory else settings.kv_memory_bytes or None,
        api_key=settings.inference_api_key.get_secret_value(),
    )
    try:
        serve(options)
    except (CheckpointError, TooLittleMemory) as refusal:
        print(f"aixiv: {refusal}", file=sys.stderr)
        return 1
    return 0
