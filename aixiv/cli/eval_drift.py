"""`aixiv eval drift`: whether the judges of this platform still score as they did."""

import asyncio
from typing import Annotated

import msgspec
from cyclopts import Parameter

from aixiv.cli.acting import opened
from aixiv.domain.errors import Invalid
from aixiv.queries.judges import judge_scores
from review.evals.drift import RECENT, measure, table

AsJson = Annotated[bool, Parameter(name="--json")]


def drift_eval(*, recent: int = RECENT, as_json: AsJson = False) -> None:
    """Compare each judge's recent scores with its earlier ones, from the platform's own reports.

    Parameters
    ----------
    recent
        How many of a judge's latest scores count as recent.
    as_json
        Print one JSON array instead of the table.
    """

    if recent < 1:
        raise Invalid("No score would be recent.", code="eval_recent", hint="--recent 1 or more.")

    async def read() -> None:
        async with opened() as parts, parts.deps.database.read() as session:
            drifts = measure(await judge_scores(session), recent)
        print(msgspec.json.encode(drifts).decode() if as_json else table(drifts))

    asyncio.run(read())
