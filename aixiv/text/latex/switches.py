"""Parts of a LaTeX source that are switched off: `\\iffalse` and the author's own switches, comment environments.

Conditionals are matched as TeX matches them, nested ones counted, and one that is never closed runs to the end. What
cannot be decided without running TeX stays in the text with both its branches.
"""

import re
from dataclasses import dataclass

from aixiv.text.latex.groups import Aside, braced, groups

WORD = re.compile(r"\\(?:([A-Za-z@]+)|.)", re.DOTALL)
NEW_SWITCH = re.compile(r"\\newif\s*\\if([A-Za-z@]+)")
ALIAS = re.compile(r"\\let\s*\\if([A-Za-z@]+)\s*=?\s*\\if(true|false)(?![A-Za-z@])")
SETTING = re.compile(r"\\([A-Za-z@]+?)(true|false)(?![A-Za-z@])")
NEW_ENVIRONMENT = re.compile(r"\\(?:re)?newenvironment\*?\s*(?=\{)")
EXCLUDED = re.compile(r"\\excludecomment\s*\{([^{}]*)\}")
BEGIN = re.compile(r"\\begin\s*\{([^{}]*)\}(?:\s*\[[^\]]*\])?(?:\s*\{(?P<file>[^{}\n]*)\})?")
HIDES = re.compile(r"\\(?:iffalse|comment(?![A-Za-z])|begin\s*\{comment\})")
SAME = re.compile(r"\s*([01])(.)", re.DOTALL)
COMPARED = re.compile(r"\s*(\d{1,9})\s*([<>=])\s*(\d{1,9})")
FILES = ("filecontents", "filecontents*")
CONDITIONALS = {
    "if", "ifcat", "ifx", "ifcase", "ifnum", "ifdim", "ifodd", "ifhmode", "ifvmode", "ifmmode", "ifinner", "ifvoid",
    "ifhbox", "ifvbox", "ifeof", "iftrue", "iffalse", "ifdefined", "ifcsname", "iffontchar", "ifincsname", "ifpdf",
    "ifxetex", "ifluatex", "ifPDFTeX", "ifXeTeX", "ifLuaTeX",
}  # fmt: skip


def without_switched_off(source: str, aside: Aside, definition: re.Pattern[str]) -> str:
    """The source without what no run of TeX would set, which goes aside; definitions are not looked into."""
    scan = _Scan(source, aside, definition)
    at = 0
    while found := WORD.search(source, at):
        at = scan.word(found[1] or "", found.start(), found.end())
    return scan.finish()


@dataclass(slots=True)
class _Branch:
    """An open conditional; `known` when it is certain which branch is set."""

    name: str
    known: bool
    shown: bool = True


class _Scan:
    """One pass over the commands of a source."""

    def __init__(self, source: str, aside: Aside, definition: re.Pattern[str]) -> None:
        self.source = source
        self.aside = aside
        self.definition = definition
        self.branches: list[_Branch] = []
        self.off = self.unsure = 0  # open branches that are not set, and those of which nobody knows
        self.switches: dict[str, bool | None] = {}
        self.unprinted = {"comment", *FILES}
        self.kept: list[str] = []
        self.dropped: list[str] = []
        self.copied = 0  # everything before is in `kept` or `dropped`

    def word(self, name: str, start: int, end: int) -> int:
        """Deal with the command that stands here; returns where to go on."""
        hidden = self.off > 0
        if name in CONDITIONALS or (name.startswith("if") and name[2:] in self.switches):
            return self._open(name, start, end, hidden)
        if name in ("else", "fi") and self.branches:
            return self._turn(name, start, end)
        if hidden or not name:
            return end
        if name == "begin":
            return self._begin(start, end)
        defined = self.definition.match(self.source, start)
        if defined:
            return self._unsure(defined.end(), braced(self.source, defined.end()))
        return self._declared(start, end)

    def finish(self) -> str:
        """What is left; a branch that was never closed takes the rest with it."""
        self._copy(len(self.source), len(self.source))
        self.off = 0
        self._tell(next((b.name for b in self.branches if b.known and not b.shown), ""))
        return "".join(self.kept)

    def _copy(self, end: int, again: int) -> None:
        (self.dropped if self.off else self.kept).append(self.source[self.copied : end])
        self.copied = again

    def _tell(self, name: str) -> None:
        if self.dropped and not self.off:
            self.aside("latex_comment", f"\\{name}", "".join(self.dropped))
            self.dropped.clear()

    def _open(self, name: str, start: int, end: int, hidden: bool) -> int:
        value, after = (None, end) if hidden else self._value(name, end)
        if value is not None:
            self._copy(start, after)
        self.branches.append(_Branch(name, value is not None, shown=value is not False))
        self.off += value is False
        self.unsure += value is None
        return after

    def _turn(self, name: str, start: int, end: int) -> int:
        branch = self.branches[-1]
        if branch.known:
            self._copy(start, end)
            self.off += branch.shown - (not branch.shown) if name == "else" else -(not branch.shown)
        if name == "else":
            branch.shown = not branch.shown
        else:
            self.branches.pop()
            self.unsure -= not branch.known
        self._tell(branch.name)
        return end

    def _value(self, name: str, at: int) -> tuple[bool | None, int]:
        """Whether the condition holds, where that is certain, and the index after it."""
        if name in ("iftrue", "iffalse"):
            return name == "iftrue", at
        if name == "if" and (same := SAME.match(self.source, at)):
            if same[1] == same[2]:
                return True, same.end()
            return (None if same.expand(r"\1\2") == "1\\" else False), same.start(2)
        if name == "ifnum" and (two := COMPARED.match(self.source, at)):
            sign = (int(two[1]) > int(two[3])) - (int(two[1]) < int(two[3]))
            return {"<": -1, "=": 0, ">": 1}[two[2]] == sign, two.end()
        return self.switches.get(name[2:]), at

    def _begin(self, start: int, end: int) -> int:
        found = BEGIN.match(self.source, start)
        if not found or found[1] not in self.unprinted:
            return end
        name = found[1]
        inside = found.end() if name in FILES else self.source.index("}", start) + 1
        close = re.compile(r"\\end\s*\{" + re.escape(name) + r"\}").search(self.source, inside)
        last, after = (close.start(), close.end()) if close else (len(self.source), len(self.source))
        self._copy(start, after)
        carrier, called = ("attachment", found["file"] or name) if name in FILES else ("latex_comment", name)
        self.aside(carrier, called, self.source[inside:last])
        return after

    def _declared(self, start: int, end: int) -> int:
        if found := NEW_SWITCH.match(self.source, start):
            self.switches[found[1]] = False
        elif found := ALIAS.match(self.source, start):
            self.switches[found[1]] = found[2] == "true"
        elif found := EXCLUDED.match(self.source, start):
            self.unprinted.add(found[1].strip())
        elif found := NEW_ENVIRONMENT.match(self.source, start):
            parts = list(groups(self.source, found.end(), 3))
            if len(parts) > 1 and HIDES.match(parts[1][0].strip()):
                self.unprinted.add(parts[0][0].strip())
            return self._unsure(end, parts[-1][1]) if parts else end
        elif (found := SETTING.match(self.source, start)) and found[1] in self.switches:
            self.switches[found[1]] = None if self.unsure else found[2] == "true"
        return max(end, found.end() if found else end)

    def _unsure(self, start: int, end: int) -> int:
        """Switches that a definition sets may be set at any time."""
        for found in SETTING.finditer(self.source, start, end):
            if found[1] in self.switches:
                self.switches[found[1]] = None
        return end
