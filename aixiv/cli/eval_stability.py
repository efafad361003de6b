"""`aixiv eval stability`: how much a judge's score of the same paper moves from one review to the next."""

import asyncio
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from cyclopts import Parameter

from agents.port import ReviewFailed
from aixiv.cli.reviewing import UNREAD, judge_of, read, require_files, require_track, reviewed, score, tell, why
from aixiv.domain.errors import Invalid
from aixiv.settings import Settings
from aixiv.text import Unreadable
from review.evals.stability import Repeated, measure, table

AsJson = Annotated[bool, Parameter(name="--json")]


def stability_eval(
    files: list[Path],
    *,
    repeats: int = 5,
    judge: Literal["auto", "evidence", "language-model"] = "auto",
    track: str = "standard",
    as_json: AsJson = False,
) -> None:
    """Review each paper several times and measure how much its score moves. Needs no server.

    Parameters
    ----------
    files
        PDF, Markdown or LaTeX.
    repeats
        Reviews of each paper, two or more.
    judge
        Who judges; auto takes a language model when one is configured (AIXIV_LLM_BASE_URL).
    track
        Policy to review by.
    as_json
        Print one JSON object instead of the table.
    """
    require_track(track)
    if repeats < 2:
        raise Invalid("One review of a paper has no spread.", code="eval_repeats", hint="--repeats 2 or more.")
    require_files(files)
    settings = Settings().model_copy(update={"judge": judge})
    papers, judged = asyncio.run(_all(settings, files, track, repeats))
    result = measure(papers, judge=judged)
    print(msgspec.json.encode(result).decode() if as_json else table(result))


async def _all(settings: Settings, files: list[Path], track: str, repeats: int) -> tuple[list[Repeated], str]:
    papers: list[Repeated] = []
    judges: set[str] = set()
    for file in files:
        try:
            manuscript = await read(settings, file)
            rounds = []
            for number in range(1, repeats + 1):
                rounds.append(await reviewed(settings, manuscript, track=track))
                tell(f"{file.name}: {number} of {repeats} scored {score(rounds[-1]):.2f}")
        except (Unreadable, ReviewFailed) as fault:
            raise Invalid(f"{file}: {why(fault)}", code="eval_review", hint=UNREAD) from fault
        judges |= {judge_of(result) for result in rounds}
        papers.append(
            Repeated(
                file=file.name,
                scores=tuple(score(result) for result in rounds),
                outcomes=tuple(result.recommendation.outcome for result in rounds),
            )
        )
    return papers, "; ".join(sorted(judges))
