"""`aixiv eval checks`: planted errors found and alarms on clean papers, over a folder of files."""

import csv
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import Parameter

from aixiv.cli.lists import read_list
from aixiv.domain.errors import Invalid
from aixiv.text import Unreadable, parse_file
from review.checks import CHECKS, run_checks
from review.evals.checks import Checked, measure, table
from review.evals.planted import planted_set

AsJson = Annotated[bool, Parameter(name="--json")]
LIST = "planted.csv"
PATHS = "Paths are taken from the folder on."
IDS = "Ids stand in docs/review.md."
MOST_BYTES, MOST_PAGES = 10**8, 500


def checks_eval(
    folder: Path, *, make: Annotated[bool, Parameter(negative="")] = False, papers: int = 5, as_json: AsJson = False
) -> None:
    """Measure the deterministic checks on a folder of papers, some with planted errors. Needs no server.

    Parameters
    ----------
    folder
        Papers, and planted.csv with the columns file and planted: ids of the checks that should fire, parted by
        spaces, empty for a clean paper.
    make
        Write our own set into the folder first: clean papers, and copies of each with one error of every kind.
    papers
        Clean papers of our own set.
    as_json
        Print one JSON object instead of the table.
    """
    if papers < 1:
        raise Invalid("A set needs a clean paper.", code="eval_papers", hint="--papers 1 or more.")
    if make:
        _write_own(folder, papers)
    result = measure(_checked(folder))
    print(msgspec.json.encode(result).decode() if as_json else table(result))


def _write_own(folder: Path, papers: int) -> None:
    if folder.is_file():
        raise Invalid(f"{folder} is a file.", code="eval_folder", hint="Name a folder to write the set into.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        hint = "Name a folder that can be made and written."
        raise Invalid(f"{folder} cannot be made: {error.strerror}.", code="eval_folder", hint=hint) from error
    with (folder / LIST).open("w", encoding="utf-8", newline="") as lines:
        rows = csv.writer(lines)
        rows.writerow(["file", "planted"])
        for paper in planted_set(papers):
            (folder / f"{paper.name}.md").write_text(paper.text, encoding="utf-8")
            rows.writerow([f"{paper.name}.md", paper.planted])


def _checked(folder: Path) -> Iterator[Checked]:
    listed = folder / LIST
    if not listed.is_file():
        raise Invalid(f"There is no {LIST} in {folder}.", code="eval_folder", hint="`--make` writes our own set.")
    rows = read_list(listed, ("file", "planted"))
    if not rows:
        raise Invalid(f"{listed} lists no papers.", code="eval_columns", hint="`--make` writes our own set.")
    for number, row in enumerate(rows, start=1):
        yield _one(folder, row["file"], tuple(row["planted"].split()))
        if number % 20 == 0:
            print(f"{number} of {len(rows)} papers checked", file=sys.stderr, flush=True)


def _one(folder: Path, file: str, planted: tuple[str, ...]) -> Checked:
    if unknown := set(planted) - {check.id for check in CHECKS}:
        raise Invalid(f"{LIST} names an unknown check {min(unknown)!r}.", code="eval_folder", hint=IDS)
    if not file or not (folder / file).is_file():
        raise Invalid(f"{LIST} names {file!r}, which is not in {folder}.", code="eval_folder", hint=PATHS)
    try:
        parsed = parse_file(folder / file, filename=file, max_bytes=MOST_BYTES, max_pages=MOST_PAGES)
    except Unreadable as refusal:
        raise Invalid(f"{file}: {refusal.message}", code=refusal.code, hint=refusal.hint) from refusal
    manuscript = parsed.manuscript
    words = len(manuscript.text.split())
    return Checked(file=file, planted=planted, words=words, results=run_checks(manuscript, "paper"))
