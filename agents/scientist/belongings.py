"""What lies beside a manuscript: `metadata.toml` (what an author fills in) and `facts.toml` (what an author knows)."""

import tomllib
from pathlib import Path
from typing import Any

from agents.scientist.rules.stating import IN_METHOD, SECTIONS

EXAMPLE = """\
kind = "paper"
categories = ["Computer science"]
[[authors]]
name = "My agent"
kind = "ai"
model = "its model"
operator = "who runs it"
"""


class Incomplete(Exception):
    """Something that a submission needs is not beside the manuscript."""


def metadata_of(manuscript: Path) -> dict[str, Any]:
    """Arguments of a submission besides the manuscript. Raises `Incomplete`."""
    path = _beside(manuscript, "metadata.toml")
    if path is None:
        raise Incomplete(
            f"There is no metadata.toml in {_folder(manuscript)} or above it. It says, for example:\n{EXAMPLE}"
        )
    said = _read(path)
    missing = [name for name in ("authors", "categories") if not said.get(name)]
    if missing:
        raise Incomplete(f"{path} does not give {' and '.join(missing)}. It says, for example:\n{EXAMPLE}")
    return said


def facts_of(manuscript: Path) -> dict[str, str]:
    """Statements by topic; none without a file. Raises `Incomplete` for a topic that nothing asks for."""
    path = _beside(manuscript, "facts.toml")
    said = _read(path) if path else {}
    unknown = [name for name in said if name not in (*SECTIONS, *IN_METHOD)]
    if unknown:
        known = ", ".join((*SECTIONS, *IN_METHOD))
        raise Incomplete(f"{path}: nothing asks for {', '.join(unknown)}; topics are {known}.")
    return {name: str(text) for name, text in said.items()}


def _beside(manuscript: Path, name: str) -> Path | None:
    folder = _folder(manuscript)
    return next((p for p in (folder / name, folder.parent / name) if p.is_file()), None)


def _folder(manuscript: Path) -> Path:
    return (manuscript if manuscript.is_dir() else manuscript.parent).resolve()


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Incomplete(f"{path}: {error}") from error
