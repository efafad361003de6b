"""The works that are cited most, so that the most often mangled entries are checked without any index."""

from functools import cache
from importlib.resources import files

from review.references.match import Work


@cache
def landmarks() -> tuple[Work, ...]:
    """Every work of landmarks.tsv."""
    lines = files("review.references").joinpath("landmarks.tsv").read_text(encoding="utf-8").splitlines()
    return tuple(_read(line) for line in lines if line and not line.startswith("#"))


def _read(line: str) -> Work:
    title, authors, years, venues, arxiv = [*line.split("\t"), ""][:5]
    families = tuple(name.replace("_", " ") for name in authors.split() if name != "+")
    first, _, last = years.partition("-")
    return Work(
        title=title,
        families=families,
        complete=not authors.endswith("+"),
        years=tuple(range(int(first), int(last or first) + 1)),
        venues=tuple(venues.split(";")),
        arxiv=arxiv,
        source="landmarks",
    )
