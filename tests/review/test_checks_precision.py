"""Correct sentences and tables of many fields that look like errors: no check may alarm on any of them."""

import pytest

from review.checks import CHECKS
from review.manuscript import Manuscript
from tests.review.documents import paper

LEARNING = (
    "Accuracy rose from 71.2% to 74.8%, a gain of 3.6 percentage points (5.1% relative).",
    "The error rate fell from 20% to 15%, that is by 5 points or a quarter.",
    "Recall improves by 2.4 points on average, from 61.0 to 63.4.",
    "The learning rate decays from 3e-4 to 3e-5 over 90% of the 10,000 steps.",
    "We use a batch size of 64 for the small log and a batch size of 128 for the large log.",
    "For the sweep we try batch sizes of 32, 64 and 128 and keep 64.",
    "The perplexity of the baseline is 21.4; the chain reaches a lower perplexity of 18.9 in the same budget.",
    "Top-1 and top-5 accuracy are 76.1% and 92.9%, respectively.",
    "Each of the 3 folds holds 33.3% of the rows, so the shares add up to 99.9% because of rounding.",
    "The model has 1.3B parameters (of which 12% are embeddings), and 0.7B are active per token.",
    "The best run reaches 88.2 and the worst run 84.1; the mean of all runs is 86.3.",
    "We see a 2x speed-up when the cache grows from 1 to 4 GB, at 15% more memory.",
    "Latency dropped by 30% (from 100 to 70 ms at the median, from 250 to 210 ms at the 99th percentile).",
    "With p = 2.5 in the Minkowski distance the tests gave the same order of the significant features.",
    "A dropout of p = 0.5 was used in the tests, and nucleus sampling with p = 1.0 in generation.",
    "We set p = 97 for modular arithmetic and report the tests on the held-out pairs.",
    "The two methods tie at 83.2, so both are marked in the plots.",
    "Of 1,319 problems, 62% were solved at the first attempt, and 71% within 5 attempts.",
)
MEDICINE = (
    "Of the 240 patients screened, 31 were excluded and 209 (87.1%) were randomised after ethics committee approval.",
    "Patients were assigned 2:1 (n = 140 and n = 69), and informed consent was obtained from all.",
    "Two of 209 (1.0%) withdrew, and 3/209 (1.4%) were lost.",
    "The hazard ratio was 0.74 (95% CI 0.61 to 0.90), p = .003.",
    "The difference was -1.2 kg (95% CI -2.4 to 0.0; p = 0.051).",
    "The odds ratio was 1.31 (95% CI: 0.98-1.75, p = .07).",
    "The risk fell from 12.0% to 9.0% (absolute reduction 3.0 points, relative reduction 25%).",
    "Mean systolic pressure was 131.4 (SD 14.2) mmHg in 57 adults and 128.9 (SD 13.7) mmHg in 61.",
    "Sensitivity was 91% (95% CI 86-95) and specificity 84% (95% CI 79-88).",
    "The median survival was 14.2 months (IQR 9.1-22.6).",
    "Dose was raised from 10 mg to 20 mg in 40% of the cases and to 30 mg in 5%.",
    "The trial is registered as NCT01234567, and its protocol as ISRCTN12345678.",
    "Serum levels were 5.2 ± 1.1 and 4.9 ± 1.0 mmol/L, P = 0.08.",
    "The number needed to treat is 33, because the risk fell from 9% to 6%.",
)
SOCIAL = (
    "The effect was significant in a one-tailed test, t(38) = 1.75, p = .044.",
    "With Welch's correction, t(41.7) = 2.10, p = .042.",
    "The interaction was significant, F(1.72, 65.4) = 4.90, p = .014 (Greenhouse-Geisser).",
    "A repeated-measures analysis gave F(2, 58) = 5.11, p = .009, partial η2 = .15.",
    "The association was weak, χ2(3, N = 412) = 7.92, p = .048.",
    "Scores correlated, r(48) = .31, p = .028, and r2 was .10.",
    "The difference was clear, z = 3.41, p < .001.",
    "After the Bonferroni correction the difference was gone, t(30) = 2.40, p = .138.",
    "The rating on the 7-point scale was 4.36 on average over 25 answers to eight items each (n = 25).",
    "Ratings on the 5-point scale had M = 3.43, SD = 0.79, n = 7.",
    "The mean rating was M = 4.567 on a 7-point scale, averaged over four judges (n = 30).",
    "On average, M = 5.21 (n = 300), ratings were high.",
    "Income rose from 31,200 to 34,320 euros (10%), while prices rose by 7%.",
    "About two thirds (66.7%, 22 of 33) agreed; 9 of 33 (27%) did not, and 2 of 33 (6%) gave no answer.",
    "Men made up 48%, women 51%, and 2% gave no answer (rounded).",
    "One in five households (19.6%) had moved within a year.",
    "There were no participants: all answers were simulated, and the participants were scripts.",
    "The participants were language models, each prompted with a persona.",
)
PHYSICS = (
    "The mass is 125.25 ± 0.17 GeV, within 1.2σ of the world average of 125.10 GeV.",
    "At T = 2.7 K the rate falls by a factor of 10^3, from 5.0 to 0.005 Hz.",
    "The flux is 3.2 × 10^-8 W/m^2, i.e. 20% below the model of Eq. (3).",
    "We fit the range 0.1-0.5 nm and find a slope of -1.98 ± 0.03, consistent with -2.",
    "Equations (1)-(4) hold for n = 2, 3 and 4, see also Eq. (A.1).",
    "The energy drops from -1.20 to -1.50 eV, a drop of 0.30 eV (25%).",
    "The temperature rose from 20 to 30 °C, which is 3.4% in kelvin.",
    "The signal is seen at 5σ (p = 2.9 × 10^-7) in the tests of both detectors.",
    "A fit gives χ2/dof = 14.2/12, which corresponds to p = 0.29 in the test.",
)
CITING = (
    "Chains are old (Haber & Stornetta, 1991; Merkle, 1988).",
    "As Figure 1 and Table 1 show (cf. Sect. 2.3), the lock dominates.",
    "See the supplement, Figs. S1-S3 and Table S2.",
    "Version 2.0.1 of the software (doi:10.5281/zenodo.1234567) was used on 2024-03-01.",
    "The intervals [3, 7] and (0, 1] are closed on the right.",
    "Rows are written at positions x[1] and x[2] of the buffer.",
    "We call the sets A, B and C; C is the smallest.",
    "The work of 1984 used 64 kB of memory, about 1/16 of a megabyte.",
    "Is the chain worth its price? We think that it is.",
    "The first to fourth quartiles hold 25% each.",
    "It guarantees, by its design, one writer at a time.",
)
FIELDS = (LEARNING, MEDICINE, SOCIAL, PHYSICS, CITING)
# A few to a manuscript, each a paragraph of its own: a whole manuscript for each would take a minute.
FEW = [field[at : at + 5] for field in FIELDS for at in range(0, len(field), 5)]


