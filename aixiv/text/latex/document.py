"""One LaTeX project, read: unpacked, flattened, and walked from heading to heading."""

import posixpath
import re
from pathlib import Path

from msgspec.structs import replace

from aixiv.text.bounds import Gathered
from aixiv.text.citations import with_plain_citations
from aixiv.text.draft import Draft
from aixiv.text.failures import Unreadable
from aixiv.text.latex.archive import unpack
from aixiv.text.latex.bibliography import FILES, LIST, Listed, printed_authors, reference_list
from aixiv.text.latex.cleaning import clean, outside_listings
from aixiv.text.latex.floats import caption_of, rows_of
from aixiv.text.latex.numbering import FLOATS, SECTIONS, Numbers, labels_of
from aixiv.text.latex.setter import Setter, argument, optional
from aixiv.text.latex.sources import BEGIN, Flattener, main_file
from aixiv.text.names import names_in
from aixiv.text.parsed import Parsed
from review.layout import Layout
from review.manuscript import Float, Manuscript

END = re.compile(r"\\end\s*\{document\}")
FLOAT_NAMES = "|".join(FLOATS)
BLOCK = re.compile(
    rf"\\(?P<section>chapter|section|subsection|subsubsection)(?P<star>\*?)\s*(?=[\[{{])|\\(?P<appendix>appendix)\b"
    rf"|\\begin\s*\{{(?P<float>{FLOAT_NAMES})(?P<wide>\*?)\}}"
    r"|\\begin\s*\{(?P<abstract>abstract)\}|\\begin\s*\{(?P<table>tabular[xy*]?\*?|tabulary)\}"
    r"|\\begin\s*\{(?P<keywords>keywords?|IEEEkeywords)\}"
    r"|(?P<list>\\begin\s*\{thebibliography\}|\\(?:bibliography|printbibliography)\b)"
    r"|\\(?P<silent>title|author|date|maketitle|keywords|affiliation|address|institute)\b\s*(?=[\[{]|\s|$)"
)
RUN_IN = re.compile(r"^abstract\s*[—–.:-]+\s*(?=\S)", re.IGNORECASE)
COLOUR = re.compile(r"\\definecolor\s*\{([^}]*)\}\s*\{([^}]*)\}\s*\{([^}]*)\}")
AUTHOR_NOISE = re.compile(
    r"\\(?:thanks|footnotemark|footnote|inst|textsuperscript|affil|email|orcidlink|institute)\s*(?:\[[^\]]*\])?\s*(?=\{)"
)
LEAST_LETTERS = 40
WORDLESS = "Put the text between \\begin{document} and \\end{document}, and send every file that it inputs."


def parse_latex(path: Path, *, filename: str) -> Parsed:
    """Read LaTeX sources whole, or raise `Unreadable`."""
    sources = unpack(path, filename)
    main = main_file(sources)
    gathered = Gathered()
    flattener = Flattener(sources, gathered)
    cleaned = clean(flattener.flatten(main), gathered)
    begin = BEGIN.search(cleaned)
    preamble = cleaned[: begin.end()] if begin else ""
    body = cleaned[begin.end() :] if begin else cleaned
    end = next(outside_listings(END, body), None)
    if end:
        gathered.add("latex_comment", "after \\end{document}", body[end.end() :])
        body = body[: end.start()]
    stem = posixpath.splitext(main)[0]
    listed = reference_list(
        body if LIST.search(body) or FILES.search(body) else preamble + body, sources, stem, gathered
    )
    walk = Walk(preamble, body, listed, gathered)
    manuscript = walk.manuscript(tuple(f"the input {name!r} is not in the archive" for name in flattener.missing))
    if sum(c.isalpha() for c in manuscript.text) < LEAST_LETTERS:
        raise Unreadable("no_text", "The source holds no text to review.", hint=WORDLESS)
    return Parsed(manuscript=manuscript, layout=Layout(side_texts=tuple(gathered.texts), unread=gathered.unread()))


