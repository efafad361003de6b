"""Each check finds the fault planted for it, where it stands, and leaves clean text alone."""

import pytest

from review.checks import CHECKS, run_checks
from review.manuscript import Kind, Manuscript
from review.quotes import find_quote
from review.report import CheckResult
from tests.review.documents import ABSTRACT, PLAN_ABSTRACT, REFERENCES, SECTIONS, paper, proposal


def result(manuscript: Manuscript, check: str, kind: Kind = "paper") -> CheckResult:
    return next(r for r in run_checks(manuscript, kind) if r.check == check)


def without(title: str) -> tuple[tuple[str, str], ...]:
    return tuple(s for s in SECTIONS if s[0] != title)


PLANTED = [
    ("changes", "The loss fell by 38.7%, from 1.060 to 0.850, in the last series.", "differ by 19.8%"),
    ("changes", "This gives a 3.3% reduction (from 0.090 to 0.093) of the waiting time.", "moved the other way"),
    ("changes", "The divergence shows a 3.3% improvement (from 0.090 to 0.093).", "moved the other way"),
    ("table-claims", ("The chain reaches a loss of 1.466 compared to the baseline’s 1.465, so it "
                     "performs better."), "baseline is better"),
    ("counts", "Of all entries, 12 of 48 entries (35%) were checked twice.", "12 of 48 is 25.0%"),
    ("counts", "Of all entries, 35% (12/48) were checked twice.", "12 of 48 is 25.0%"),
    ("counts", "In the end 52 of 48 entries (108%) were checked.", "more cases than there are"),
    ("p-values", "The groups differ, t(28) = 1.20, p = .030, in their speed.", "p = 0.24"),
    ("p-values", "The groups differ, F(2, 57) = 3.90, p < .001, in their speed.", "p = 0.0259"),
    ("p-values", "The groups differ, χ2(1, N = 90) = 3.20, p = .02, in their choice.", "changes sides"),
    ("p-values", "The two are related, r(48) = .30, p = .34, in this sample.", "p = 0.0343"),
    ("p-values", "The shift is small, z = 2.50, p = .10, in this sample.", "changes sides"),
    ("intervals", "The difference was 0.52 (95% CI 0.61 to 0.80) after a week.", "outside its own interval"),
    ("intervals", "The difference was 0.52 (95% CI 0.80 to 0.11) after a week.", "runs backwards"),
    ("intervals", "The difference was 0.52 (95% CI [0.11, 0.80], p = .40) after a week.", "excludes 0"),
    ("grim", "Respondents (n = 28) gave a mean rating of 5.19 on a 7-point scale.", "5.19"),
    ("p-reporting", "The test was significant, p = .000, in every series.", "zero"),
    ("p-reporting", "The effect was marginally significant, p = .06, in one series.", "close to significant"),
    ("claims", "We prove that the chain is never slower than a tree.", "no theorem"),
    ("claims", "Our method is the first to link rows by hashes.", "first of its kind"),
    ("registrations", "The trial was registered as NCT1234 before it began.", "NCT1234"),
    ("cross-references", "Details are given by the authors [?] and in Section ??.", "never resolved"),
    ("cross-references", "Figure 7 shows the same for larger rows.", "Figure 7"),
    ("unfinished", "In every series we observed that the chain lengthens a write by about 12", "breaks off after “12”"),
    ("phrases", "We use profound learning and irregular woodland models.", "deep learning"),
    ("phrases", "As an AI language model I can not measure time.", "left over"),
    ("statements", "Human participants were asked to read the log.", "neither ethics approval nor consent"),
]  # fmt: skip


@pytest.mark.parametrize(("check", "sentence", "words"), PLANTED)
def test_a_planted_fault_is_found_where_it_stands(check: str, sentence: str, words: str) -> None:
    manuscript = paper(sentence)
    found = result(manuscript, check)
    assert found.status == "found"
    hit = next((f for f in found.findings if words in f.claim), None)
    assert hit is not None, [f.claim for f in found.findings]
    assert hit.locator is not None
    assert sentence[:12] in manuscript.text[hit.locator.start - 80 : hit.locator.end + 80]
    assert find_quote(manuscript, hit.quote) is not None or len(hit.quote) < 9
    assert hit.fix


