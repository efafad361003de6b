"""Commands that measure the reviewer, each with a table or JSON as its answer. None needs a server."""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import Parameter

from aixiv.text import Unreadable, parse_file
from review.evals.attacks import Case, Half, attack_cases, clean_cases
from review.evals.screening import Outcome, outcome, summary, table
from review.report import Verdict
from review.screening import STAGES, screen

AsJson = Annotated[bool, Parameter(name="--json")]
MOST_BYTES, MOST_PAGES = 10**7, 20  # of a generated file


def screening_eval(
    *, cases: int = 640, seed: int = 1, half: Half = "tuning", clean: int | None = None, as_json: AsJson = False
) -> None:
    """Measure the injection screen on generated attacks and clean papers.

    Parameters
    ----------
    cases
        Attacks to generate; carriers and languages take turns, 321 pairs in all.
    seed
        The same seed makes the same files.
    half
        Which half of the phrases: tune the screen on one, measure on the other; "independent" is a third set,
        with clean papers of its own, by an author who never saw the screen.
    clean
        Clean papers to generate; half as many as attacks when not said.
    as_json
        Print one JSON object instead of the table.
    """
    made = [*attack_cases(cases, seed, half), *clean_cases(cases // 2 if clean is None else clean, seed, half)]
    result = summary(tuple(_outcomes(made)), half=half, seed=seed, stages=STAGES)
    print(msgspec.json.encode(result).decode() if as_json else table(result))


def _outcomes(cases: list[Case]) -> Iterator[Outcome]:
    with tempfile.TemporaryDirectory() as folder:
        for number, case in enumerate(cases, 1):
            yield outcome(case, _verdict(Path(folder), case))
            if number % 100 == 0:
                print(f"{number} of {len(cases)} files screened", file=sys.stderr, flush=True)


def _verdict(folder: Path, case: Case) -> Verdict:
    """The screen's word for a generated file; we made it, so it is read in this process."""
    path = folder / case.filename
    path.write_bytes(case.data)
    try:
        parsed = parse_file(path, filename=case.filename, max_bytes=MOST_BYTES, max_pages=MOST_PAGES)
    except Unreadable:
        return "unreadable"
    return screen(parsed.manuscript, parsed.layout).verdict
