"""`python -m inference`: serve embeddings, and a language model if one is given, over HTTP until told to stop."""

import argparse
from typing import get_args

from inference.model.load import DType
from inference.serve import Options, serve


def main() -> None:
    """The supervised entry: a checkpoint that cannot be loaded is told in /v1/models, embeddings are served anyway."""
    parser = argparse.ArgumentParser(prog="python -m inference", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8001)
    parser.add_argument("--model", default="", help="folder of a checkpoint, or its id in the local hub cache")
    parser.add_argument("--name", default="", help="what clients call it; by default the folder's name or the id")
    parser.add_argument("--dtype", choices=get_args(DType), default="auto")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--context", type=int, help="tokens of the longest prompt and answer together")
    parser.add_argument("--kv-memory", type=int, help="bytes for keys and values")
    given = parser.parse_args()
    serve(
        Options(
            model=given.model,
            name=given.name,
            dtype=given.dtype,
            device=given.device,
            host=given.host,
            port=given.port,
            context=given.context,
            kv_memory=given.kv_memory,
            needs_model=False,
        )
    )


if __name__ == "__main__":
    main()