def alarms(manuscript: Manuscript) -> list[str]:
    return [f"{f.id}: {f.claim}" for c in CHECKS for f in c.run(manuscript, "paper").findings]


@pytest.mark.parametrize("said", FEW, ids=lambda said: said[0][:40])
def test_right_sentences_raise_no_alarm(said: tuple[str, ...]) -> None:
    assert alarms(paper("\n\n".join(said))) == []


LOSSES = (
    ("Method", "Error (%) ↓", "Time (s) ↓"),
    ("Plain", "12.5", "3.1"),
    ("Chain", "9.8", "4.4"),
    ("Tree", "9.8", "4.9"),
)
TABLES: dict[str, tuple[str, tuple[tuple[str, ...], ...], str]] = {
    "means with deviations in parentheses": (
        "Table 1: Mean (SD) of the write time in ms by arm; N per arm in the first row.",
        (
            ("", "Plain", "Chain"),
            ("N", "48", "51"),
            ("Age", "34.2 (8.1)", "35.0 (7.7)"),
            ("Score", "4.40 (0.92)", "4.61 (0.88)"),
        ),
        "The chain's score was 4.61 and that of the plain table 4.40; 99 people in all.",
    ),
    "stars of significance": (
        "Table 1: Coefficients; * p < .05, ** p < .01, *** p < .001.",
        (("Term", "Model 1", "Model 2"), ("Chain", "0.42***", "0.39**"), ("Writers", "-0.08", "-0.11*"),
         ("N", "412", "409")),
        "In Model 2 three rows with missing values are left out, so N is 409.",
    ),
    "headers over two columns": (
        "Table 1: Recall and time on two disks.",
        (("", "Fast disk", "", "Slow disk", ""), ("Method", "Recall", "Time", "Recall", "Time"),
         ("Plain", "71.2", "3.10", "70.9", "9.80"), ("Chain", "78.4", "4.41", "78.0", "12.6")),
        "On the slow disk the chain has a recall of 78.0, on the fast one 78.4.",
    ),
    "a total over only some rows": (
        "Table 1: Entries by source.",
        (("Source", "Entries"), ("Papers", "120"), ("of these with data", "45"), ("Proposals", "80"), ("Total", "200")),
        "Of the 200 entries 120 are papers.",
    ),
    "percentages that round": (
        "Table 1: Share of answers in percent.",
        (("Answer", "Share (%)"), ("Yes", "33.3"), ("No", "33.3"), ("Unsure", "33.3"), ("Total", "100")),
        "Each answer was given by 33.3% of the readers.",
    ),
    "a weighted average": (
        "Table 1: Accuracy by group; the average is weighted by size.",
        (("Group", "N", "Accuracy"), ("Small", "100", "60.0"), ("Large", "900", "80.0"),
         ("Weighted average", "", "78.0")),
        "Weighted by size, the accuracy is 78.0.",
    ),
    "the lowest value is best": (
        "Table 1: Error and time; lower is better.",
        LOSSES,
        "The chain has the lowest error, 9.8, tied with the tree; the plain table is fastest (3.1).",
    ),
    "a range in the text": (
        "Table 1: Error and time; lower is better.",
        LOSSES,
        "The error lies between 9.8 and 12.5, and the time of the chain was 4.0 to 4.8 in the pilot.",
    ),
    "a gain computed from cells": (
        "Table 1: Error and time; lower is better.",
        LOSSES,
        "The chain cuts the error from 12.5% to 9.8%, 2.7 points or 21.6% of it.",
    ),
    "scientific notation and dashes": (
        "Table 1: Residuals.",
        (("Grid", "L2", "Order"), ("32", "1.2e-2", "—"), ("64", "3.1e-3", "1.95"), ("128", "7.8e-4", "1.99")),
        "The residual falls by a factor of four with each doubling, so the order is 2.",
    ),
    "a row of differences": (
        "Table 1: Recall before and after.",
        (("", "Before", "After"), ("Plain", "71.2", "73.0"), ("Chain", "78.4", "81.1"), ("Difference", "7.2", "8.1")),
        "The difference grows from 7.2 to 8.1 points.",
    ),
    "ties and second places": (
        "Table 1: Best values in bold, second best underlined.",
        (("Method", "F1", "Loss"), ("Plain", "0.81", "0.44"), ("Chain", "0.83", "0.41"), ("Tree", "0.83", "0.40")),
        "Chain and tree tie at an F1 of 0.83.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLES)
def test_a_right_table_raises_no_alarm(name: str) -> None:
    caption, rows, said = TABLES[name]
    small = paper(f"{said} Table 1 has the rest.", table=rows, table_caption=caption)
    assert [a for a in alarms(small) if not a.startswith(("abstract-numbers", "reproducibility"))] == []
