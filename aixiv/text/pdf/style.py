"""What is normal in one document: body size, leading and column edges. Everything else is judged against it."""

import itertools
from collections import Counter, defaultdict
from dataclasses import dataclass

from aixiv.text.pdf.lines import Line

Column = tuple[int, int]  # page number, column


@dataclass(frozen=True, slots=True)
class Style:
    """Measured habits of a document, in points. `left` and `right` hold the text edges of each page's columns."""

    size: float
    leading: float
    left: dict[Column, float]
    right: dict[Column, float]

    def width(self, line: Line) -> float:
        """Width of the column this line stands in."""
        key = (line.page, line.column)
        return max(self.right.get(key, line.x1) - self.left.get(key, line.x0), 1.0)

    def left_of(self, line: Line) -> float:
        return self.left.get((line.page, line.column), line.x0)

    def right_of(self, line: Line) -> float:
        return self.right.get((line.page, line.column), line.x1)


def measure_style(lines: list[Line]) -> Style:
    """Most common size by letters, most common distance of two body lines, edges of the columns."""
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[round(line.size * 2) / 2] += len(line.text)
    near = sizes.most_common(1)[0][0] if sizes else 10.0
    exact: Counter[float] = Counter()
    for line in lines:
        if abs(line.size - near) <= 0.3:
            exact[line.size] += len(line.text)
    size = exact.most_common(1)[0][0] if exact else near
    steps: Counter[float] = Counter()
    for above, below in itertools.pairwise(lines):
        step = above.base - below.base
        same = (above.page, above.column) == (below.page, below.column)
        if same and 0.8 * size < step < 2.2 * size and abs(above.size - size) < 0.3 and abs(below.size - size) < 0.3:
            steps[round(step * 2) / 2] += 1
    leading = steps.most_common(1)[0][0] if steps else 1.2 * size
    return Style(size=size, leading=leading, **_edges(lines, size))


def _edges(lines: list[Line], size: float) -> dict[str, dict[Column, float]]:
    lefts: dict[Column, Counter[int]] = defaultdict(Counter)
    rights: dict[Column, Counter[int]] = defaultdict(Counter)
    for line in lines:
        key = (line.page, line.column)
        if abs(line.size - size) < 0.6 and len(line.text) > 20:
            lefts[key][round(line.x0)] += 1
            rights[key][round(line.x1)] += 1
    usual_left = _by_column(lefts)
    usual_right = _by_column(rights)
    keys = {(line.page, line.column) for line in lines}
    left: dict[Column, float] = {}
    right: dict[Column, float] = {}
    for key in keys:
        mine = [line for line in lines if (line.page, line.column) == key]
        own = lefts.get(key, Counter())
        enough = sum(own.values()) >= 5
        left[key] = _common_edge(own) if enough else usual_left.get(key[1], min(x.x0 for x in mine))
        own = rights.get(key, Counter())
        right[key] = _common_edge(own) if enough else usual_right.get(key[1], max(x.x1 for x in mine))
    return {"left": left, "right": right}


def _by_column(edges: dict[Column, Counter[int]]) -> dict[int, float]:
    merged: dict[int, Counter[int]] = defaultdict(Counter)
    for (_, column), counter in edges.items():
        merged[column].update(counter)
    return {column: _common_edge(counter) for column, counter in merged.items()}


def _common_edge(counter: Counter[int]) -> float:
    smoothed = {x: counter[x - 1] + counter[x] * 2 + counter[x + 1] for x in counter}
    return float(max(smoothed, key=lambda x: (smoothed[x], -x)))
