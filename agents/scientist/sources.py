"""The manuscript as its author has it: text files of one format, edited by place, never in place.

A place is found by a quote of the parsed text, so spacing commands, emphasis and citations of the source are passed
over. Every edit gives new `Sources`; the files on disk are written by the journal alone.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePath, PurePosixPath
from typing import Literal

from msgspec import Struct, structs

Format = Literal["markdown", "latex"]

TEXT_ENDINGS = {".md": "markdown", ".markdown": "markdown", ".tex": "latex", ".bib": "latex", ".bbl": "latex"}
BESIDE_ENDINGS = (".pdf", ".png", ".jpg", ".jpeg", ".eps", ".sty", ".cls", ".bst")
MOST_UNPACKED = 200 * 2**20  # bytes of all sources in an archive
STAMP = (1980, 1, 1, 0, 0, 0)  # of every file in an archive: the same sources make the same bytes

_TOKEN = re.compile(r"[^\W\d_]+|\d+(?:[.,]\d+)*")
_PRINTED_MARK = re.compile(r"\[[\d,;\s–?-]+\]")
_LABELLED = re.compile(r"\b(Table|Figure|Fig\.?|Section|Equation)\s+\d+", re.IGNORECASE)
_GAP = (
    r"(?:\\(?:ref|eqref|autoref|cref|cite\w*|label)\*?(?:\[[^\]]*\])*\{[^}]*\}"
    r"|\\[A-Za-z]+\*?|\[[\d,;\s–?-]+\]|[^\w\\]|\\\W|_)*?"
)
_SENTENCE_END = re.compile(
    r"(?<=[.!?])[\"'”)}]*(?:\s+)(?=[A-Z“\"\\\[*(])|\n[ \t]*\n"
    r"|\\(?:begin|end|section|subsection|subsubsection|paragraph|item|label|maketitle|caption)\b\*?(?:\{[^}]*\})?"
)


class Place(Struct, frozen=True):
    """A stretch of one source file."""

    file: str
    start: int
    end: int


class Sources(Struct, frozen=True, kw_only=True):
    """All files of one version; `main` is the one that a reader opens first."""

    format: Format
    main: str
    files: dict[str, str]
    beside: dict[str, bytes] = {}  # figures and styles, sent along unread

    def at(self, place: Place) -> str:
        """What stands there."""
        return self.files[place.file][place.start : place.end]

    def replace(self, place: Place, new: str) -> "Sources":
        """These sources with other words in one place."""
        text = self.files[place.file]
        return self.with_file(place.file, text[: place.start] + new + text[place.end :])

    def with_file(self, name: str, text: str) -> "Sources":
        """These sources with another text in one file."""
        return structs.replace(self, files=self.files | {name: text})

    def find(self, quote: str, *, exact_numbers: bool = True) -> Place | None:
        """Where a quote of the parsed text stands; without exact numbers any number passes for another."""
        pattern = quoted(quote, exact_numbers=exact_numbers)
        if pattern is None:
            return None
        for name in self.in_order:
            found = pattern.search(self.files[name])
            if found:
                return Place(name, *found.span())
        return None

    def sentence(self, place: Place) -> Place:
        """The whole sentence (or sentences) around a place."""
        text = self.files[place.file]
        start = max(
            (m.end() for m in _SENTENCE_END.finditer(text, 0, place.start + 1) if m.end() <= place.start), default=0
        )
        after = _SENTENCE_END.search(text, max(place.start, place.end - 1))
        end = after.start() if after else len(text)
        while start < end and text[start].isspace():
            start += 1
        while end > start and text[end - 1].isspace():
            end -= 1
        return Place(place.file, start, end)

    def sentences(self) -> Iterator[Place]:
        """Every sentence of every file, in order."""
        for name in self.in_order:
            text, start = self.files[name], 0
            for found in _SENTENCE_END.finditer(text):
                if text[start : found.start()].strip():
                    yield Place(name, start, found.start())
                start = found.end()
            if text[start:].strip():
                yield Place(name, start, len(text))

    @property
    def in_order(self) -> list[str]:
        """Names of the text files as they are read: the main one, then what it takes in, then the others."""
        seen: list[str] = []
        self._walk(self.main, seen)
        return seen + [name for name in sorted(self.files) if name not in seen]

    def without(self, place: Place) -> "Sources":
        """These sources without a place, and without the blank it leaves."""
        text = self.files[place.file]
        start, end = place.start, place.end
        own_line = text[max(0, start - 1) : start] == "\n" == text[end : end + 1]
        if text[end : end + 1] == " " or own_line:
            end += 1
        elif start > 0 and text[start - 1] == " ":
            start -= 1
        return self.with_file(place.file, text[:start] + text[end:])

    def archive(self) -> bytes:
        """The files as a zip whose bytes depend on nothing else."""
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
            for name, content in sorted({**{n: t.encode() for n, t in self.files.items()}, **self.beside}.items()):
                entry = zipfile.ZipInfo(name, STAMP)
                entry.external_attr = 0o644 << 16
                packed.writestr(entry, content)
        return buffer.getvalue()

    def _walk(self, name: str, seen: list[str]) -> None:
        if name in seen or name not in self.files:
            return
        seen.append(name)
        for found in re.finditer(r"\\(?:input|include)\{([^}]+)\}", self.files[name]):
            given = found[1].strip()
            self._walk(given if given in self.files else f"{given}.tex", seen)


def quoted(quote: str, *, exact_numbers: bool = True) -> re.Pattern[str] | None:
    """A pattern for the source of a quote of the parsed text, or None for a quote without words."""
    plain = _LABELLED.sub(r"\1", _PRINTED_MARK.sub(" ", quote.rstrip("…")))
    tokens = _TOKEN.findall(plain)
    if not tokens:
        return None
    parts = [re.escape(t) if exact_numbers or not t[0].isdigit() else r"\d+(?:[.,]\d+)*" for t in tokens]
    return re.compile(_GAP.join(parts))


def load(path: Path) -> Sources:
    """The sources in a folder, an archive or a file. Raises `ValueError` when there is no manuscript."""
    if path.is_dir():
        return _sorted_out(
            {str(p.relative_to(path)): p.read_bytes() for p in sorted(path.rglob("*")) if _wanted(path, p)}
        )
    if zipfile.is_zipfile(path):
        return _sorted_out(_unpacked(path))
    return _sorted_out({path.name: path.read_bytes()})


def save(sources: Sources, folder: Path) -> None:
    """Write the sources into a folder."""
    for name, content in {**{n: t.encode() for n, t in sources.files.items()}, **sources.beside}.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def _wanted(folder: Path, path: Path) -> bool:
    return path.is_file() and _is_source(path.relative_to(folder))


def _is_source(name: PurePath) -> bool:
    hidden = any(part.startswith(".") and part != ".." for part in name.parts)
    return not hidden and name.suffix.lower() in {*TEXT_ENDINGS, *BESIDE_ENDINGS}


def _unpacked(path: Path) -> dict[str, bytes]:
    """The sources in an archive: none whose name leads out of it, since they are written below a folder later."""
    try:
        with zipfile.ZipFile(path) as packed:
            infos = [i for i in packed.infolist() if not i.is_dir() and _is_source(PurePosixPath(i.filename))]
            if out := next((i.filename for i in infos if _leads_out(PurePosixPath(i.filename))), None):
                raise ValueError(f"{path.name} holds {out}, which lies outside of it.")
            if sum(i.file_size for i in infos) > MOST_UNPACKED:
                raise ValueError(f"{path.name} holds more than {MOST_UNPACKED:,} bytes.")
            return {i.filename: packed.read(i) for i in infos}
    except (zipfile.BadZipFile, zlib.error, RuntimeError) as error:  # the last for one that has a password
        raise ValueError(f"{path.name} cannot be unpacked: {error}") from error


def _leads_out(name: PurePosixPath) -> bool:
    return name.is_absolute() or ".." in name.parts or "\\" in str(name)


def _text(name: str, content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{name} is not in UTF-8; save it so.") from error


def _sorted_out(contents: dict[str, bytes]) -> Sources:
    texts = {n: c for n, c in contents.items() if Path(n).suffix.lower() in TEXT_ENDINGS}
    latex = {n: _text(n, c) for n, c in texts.items() if TEXT_ENDINGS[Path(n).suffix.lower()] == "latex"}
    main = min((n for n in latex if "\\documentclass" in latex[n]), key=lambda n: _rank(n, latex[n]), default=None)
    if main is not None:
        used = "\n".join(latex.values())
        beside = {n: c for n, c in contents.items() if n not in texts and _taken_in(n, used)}
        return Sources(format="latex", main=main, files=latex, beside=beside)
    marked = {n: _text(n, c) for n, c in texts.items() if n not in latex}
    if len(marked) == 1:
        return Sources(format="markdown", main=next(iter(marked)), files=marked)
    raise ValueError(
        "There is no manuscript: expected one Markdown file, or LaTeX sources with one file that has \\documentclass."
    )


def _rank(name: str, text: str) -> tuple[bool, int, str]:
    """Which of several documents is the work: one with a title, near the top; a figure's source is a document too."""
    return "\\title" not in text, name.count("/"), name


def _taken_in(name: str, used: str) -> bool:
    """Whether some source names this file: a compiled copy of the whole work beside its sources is not sent."""
    shown = re.findall(r"\\includegraphics(?:\[[^\]]*\])?\{(?:[^{}]*/)?([^{}/]+?)(?:\.\w+)?\}", used)
    return Path(name).suffix in (".sty", ".cls", ".bst") or Path(name).stem in shown
