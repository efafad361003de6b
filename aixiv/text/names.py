"""What reads like a person's name in a list of authors, and what reads like a place or an address."""

import re

JOINT = r"van|von|de|der|den|di|da|la|le|del|bin|al|ten|dos"
PART = rf"(?:[A-ZÀ-Þ][\w'’.\-‐]*|{JOINT})"
NAME = re.compile(rf"^{PART}(?:\s+{PART}){{1,4}}$")
MARKS = re.compile(r"[\d∗*†‡§¶♠♣♦♥⋆★☆◦•#‖✉]+")
PLACES = re.compile(
    r"univers|institut|depart|laborator|college|school|faculty|academy|\bcent(?:er|re)\b|research|\binc\b|gmbh|ltd"
    r"|@|https?:|review|preprint|submitted|email|correspond|equal|conference|workshop|technolog"
    r"|\b(?:USA|China|Germany|UK|France|January|February|March|April|May|June|July|August|September|October"
    r"|November|December)\b",
    re.IGNORECASE,
)


def names_in(text: str) -> list[str]:
    """The names of a line of authors; marks of affiliation are dropped, everything that is no name is left out."""
    found: list[str] = []
    for part in re.split(r"\s*(?:,|;|\n|\band\b|&)\s*", MARKS.sub(" ", text)):
        name = re.sub(r"\s+", " ", part).strip(" .,")
        if NAME.match(name) and not PLACES.search(name) and name not in found:
            found.append(name)
    return found
