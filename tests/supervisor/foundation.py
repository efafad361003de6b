"""`aixiv up` with real services but without web and worker, as a process that tests can kill.

    python -m tests.supervisor.foundation HOME

Prints the status table as JSON when everything is up.
"""

import asyncio
import json
import sys
from pathlib import Path

from msgspec import to_builtins

from aixiv.settings import Settings
from aixiv.supervisor.services import DATABASE, INFERENCE, OBJECTS
from aixiv.supervisor.up import Running, run


async def show(running: Running) -> None:
    addresses = {"database": running.settings.database_url, "objects": running.settings.s3_endpoint}
    print(json.dumps({"rows": to_builtins(running.rows()), **addresses}), flush=True)


def main() -> int:
    settings = Settings(home=Path(sys.argv[1]))
    parts = tuple(sys.argv[2:]) or (DATABASE, OBJECTS, INFERENCE)
    return asyncio.run(run(settings, on_ready=show, only=parts))


if __name__ == "__main__":
    sys.exit(main())
