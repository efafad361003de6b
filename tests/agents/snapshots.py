"""Snapshots as files: `UPDATE_SNAPSHOTS=1 pytest tests/agents` writes them anew, and git shows what changed."""

import os
from pathlib import Path

FOLDER = Path(__file__).parent / "snapshots"


def matches_snapshot(name: str, text: str) -> None:
    """Fail when the text is not what the snapshot holds."""
    path = FOLDER / f"{name}.txt"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        FOLDER.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.exists(), f"no snapshot {path.name}; run with UPDATE_SNAPSHOTS=1"
    assert text == path.read_text(encoding="utf-8")
