"""Commands that measure the reviewer, each with a table or JSON as its answer. None needs a server."""

import asyncio
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from random import Random
from typing import Annotated

import msgspec
from cyclopts import Parameter

from aixiv.cli.vectors import vectors_of
from aixiv.domain.errors import Invalid
from aixiv.settings import Settings
from aixiv.text import Unreadable, parse_file
from review.evals.attacks import Case, NoPhrases, attack_cases, clean_cases, phrases
from review.evals.attacks.additions import ADDITIONS, with_addition
from review.evals.screening import Outcome, outcome, summary, table
from review.layout import Layout
from review.manuscript import Manuscript
from review.report import Screening
from review.screening import screen

AsJson = Annotated[bool, Parameter(name="--json")]
MOST_BYTES, MOST_PAGES = 10**7, 20  # of a generated file
AT_ONCE = 16  # files a process is handed together


def screening_eval(
    *,
    cases: int = 640,
    seed: int = 1,
    phrases_of: Annotated[str, Parameter(name="--phrases")] = "tuning",
    clean: int | None = None,
    as_json: AsJson = False,
) -> None:
    """Measure the injection screen on generated attacks and clean papers, as it would run here.

    Each attack that is found is screened once more with harmless text added to it, and should still be found.

    Where AIXIV_INFERENCE_URL names an inference service, its vectors are used, too.

    Parameters
    ----------
    cases
        Attacks to generate; carriers and languages take turns, 409 pairs in all.
    seed
        The same seed makes the same files.
    phrases_of
        What the attacks say: "tuning" or "held-back" are halves by one author; other sets are by authors who never saw
        the screen and have hard clean papers of their own; or your own folder with attacks.toml and clean.toml.
    clean
        Clean papers to generate; half as many as attacks when not said.
    as_json
        Print one JSON object instead of the table.
    """
    if min(cases, 0 if clean is None else clean) < 0 or not cases + (clean or 0):
        raise Invalid("There is no file to screen.", code="eval_cases", hint="--cases or --clean 1 or more.")
    try:
        said = phrases(phrases_of)
    except NoPhrases as refusal:
        hint = "docs/evaluation.md says what a set of phrases looks like."
        raise Invalid(f"{refusal}", code="eval_phrases", hint=hint) from refusal
    made = [*attack_cases(cases, seed, said), *clean_cases(cases // 2 if clean is None else clean, seed, said)]
    result = summary(tuple(_outcomes(made)), phrases=said.name, seed=seed)
    print(msgspec.json.encode(result).decode() if as_json else table(result))


def _outcomes(cases: list[Case]) -> Iterator[Outcome]:
    with ProcessPoolExecutor() as processes:
        screened = processes.map(_screened, cases, chunksize=AT_ONCE)
        for number, found in enumerate(screened, 1):
            yield found
            if number % 100 == 0:
                print(f"{number} of {len(cases)} files screened", file=sys.stderr, flush=True)


def _screened(case: Case) -> Outcome:
    """What the screen says of a generated file, and of it with harmless text added where it is a found attack.

    We made the file, so no limits guard its reading.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / case.filename
        path.write_bytes(case.data)
        try:
            parsed = parse_file(path, filename=case.filename, max_bytes=MOST_BYTES, max_pages=MOST_PAGES)
        except Unreadable as refusal:
            return outcome(case, Screening(verdict="unreadable", score=0.0, reason=refusal.message))
    found = _verdict(parsed.manuscript, parsed.layout)
    if not case.attack or found.verdict == "clear":
        return outcome(case, found)
    random = Random(case.data)  # noqa: S311 - repeatable, no secret
    kind = random.choice(sorted(ADDITIONS))
    again = _verdict(*with_addition(kind, (parsed.manuscript, parsed.layout), random))
    return outcome(case, found, kind, lost=again.verdict == "clear")


def _verdict(manuscript: Manuscript, layout: Layout) -> Screening:
    return screen(manuscript, layout, asyncio.run(vectors_of(Settings(), layout)))
