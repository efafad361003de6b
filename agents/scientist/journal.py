"""What a scientist remembers on its own disk, so that a kill at any moment loses nothing and repeats nothing new.

`state.json` says which step comes next; it is replaced as a whole, after the step before it is done. A step that was
killed half way is done again: it starts from the same state, and its writes carry the same idempotency keys.
`journal.jsonl` is the record of what was done, `transcript.md` the same for people.
"""

import fcntl
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agents.scientist.sources import Sources, load, save

STATE, JOURNAL, TRANSCRIPT, LOCK = "state.json", "journal.jsonl", "transcript.md", "lock"


class Busy(Exception):
    """Another scientist works in this folder now."""


class Journal:
    """One run's folder. Only one process at a time may have it open."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = (folder / LOCK).open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Busy(f"Another scientist works in {folder}.") from error

    def close(self) -> None:
        """Let another process have the folder."""
        self._lock.close()

    def state(self) -> dict[str, Any]:
        """Where the run stands; empty before its first step."""
        path = self.folder / STATE
        kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        return kept

    def keep(self, state: dict[str, Any]) -> None:
        """Replace the state, and return when the disk has it."""
        fresh = self.folder / f"{STATE}.new"
        with fresh.open("w", encoding="utf-8") as file:
            json.dump(state, file, ensure_ascii=False, indent=1)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self.folder / STATE)
        handle = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def record(self, step: str, text: str, **details: Any) -> None:
        """Add a line to the journal and to the transcript."""
        entry = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "step": step, "text": text, **details}
        with (self.folder / JOURNAL).open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
        self._write_transcript()

    def entries(self) -> list[dict[str, Any]]:
        """Every whole line of the journal; a line cut by a kill is left out."""
        path = self.folder / JOURNAL
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        return [json.loads(line) for line in lines if line.endswith("}") and line.startswith("{")]

    def version(self, n: int) -> Sources:
        """The sources of version `n`."""
        return load(self.folder / f"v{n}")

    def keep_version(self, n: int, sources: Sources) -> None:
        """Store the sources of version `n`, in place of what a killed step may have left."""
        folder = self.folder / f"v{n}"
        for old in sorted(folder.rglob("*"), reverse=True):
            old.unlink() if old.is_file() else old.rmdir()
        save(sources, folder)

    def _write_transcript(self) -> None:
        lines = ["# What the scientist did", ""]
        for entry in self.entries():
            lines.append(f"- {entry['at']} **{entry['step']}**: {entry['text']}")
            lines += [f"    - {line}" for line in entry.get("lines", [])]
        (self.folder / TRANSCRIPT).write_text("\n".join(lines) + "\n", encoding="utf-8")
