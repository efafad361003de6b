"""The independent half: whole in every language, apart from the other halves, with clean papers of its own.

Nothing here runs the screen: this half is read for one measurement, not for tuning.
"""

from pathlib import Path

import pytest

from aixiv.text import parse_file
from review.evals.attacks import LANGUAGES, attack_cases, clean_cases, phrases
from review.evals.attacks.independent_clean import INDEPENDENT_CLEAN, sentences


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_phrases_of_a_sane_length_that_no_other_half_has(language: str) -> None:
    own = phrases(language, "independent")
    assert len(own) == len(set(own)) >= (48 if language == "english" else 30)
    assert all(30 <= len(phrase) <= 400 for phrase in own)
    others = {plain(p) for half in ("tuning", "held-back") for p in phrases(language, half)}
    assert not {plain(p) for p in own} & others


@pytest.mark.parametrize("language", LANGUAGES)
def test_phrases_survive_being_put_into_comments_and_braces(language: str) -> None:
    for phrase in phrases(language, "independent"):
        assert not any(mark in phrase for mark in ("\n", "\\", "-->"))
        assert phrase.count("{") == phrase.count("}")


def test_every_language_has_clean_sentences_and_none_is_an_attack_phrase() -> None:
    for language in LANGUAGES:
        clean = [s for use in ("notes", "labels", "prose") for s in sentences()[use][language]]
        assert len(clean) == len(set(clean)) >= (40 if language == "english" else 8)
        attacks = {p for half in ("tuning", "held-back", "independent") for p in phrases(language, half)}
        assert not set(clean) & attacks


def test_cases_of_the_independent_half_use_its_own_phrases_and_clean_kinds() -> None:
    cases = list(attack_cases(12, 3, "independent"))
    assert all(case.phrase in phrases(case.language, "independent") for case in cases)
    made = list(clean_cases(len(INDEPENDENT_CLEAN), 3, "independent"))
    assert {case.carrier for case in made} == set(INDEPENDENT_CLEAN)
    assert made == list(clean_cases(len(INDEPENDENT_CLEAN), 3, "independent"))


@pytest.mark.parametrize("kind", INDEPENDENT_CLEAN)
def test_independent_clean_papers_are_read_whole(tmp_path: Path, kind: str) -> None:
    case = next(c for c in clean_cases(len(INDEPENDENT_CLEAN), 2, "independent") if c.carrier == kind)
    path = tmp_path / case.filename
    path.write_bytes(case.data)
    manuscript = parse_file(path, filename=case.filename, max_bytes=10**7, max_pages=20).manuscript
    assert manuscript.section_named("Results") is not None
    assert len(manuscript.references) == 5


def plain(phrase: str) -> str:
    return "".join(c for c in phrase.casefold() if c.isalnum())
