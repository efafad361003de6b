"""Scores against decisions: papers lose what tells their decision, and the numbers are the textbook's."""

import json
from pathlib import Path

import pytest

from aixiv.cli.eval_decisions import decisions_eval, read_papers
from aixiv.cli.eval_stability import stability_eval
from aixiv.domain.errors import Invalid
from aixiv.text import parse_file
from review.evals.decisions import CHARACTERS, COMBINED, REVIEWER, Decided, measure
from review.evals.leaks import leaks, sanitise
from review.evals.planted import clean_text
from review.evals.stability import Repeated
from review.evals.stability import measure as measure_repeats
from review.evals.trivial import Counts
from review.manuscript import Manuscript

ACCEPTED = """Published as a conference paper at METER 2024

**Orla Farthing**, **Rudi Quillen**

Harbour Institute, orla@harbour.example
"""
THANKS = """## Acknowledgements

We thank the anonymous reviewers for their patience. This work was supported by grant no. 17 of the Harbour Fund.

## References
"""


def telling(number: int, *, accepted: bool) -> str:
    """A clean paper with the form its decision gave it."""
    title, rest = clean_text(number).split("\n", 1)
    if not accepted:
        return f"{title}\n\nAnonymous authors\n\nPaper under double-blind review\n{rest}"
    return f"{title}\n\n{ACCEPTED}{rest.replace('## References', THANKS)}"


def without_diary(text: str) -> str:
    """Without its longest section, which costs a review seconds and says nothing here."""
    return text[: text.index("## 4 Obs")] + text[text.index("## 5 Lim") :]


def parsed(folder: Path, text: str) -> Manuscript:
    (folder / "paper.md").write_text(text)
    return parse_file(folder / "paper.md", filename="paper.md", max_bytes=10**6, max_pages=50).manuscript


def counted(characters: float) -> Counts:
    return Counts(
        characters=characters,
        pages=1,
        references=characters % 7,
        figures=0,
        tables=1,
        equations=0,
        abstract_words=90,
        sentence_words=12,
    )


def decided(number: int, *, accepted: bool, human: float, score: float) -> Decided:
    size = counted(1000 + 10 * number)
    return Decided(
        id=str(number),
        accepted=accepted,
        human=human,
        score=score,
        leaks_before=frozenset({"links"} if accepted else ()),
        leaks_after=frozenset(),
        counts_before=size,
        counts_after=size,
    )


def test_a_sanitised_paper_tells_nothing_and_keeps_its_places(tmp_path: Path) -> None:
    whole = parsed(tmp_path, telling(0, accepted=True))
    kinds = {leak.kind for leak in leaks(whole)}
    assert {"acceptance", "addresses", "links", "acknowledgements", "reviewers thanked", "funding"} <= kinds
    clean = sanitise(whole)
    assert not leaks(clean)
    for word in ("METER", "Farthing**", "orla@", "https://example.org", "patience", "Harbour Fund"):
        assert word not in clean.text.replace("  ", " ")
    assert len(clean.text) == len(whole.text)
    results = clean.section_named("Results")
    assert results is not None
    assert "The paired test agrees" in clean.body_text(results)
    assert (clean.references, clean.floats) == (whole.references, whole.floats)
    assert "Acknowledgements" not in [s.title for s in clean.sections]
    other = parsed(tmp_path, telling(0, accepted=False))
    assert {"anonymity", "submission"} <= {leak.kind for leak in leaks(other)}
    assert sanitise(other).text.split() == clean.text.split()


def test_running_text_is_cut_at_the_allowed_words(tmp_path: Path) -> None:
    whole = parsed(tmp_path, clean_text(1))
    short = sanitise(whole, most_words=300)
    assert len(short.text[: short.references_start].split()) <= 300
    assert len(short.references) == len(whole.references)
    assert not short.floats


