"""Citations and the reference list: an entry for each citation, a citation for each entry."""

import difflib
import re

from agents.scientist.desk import Desk
from agents.scientist.sources import Place

TOPIC, ENTRIES = "citations", "entries"
CLOSE = 0.86  # likeness of two keys that are one, misspelt
_CITE = re.compile(r"[ ~]?\\(?P<command>cite\w*)\*?(?P<options>(?:\[[^\]]*\])*)\{(?P<keys>[^}]*)\}")
_ITEM = re.compile(r"\\bibitem(?:\[[^\]]*\])?\{(?P<key>[^}]+)\}.*?(?=\\bibitem|\\end\{thebibliography\})", re.DOTALL)
_BIB = re.compile(r"(?m)^@\w+\s*\{\s*(?P<key>[^,\s]+)\s*,.*?^\}\s*", re.DOTALL)
_MARK = re.compile(r"[ ]?\[(?P<list>\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*)\](?!\()")
_ENTRY = re.compile(r"(?ms)^\[(?P<number>\d{1,3})\]\s.*?(?=^\[\d{1,3}\]\s|\n#|\Z)")


def repair_citations(desk: Desk) -> None:
    """Correct misspelt keys, take out citations that lead nowhere, and entries that nobody cites."""
    if desk.sources.format == "latex":
        _repair_latex(desk)
    else:
        _repair_numbered(desk)


def _repair_latex(desk: Desk) -> None:
    entries = _latex_entries(desk)
    if not entries:
        return
    cited: set[str] = set()
    for name in desk.sources.in_order:
        for found in reversed(list(_CITE.finditer(desk.sources.files[name]))):
            keys = [k.strip() for k in found["keys"].split(",")]
            known = [_known(key, entries) for key in keys]
            cited |= {k for k in known if k}
            if known != keys:
                _mend(desk, Place(name, *found.span()), found, keys, known)
    for key in [k for k in entries if k not in cited]:
        place = _latex_entries(desk)[key]
        desk.sources = desk.sources.replace(place, "")
        desk.note(ENTRIES, f"Removed the entry “{key}”, which nothing cites.")


def _mend(desk: Desk, place: Place, found: re.Match[str], keys: list[str], known: list[str]) -> None:
    kept = [k for k in known if k]
    wrong = [(key, right) for key, right in zip(keys, known, strict=True) if key != right]
    for key, right in wrong:
        if right:
            desk.note(TOPIC, f"Corrected the citation key “{key}” to “{right}”.")
    if kept:
        lead = found[0][0] if found[0][0] in " ~" else ""
        options = found["options"]
        desk.sources = desk.sources.replace(place, f"{lead}\\{found['command']}{options}{{{','.join(kept)}}}")
        return
    names = ", ".join(f"“{key}”" for key, right in wrong if not right)
    _take_out(desk, place, names, _CITE)


def _take_out(desk: Desk, place: Place, names: str, marks: re.Pattern[str]) -> None:
    """A citation without entry; where it alone carried its sentence, the sentence goes with it."""
    sentence = desk.sources.sentence(place)
    text = desk.sources.at(sentence)
    others = len(marks.findall(text)) > 1
    if others:
        desk.sources = desk.sources.replace(place, "")
        desk.note(TOPIC, f"Removed the citation {names}, which had no entry.")
        return
    desk.sources = desk.sources.without(sentence)
    desk.note(TOPIC, f"Withdrew the sentence that rested on {names} alone, which had no entry.")


def _known(key: str, entries: dict[str, Place]) -> str:
    if key in entries:
        return key
    near = difflib.get_close_matches(key, entries, n=1, cutoff=CLOSE)
    return near[0] if near else ""


def _latex_entries(desk: Desk) -> dict[str, Place]:
    """Entries by key; where sources have a .bbl and a .bib, either will do for a citation to resolve."""
    found: dict[str, Place] = {}
    for name in desk.sources.in_order:
        pattern = _BIB if name.endswith(".bib") else _ITEM
        for entry in pattern.finditer(desk.sources.files[name]):
            found.setdefault(entry["key"], Place(name, *entry.span()))
    return found


def _repair_numbered(desk: Desk) -> None:
    name = desk.sources.main
    entries = {int(m["number"]) for m in _ENTRY.finditer(desk.sources.files[name])}
    if not entries:
        return
    cited: set[int] = set()
    for found in reversed(list(_marks(desk.sources.files[name]))):
        numbers = _numbers(found["list"])
        cited |= numbers & entries
        loose = numbers - entries
        if loose and numbers == loose:
            _take_out(desk, Place(name, *found.span()), ", ".join(f"[{n}]" for n in sorted(loose)), _MARK)
        elif loose:
            kept = ", ".join(str(n) for n in sorted(numbers & entries))
            desk.sources = desk.sources.replace(Place(name, *found.span()), f" [{kept}]")
            desk.note(TOPIC, f"Removed {', '.join(f'[{n}]' for n in sorted(loose))}, which had no entry.")
    cited = {n for m in _marks(desk.sources.files[name]) for n in _numbers(m["list"])}
    uncited = sorted(entries - cited)
    if uncited:
        desk.sources = desk.sources.with_file(name, _renumbered(desk.sources.files[name], entries, set(uncited)))
        gone = ", ".join(f"[{n}]" for n in uncited)
        desk.note(ENTRIES, f"Removed {gone}, which nothing cites; later entries have moved up.")


def _marks(text: str) -> list[re.Match[str]]:
    """Citation marks of the running text: a mark at the start of a line is an entry."""
    return [m for m in _MARK.finditer(text) if text[max(0, m.start() - 1) : m.start() + 1] not in ("\n[", "[")]


def _numbers(listed: str) -> set[int]:
    numbers: set[int] = set()
    for part in re.split(r"[,;]", listed):
        ends = [int(n) for n in re.findall(r"\d+", part)]
        numbers |= set(range(ends[0], ends[-1] + 1)) if len(ends) == 2 and ends[1] - ends[0] < 100 else set(ends)
    return numbers


def _renumbered(text: str, entries: set[int], gone: set[int]) -> str:
    moved = {old: new for new, old in enumerate(sorted(entries - gone), start=1)}
    without = _ENTRY.sub(lambda m: "" if int(m["number"]) in gone else m[0], text)
    listed = _ENTRY.sub(lambda m: f"[{moved[int(m['number'])]}]{m[0][m[0].index(']') + 1 :]}", without)
    first = _ENTRY.search(listed)
    head, tail = (listed[: first.start()], listed[first.start() :]) if first else (listed, "")

    def cite(found: re.Match[str]) -> str:
        blank = " " if found[0].startswith(" ") else ""
        numbers = sorted(moved.get(n, n) for n in _numbers(found["list"]))
        return f"{blank}[{', '.join(str(n) for n in numbers)}]"

    return _MARK.sub(cite, head) + tail
