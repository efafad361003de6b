"""The generated attacks are what they claim: repeatable, readable by ingest, and hidden where they say."""

from pathlib import Path

import msgspec
import pytest

from aixiv.text import parse_file
from aixiv.text.parsed import Parsed
from review.evals.attacks import CARRIERS, CLEAN, LANGUAGES, attack_cases, clean_cases, half_of, phrases
from review.quotes import normalise
from review.screening.decode import decoded, smuggled, turned, without_invisible

TUNING = phrases("tuning")
GERMAN = {c.carrier: c for c in attack_cases(len(CARRIERS) * len(LANGUAGES), 5, TUNING) if c.language == "german"}


def read(tmp_path: Path, filename: str, data: bytes) -> Parsed:
    path = tmp_path / filename
    path.write_bytes(data)
    parsed = parse_file(path, filename=filename, max_bytes=10**7, max_pages=20)
    return msgspec.json.decode(msgspec.json.encode(parsed), type=Parsed)  # as it comes out of the reader process


def everything(parsed: Parsed) -> str:
    """Whatever a machine could read of a file, as plain letters."""
    pieces = [
        parsed.manuscript.text,
        "".join(s.text for s in parsed.layout.spans),
        *(s.text for s in parsed.layout.side_texts),
    ]
    text = "\n".join(pieces)
    inner = [i.text for i in (*decoded(text), *smuggled(text), *turned(text))]
    inner += [i.text for i in decoded("\n".join(i.text for i in smuggled(text)))]
    return letters("\n".join([text, *inner]))


def letters(text: str) -> str:
    return "".join(c for c in normalise(without_invisible(text)) if c.isalnum())


def test_the_same_seed_gives_the_same_bytes() -> None:
    assert list(attack_cases(60, 3, TUNING)) == list(attack_cases(60, 3, TUNING))
    assert [c.data for c in clean_cases(20, 3, TUNING)] != [c.data for c in clean_cases(20, 4, TUNING)]


def test_halves_share_no_phrase_and_are_both_large() -> None:
    for language in LANGUAGES:
        tuning, held_back = TUNING.attacks[language], phrases("held-back").attacks[language]
        assert len(tuning) + len(held_back) >= 40
        assert min(len(tuning), len(held_back)) >= 12
        assert {half_of(p) for p in tuning} == {"tuning"}
        assert not set(tuning) & set(held_back)


@pytest.mark.parametrize("carrier", CARRIERS)
def test_each_carrier_puts_its_phrase_where_a_machine_reads_it(tmp_path: Path, carrier: str) -> None:
    case = GERMAN[carrier]
    parsed = read(tmp_path, case.filename, case.data)
    unbroken = 12 if carrier == "split_pages" else 40  # letters of the phrase that stand together
    assert letters(case.phrase)[:unbroken] in everything(parsed)


@pytest.mark.parametrize("kind", CLEAN)
def test_clean_papers_are_read_whole(tmp_path: Path, kind: str) -> None:
    case = next(c for c in clean_cases(len(CLEAN), 2, TUNING) if c.carrier == kind)
    manuscript = read(tmp_path, case.filename, case.data).manuscript
    assert manuscript.title
    assert manuscript.section_named("Results") is not None
    assert len(manuscript.references) == 5
