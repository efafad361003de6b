"""From the files of a project to one source: the main file found, everything it inputs put in place."""

import posixpath
import re

from aixiv.text.bounds import Gathered
from aixiv.text.draft import PRIVATE
from aixiv.text.failures import Unreadable
from aixiv.text.latex.archive import Sources
from aixiv.text.latex.cleaning import outside_listings

CLASS = re.compile(r"^[^%\n]*\\document(?:class|style)\b", re.MULTILINE)
BEGIN = re.compile(r"^[^%\n]*\\begin\s*\{document\}", re.MULTILINE)
INPUT = re.compile(
    r"(?P<lead>^[^%\n]*?)\\(?P<how>input|include|subfile|subimport|import)\b\s*(?P<rest>.*)", re.MULTILINE
)
TARGET = re.compile(r"(?:\{(?P<folder>[^{}]*)\}\s*)?\{(?P<braced>[^{}]*)\}|(?P<bare>[^\s{}\\%]+)")
END_OF_INPUT = re.compile(r"^(?:[^%\n\\]|\\.)*?\\endinput(?![A-Za-z@]).*$", re.MULTILINE)
UNSURE = re.compile(r"\\(?:if|else|fi|def|newcommand|verb|lstinline)")  # beside which it may not be carried out
DEEPEST = 12
MOST_INPUTS = 500
MOST_CHARS = 10_000_000


def decode(content: bytes) -> str:
    """UTF-8, or Latin-1 for the old sources that are not."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    return PRIVATE.sub("", text).replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")


def main_file(sources: Sources) -> str:
    """Path of the file that is the document; the shortest path wins among equals, usual names first."""
    names = [n for n in sources if n.lower().endswith((".tex", ".ltx")) or len(sources) == 1]
    texts = {n: decode(sources[n]) for n in names}
    whole = [n for n, text in texts.items() if CLASS.search(text) and BEGIN.search(text)]
    subfile = re.compile(r"\\documentclass\s*\[[^\]]*\]\s*\{subfiles?\}|\\documentclass[^{]*\{standalone\}")
    whole = [n for n in whole if not subfile.search(texts[n])] or whole
    if len(sources) == 1 and not whole:
        return names[0]
    if not whole:
        raise Unreadable("no_main_file", "No file of the archive has both \\documentclass and \\begin{document}.")
    usual = ("main", "paper", "ms", "manuscript", "article", "root")
    return min(
        whole, key=lambda n: (n.count("/"), posixpath.splitext(posixpath.basename(n))[0].lower() not in usual, n)
    )


class Flattener:
    """Puts the inputs of a project in place, inside the archive only, each chain bounded in depth and size."""

    def __init__(self, sources: Sources, aside: Gathered) -> None:
        self.sources = sources
        self.aside = aside
        self.missing: list[str] = []
        self.inputs = 0
        self.chars = 0

    def flatten(self, name: str) -> str:
        return self._flatten(name, posixpath.dirname(name), ())

    def _flatten(self, name: str, folder: str, chain: tuple[str, ...]) -> str:
        text = decode(self.sources[name])
        self.chars += len(text)
        if self.chars > MOST_CHARS and not chain:
            raise Unreadable("too_large", f"The source has more than {MOST_CHARS:,} characters.")
        if self.chars > MOST_CHARS:
            raise Unreadable("archive_bomb", "The sources grow beyond all measure when their inputs are put in place.")
        text, *unread = _until_end_of_input(text)
        if chain:
            text, *outside = _inside_document(text)
            unread += outside
        for said in unread:
            self.aside.add("latex_comment", f"{name}, not input", said)

        def put(found: re.Match[str]) -> str:
            return self._put(found, name, folder, chain)

        return INPUT.sub(put, text)

    def _put(self, found: re.Match[str], name: str, folder: str, chain: tuple[str, ...]) -> str:
        target = TARGET.match(found["rest"])
        if not target:
            return found[0]
        asked = target["braced"] if target["braced"] is not None else target["bare"]
        base = posixpath.join(folder, target["folder"] or "")
        path = self._find(asked.strip(), base, posixpath.dirname(name))
        after = found["rest"][target.end() :]
        if INPUT.search(after):
            after = INPUT.sub(lambda again: self._put(again, name, folder, chain), after)
        if path is None:
            self.missing.append(asked.strip()[:80])
            return f"{found['lead']}{after}"
        self.inputs += 1
        if path in (*chain, name) or len(chain) >= DEEPEST or self.inputs > MOST_INPUTS:
            raise Unreadable("archive_bomb", f"The sources input each other without end ({path}).")
        inside = self._flatten(path, base if target["folder"] else folder, (*chain, name))
        return f"{found['lead']}{inside}\n{after}"

    def _find(self, asked: str, folder: str, own: str) -> str | None:
        for base in (folder, own, ""):
            path = posixpath.normpath(posixpath.join(base, asked))
            if path.startswith(("..", "/")):
                continue
            for candidate in (path, f"{path}.tex", f"{path}.ltx"):
                if candidate in self.sources:
                    return candidate
        return None


def _until_end_of_input(text: str) -> tuple[str, str]:
    """What TeX reads of a file, up to the line with `\\endinput`, and what it does not."""
    for found in outside_listings(END_OF_INPUT, text):
        if not UNSURE.search(found[0]):
            return text[: found.end()], text[found.end() :]
    return text, ""


def _inside_document(text: str) -> tuple[str, str, str]:
    """What an input document gives to the one that inputs it, and what stands before and after that."""
    begin = BEGIN.search(text)
    if not begin:
        return text, "", ""
    body = text[begin.end() :]
    end = re.search(r"\\end\s*\{document\}", body)
    before = text[: begin.start()]
    return (body[: end.start()], before, body[end.end() :]) if end else (body, before, "")
