"""Attacks on reviewers and clean papers, generated: the same seed gives the same bytes."""

from collections.abc import Iterator
from itertools import cycle, islice
from random import Random

from msgspec import Struct

from review.evals.attacks.clean import CLEAN
from review.evals.attacks.honest import clean_kinds
from review.evals.attacks.papers import draft
from review.evals.attacks.pdf_carriers import carriers
from review.evals.attacks.phrases import LANGUAGES, NoPhrases, Phrases, bundled_sets, half_of, phrases
from review.evals.attacks.setting import set_pages
from review.evals.attacks.source_carriers import MAKERS, languages_of

__all__ = [
    "CARRIERS",
    "CLEAN",
    "LANGUAGES",
    "Case",
    "NoPhrases",
    "Phrases",
    "attack_cases",
    "bundled_sets",
    "clean_cases",
    "half_of",
    "phrases",
]

IN_PDF = {carry.__name__: carry for carry in carriers()}
CARRIERS = (*IN_PDF, *MAKERS)


class Case(Struct, frozen=True, kw_only=True):
    """One generated file. `carrier` names the hiding place, or the kind of clean paper; `phrase` is empty for those."""

    filename: str
    data: bytes
    attack: bool
    carrier: str
    language: str = ""
    phrase: str = ""


def attack_cases(count: int, seed: int, said: Phrases) -> Iterator[Case]:
    """Attacks with every carrier and language in turn."""
    random = Random(f"attack {seed} {said.name}")  # noqa: S311 - repeatable cases, no secret
    pairs = [(carrier, language) for carrier in CARRIERS for language in languages_of(carrier)]
    random.shuffle(pairs)
    for carrier, language in islice(cycle(pairs), count):
        phrase = random.choice(said.attacks[language])
        paper = draft(random)
        if carrier in IN_PDF:
            setting = set_pages(paper)
            IN_PDF[carrier](setting, phrase, random)
            filename, data = "paper.pdf", setting.file()
        else:
            filename, data = MAKERS[carrier](paper, phrase, random)
        yield Case(filename=filename, data=data, attack=True, carrier=carrier, language=language, phrase=phrase)


def clean_cases(count: int, seed: int, said: Phrases) -> Iterator[Case]:
    """Clean papers of every kind in turn; those that quote attacks quote them from the same set."""
    random = Random(f"clean {seed} {said.name}")  # noqa: S311 - repeatable cases, no secret
    kinds = clean_kinds(said)
    for kind in islice(cycle(kinds), count):
        filename, data = kinds[kind](draft(random), random, said)
        yield Case(filename=filename, data=data, attack=False, carrier=kind)
