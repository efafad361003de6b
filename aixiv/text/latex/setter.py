"""LaTeX source to the words a reader would see. Maths stays as written; what is set invisibly goes aside."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from aixiv.text.bounds import Gathered
from aixiv.text.draft import CITE_CLOSE, CITE_OPEN
from aixiv.text.latex.groups import group
from aixiv.text.latex.symbols import ACCENTS, CHARACTERS, ESCAPES, SILENT_ARGUMENTS, accented

TOKEN = re.compile(r"\\([A-Za-z@]+)\*?|\\(.)|([{}])|(\$\$?)|([~&])|([^\\{}$~&]+)", re.DOTALL)
MATHS = (
    "equation",
    "align",
    "gather",
    "multline",
    "eqnarray",
    "displaymath",
    "math",
    "flalign",
    "alignat",
    "IEEEeqnarray",
)
VERBATIM = ("verbatim", "lstlisting", "minted", "Verbatim")
CITES = re.compile(r"^(?:[A-Za-z]*cite[A-Za-z]*|citealp|citealt)$")
REFS = ("ref", "eqref", "autoref", "cref", "Cref", "pageref", "nameref", "vref", "subref", "fullref")
INVISIBLE = ("phantom", "hphantom", "vphantom", "transparent", "pdfcomment", "todo", "ifundefined")
WHITE = re.compile(r"^white$|^white!?(?:100)?$", re.IGNORECASE)
DEEPEST = 40
COLOUR_NEAR_WHITE = 0.94


@dataclass(slots=True)
class Setter:
    """Sets source as text. `labels` maps a label to (kind, number); `names` a citation key to its printed authors."""

    labels: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    aside: Gathered = field(default_factory=Gathered)
    white: set[str] = field(default_factory=lambda: {"white"})
    hidden: list[bool] = field(default_factory=lambda: [False])
    lists: list[int | None] = field(default_factory=list)
    depth: int = 0

    def text(self, source: str) -> str:
        """Words of a piece of the running text; groups left open stay open for the next piece."""
        return _tidy(self._set(source))

    def inner(self, source: str) -> str:
        """Words of an argument: a group of its own."""
        if self.depth >= DEEPEST:
            self.aside.miss(f"groups nested more than {DEEPEST} deep: what is hidden inside was not told apart")
            return source
        self.depth += 1
        kept, self.hidden = self.hidden, [self.hidden[-1]]
        try:
            return _tidy(self._set(source)).strip()
        finally:
            self.hidden = kept
            self.depth -= 1

    def _set(self, source: str) -> str:
        parts: list[str] = []
        unseen: list[str] = []
        at = 0
        while found := TOKEN.match(source, at):
            at = found.end()
            shown, at = self._one(found, source, at)
            if self.hidden[-1]:
                unseen.append(shown)
            else:
                self._aside(unseen)
                parts.append(shown)
        self._aside(unseen)
        return "".join(parts)

    def _aside(self, unseen: list[str]) -> None:
        text = _tidy("".join(unseen)).strip()
        if text:
            self.note("invisible colour or size", text)
        unseen.clear()

    def note(self, name: str, text: str) -> None:
        self.aside.add("latex_hidden", name, text)

    def _one(self, found: re.Match[str], source: str, at: int) -> tuple[str, int]:
        command, escape, group, dollar, special, plain = found.groups()
        if plain is not None:
            return _typography(plain), at
        if group == "{":
            self.hidden.append(self.hidden[-1])
        elif group == "}" and len(self.hidden) > 1:
            self.hidden.pop()
        if group or special:
            return (" " if special == "~" else "  " if special else ""), at
        if dollar:
            end = source.find(dollar, at)
            end = len(source) if end < 0 else end + len(dollar)
            return source[at - len(dollar) : end], end
        if escape is not None:
            return self._escaped(escape, source, at)
        return self._command(command, source, at)

    def _escaped(self, char: str, source: str, at: int) -> tuple[str, int]:
        if char in "([":
            close = "\\)" if char == "(" else "\\]"
            end = source.find(close, at)
            end = len(source) if end < 0 else end + 2
            return source[at - 2 : end], end
        if char in ACCENTS:
            letter, at = argument(source, at)
            return accented(char, letter.strip("{} ") or " "), at
        if char == "\\":
            spaced = re.match(r"\s*\*?(?:\[[^\]]*\])?", source[at : at + 60])
            return "\n", at + (spaced.end() if spaced else 0)
        return ESCAPES.get(char, ""), at

    def _command(self, name: str, source: str, at: int) -> tuple[str, int]:
        if name in ("begin", "end"):
            return self._environment(name, source, at)
        if name == "item":
            label, at = optional(source, at)
            return self._item(self.inner(label)), at
        if name in CHARACTERS:
            return CHARACTERS[name], at + (source[at : at + 1] == " " and not CHARACTERS[name].isspace())
        if name in ACCENTS and len(name) == 1:
            letter, at = argument(source, at)
            return accented(name, letter.strip("{} ") or " "), at
        if name == "verb":
            close = source.find(source[at : at + 1], at + 1)
            return (source[at + 1 : close], close + 1) if close > at else ("", at)
        if CITES.match(name) or name in REFS or name in ("url", "href", "footnote", "thanks", "footnotetext"):
            return self._pointer(name, source, at)
        if name in ("color", "textcolor", "colorbox", "fontsize", "transparent", *INVISIBLE):
            return self._invisible(name, source, at)
        if name in SILENT_ARGUMENTS:
            return "", skip(source, at, SILENT_ARGUMENTS[name])
        _, after = optional(source, at)
        followed = source[after : after + 1] == "{"
        return "", after if followed else _gobble_space(source, at)

    def _pointer(self, name: str, source: str, at: int) -> tuple[str, int]:
        if CITES.match(name):
            return self._cite(name, source, at)
        if name == "href":
            _, at = argument(source, at)
            shown, at = argument(source, at)
            return self.inner(shown), at
        target, at = argument(source, at)
        if name in ("footnote", "thanks", "footnotetext"):
            return f" (footnote: {self.inner(target)})", at
        if name == "url":
            return re.sub(r"\\([_%#&~])", r"\1", target), at
        known = [self.labels.get(key.strip()) for key in target.split(",")]
        return ", ".join(_pointed(name, where) for where in known), at

    def _cite(self, name: str, source: str, at: int) -> tuple[str, int]:
        notes: list[str] = []
        while source[at : at + 1] == "[":
            note, at = optional(source, at)
            notes.append(self.inner(note))
        keys, at = argument(source, at)
        listed = [key.strip() for key in keys.split(",") if key.strip()]
        if name == "nocite":
            return "", at
        mark = f"{CITE_OPEN}{','.join(listed)}{CITE_CLOSE}"
        names = " and ".join(self.names.get(key, "") for key in listed if self.names.get(key))
        if name.lower().startswith("citeauthor"):
            return names or mark, at
        textual = name.lower().startswith(("citet", "textcite")) and names
        after = f" ({notes[-1]})" if notes and notes[-1] else ""
        return (f"{names} {mark}{after}" if textual else f"{mark}{after}"), at

    def _invisible(self, name: str, source: str, at: int) -> tuple[str, int]:
        if name in INVISIBLE:
            hidden, at = argument(source, at)
            if name == "transparent":
                self.hidden[-1] = self.hidden[-1] or hidden.strip() in ("0", "0.0", ".0")
            elif name != "ifundefined":
                self.note(f"\\{name}", self.inner(hidden))
            return "", at
        if name == "fontsize":
            size, at = argument(source, at)
            _, at = argument(source, at)
            number = re.match(r"\s*([\d.]+)", size)
            self.hidden[-1] = self.hidden[-1] or bool(number and _number(number[1]) < 2)
            return "", at
        model, at = optional(source, at)
        colour, at = argument(source, at)
        white = self.is_white(model, colour)
        if name == "color":
            self.hidden[-1] = white
            return "", at
        inside, at = argument(source, at)
        if name == "textcolor" and white:
            self.note("\\textcolor", self.inner(inside))
            return "", at
        return self.inner(inside), at

    def is_white(self, model: str, colour: str) -> bool:
        """True for a colour no reader can tell from paper."""
        colour = colour.strip()
        if not model:
            return colour.lower() in self.white or bool(WHITE.match(colour))
        if model.strip() == "HTML":
            return bool(re.fullmatch(r"[fF][0-9a-fA-F]", colour[:2])) and all(c in "fF" for c in colour[::2])
        parts = [_number(p) for p in colour.split(",")]
        scale = 255 if model.strip() == "RGB" else 1
        if model.strip() == "cmyk":
            return bool(parts) and max(parts) <= 1 - COLOUR_NEAR_WHITE
        return model.strip() in ("rgb", "RGB", "gray") and min(parts) / scale >= COLOUR_NEAR_WHITE

    def _environment(self, how: str, source: str, at: int) -> tuple[str, int]:
        name, after = argument(source, at)
        bare = name.strip().rstrip("*")
        if how == "begin" and (bare in MATHS or bare in VERBATIM):
            close = f"\\end{{{name}}}"
            end = source.find(close, after)
            end = len(source) if end < 0 else end
            if bare in VERBATIM:
                return f"\n\n{source[after:end].strip()}\n\n", min(end + len(close), len(source))
            body = re.sub(r"\\label\s*\{[^}]*\}", "", source[after:end]).strip()
            return f"\n\n\\begin{{{name}}}{body}\\end{{{name}}}\n\n", min(end + len(close), len(source))
        if how == "begin":
            self.hidden.append(self.hidden[-1])
            if bare in ("itemize", "enumerate", "description"):
                self.lists.append(0 if bare == "enumerate" else None)
            _, after = optional(source, after)
            return "\n\n", skip(source, after, 1) if bare in ("minipage", "tabular", "multicols") else after
        if len(self.hidden) > 1:
            self.hidden.pop()
        if bare in ("itemize", "enumerate", "description") and self.lists:
            self.lists.pop()
        return "\n\n", after

    def _item(self, label: str) -> str:
        if label or not self.lists:
            return f"\n\n{label or '•'} "
        number = self.lists[-1]
        if number is None:
            return "\n\n• "
        self.lists[-1] = number + 1
        return f"\n\n{number + 1}. "


def _pointed(name: str, where: tuple[str, str] | None) -> str:
    if where is None:
        return "??"
    kind, number = where
    if name == "eqref":
        return f"({number})"
    return f"{kind} {number}".strip() if name in ("autoref", "cref", "Cref") else number


def argument(source: str, at: int) -> tuple[str, int]:
    """The next mandatory argument without its braces, and the index after it."""
    while source[at : at + 1].isspace():
        at += 1
    if source[at : at + 1] == "{":
        return group(source, at)
    command = re.match(r"\\[A-Za-z]+|\\.|.", source[at : at + 40], re.DOTALL)
    return (command[0], at + command.end()) if command else ("", at)


def optional(source: str, at: int) -> tuple[str, int]:
    """The next bracketed argument, or an empty one when there is none."""
    found = re.match(r"\s*\[((?:[^\[\]{}]|\{[^{}]*\}|\[[^\]]*\])*)\]", source[at : at + 4000])
    return (found[1], at + found.end()) if found else ("", at)


def skip(source: str, at: int, count: int) -> int:
    """Index after `count` mandatory arguments and the optional ones before them."""
    for _ in range(count):
        _, at = optional(source, at)
        trim = re.match(r"\([^)]*\)", source[at : at + 20])
        at += trim.end() if trim else 0
        if not source[at : at + 40].lstrip().startswith("{"):
            return at
        _, at = argument(source, at)
    return at


def _gobble_space(source: str, at: int) -> int:
    return at + 1 if source[at : at + 1] in (" ", "\n") and source[at + 1 : at + 2] != "\n" else at


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _typography(text: str) -> str:
    return text.replace("---", "—").replace("--", "–").replace("``", "“").replace("''", "”")


def _tidy(text: str) -> str:
    text = re.sub(r"[ \t]*\n[ \t]*\n\s*", "\ue012", text)
    text = re.sub(r"[ \t\n]+", " ", text)
    return re.sub(r" ?\ue012 ?", "\n\n", text)