HONEST = [
    ("changes", "The loss fell by 38.7%, from 1.060 to 0.650, in the last series."),
    ("changes", "Accuracy improved by 4.2%, from 90.1% to 94.3%, in the last series."),
    ("changes", "Throughput shows a 25% improvement, from 8 to 10, in the last series."),
    ("table-claims", "The chain reaches a loss of 1.465 compared to the baseline’s 1.466, so it performs better."),
    ("counts", "Of all entries, 12 of 48 entries (25%) were checked, 2 of 3 (66.7%) twice, 2/3 (66.6%) thrice."),
    ("p-values", "The groups differ, t(28) = 2.20, p = .036, and F(2, 57) = 3.90, p = .026, in their speed."),
    ("p-values", "The groups do not differ, t(28) = 1.20, p > .05, in their speed."),
    ("p-values", "In a one-tailed test the groups differ, t(28) = 2.20, p = .018, in their speed."),
    ("intervals", "The difference was 0.52 (95% CI [0.11, 0.80], p = .01) after a week."),
    ("intervals", "We saw OR = 1.5, 95% CI 0.9 to 2.4, p = 0.12, after a week."),
    ("grim", "Respondents (n = 28) gave a mean rating of 5.18 on a 7-point scale."),
    ("claims", "Theorem 1. The chain is never slower. Proof: by counting. We prove that it holds."),
    ("claims", "To our knowledge, our method is the first to link rows by hashes."),
    ("registrations", "The trial was registered as NCT01234567 before it began."),
    ("cross-references", "Figure 1 and Table 1 show the same for larger rows; who knows?"),
    ("phrases", "We use deep learning and random forest models."),
    ("statements", "Human participants were asked to read the log and gave informed consent."),
]


@pytest.mark.parametrize(("check", "sentence"), HONEST)
def test_right_numbers_and_modest_words_raise_nothing(check: str, sentence: str) -> None:
    assert result(paper(sentence), check).findings == ()


@pytest.mark.parametrize(("manuscript", "kind"), [(paper(), "paper"), (proposal(), "proposal")])
def test_a_clean_work_has_no_finding(manuscript: Manuscript, kind: Kind) -> None:
    claims = [f"{f.id}: {f.claim}" for r in run_checks(manuscript, kind) for f in r.findings]
    assert claims == []


def test_an_abstract_number_that_the_results_do_not_give_is_reported() -> None:
    spoiled = paper(abstract=ABSTRACT.replace("12.5%", "17.5%"))
    found = result(spoiled, "abstract-numbers")
    assert [f.place for f in found.findings] == ["Abstract"]
    assert "17.5%" in found.findings[0].claim


def test_a_large_count_without_a_unit_is_looked_for_too() -> None:
    abstract = ABSTRACT + " The chained log takes 2,217 events a second."
    assert result(paper("It takes 2,217 events a second.", abstract=abstract), "abstract-numbers").status == "passed"
    assert "2,217" in result(paper("It takes 2,271 a second.", abstract=abstract), "abstract-numbers").findings[0].claim


def test_the_abstract_of_a_proposal_promises_what_its_plan_says() -> None:
    spoiled = proposal(abstract=PLAN_ABSTRACT.replace("20 randomised", "40 randomised"))
    (finding,) = result(spoiled, "abstract-numbers", "proposal").findings
    assert (finding.severity, "40" in finding.claim) == ("major", True)


def test_a_number_repeated_only_in_the_conclusion_is_not_confirmed() -> None:
    sections = (*SECTIONS[:-1], ("Conclusion", "The chain cuts the audit by 76%. " + SECTIONS[-1][1]))
    spoiled = paper(abstract=ABSTRACT + " It cuts the audit by 76%.", sections=sections)
    claim = result(spoiled, "abstract-numbers").findings[0].claim
    assert "76%" in claim
    assert "only repeated" in claim


def test_a_finer_number_in_the_results_confirms_a_rounded_one() -> None:
    rounded = paper("The audit became faster by 76.43%.", abstract=ABSTRACT + " The audit became faster by 76%.")
    assert result(rounded, "abstract-numbers").status == "passed"


def test_a_plain_number_in_the_text_does_not_confirm_a_percentage() -> None:
    spoiled = paper("The rows hold 76 columns each.", abstract=ABSTRACT + " The audit became faster by 76%.")
    assert "76%" in result(spoiled, "abstract-numbers").findings[0].claim


RUNS = (
    ("Data", "Method", "Loss", "Time (s)"),
    ("small", "Baseline", "1.40", "10"),
    ("small", "Chain", "1.50", "11"),
    ("large", "Baseline", "1.20", "20"),
    ("large", "Chain", "1.10", "22"),
)


def test_a_universal_claim_is_held_against_the_table() -> None:
    spoiled = paper("Our method achieved lower losses across all datasets.", table=RUNS)
    claim = result(spoiled, "table-claims").findings[0].claim
    assert "1.50 for Chain on small against 1.40" in claim


def test_a_universal_claim_that_the_table_supports_passes() -> None:
    good = tuple(tuple("1.30" if cell == "1.50" else cell for cell in row) for row in RUNS)
    assert (
        result(paper("Our method achieved lower losses across all datasets.", table=good), "table-claims").findings
        == ()
    )


