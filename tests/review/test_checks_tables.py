"""Text against tables, values marked as best, framing numbers and deviations: found when wrong, silent when right."""

import random
import statistics
from pathlib import Path

import pytest

from aixiv.text import parse_file
from review.checks import CHECKS, grimmer
from review.manuscript import Manuscript
from review.report import CheckResult
from tests.review.documents import SECTIONS, paper

SPEEDS = (
    ("Method", "Recall (%)", "Latency (ms)"),
    ("Plain", "71.25", "0.803"),
    ("Chain", "78.40", "0.941"),
    ("Tree", "83.15", "1.206"),
)
BOLD = """# Marks in tables

Table 1: Recall and latency; the best of each column is in bold.

| Method | Recall (%) | Latency (ms) |
|---|---|---|
| Plain | 71.25 | **0.803** |
| Chain | {chain} | 0.941 |
| Tree | {tree} | 1.206 |
"""
LATEX = r"""\documentclass{article}\begin{document}
\begin{table}\caption{Recall; \textbf{best} values are bold.}
\begin{tabular}{lcc} \textbf{Method} & \textbf{Recall} & Note \\ \hline
Plain & 71.25 & a \\ Chain & \textbf{78.40} & b \\ Tree & $\mathbf{83.15}$ & c \end{tabular}\end{table}
Some words are needed so that the document holds text to read.
\end{document}"""


def checked(manuscript: Manuscript, check: str) -> CheckResult:
    return next(c for c in CHECKS if c.id == check).run(manuscript, "paper")


def concluding(sentence: str) -> Manuscript:
    sections = tuple((title, f"{text} {sentence}" if title == "Conclusion" else text) for title, text in SECTIONS)
    return paper(sections=sections)


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("The chain reaches a recall of 78.40 in this setting.", ""),
        ("The chain reaches a recall of 78.4 in this setting.", ""),
        ("The chain reaches a recall of 76.40 in this setting.", "78.40"),
        ("The chain reaches a recall of 78.04 in this setting.", "78.40"),
        ("The tree has a latency of 1.026 when it is full.", "1.206"),
        ("The tree and the plain table have a latency of 1.206 and 0.803.", ""),
        ("The chain reaches a recall of about 76.40 in this setting.", ""),
        ("After ten hours at step 400 the chain reaches a recall of 76.40.", ""),
        ("Another system has a recall of 76.40 in this setting.", ""),
        ("The chain needs 76.40 joules for it.", ""),
        ("Without the chain a recall of 76.40 is reached in this setting.", ""),
    ],
)
def test_a_number_quoted_from_a_table_is_the_tables(said: str, found: str) -> None:
    result = checked(paper(said, table=SPEEDS, table_caption="Table 1: Recall and latency."), "table-values")
    assert bool(result.findings) == bool(found), result.findings
    if found:
        assert found in result.findings[0].claim
        assert result.findings[0].quote == said


PANELS = (("Panel", "Tokens"), ("A, shared", "15,000"), ("B, role first", "63,000"), ("All", "78,000"))


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("A shared panel encodes 12,000 tokens once; an unshared one encodes 12,600 tokens five times.", False),
        ("Panels of all reviewers encode 76,000 tokens when they start.", False),
        ("Condition A, shared, encodes 16,000 tokens for one panel.", True),
    ],
)
def test_only_a_whole_row_name_names_a_row(said: str, found: bool) -> None:
    result = checked(paper(said, table=PANELS, table_caption="Table 1: Tokens of one panel."), "table-values")
    assert bool(result.findings) is found, result.findings


def test_a_number_said_twice_is_no_slip_of_one_sentence() -> None:
    said = "The chain reaches a recall of 76.40 in this setting."
    both = f"{said} So much, 76.40, is also what another system had."
    assert not checked(paper(both, table=SPEEDS), "table-values").findings
    assert (
        len(
            checked(
                paper(f"{said} We call a recall of 76.40 for the chain low.", table=SPEEDS), "table-values"
            ).findings
        )
        == 1
    )


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("The chain lengthens a write by 12.5%.", False),
        ("The chain lengthens a write by 15.5%.", True),
        ("Others report that a chain lengthens a write by up to 15.5% (Merkle, 1988).", False),
        ("In future work a write may take 15.5% longer.", False),
    ],
)
def test_the_conclusion_states_no_result_of_its_own(said: str, found: bool) -> None:
    result = checked(concluding(said), "framing-numbers")
    assert bool(result.findings) is found, result.findings
    if found:
        assert "15.5%" in result.findings[0].claim
        assert "12.5%" in result.findings[0].claim


