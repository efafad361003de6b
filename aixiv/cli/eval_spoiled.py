"""`aixiv eval spoiled`: whether papers score lower when something of theirs is spoiled."""

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
from review.evals.spoiled import SpoiledPaper, Variant, measure, spoiled, table

AsJson = Annotated[bool, Parameter(name="--json")]


def spoiled_eval(
    files: list[Path],
    *,
    seed: int = 1,
    draws: int = 3,
    judge: Literal["auto", "evidence", "language-model"] = "evidence",
    track: str = "standard",
    as_json: AsJson = False,
) -> None:
    """Review each paper and spoiled copies of it, and compare the scores. Needs no server.

    Spoiled are the numbers of its tables (all taken out, all drawn anew, a third drawn anew), its citations and
    its limitations.

    Parameters
    ----------
    files
        PDF, Markdown or LaTeX.
    seed
        The same seed draws the same digits.
    draws
        How often to draw digits anew, each time with the next seed.
    judge
        Who judges; auto takes a language model when one is configured (AIXIV_LLM_BASE_URL).
    track
        Policy to review by.
    as_json
        Print one JSON object instead of the table.
    """
    require_track(track)
    require_files(files)
    if draws < 1:
        raise Invalid("Nothing is drawn.", code="eval_draws", hint="--draws 1 or more.")
    settings = Settings().model_copy(update={"judge": judge})
    papers, judged = asyncio.run(_all(settings, files, track, seed, draws))
    result = measure(papers, judge=judged)
    print(msgspec.json.encode(result).decode() if as_json else table(result))


async def _all(
    settings: Settings, files: list[Path], track: str, seed: int, draws: int
) -> tuple[list[SpoiledPaper], str]:
    papers: list[SpoiledPaper] = []
    judges: set[str] = set()
    for file in files:
        try:
            manuscript = await read(settings, file)
            original = await reviewed(settings, manuscript, track=track)
            variants = []
            for name, drawn, copy in spoiled(manuscript, seed=seed, draws=draws):
                got = round(score(await reviewed(settings, copy, track=track)), 4) if copy else None
                variants.append(Variant(spoiling=name, seed=drawn, score=got))
                tell(f"{file.name}, {name}: {'nothing to spoil' if got is None else f'{got:.2f}'}")
        except (Unreadable, ReviewFailed) as fault:
            raise Invalid(f"{file}: {why(fault)}", code="eval_review", hint=UNREAD) from fault
        judges.add(judge_of(original))
        papers.append(SpoiledPaper(file=file.name, score=round(score(original), 4), variants=tuple(variants)))
    return papers, "; ".join(sorted(judges))
