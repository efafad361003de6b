"""The reference list as printed: which lines make one entry."""

import itertools
import re
from collections import defaultdict

from aixiv.text.pdf.blocks import Block
from aixiv.text.pdf.lines import Line

LABEL = re.compile(r"^\[(?:\d{1,3}|[A-Za-z+]{1,12}\d{2,4}[a-z]?)\]")
COUNTED = re.compile(r"^(\d{1,3})\.\s+\S")
HANG = 0.45  # of the size; a continuation line stands at least this far right of its entry


def regroup_references(blocks: list[Block]) -> list[Block]:
    """The same blocks with the paragraphs under a reference heading regrouped into one block an entry."""
    result: list[Block] = []
    index = 0
    while index < len(blocks):
        block = blocks[index]
        result.append(block)
        index += 1
        if not is_reference_heading(block):
            continue
        lines: list[Line] = []
        others: list[Block] = []
        while index < len(blocks) and blocks[index].kind != "heading":
            following = blocks[index]
            if following.kind == "paragraph":
                lines += following.lines
            else:
                others.append(following)
            index += 1
        result += [Block("reference", entry) for entry in entries(lines)]
        result += others
    return result


def is_reference_heading(block: Block) -> bool:
    if block.kind != "heading" or block.heading is None:
        return False
    return block.heading.title.casefold() in ("references", "reference", "bibliography", "references cited")


def entries(lines: list[Line]) -> list[list[Line]]:
    """Lines of a reference list cut into entries: by labels, by counting numbers, by hanging indent, or by gaps."""
    if not lines:
        return []
    labelled = [bool(LABEL.match(line.text)) for line in lines]
    if labelled[0] and sum(labelled) > 1:
        return _cut(lines, labelled)
    counted = _counted(lines)
    if counted[0] and sum(counted) > 1:
        return _cut(lines, counted)
    hanging = _hanging(lines)
    if hanging is not None:
        return _cut(lines, hanging)
    return _cut(lines, _gapped(lines))


def _cut(lines: list[Line], starts: list[bool]) -> list[list[Line]]:
    found: list[list[Line]] = []
    for line, start in zip(lines, starts, strict=True):
        if start or not found:
            found.append([line])
        else:
            found[-1].append(line)
    return found


def _counted(lines: list[Line]) -> list[bool]:
    expected = 1
    starts: list[bool] = []
    for line in lines:
        number = COUNTED.match(line.text)
        hit = bool(number) and int(number[1]) == expected if number else False
        starts.append(hit)
        expected += hit
    return starts


def _hanging(lines: list[Line]) -> list[bool] | None:
    """Starts by hanging indent, or None when the list has none. Each page and column has its own left edge."""
    columns: dict[tuple[int, int], list[Line]] = defaultdict(list)
    for line in lines:
        columns[(line.page, line.column)].append(line)
    edges: dict[tuple[int, int], float] = {}
    hang = HANG * lines[0].size
    for key, column in columns.items():
        left = min(line.x0 for line in column)
        if any(line.x0 - left > hang for line in column):
            edges[key] = left
    if not edges:
        return None
    for key, column in columns.items():
        near = [edge for (_, side), edge in edges.items() if side == key[1]] or list(edges.values())
        left = min(line.x0 for line in column)
        edges.setdefault(key, min((abs(edge - left), edge) for edge in near)[1])
    starts = [line.x0 - edges[(line.page, line.column)] <= hang for line in lines]
    inside = sum(not start for start in starts)
    return starts if inside >= 0.2 * len(lines) else None


def _gapped(lines: list[Line]) -> list[bool]:
    steps = [a.base - b.base for a, b in itertools.pairwise(lines) if a.base > b.base]
    usual = min((s for s in steps if s > 0.9 * lines[0].size), default=1.2 * lines[0].size)
    right = max(line.x1 for line in lines)
    starts = [True]
    for above, below in itertools.pairwise(lines):
        step = above.base - below.base
        ended = above.text.endswith(".")
        short = above.x1 < right - 4 * above.size
        turned = step <= 0
        starts.append(ended and ((step > 1.15 * usual and not turned) or short))
    return starts
