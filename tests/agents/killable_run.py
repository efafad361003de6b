"""One review run in a process of its own, for tests that kill it: `python -m tests.agents.killable_run URL LOG HANG`.

Every answered question is a line in LOG. Questions whose name begins with HANG are never answered, so that the process
can be killed while all others are finished.
"""

import asyncio
import sys
from pathlib import Path

from msgspec.structs import replace

from agents.checkpoints import postgres_checkpointer
from agents.port import Predecessor
from agents.run import GraphReviewer
from review.report import Round
from tests.agents.manuscripts import paper
from tests.agents.runs import CountingJudge, ProgressLog, request, review


class LoggingJudge(CountingJudge):
    """Writes every answer down before it returns, and hangs where it is told."""

    def __init__(self, log: Path, hang: str) -> None:
        async def before(who: str) -> None:
            if hang and who.startswith(hang):
                await asyncio.Event().wait()
            with log.open("a", encoding="utf-8") as file:
                file.write(f"{who}\n")

        super().__init__(before)


class Reported(ProgressLog):
    """Prints each step, so that the killer knows when to strike."""

    async def __call__(self, progress: object) -> None:
        print(f"{getattr(progress, 'percent', 0)} {getattr(progress, 'message', '')}", flush=True)


async def run(url: str, log: Path, hang: str) -> Round:
    """Review the bundled paper as a second version, remembering in this database. Every panel counts as split."""
    async with postgres_checkpointer(url) as checkpointer:
        reviewer = GraphReviewer(LoggingJudge(log, hang), checkpointer=checkpointer)
        previous = Predecessor(manuscript=paper(limitations=""), findings=())
        req = request(paper(), previous=previous)
        contested = replace(req, policy=replace(req.policy, max_spread=0.0))
        return await review(reviewer, contested, Reported())


if __name__ == "__main__":
    result = asyncio.run(run(sys.argv[1], Path(sys.argv[2]), sys.argv[3]))
    print(f"outcome {result.recommendation.outcome}", flush=True)
