"""Keys by which an index finds the works an entry may mean, with plain equality and no text search."""

from msgspec import Struct

from review.references.entry import plain

ENDS = 3  # words of the title's start and end: a near miss seldom touches both
LONGEST = 200  # characters of a key
_SMALL_WORDS = frozenset({"a", "an", "the"})


class TitleKeys(Struct, frozen=True):
    """The whole title, its first words and its last words, without case, marks and articles; empty for no title."""

    whole: str
    head: str
    tail: str


def title_keys(title: str) -> TitleKeys:
    """Keys of a title. Titles of four words or fewer have no head or tail: too many would share them."""
    words = bare_words(title)
    ends = len(words) > ENDS + 1
    return TitleKeys(
        whole="".join(words)[:LONGEST],
        head=" ".join(words[:ENDS])[:LONGEST] if ends else "",
        tail=" ".join(words[-ENDS:])[:LONGEST] if ends else "",
    )


def bare_words(title: str) -> list[str]:
    """Words of a title as they are compared: hyphens close up, articles go."""
    return [w for w in plain(title.replace("-", "")).split() if w not in _SMALL_WORDS]


def doi_key(doi: str) -> str:
    """A DOI as it is compared."""
    return doi.strip().rstrip(".").lower()


def arxiv_key(arxiv: str) -> str:
    """An arXiv identifier without its version."""
    bare = arxiv.strip().lower().removeprefix("arxiv:")
    head, v, version = bare.rpartition("v")
    return head if v and version.isdigit() else bare
