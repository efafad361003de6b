"""Braced groups of a LaTeX source."""

import re
from collections.abc import Callable, Iterator

Aside = Callable[[str, str, str], None]
"""Takes a carrier, a name and a text that is not printed."""

BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
GAP = re.compile(r"\s*(?:\[[^\]]*\]\s*)*(?=\{)")


def braced(source: str, at: int) -> int:
    """Index just past the group that opens at `source[at]`, or the length of the source when it never closes."""
    depth = 0
    for found in BRACE.finditer(source, at):
        if found[0] == "{":
            depth += 1
        elif found[0] == "}":
            depth -= 1
            if depth == 0:
                return found.end()
    return len(source)


def group(source: str, at: int) -> tuple[str, int]:
    """What is inside the braces that open at `source[at]`, and the index after them."""
    end = braced(source, at)
    closed = end - 1 if source[end - 1 : end] == "}" else end
    return source[at + 1 : closed], end


def groups(source: str, at: int, most: int) -> Iterator[tuple[str, int]]:
    """The braced arguments that follow at `at`, each with the index after it; optional ones between are passed over."""
    for _ in range(most):
        gap = GAP.match(source, at)
        if not gap:
            return
        inside, at = group(source, gap.end())
        yield inside, at