def _run_in_abstract(parts: list[str]) -> str:
    """The paragraph that begins with the word, for classes that set the abstract so."""
    for part in parts:
        found = RUN_IN.match(part)
        if found:
            return part[found.end() :]
    return ""


class Walk:
    """Goes over the body once, writing the draft."""

    def __init__(self, preamble: str, body: str, listed: list[Listed], aside: Gathered) -> None:
        self.preamble = preamble
        self.body = body
        self.listed = listed
        self.draft = Draft(keys={entry.key: entry.reference.index for entry in listed})
        white = {"white"}
        self.setter = Setter(
            labels=labels_of(body),
            names={entry.key: printed_authors(entry.reference) for entry in listed},
            white=white,
            aside=aside,
        )
        for name, model, value in COLOUR.findall(preamble + body):
            if self.setter.is_white(model, value):
                white.add(name.strip().lower())
        self.numbers = Numbers()
        self.abstract = ""
        self.keywords: tuple[str, ...] = ()
        self.printed_list = False

    def manuscript(self, warnings: tuple[str, ...]) -> Manuscript:
        title = self._front("title")
        authors = self._authors()
        for shown in (title, ", ".join(authors)):
            self.draft.block(shown)
        at = 0
        while found := BLOCK.search(self.body, at):
            self._flow(self.body[at : found.start()])
            at = max(self._block(found), found.end())
        self._flow(self.body[at:])
        if not self.printed_list:
            self._references()
        if not title:
            warnings = (*warnings, "no title was recognised")
        self.abstract = self.abstract or _run_in_abstract(self.draft.parts)
        made = self.draft.manuscript(
            source="latex",
            title=title,
            abstract=self.abstract,
            authors=authors,
            keywords=self.keywords,
            warnings=warnings,
        )
        return with_plain_citations(made)

    def _front_setter(self) -> Setter:
        return Setter(white=self.setter.white, aside=self.setter.aside)

    def _front(self, command: str) -> str:
        whole = self.preamble + self.body
        found = re.search(rf"\\{command}\b\s*(?=[\[{{])", whole)
        if not found:
            return ""
        _, at = optional(whole, found.end())
        said, _ = argument(whole, at)
        said = AUTHOR_NOISE.sub(r"\\authornote", said)
        return re.sub(r"\s+", " ", self._front_setter().inner(said)).strip()

    def _authors(self) -> tuple[str, ...]:
        whole = self.preamble + self.body
        names: list[str] = []
        for found in re.finditer(r"\\(?:author|IEEEauthorblockN)\b\s*(?=[\[{])", whole):
            _, at = optional(whole, found.end())
            said, _ = argument(whole, at)
            said = re.sub(r"\$[^$]*\$", " ", AUTHOR_NOISE.sub(r"\\authornote", said))
            said = re.sub(r"\\(?:and|And|AND|quad|qquad|\\)(?![A-Za-z])|(?<!\\)&", " ; ", said)
            names += [name for name in names_in(self._front_setter().inner(said)) if name not in names]
        return tuple(names)

    def _flow(self, source: str) -> None:
        for paragraph in self.setter.text(source).split("\n\n"):
            self.draft.block(paragraph.strip())

    def _block(self, found: re.Match[str]) -> int:
        if found["section"]:
            return self._section(found)
        if found["appendix"]:
            self.numbers.start_appendix()
        elif found["float"]:
            return self._float(found)
        elif found["abstract"] or found["keywords"]:
            return self._set_apart(found)
        elif found["table"]:
            inside, end = self._environment(found, found["table"])
            rows, _ = rows_of(f"\\begin{{{found['table']}}}{inside}\\end{{{found['table']}}}", self.setter)
            self.draft.block("\n".join("  ".join(row) for row in rows))
            return end
        elif found["list"]:
            return self._list(found)
        elif found["silent"] and found["silent"] != "maketitle":
            return self._silent(found)
        return found.end()

    def _section(self, found: re.Match[str]) -> int:
        _, at = optional(self.body, found.end())
        title, at = argument(self.body, at)
        level = SECTIONS[found["section"]]
        number = "" if found["star"] else self.numbers.next_section(level)
        self.draft.heading(number, re.sub(r"\s+", " ", self.setter.inner(title)), level)
        return at

    def _float(self, found: re.Match[str]) -> int:
        inside, end = self._environment(found, f"{found['float']}{found['wide']}")
        kind = FLOATS[found["float"]]
        caption = caption_of(inside, self.setter)
        number = self.numbers.next_of(kind) if caption else ""
        rows, bold = rows_of(
            f"\\begin{{longtable}}{inside}\\end{{longtable}}" if found["float"] == "longtable" else inside, self.setter
        )
        label = f"{kind} {number}".strip()
        self._tell_hidden(inside)
        if kind == "Algorithm":
            self.draft.block(f"{label}: {self.setter.inner(inside)}")
        elif caption:
            self.draft.float(
                Float(
                    kind="table" if kind == "Table" else "figure",
                    label=label,
                    caption=f"{label}: {caption}",
                    start=0,
                    end=0,
                    rows=rows,
                    bold=bold,
                )
            )
        if rows:
            self.draft.block("\n".join("  ".join(row) for row in rows))
        return end

    def _tell_hidden(self, inside: str) -> None:
        """What a float hides outside its captions and cells, which are all that is read of it."""
        scratch = Setter(white=self.setter.white, hidden=self.setter.hidden[-1:])
        scratch.inner(inside)
        for side in scratch.aside.texts:
            self.setter.aside.add(side.carrier, side.name, side.text)

    def _set_apart(self, found: re.Match[str]) -> int:
        name = found["abstract"] or found["keywords"]
        inside, end = self._environment(found, name)
        said = self.setter.inner(inside)
        if found["keywords"]:
            self._set_keywords(said)
            return end
        self.draft.heading("", "Abstract", 1)
        for paragraph in said.split("\n\n"):
            self.draft.block(paragraph)
        self.abstract = said
        return end

    def _silent(self, found: re.Match[str]) -> int:
        _, at = optional(self.body, found.end())
        if not self.body[at : at + 20].lstrip().startswith("{"):
            return found.end()
        said, at = argument(self.body, at)
        if found["silent"] == "keywords":
            self._set_keywords(self.setter.inner(said))
        return at

    def _set_keywords(self, said: str) -> None:
        said = re.sub(r"\s+", " ", said)
        self.keywords = tuple(w.strip(" .") for w in re.split(r"\s*[,;·]\s*", said) if w.strip(" ."))
        self.draft.block(f"Keywords: {said}")

    def _list(self, found: re.Match[str]) -> int:
        first = not self.printed_list
        self._references()
        if found["list"].startswith("\\begin"):
            inside, end = self._environment(found, "thebibliography")
            if not first:
                self._flow(inside)
            return end
        _, at = optional(self.body, found.end())
        return argument(self.body, at)[1] if self.body[at : at + 1] == "{" else at

    def _references(self) -> None:
        if self.printed_list or not self.listed:
            return
        self.printed_list = True
        self.draft.heading("", "References", 1)
        for entry in self.listed:
            self.draft.reference(replace(entry.reference, label=entry.key))

    def _environment(self, found: re.Match[str], name: str) -> tuple[str, int]:
        """What is inside the environment that `found` opens, and the index after its end."""
        mark = re.compile(r"\\(begin|end)\s*\{" + re.escape(name) + r"\}")
        depth = 1
        for other in mark.finditer(self.body, found.end()):
            depth += 1 if other[1] == "begin" else -1
            if depth == 0:
                return self.body[found.end() : other.start()], other.end()
        return self.body[found.end() :], len(self.body)
