"""Entries judged offline: what cannot be is said with its reason, what is known is compared, the rest is left alone."""

from datetime import UTC, datetime

import pytest

from review.references import ReferenceVerdict, Work, entry_from_bibtex, examine

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def judged(kind: str = "inproceedings", index: tuple[Work, ...] = (), **fields: str) -> ReferenceVerdict:
    entry = {
        "title": "Weighing Pebbles with Tidal Clocks",
        "author": "Ottoline Farthing and Ruprecht Quillen",
        **fields,
    }
    return examine(entry_from_bibtex(entry, kind), index=(lambda _: index) if index else None, now=NOW)


def codes(verdict: ReferenceVerdict) -> set[str]:
    return {r.code for r in verdict.reasons}


@pytest.mark.parametrize(
    ("code", "fields"),
    [
        ("doi", {"doi": "10.1234/abc"}),
        ("doi", {"doi": "10.99999/qwe.12"}),
        ("doi", {"doi": "10.1016/j.x.2021.12345678"}),
        ("doi", {"doi": "not a doi"}),
        ("arxiv", {"eprint": "2413.00012"}),
        ("arxiv", {"eprint": "2104.0012"}),
        ("arxiv_future", {"eprint": "2701.00117"}),
        ("arxiv_digits", {"eprint": "2104.12345"}),
        ("arxiv_year", {"eprint": "2306.11219", "year": "2021"}),
        ("future", {"year": "2031"}),
        ("venue_year", {"booktitle": "ICLR", "year": "2009"}),
        ("venue_year", {"booktitle": "European Conference on Computer Vision", "year": "2021"}),
        ("doi_venue", {"booktitle": "ICML", "year": "2023", "doi": "10.1109/CVPR52729.2023.00373"}),
        ("doi_venue", {"booktitle": "EMNLP", "year": "2022", "doi": "10.18653/v1/2022.acl-long.20"}),
        ("doi_publisher", {"booktitle": "ICLR", "year": "2022", "doi": "10.1145/3534678.3539001"}),
        ("doi_year", {"booktitle": "AAAI", "year": "2021", "doi": "10.1609/aaai.v37i2.25001"}),
        ("placeholder_author", {"author": "John Doe and Jane Smith"}),
        ("placeholder_author", {"author": "First Author and Second Author"}),
        ("et_al_author", {"author": "Ottoline Farthing et al."}),
        ("author_commas", {"author": "Ottoline Farthing, Ruprecht Quillen, Bo Ek"}),
        ("stock_names", {"author": "Maria Garcia and Kenji Tanaka and Anna Schmidt"}),
        ("broken_title", {"title": "A Tidal Clock for Weighing Pebbles Improved"}),
        ("broken_title", {"title": "Weighing Pebbles Improved Improved Clocks"}),
        ("stock_title", {"title": "Robust Semantic Segmentation via Meta-Learning"}),
        ("unknown_venue", {"booktitle": "International Symposium on Neural Reasoning", "year": "2023"}),
        ("placeholder_venue", {"booktitle": "Proceedings of the ..."}),
        ("incomplete", {"year": "2020"}),
        ("pages", {"pages": "412--398", "booktitle": "ICML"}),
        ("isbn", {"isbn": "978-0-262-03561-0"}),
        ("openreview_year", {"booktitle": "ICLR", "year": "2024", "url": "https://openreview.net/forum?id=HylxE1HKwS"}),
    ],
)
def test_an_entry_that_cannot_be_right_is_flagged_with_the_reason(code: str, fields: dict[str, str]) -> None:
    verdict = judged(**fields)
    assert code in codes(verdict)
    assert verdict.flagged