@pytest.mark.parametrize(
    ("said", "right"),
    [
        ("The plain table took 4720 steps, while the chain reduced this to 1343 steps, a 72% reduction.", True),
        ("The plain table took 4720 steps, while the chain reduced this to 1343 steps, a 62% reduction.", False),
        ("The time fell from 80.0 to 60.0 ms, a reduction of 25%.", True),
        ("The time fell from 80.0 to 60.0 ms, a reduction of 37%.", False),
        ("The rate fell from 5,980 to 2,993 events per second, a reduction of 99.8%.", False),
        ("We saw a reduction of 37% (from 80.0 to 60.0 ms) here.", False),
        ("It took 4720 steps on average. The chain reduced this to just 1343 steps, representing a 27% cut.", False),
    ],
)
def test_a_change_is_recomputed_from_two_numbers_that_stand_apart(said: str, right: bool) -> None:
    result = checked(paper(said), "changes")
    assert result.examined == 2 + 1  # the clean paper states one change twice
    assert (not result.findings) is right, result.findings


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("We see a 10.0% gain in recall for the chain.", ""),  # 71.25 to 78.40
        ("We see a 16.7% gain in recall for the chain.", "16.7% for chain"),  # that of the tree
        ("Recall improves: chain (10.0% gain), tree (16.7% gain).", ""),
        ("Recall improves: chain (10.0% gain), tree (19.7% gain).", "19.7% for tree"),
        ("We see recall gains of 10.0% for the chain and 19.7% for the tree.", "19.7% for tree"),
        ("We see recall gains of 7.15% for the chain.", ""),  # points
        ("When half the rows are dropped, we see a 19.7% gain in recall for the tree.", ""),
        ("We see a 19.7% gain in coverage for the tree.", ""),
        ("We see a 19.7% gain in recall for the tree over the forest of Merkle et al.", ""),
    ],
)
def test_a_change_given_for_a_row_is_that_of_its_cells(said: str, found: str) -> None:
    rows = (("Structure", "Recall", "Recall"), ("Chain", "71.25", "78.40"), ("Tree", "71.25", "83.15"))
    result = checked(paper(said, table=rows, table_caption="Table 1: Recall by structure."), "table-changes")
    assert bool(result.findings) == bool(found), result.findings
    assert all(found in f.claim for f in result.findings)


def test_values_of_another_table_than_the_one_printed_are_seen() -> None:
    said = (
        "The plain table reaches a recall of 61.31. The chain reaches a recall of 68.22. The tree reaches a recall of "
        "75.09 and a latency of 1.511 ms."
    )
    result = checked(paper(said, table=SPEEDS, table_caption="Table 1: Recall and latency."), "table-values")
    assert any("4 of them stand in no table" in f.claim for f in result.findings)
    for one, other in (("61.31", "71.25"), ("68.22", "78.40")):
        said = said.replace(one, other)
    result = checked(paper(said, table=SPEEDS, table_caption="Table 1: Recall and latency."), "table-values")
    assert not any("stand in no table" in f.claim for f in result.findings)


def test_bold_values_are_read_from_every_source_and_compared(tmp_path: Path) -> None:
    def read(name: str, text: str) -> Manuscript:
        (tmp_path / name).write_text(text)
        return parse_file(tmp_path / name, filename=name, max_bytes=10**6, max_pages=9).manuscript

    right = read("right.md", BOLD.format(chain="78.40", tree="**83.15**"))
    assert right.floats[0].bold == ((1, 2), (3, 1))
    assert checked(right, "best-values").status == "passed"
    wrong = checked(read("wrong.md", BOLD.format(chain="**78.40**", tree="83.15")), "best-values")
    assert ["Tree has 83.15" in f.claim for f in wrong.findings] == [True]
    unsaid = BOLD.format(chain="**78.40**", tree="83.15").replace("; the best of each column is in bold", "")
    assert checked(read("unsaid.md", unsaid), "best-values").status == "cannot_tell"
    ours = BOLD.format(chain="**78.40**", tree="83.15").replace("| Chain", "| **Chain**")
    assert not checked(read("ours.md", ours), "best-values").findings
    assert read("paper.tex", LATEX).floats[0].bold == ((0, 0), (0, 1), (2, 1), (3, 1))


def test_deviations_that_occur_are_never_called_impossible() -> None:
    draw = random.Random(7)
    for _ in range(300):
        answers = [draw.randint(1, 7) for _ in range(draw.randint(2, 60))]
        for spread in (statistics.stdev(answers), statistics.pstdev(answers)):
            assert grimmer.possible(f"{statistics.mean(answers):.2f}", f"{spread:.2f}", len(answers)), answers


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("The ratings on the 7-point scale were low (M = 3.50, SD = 1.29, n = 4).", False),
        ("The ratings on the 7-point scale were low (M = 3.50, SD = 1.21, n = 4).", True),
        ("The times in the log were low (M = 3.50, SD = 1.21, n = 4).", False),
        ("The ratings of eight items each were low (M = 3.50, SD = 1.21, n = 4).", False),
    ],
)
def test_an_impossible_deviation_is_found(said: str, found: bool) -> None:
    assert bool(checked(paper(said), "grimmer").findings) is found


@pytest.mark.parametrize(
    "said",
    [
        "We vary the rate from 0.1 to 0.5, and 90% of the runs converge.",
        "Accuracy increased from 80.1% to 84.3%, with 95% of the gains in the last layer.",
        "With 20% of the data, the error drops from 0.9 to 0.5 in the second phase.",
        "A 10% dropout reduces the gap from 3.4 to 2.1 points.",
        "It rose from 12 to 15, and a further 8% came from the lock.",
        "Removing 30% of the rows, we see an increase of the time from 1.20 to 1.26.",
        "Reducing the pause from 1.0 to 0.5 improves the rate by 4.2% on average.",
        "Increasing the buffer from 2048 to 4096 rows improved the rate by 3%.",
        "Raising the share from 15% to 40% costs 2.1% of the rate.",
        "We increased the load from 10% to 50%, which yields a 3% gain.",
        "Why would it wait?? asked one of the users.",
        "The parts are shown in Figs. 1(a) and 1(b).",
        "Table 1 shows this, as does Figure 2 of Merkle (1988).",
        "Our approach is the first step toward a better log.",
        "The mean age was 34.25 years (n = 37) and most were women.",
        "The odds ratio was 1.42 (95% CI, 1.05-1.93; P = .02).",
        "We observed t(22.4) = 2.31, p = .03, d = 0.6.",
    ],
)
def test_ordinary_sentences_with_numbers_raise_no_alarm(said: str) -> None:
    manuscript = paper(said)
    assert [f.claim for c in CHECKS for f in c.run(manuscript, "paper").findings] == []
