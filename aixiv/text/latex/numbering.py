"""Numbers LaTeX would give to sections, floats and equations, and what each label points at."""

import re
from dataclasses import dataclass, field

SECTIONS = {"section": 1, "subsection": 2, "subsubsection": 3, "chapter": 1}
MARK = re.compile(
    r"\\(?P<section>chapter|section|subsection|subsubsection)(?P<star>\*?)\s*(?=[\[{])"
    r"|\\(?P<appendix>appendix)\b"
    r"|\\(?P<how>begin|end)\s*\{(?P<env>[A-Za-z]+)\*?\}"
    r"|\\(?P<caption>caption)\b|\\label\s*\{(?P<label>[^}]*)\}"
)
NUMBERED = ("equation", "align", "gather", "multline", "eqnarray")
FLOATS = {
    "figure": "Figure", "wrapfigure": "Figure", "SCfigure": "Figure", "sidewaysfigure": "Figure", "table": "Table",
    "wraptable": "Table", "sidewaystable": "Table", "longtable": "Table", "algorithm": "Algorithm",
}  # fmt: skip


@dataclass(slots=True)
class Numbers:
    """Counters of one document."""

    section: list[int] = field(default_factory=lambda: [0, 0, 0])
    appendix: bool = False
    counts: dict[str, int] = field(default_factory=dict)

    def next_section(self, level: int) -> str:
        self.section[level - 1] += 1
        for deeper in range(level, 3):
            self.section[deeper] = 0
        return self.current()

    def start_appendix(self) -> None:
        self.appendix = True
        self.section = [0, 0, 0]

    def current(self) -> str:
        parts = [n for n in self.section if n]
        if not parts:
            return ""
        first = chr(64 + min(self.section[0], 26)) if self.appendix else str(self.section[0])
        return ".".join([first, *(str(n) for n in self.section[1:] if n)])

    def next_of(self, kind: str) -> str:
        self.counts[kind] = self.counts.get(kind, 0) + 1
        return str(self.counts[kind])


def labels_of(body: str) -> dict[str, tuple[str, str]]:
    """Label to (kind, number): what `\\ref` prints and `\\autoref` says before it."""
    numbers = Numbers()
    found: dict[str, tuple[str, str]] = {}
    inside: list[tuple[str, str]] = []
    here = ("Section", "")
    for mark in MARK.finditer(body):
        if mark["section"] and not mark["star"]:
            here = ("Section", numbers.next_section(SECTIONS[mark["section"]]))
        elif mark["appendix"]:
            numbers.start_appendix()
        elif mark["how"] == "begin":
            inside.append((mark["env"], ""))
            if mark["env"] in NUMBERED and "*" not in mark[0]:
                inside[-1] = (mark["env"], numbers.next_of("Equation"))
        elif mark["how"] == "end" and inside:
            inside.pop()
        elif mark["caption"]:
            _count_caption(inside, numbers)
        elif mark["label"] is not None:
            found[mark["label"].strip()] = _place(inside, here)
    return found


def _count_caption(inside: list[tuple[str, str]], numbers: Numbers) -> None:
    for index in range(len(inside) - 1, -1, -1):
        env, number = inside[index]
        if env in ("subfigure", "subtable"):
            return
        if env in FLOATS:
            inside[index] = (env, number or numbers.next_of(FLOATS[env]))
            return


def _place(inside: list[tuple[str, str]], here: tuple[str, str]) -> tuple[str, str]:
    for env, number in reversed(inside):
        if env in NUMBERED and number:
            return "Equation", number
        if env in FLOATS and number:
            return FLOATS[env], number
    return here
