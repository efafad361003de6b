"""The bundled works through a whole review: version 1 sent back, version 2 accepted, a spoiled version 2 not."""

import asyncio
import tomllib
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from agents.judges.evidence import EvidenceJudge
from agents.port import Predecessor, Progress, ReviewRequest
from agents.run import GraphReviewer
from aixiv.text.parse import parse_file
from review.manuscript import Kind, Manuscript
from review.policy import load_policy
from review.report import RelatedWork, ResponseLetter, Round

EXAMPLES = Path(__file__).parents[2] / "examples"


async def no_progress(_: Progress) -> None: ...


async def no_related(_: Manuscript) -> Sequence[RelatedWork]:
    return ()


def review(work: Kind, path: Path, previous: Path | None = None) -> Round:
    parsed = parse_file(path, filename=path.name, max_bytes=2**20, max_pages=20)
    predecessor, letter = None, None
    if previous:
        first = review(work, previous)
        text = parse_file(previous, filename=previous.name, max_bytes=2**20, max_pages=20).manuscript
        found = tuple(finding for check in first.checks for finding in check.findings)
        predecessor = Predecessor(manuscript=text, findings=found)
        written = tomllib.loads((EXAMPLES / work / "response.toml").read_text(encoding="utf-8"))
        letter = msgspec.convert(written, ResponseLetter)
    request = ReviewRequest(
        run_id="bundled",
        kind=work,
        manuscript=parsed.manuscript,
        layout=parsed.layout,
        policy=load_policy("standard"),
        previous=predecessor,
        response=letter,
        round_number=2 if previous else 1,
    )
    reviewer = GraphReviewer(EvidenceJudge())
    return asyncio.run(reviewer.review(request, on_progress=no_progress, find_related=no_related))


@pytest.mark.parametrize("work", ["paper", "proposal"])
def test_version_1_is_sent_back_and_version_2_accepted(work: Kind) -> None:
    versions = [EXAMPLES / work / version / f"{work}.pdf" for version in ("v1", "v2")]
    assert review(work, versions[0]).recommendation.outcome == "revise"
    second = review(work, versions[1], previous=versions[0])
    assert second.recommendation.outcome == "accept"
    assert second.comparison is not None
    assert second.comparison.verdict == "better"


@pytest.mark.parametrize(
    ("honest", "spoiled"),
    [
        ("| Total | | 2,860 |", "| Total | | 2,960 |"),  # the total of the budget's table
        ("On 120 openly", "On 150 openly"),  # the abstract against the plan
        ("takes 16 weeks, costs", "takes 19 weeks, costs"),
        ("a reduction of 76.2 %", "a reduction of 67.2 %"),  # a change against its two numbers
    ],
)
def test_a_revision_with_one_wrong_number_is_not_accepted(honest: str, spoiled: str, tmp_path: Path) -> None:
    text = (EXAMPLES / "proposal" / "v2" / "proposal.md").read_text(encoding="utf-8")
    assert text.count(honest) == 1
    work = tmp_path / "proposal.md"
    work.write_text(text.replace(honest, spoiled), encoding="utf-8")
    second = review("proposal", work, previous=EXAMPLES / "proposal" / "v1" / "proposal.md")
    assert second.recommendation.outcome == "revise"


@pytest.mark.parametrize("part", ["8. Timeline", "9. Risks and mitigation", "10. Limitations", "References"])
def test_a_revision_that_lacks_a_part_is_not_accepted(part: str, tmp_path: Path) -> None:
    text = (EXAMPLES / "proposal" / "v2" / "proposal.md").read_text(encoding="utf-8")
    before, _, rest = text.partition(f"## {part}\n")
    assert rest
    _, heading, after = rest.partition("\n## ")
    work = tmp_path / "proposal.md"
    work.write_text(f"{before}{heading.lstrip()}{after}", encoding="utf-8")
    second = review("proposal", work, previous=EXAMPLES / "proposal" / "v1" / "proposal.md")
    assert second.recommendation.outcome != "accept"