@pytest.mark.parametrize(
    "fields",
    [
        {"booktitle": "ICML", "year": "2021"},
        {"booktitle": "Proceedings of the 38th International Conference on Machine Learning", "year": "2021"},
        {"journal": "Machine Learning", "year": "2023", "doi": "10.1007/S10994-022-06288-4"},
        {"booktitle": "AAAI", "year": "2023", "doi": "10.1609/AAAI.V37I9.26247"},
        {"booktitle": "CVPR", "year": "2021", "doi": "10.1109/CVPR46437.2021.01368"},
        {"booktitle": "Findings of the Association for Computational Linguistics: ACL 2022", "year": "2022",
         "doi": "10.18653/v1/2022.findings-acl.55"},
        {"booktitle": "NeurIPS", "year": "2021", "eprint": "2201.04442"},  # posted in the month after the conference
        {"booktitle": "NIPS", "year": "2016", "doi": "10.5555/3157382.3157460"},
        {"booktitle": "KDD", "year": "2020", "doi": "10.1145/3394486.3403088"},
        {"booktitle": "Workshop on Tidal Machinery at ICML", "year": "2021"},
        {"journal": "Journal of Optimization Theory and Applications", "year": "2015"},
        {"journal": "IEEE Transactions on Robotics", "year": "2015"},
        {"journal": "The International Journal of Robotics Research", "year": "2015"},
        {"booktitle": "Quarterly of Pebble Science", "year": "1961"},
        {"booktitle": "Quarterly of Pebble Science", "year": "1984", "doi": "10.1145/602259.602261"},  # scanned later
        {"author": "Wei Li and Jun Wang and Yang Zhang", "booktitle": "ICML", "year": "2022"},  # common, one region
        {"author": "Ottoline Farthing and others", "booktitle": "ICML", "year": "2022"},
        {"title": "Diffusion Models: A Survey of Methods and Applications", "booktitle": "ICML", "year": "2022"},
        {"title": "What Is New?", "booktitle": "ICML", "year": "2022"},
        {"isbn": "978-0-262-03561-3", "year": "2016"},
        {"pages": "398--412", "booktitle": "ICML", "year": "2022"},
        {"pages": "1234--41", "booktitle": "ICML", "year": "2022"},
        {"year": "2027", "booktitle": "ICML"},  # late in the year, next year's proceedings are announced
    ],
)  # fmt: skip
def test_an_entry_with_nothing_against_it_is_left_alone(fields: dict[str, str]) -> None:
    verdict = judged(**fields)
    assert not verdict.flagged, verdict.reasons
    assert verdict.verdict == "could_not_verify"


LANDMARK = {
    "title": "Attention is all you need",
    "author": "Vaswani, Ashish and Shazeer, Noam and Parmar, Niki and Uszkoreit, Jakob and Jones, Llion and "
    "Gomez, Aidan N and Kaiser, {\\L}ukasz and Polosukhin, Illia",
    "booktitle": "Advances in Neural Information Processing Systems",
    "year": "2017",
}


def test_a_landmark_work_is_verified_without_any_index() -> None:
    verdict = judged(**LANDMARK)
    assert (verdict.verdict, verdict.kind, verdict.reasons) == ("verified", "ok", ())


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("known_year", {"year": "2022"}),
        ("known_venue", {"booktitle": "ICML"}),
        ("known_authors", {"author": "Ashish Vaswani and Ottoline Farthing and Ruprecht Quillen"}),
        ("known_authors", {"author": "Ashish Vaswani and Illia Polosukhin"}),
        ("known_title", {"title": "Attention is nearly all you need"}),
        ("known_arxiv", {"eprint": "1706.03763"}),
        ("placeholder_author", {"author": "John Doe and Noam Shazeer"}),
        ("doi", {"doi": "10.99999/abc.17"}),
    ],
)
def test_a_real_work_with_a_wrong_field_is_mis_cited_never_fabricated(code: str, change: dict[str, str]) -> None:
    verdict = judged(**{**LANDMARK, **change})
    assert code in codes(verdict)
    assert (verdict.verdict, verdict.kind) == ("contradicted", "mis_cited")


def test_a_shortened_author_list_that_says_so_is_right() -> None:
    assert judged(**{**LANDMARK, "author": "Ashish Vaswani and Noam Shazeer and others"}).verdict == "verified"


def test_a_later_journal_version_is_no_contradiction() -> None:
    verdict = judged("article", **{**LANDMARK, "booktitle": "", "journal": "JMLR", "year": "2020"})
    assert (verdict.verdict, verdict.kind) == ("verified", "ok")


def test_a_preprint_may_have_been_published_since() -> None:
    known = Work(
        title="Weighing Pebbles with Tidal Clocks", families=("Farthing", "Quillen"), venues=("arXiv",), years=(2021,)
    )
    assert judged(index=(known,), booktitle="ICML", year="2022").verdict == "verified"


def test_an_index_settles_what_only_looked_odd() -> None:
    odd = {"title": "Robust Semantic Segmentation via Meta-Learning", "booktitle": "ICML", "year": "2022"}
    known = Work(title=odd["title"], families=("Farthing", "Quillen"), years=(2022,), venues=("ICML",))
    assert judged(**odd).kind == "fabricated_suspect"
    assert judged(index=(known,), **odd).verdict == "verified"


def test_two_works_of_one_short_title_are_not_confused() -> None:
    verdict = judged("book", title="Deep Learning", author="Ottoline Farthing", year="2019", publisher="Some Press")
    assert not verdict.flagged
