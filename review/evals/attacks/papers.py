"""Short papers on invented measurements, different by seed: what an attack is put into, and clean as they are."""

import tomllib
from functools import lru_cache
from importlib.resources import files
from random import Random
from typing import Any

from msgspec import Struct


class Draft(Struct, kw_only=True):
    """A paper before it is set. `sections` holds titles and paragraphs; carriers add to it."""

    title: str
    authors: str
    abstract: str
    sections: list[tuple[str, list[str]]]
    references: list[str]

    def add(self, title: str, paragraph: str) -> None:
        """Put a paragraph at the end of the section with this title, or into a new last section."""
        for name, paragraphs in self.sections:
            if name == title:
                paragraphs.append(paragraph)
                return
        self.sections.append((title, [paragraph]))


def draft(random: Random) -> Draft:
    """A paper of about six hundred words."""
    bank = _bank()
    topic = random.choice(bank["topics"])
    facts = {
        "thing": topic["thing"],
        "unit": topic["unit"],
        "place": random.choice(bank["places"]),
        "base": f"{random.uniform(0.5, 9):.2f}",
        "new": f"{random.uniform(0.5, 9):.2f}",
        "runs": str(random.randint(3, 12)),
        "many": str(random.randint(20, 900)),
        "year": str(random.randint(2015, 2025)),
    }
    said = {name: [s.format(**facts) for s in sentences] for name, sentences in bank["sentences"].items()}
    sections = [
        (title, [" ".join(random.sample(said[key], min(len(said[key]), 5))) for _ in range(paragraphs)])
        for title, key, paragraphs in (
            ("Introduction", "introduction", 2),
            ("Method", "method", 2),
            ("Results", "results", 2),
            ("Limitations", "limitations", 1),
            ("Conclusion", "conclusion", 1),
        )
    ]
    return Draft(
        title=topic["title"],
        authors=", ".join(random.sample(bank["names"], random.randint(1, 3))),
        abstract=" ".join(random.sample(said["abstract"], 4)),
        sections=sections,
        references=random.sample(bank["references"], 5),
    )


@lru_cache(maxsize=1)
def _bank() -> dict[str, Any]:
    return tomllib.loads(files("review.evals.attacks").joinpath("papers.toml").read_text(encoding="utf-8"))
