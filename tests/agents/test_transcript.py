"""A recorded conversation stands in for the server: the same round again, and no answer to what was never asked."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from agents.judges.chat import Endpoint, Patience
from agents.judges.language_model import LanguageModelJudge
from agents.judges.transcript import Transcript
from agents.port import ReviewFailed
from review.report import Round, Usage
from tests.agents.manuscripts import paper
from tests.agents.runs import request, review_once
from tests.agents.scripted_server import honest, serve

NOWHERE = "http://127.0.0.1:9/v1"


def judge(url: str, transcript: Transcript) -> LanguageModelJudge:
    return LanguageModelJudge(
        Endpoint(base_url=url, model="test-model", transcript=transcript, patience=Patience(attempts=1))
    )


def without_times(result: Round) -> Round:
    """A round whose reports and ballots cost nothing, to compare what was said."""
    return replace(
        result,
        reports=tuple(replace(r, usage=Usage()) for r in result.reports),
        ballots=tuple(replace(b, usage=Usage()) for b in result.ballots),
        panel=None,
        usage=Usage(),
    )


def test_a_recorded_round_is_given_again_without_a_server(tmp_path: Path) -> None:
    path = tmp_path / "kept" / "round.jsonl"
    with serve(honest) as server:
        recorded = review_once(judge(server.url, Transcript(path=path, mode="record")), request(paper()))
        asked = len(server.requests)
    assert path.stat().st_mode & 0o077 == 0
    assert len(path.read_text(encoding="utf-8").splitlines()) == asked
    replayed = review_once(judge(NOWHERE, Transcript(path=path, mode="replay")), request(paper()))
    assert without_times(replayed) == without_times(recorded)
    assert replayed.usage.prompt_tokens == recorded.usage.prompt_tokens > 0


def test_a_question_that_was_never_asked_fails_and_says_which(tmp_path: Path) -> None:
    path = tmp_path / "round.jsonl"
    with serve(honest) as server:
        review_once(judge(server.url, Transcript(path=path, mode="record")), request(paper()))
    replay = judge(NOWHERE, Transcript(path=path, mode="replay"))
    with pytest.raises(ReviewFailed, match=r"no answer to this question \(ChairAnswer, [0-9a-f]{12}\)") as failure:
        review_once(replay, request(paper(limitations="Other words.")))
    assert not failure.value.retryable
    path.write_text("half a li", encoding="utf-8")
    with pytest.raises(ReviewFailed, match="line 1 of the transcript"):
        review_once(replay, request(paper()))
    with pytest.raises(ReviewFailed, match="cannot be read"):
        review_once(judge(NOWHERE, Transcript(path=tmp_path / "none", mode="replay")), request(paper()))
