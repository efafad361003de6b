"""Sets of phrases by authors who never saw the screen: whole in every language, and apart from each other.

Nothing here runs the screen: a set is read for one measurement, not for tuning.
"""

from pathlib import Path

import pytest

from aixiv.text import parse_file
from review.evals.attacks import LANGUAGES, NoPhrases, attack_cases, bundled_sets, clean_cases, phrases
from review.evals.attacks.honest import HONEST
from review.evals.attacks.phrases import USES


@pytest.mark.parametrize("name", bundled_sets())
def test_every_language_has_phrases_that_no_other_set_has(name: str) -> None:
    others = [phrases(other).attacks for other in ("tuning", "held-back", *bundled_sets()) if other != name]
    for language in LANGUAGES:
        own = phrases(name).attacks[language]
        assert len(own) == len(set(own)) >= 30
        assert all(2 <= len(phrase) <= 400 and "\n" not in phrase for phrase in own)
        assert not {plain(p) for p in own} & {plain(p) for other in others for p in other[language]}


@pytest.mark.parametrize("name", bundled_sets())
def test_every_language_has_clean_texts_and_none_is_an_attack(name: str) -> None:
    for language in LANGUAGES:
        clean = [text for use in USES for text in phrases(name).clean[use][language]]
        assert len(clean) == len(set(clean)) >= 8
        assert not set(clean) & set(phrases(name).attacks[language])


def test_cases_use_the_phrases_and_clean_kinds_of_their_set() -> None:
    first = phrases("first")
    assert all(case.phrase in first.attacks[case.language] for case in attack_cases(12, 3, first))
    made = list(clean_cases(len(HONEST), 3, first))
    assert {case.carrier for case in made} == set(HONEST)
    assert made == list(clean_cases(len(HONEST), 3, first))


@pytest.mark.parametrize("kind", HONEST)
def test_hard_clean_papers_are_read_whole(tmp_path: Path, kind: str) -> None:
    case = next(c for c in clean_cases(len(HONEST), 2, phrases("first")) if c.carrier == kind)
    path = tmp_path / case.filename
    path.write_bytes(case.data)
    manuscript = parse_file(path, filename=case.filename, max_bytes=10**7, max_pages=20).manuscript
    assert manuscript.section_named("Results") is not None
    assert len(manuscript.references) == 5


def test_a_folder_of_ones_own_is_read_and_a_broken_one_is_refused_with_the_reason(tmp_path: Path) -> None:
    arrays = "".join(f'{language} = ["{language} text"]\n' for language in LANGUAGES)
    (tmp_path / "attacks.toml").write_text(arrays)
    with pytest.raises(NoPhrases, match=r"clean\.toml cannot be read"):
        phrases(str(tmp_path))
    (tmp_path / "clean.toml").write_text("".join(f"[clean.{use}]\n{arrays}" for use in USES))
    assert phrases(str(tmp_path)).attacks["korean"] == ("korean text",)
    with pytest.raises(NoPhrases, match="say one of tuning, held-back, "):
        phrases("nobody")
    other = tmp_path / "other"
    other.mkdir()
    (other / "attacks.toml").write_text('english = "not an array"\n')
    (other / "clean.toml").write_text("[clean]\n")
    with pytest.raises(NoPhrases, match=r"attacks\.toml: `english` must be an array"):
        phrases(str(other))


def plain(phrase: str) -> str:
    return "".join(c for c in phrase.casefold() if c.isalnum())
