"""What became of earlier findings, and which version is better."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review.comparison import burden, compare_versions, pairwise_verdict, resolve
from review.manuscript import Manuscript
from review.report import CheckResult, CheckStatus, Finding, FindingResolution, ResponseLetter
from tests.review.rounds import finding, opinions

OLD_SENTENCE = "Our method improves accuracy from 71.0% to 75.0% on every data set."
NEW_SENTENCE = "Our method improves accuracy from 71.0% to 75.0% on two of three data sets."


def text(*sentences: str) -> Manuscript:
    return Manuscript(source="markdown", title="A work", abstract="", text=" ".join(sentences))


def ran(check: str, status: CheckStatus = "passed") -> CheckResult:
    return CheckResult(check=check, title=check.title(), status=status, summary="Looked at 4 things.")


def resolved(
    earlier: Finding,
    new: Manuscript,
    *found: Finding,
    checks: tuple[CheckResult, ...] = (),
    answers: dict[str, str] | None = None,
) -> FindingResolution:
    letter = ResponseLetter(answers=answers) if answers else None
    (resolution,), _ = resolve([earlier], new=new, findings=found, checks=checks, letter=letter)
    return resolution


def test_a_check_that_no_longer_finds_it_resolves_it_whatever_the_letter_says() -> None:
    seen = resolved(finding("numbers.1", quote=OLD_SENTENCE), text(NEW_SENTENCE), checks=(ran("numbers"),))
    assert seen.resolution == "resolved"
    assert "no longer finds it" in seen.evidence


def test_a_defect_that_is_still_there_stays_and_a_letter_only_makes_it_a_dispute() -> None:
    earlier = finding("numbers.1", quote=OLD_SENTENCE)
    again = finding("numbers.3", quote=OLD_SENTENCE)
    silent = resolved(earlier, text(OLD_SENTENCE), again, checks=(ran("numbers", "found"),))
    assert silent.resolution == "not_resolved"
    assert silent.quote == OLD_SENTENCE
    argued = resolved(
        earlier, text(OLD_SENTENCE), again, checks=(ran("numbers", "found"),), answers={"numbers.1": "It is right."}
    )
    assert (argued.resolution, argued.answer) == ("disputed", "It is right.")


def test_cutting_the_part_a_check_looks_at_is_no_repair() -> None:
    seen = resolved(finding("numbers.1"), text("Nothing left."), checks=(ran("numbers", "not_applicable"),))
    assert seen.resolution == "partly"


def test_a_milder_return_is_partly_resolved() -> None:
    seen = resolved(
        finding("numbers.1", "major", quote=OLD_SENTENCE),
        text(OLD_SENTENCE),
        finding("numbers.1", "minor", quote=OLD_SENTENCE),
    )
    assert seen.resolution == "partly"


@pytest.mark.parametrize(
    ("new", "answer", "resolution"),
    [
        (OLD_SENTENCE, "", "not_resolved"),
        (OLD_SENTENCE, "We disagree.", "disputed"),
        (NEW_SENTENCE, "Said for which sets.", "resolved"),
        (NEW_SENTENCE, "", "resolved"),
        ("Something else entirely is told in here.", "", "partly"),
        ("Something else entirely is told in here.", "We took it out, and all is well now.", "partly"),
    ],
)
def test_a_reviewers_finding_is_resolved_by_a_rewritten_passage_and_by_no_letter(
    new: str, answer: str, resolution: str
) -> None:
    earlier = finding("methods.1", quote=OLD_SENTENCE, source="methods")
    seen = resolved(earlier, text(new), answers={"methods.1": answer} if answer else None)
    assert seen.resolution == resolution


def test_a_finding_about_something_absent_is_settled_by_a_new_passage_and_by_no_words_of_a_letter() -> None:
    earlier = finding("methods.2", source="methods", claim="No random seed or repetition is given.")
    trust = {"methods.2": "The random seeds and repetitions are given. Trust us."}
    said = "Random seeds were fixed, and every repetition is listed."
    assert resolved(earlier, text("Same as it was before.")).resolution == "not_resolved"
    assert resolved(earlier, text("Same as it was before."), answers=trust).resolution == "disputed"
    (seen,), _ = resolve([earlier], old=text("Same."), new=text("Same.", said), findings=[], checks=[], letter=None)
    assert (seen.resolution, seen.quote) == ("resolved", said)
    (kept,), _ = resolve([earlier], old=text(said), new=text(said), findings=[], checks=[], letter=None)
    assert kept.resolution == "not_resolved"


def test_the_passage_that_shows_a_repair_is_shown() -> None:
    earlier = finding("numbers.1", quote=OLD_SENTENCE)
    seen = resolved(earlier, text("Before it.", NEW_SENTENCE, "After it."), checks=(ran("numbers"),))
    assert (seen.resolution, seen.quote) == ("resolved", NEW_SENTENCE)
    assert seen.locator is not None


def test_one_of_two_alike_findings_is_repaired_and_the_right_one_is_named() -> None:
    first = finding(
        "numbers.1", quote="accuracy of 71.0% in the abstract", claim="The abstract states 71.0, the table 70.1."
    )
    second = finding(
        "numbers.2", quote="accuracy of 75.0% in the abstract", claim="The abstract states 75.0, the table 74.1."
    )
    left = finding("numbers.1", quote=second.quote, claim=second.claim)
    resolutions, fresh = resolve(
        [first, second], new=text(second.quote), findings=[left], checks=[ran("numbers", "found")], letter=None
    )
    assert [(r.finding.id, r.resolution) for r in resolutions] == [
        ("numbers.1", "resolved"),
        ("numbers.2", "not_resolved"),
    ]
    assert fresh == ()


def test_findings_no_earlier_one_explains_are_new() -> None:
    comparison = compare_versions(
        earlier=[finding("numbers.1", quote=OLD_SENTENCE)],
        new=text(NEW_SENTENCE),
        findings=[finding("citations.1", claim="Reference 4 is never cited.")],
        checks=[ran("numbers"), ran("citations", "found")],
        letter=None,
        opinions=opinions("new", "new", "new", "new"),
    )
    assert [f.id for f in comparison.new_findings] == ["citations.1"]
    assert comparison.verdict == "better"
    assert "1 are resolved" in comparison.summary


@pytest.mark.parametrize(
    ("preferred", "verdict"),
    [
        (("new", "new", "new", "new"), "better"),
        (("old", "old", "old", "old"), "worse"),
        (("new", "new", "old", "old"), "tie"),  # a taste for one position
        (("old", "new", "old", "new"), "tie"),  # moved by the letter alone
        (("new", "new", "new", "tie"), "tie"),
        (("tie", "tie", "tie", "tie"), "tie"),
    ],
)
def test_disagreement_is_a_tie(preferred: tuple[str, ...], verdict: str) -> None:
    assert pairwise_verdict(opinions(*preferred)) == verdict


def test_no_opinion_is_a_tie() -> None:
    assert pairwise_verdict(()) == "tie"


FINDINGS = st.lists(
    st.builds(
        finding,
        st.from_regex(r"(numbers|citations|methods)\.[1-9]", fullmatch=True),
        st.sampled_from(["critical", "major", "minor", "note"]),
        quote=st.sampled_from(["", OLD_SENTENCE, NEW_SENTENCE]),
    ),
    max_size=6,
    unique_by=lambda f: f.id,
)


@given(earlier=FINDINGS, found=FINDINGS)
def test_every_earlier_finding_is_answered_once_and_every_new_one_explained_once(
    earlier: list[Finding], found: list[Finding]
) -> None:
    resolutions, fresh = resolve(earlier, new=text(NEW_SENTENCE), findings=found, checks=(), letter=None)
    assert [r.finding for r in resolutions] == earlier
    assert set(fresh) <= set(found)
    assert len(found) - len(fresh) <= len(earlier)


@given(findings=FINDINGS, more=FINDINGS)
def test_more_findings_never_weigh_less(findings: list[Finding], more: list[Finding]) -> None:
    assert burden([*findings, *more]) >= burden(findings)
