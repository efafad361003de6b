"""Facts count what a manuscript provides, and every passage they hand out stands in it."""

from review.checks.facts import facts
from review.quotes import find_quote
from tests.review.documents import SECTIONS, paper, plain, proposal


def test_a_paper_is_counted_right() -> None:
    found = facts(paper(), "paper")
    assert {"introduction", "method", "results", "limitations", "conclusion"} <= found.parts
    assert "ethics" not in found.parts
    assert (found.references, found.tables, found.tables_with_numbers, found.figures) == (2, 1, 1, 1)
    assert (found.figures_mentioned, found.citations, found.has_link) == (1, 2, True)
    assert (found.abstract_numbers, found.abstract_numbers_confirmed) == (3, 3)
    assert {"seeds", "runs", "error_bars", "significance_test", "hardware", "baseline", "limitations"} <= set(
        found.practices
    )
    assert "ablation" not in found.practices
    assert found.words > 1000


def test_every_passage_can_be_cited() -> None:
    for manuscript, kind in ((paper(), "paper"), (proposal(), "proposal")):
        found = facts(manuscript, kind)  # type: ignore[arg-type]
        passages = [p for group in found.practices.values() for p in group] + [*found.contributions, *found.results]
        assert passages
        assert all(find_quote(manuscript, p.quote) for p in passages)
        places = (manuscript.text[p.locator.start : p.locator.end] for p in passages)
        assert all(" ".join(place.split()).startswith(p.quote[:40]) for p, place in zip(passages, places, strict=True))


def test_a_practice_that_is_taken_out_is_no_longer_counted() -> None:
    sections = tuple((t, text.replace("with seeds drawn in advance", "")) for t, text in SECTIONS)
    assert facts(paper(), "paper").mentions["seeds"] == 1
    assert "seeds" not in facts(paper(sections=sections), "paper").mentions


def test_a_proposal_shows_plan_and_risk() -> None:
    found = facts(proposal(), "proposal")
    assert {"plan", "risks", "method", "evaluation"} <= found.parts
    assert {"plan", "risk", "hypothesis"} <= set(found.practices)


def test_an_empty_text_has_no_facts() -> None:
    found = facts(plain(""), "paper")
    assert (found.words, found.references, found.parts, found.practices) == (0, 0, frozenset(), {})
