"""`python -m inference`: serve embeddings over HTTP until told to stop."""

import argparse

import uvicorn

from inference.api import create_app
from inference.embedding.loader import BUNDLED, bundled_folder, load


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m inference", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8001)
    arguments = parser.parse_args()
    app = create_app(load(BUNDLED, bundled_folder()))
    uvicorn.run(
        app,
        host=arguments.host,
        port=arguments.port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=5,
    )


if __name__ == "__main__":
    main()