@pytest.mark.parametrize(
    ("label", "value", "severity"), [("Average", "9.0", "major"), ("Mean", "2.5", "minor"), ("Total", "7.0", "major")]
)
def test_a_wrong_total_or_average_is_found(label: str, value: str, severity: str) -> None:
    table = (("Case", "Time (s)"), ("one", "1.0"), ("two", "2.0"), ("three", "3.0"), (label, value))
    findings = result(paper(table=table), "table-arithmetic").findings
    assert [f.severity for f in findings] == [severity]


def test_a_right_average_passes_within_rounding() -> None:
    table = (("Case", "Time (s)"), ("one", "1.0"), ("two", "1.1"), ("three", "1.1"), ("Average", "1.07"))
    assert result(paper(table=table), "table-arithmetic").findings == ()


def test_a_work_that_never_says_how_often_it_measured_is_asked() -> None:
    sections = tuple(
        (t, text.replace("five independent runs", "one go").replace("every run", "it")) for t, text in SECTIONS
    )
    once = paper(
        abstract=ABSTRACT.replace("five repetitions of", ""), sections=sections, table_caption="Table 1: Time."
    )
    assert any("how often" in f.claim for f in result(once, "reproducibility").findings)


def test_promised_error_bars_that_no_table_prints_are_missed() -> None:
    bare = tuple(tuple(cell.split(" ±")[0] for cell in row) for row in (("Table", "Time"), ("Chain", "0.90 ± 0.1")))
    assert any(
        "no table and no sentence prints one" in f.claim for f in result(paper(table=bare), "reproducibility").findings
    )


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("Jane Doe. Chains of hashes. Journal of Logs, 1991.", "placeholder"),
        ("Ada Byron. On logs. arXiv preprint arXiv:2015.01234, 1991.", "cannot exist"),
        ("Ada Byron. On logs. arXiv preprint arXiv:1704.34567, 2017.", "consecutive digits"),
        ("Ada Byron. On logs. TODO, 1991.", "placeholder"),
        ("Ada Byron and Ada Byron. On logs. Journal of Logs, 1991.", "twice"),
        ("Ada Byron. On logs. Journal of Logs, 2095.", "dated 2095"),
    ],
)
def test_an_implausible_reference_is_reported(entry: str, words: str) -> None:
    findings = result(paper(references=(*REFERENCES, entry)), "references").findings
    assert any(words in f.claim for f in findings), findings


def test_a_list_of_old_works_may_hold_newer_ones() -> None:
    years = (1979, 1992, 1992, 1999, 2007)
    entries = tuple(f"Ada Byron. Engine number {n}. Journal of Engines, {year}." for n, year in enumerate(years))
    assert not any("dated" in f.claim for f in result(paper(references=entries), "references").findings)


def test_entries_nobody_cites_are_named() -> None:
    extra = "Ada Byron. Notes on an engine of analysis and its uses. Journal of Engines, 1843."
    assert "never cited" in result(paper(references=(*REFERENCES, extra)), "citations").findings[0].claim


@pytest.mark.parametrize(
    ("manuscript", "kind", "check", "words"),
    [
        (paper(abstract=""), "paper", "structure", "no abstract"),
        (proposal(without="Risks"), "proposal", "structure", "risks"),
        (proposal(without="Plan and milestones"), "proposal", "structure", "milestones"),
        (paper(sections=without("Limitations")), "paper", "statements", "limitations"),
        (paper(replace=("https://example.org/chain-cost", "our site")), "paper", "availability", "no address"),
        (paper(replace=("Figure 1 shows how the time", "The time")), "paper", "cross-references", "never mentioned"),
    ],
)
def test_a_missing_part_is_reported(manuscript: Manuscript, kind: Kind, check: str, words: str) -> None:
    claims = " ".join(f.claim for f in result(manuscript, check, kind).findings)
    assert words in claims


@pytest.mark.parametrize("text", ["", "word", "?" * 400, "\n" * 50, "1 2 3 4 5 % ± (95% CI" * 30])
@pytest.mark.parametrize("kind", ["paper", "proposal"])
def test_no_check_fails_on_strange_text(text: str, kind: Kind) -> None:
    manuscript = Manuscript(source="pdf", title="", abstract="", text=text)
    results = run_checks(manuscript, kind)
    assert [r.check for r in results] == [c.id for c in CHECKS]


def test_findings_carry_unique_ids_and_criteria_of_the_kind() -> None:
    spoiled = " ".join(sentence for _, sentence, _ in PLANTED[:12])
    for manuscript, kind, keys in (
        (paper(spoiled), "paper", {"soundness", "novelty", "significance", "clarity", "reproducibility"}),
        (proposal(spoiled), "proposal", {"novelty", "feasibility", "significance", "clarity", "plan"}),
    ):
        findings = [f for r in run_checks(manuscript, kind) for f in r.findings]  # type: ignore[arg-type]
        assert len({f.id for f in findings}) == len(findings) > 0
        assert {f.criterion for f in findings} <= keys
