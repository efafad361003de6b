"""The command line. What changes something calls the same use case as the other doors, with the same permissions."""

import sys

from aixiv.cli.app import app, configure_logging, fail

__all__ = ["main"]


def main() -> None:
    """Entry point of `aixiv`."""
    from aixiv.cli import files, papers, people, service  # noqa: F401 - importing registers the commands
    from aixiv.domain.errors import AixivError
    from aixiv.storage import StorageUnavailable

    configure_logging()
    try:
        result = app()
    except (AixivError, StorageUnavailable) as refusal:
        fail(refusal)
    sys.exit(result if isinstance(result, int) else 0)