def test_auc_and_rank_correlations_are_those_of_the_definition() -> None:
    papers = [
        decided(1, accepted=True, human=7, score=8),
        decided(2, accepted=True, human=6, score=4),
        decided(3, accepted=False, human=5, score=5),
        decided(4, accepted=False, human=4, score=3),
        decided(5, accepted=False, human=3, score=2),
    ]
    result = measure(papers, judge="test", draws=60)
    reviewer = result.predictors[0]
    assert reviewer.name == REVIEWER
    assert reviewer.auc.value == pytest.approx(5 / 6, abs=1e-4)  # five of six pairs in order
    assert reviewer.rho.value == pytest.approx(0.9)
    assert reviewer.rho_rejected.value == pytest.approx(1.0)
    characters = next(p for p in result.predictors if p.name == CHARACTERS)
    assert characters.auc.value == 0.0
    assert characters.rho.value == pytest.approx(-1.0)
    assert [m.name for m in result.margins] == [f"{REVIEWER} less {CHARACTERS}"]
    assert result.margins[0].auc.value == pytest.approx(5 / 6, abs=1e-4)
    share = next(s for s in result.leaks if s.kind == "links")
    assert (share.accepted_before, share.rejected_before, share.accepted_after) == (1.0, 0.0, 0.0)
    assert measure(papers, judge="test", draws=60) == result


def test_the_line_through_seven_counts_finds_what_they_tell_and_no_more() -> None:
    def combined(truth: list[bool]) -> float:
        papers = [decided(n, accepted=t, human=1, score=1) for n, t in enumerate(truth)]
        found = next(p for p in measure(papers, judge="test", draws=0).predictors if p.name == COMBINED)
        assert found.auc.value is not None
        return found.auc.value

    assert combined([(1000 + 10 * n) % 7 > 3 for n in range(60)]) > 0.95
    assert combined([n % 2 == 0 for n in range(60)]) < 0.7


def test_a_judge_is_measured_on_files_and_a_broken_one_is_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.md").write_text(without_diary(telling(0, accepted=True)))
    (tmp_path / "b.md").write_text(without_diary(telling(1, accepted=False)))
    (tmp_path / "c.md").write_bytes(b"\x00\x01")
    rows = "id,file,decision,score\np1,a.md,Accept (poster),6.5\np2,b.md,Reject,3\np3,c.md,reject,2\np4,,withdrawn,\n"
    (tmp_path / "list.csv").write_text(rows)
    decisions_eval(tmp_path / "list.csv", tmp_path, judge="evidence", as_json=True)
    said = capsys.readouterr()
    result = json.loads(said.out)
    assert (result["accepted"], result["rejected"], result["scored_by_people"]) == (1, 1, 2)
    assert [left["id"] for left in result["left_out"]] == ["p3", "p4"]
    assert "evidence" in result["judge"]
    assert "2 of 4: p2 scored" in said.err
    stability_eval([tmp_path / "a.md"], repeats=2, judge="evidence")
    table = capsys.readouterr().out
    assert "No score moved" in table


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("id,file,decision\np,a.md,accept\n", "score"),
        ("id,file,decision,score\np,a.md,maybe,\n", "maybe"),
        ("id,file,decision,score\np,a.md,accept,high\n", "high"),
        ("id,file,decision,score\np,a.md,accept,1\np,b.md,reject,1\n", "twice"),
    ],
)
def test_a_list_that_cannot_be_read_is_refused_with_the_reason(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "list.csv").write_text(text)
    with pytest.raises(Invalid, match=told):
        read_papers(tmp_path / "list.csv")


def test_missing_files_are_named(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("id,file,decision,score\np,none.md,accept,1\n")
    with pytest.raises(Invalid, match=r"none\.md"):
        decisions_eval(tmp_path / "list.csv", tmp_path)
    with pytest.raises(Invalid, match=r"absent\.csv"):
        decisions_eval(tmp_path / "absent.csv", tmp_path)
    with pytest.raises(Invalid, match=r"absent\.pdf"):
        stability_eval([tmp_path / "absent.pdf"])
    with pytest.raises(Invalid, match="spread"):
        stability_eval([tmp_path / "list.csv"], repeats=1)


def test_the_spread_of_repeats_is_the_sample_deviation() -> None:
    papers = [
        Repeated(file="a", scores=(4.0, 6.0), outcomes=("accept", "revise")),
        Repeated(file="b", scores=(3.0, 3.0), outcomes=("revise", "revise")),
    ]
    result = measure_repeats(papers, judge="test")
    assert result.by_paper[0].deviation == pytest.approx(1.4142)
    assert result.within == pytest.approx(1.0)
    assert result.between == pytest.approx(1.4142)
    assert (result.same_outcome, result.deterministic) == (1, False)
