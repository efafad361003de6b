"""The documentation as a test reads it: pages, tables, links, commands, and tables that are made from the code.

A generated table follows a line `<!-- made by tests/docs: name -->` and goes on to the next blank line.
`python -m tests.docs.pages` writes all of them anew.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.docs.facts import GENERATED

ROOT = Path(__file__).parents[2]
_MADE = re.compile(r"(?P<mark><!-- made by tests/docs: (?P<name>[\w-]+) -->\n)(?P<table>(?:\|[^\n]*\n)*)")
_FENCE = re.compile(r"^```[^\n]*\n(?P<body>.*?)^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)\)")
_ROW = re.compile(r"^\|(.*)\|$", re.MULTILINE)


def pages() -> tuple[Path, ...]:
    """Every Markdown page people read: at the root, in docs, in examples; not the bundled works themselves."""
    return tuple(sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").glob("*.md")]))


def read(page: Path) -> str:
    """The page's text."""
    return page.read_text(encoding="utf-8")


def as_the_code_says(text: str) -> str:
    """The page with every generated table made anew; an unknown name raises `KeyError`."""
    return _MADE.sub(lambda found: found["mark"] + _table(*GENERATED[found["name"]]()), text)


def generated_names(text: str) -> set[str]:
    """Names of the generated tables on a page."""
    return {found["name"] for found in _MADE.finditer(text)}


def first_column(heading: str) -> set[str]:
    """What the first column names, in code spelling, in every table of docs whose first heading is `heading`."""
    return {row[0].strip("`") for page in pages() for row in _rows_under(read(page), heading)}


def column(heading: str, number: int) -> dict[str, str]:
    """Cells of a further column, by what the first one names."""
    return {row[0].strip("`"): row[number] for page in pages() for row in _rows_under(read(page), heading)}


def commands(text: str) -> Iterator[str]:
    """Command lines in fenced blocks, without path, comments and settings. An indented line belongs to a drawing."""
    for fence in _FENCE.finditer(text):
        for line in fence["body"].replace("\\\n", " ").splitlines():
            words = re.sub(r"\s#.*", "", line).split() if line[:1].strip() else []
            while words and re.fullmatch(r"[A-Z_]+=\S*", words[0]):
                words.pop(0)
            if words:
                yield " ".join([words[0].removeprefix(".venv/bin/"), *words[1:]])


def broken_links(page: Path) -> Iterator[str]:
    """Links of a page to files or headings that are not there. Addresses elsewhere are not asked."""
    for found in _LINK.finditer(_FENCE.sub("", read(page))):
        target, _, heading = found["target"].partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        file = (page.parent / target).resolve() if target else page
        if not file.exists() or (heading and heading not in _headings(file)):
            yield found["target"]


def _headings(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", _FENCE.sub("", read(page)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def _rows_under(text: str, heading: str) -> Iterator[list[str]]:
    for block in re.findall(r"(?:^\|[^\n]*\n)+", text, re.MULTILINE):
        head, _, *rows = [[cell.strip() for cell in _cells(row)] for row in _ROW.findall(block)]
        if head[0] == heading:
            yield from rows


def _cells(row: str) -> list[str]:
    return re.split(r"(?<!\\)\|", row)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def main() -> None:
    for page in pages():
        text = read(page)
        made = as_the_code_says(text)
        if made != text:
            page.write_text(made, encoding="utf-8")
            print(f"{page.relative_to(ROOT)} written")


if __name__ == "__main__":
    main()
