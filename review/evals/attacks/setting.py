"""A draft set as PDF, LaTeX or Markdown, with room for what a carrier wants to add."""

from review.evals.attacks.papers import Draft
from review.evals.attacks.pdf import PAGE, Pdf, Typeface, reference, wrapped

LEFT, TOP, BOTTOM = 72.0, 730.0, 90.0
LEADING = 13.0


class Setting:
    """Pages of a PDF: operators in drawing order, and resources that carriers may add before it is written."""

    def __init__(self) -> None:
        self.pdf = Pdf()
        self.face = Typeface()
        self.pages: list[list[str]] = [[]]
        self.resources: dict[str, dict[str, int]] = {"Font": {}, "XObject": {}, "ExtGState": {}, "Properties": {}}
        self.page_entries: dict[str, str] = {"MediaBox": _box(PAGE)}
        self.shared_entries: dict[str, str] = {}  # of the page tree; pages inherit them
        self.annotations: list[int] = []
        self._y = TOP

    def text(self, text: str, x: float, y: float, size: float, page: int = -1, state: str = "") -> None:
        """Show a line at a place; `state` holds operators for colour, mode or clip that end with the line."""
        self.draw(f"q {state} BT {size} 0 0 {size} {x} {y} Tm {self.face.shown(text)} ET Q", page)

    def draw(self, operators: str, page: int = -1) -> None:
        """Add operators to a page, the last one unless told otherwise."""
        self.pages[page].append(operators)

    def paragraph(self, text: str, size: float = 10.0, bold: bool = False) -> None:
        """Set a paragraph in the running text, on a new page when the old one is full."""
        for line in wrapped(text, 92):
            if self._y < BOTTOM:
                self.pages.append([])
                self._y = TOP
            self._set_line(line, size, bold)
            self._y -= LEADING * size / 10
        self._y -= 6

    def file(self) -> bytes:
        """The finished PDF."""
        fonts = self.face.write(self.pdf)
        named = {kind: "".join(f" /{k} {v} 0 R" for k, v in made.items()) for kind, made in self.resources.items()}
        entries = " ".join(f"/{kind} << {fonts if kind == 'Font' else ''} {named[kind]} >>" for kind in named)
        resources = self.pdf.add(f"<< {entries} >>")
        tree = self.pdf.add("")
        kids = []
        for number, operators in enumerate(self.pages):
            content = self.pdf.stream("\n".join(operators).encode("latin-1"))
            notes = " ".join(map(reference, self.annotations)) if number == 0 else ""
            extra = " ".join(f"/{key} {value}" for key, value in self.page_entries.items())
            kids.append(
                self.pdf.add(
                    f"<< /Type /Page /Parent {tree} 0 R /Resources {resources} 0 R /Contents {content} 0 R {extra} "
                    f"/Annots [{notes}] >>"
                )
            )
        shared = " ".join(f"/{key} {value}" for key, value in self.shared_entries.items())
        self.pdf.put(tree, f"<< /Type /Pages {shared} /Count {len(kids)} /Kids [{' '.join(map(reference, kids))}] >>")
        self.pdf.catalog["Pages"] = reference(tree)
        return self.pdf.written()

    def _set_line(self, line: str, size: float, bold: bool) -> None:
        shown = self.face.shown(line)
        shown = shown.replace("/F1", "/F2") if bold else shown
        self.draw(f"BT {size} 0 0 {size} {LEFT} {round(self._y, 2)} Tm {shown} ET")


def set_pages(draft: Draft) -> Setting:
    """The draft on pages, ready for a carrier."""
    setting = Setting()
    setting.paragraph(draft.title, 16, bold=True)
    setting.paragraph(draft.authors)
    setting.paragraph("Abstract", 12, bold=True)
    setting.paragraph(draft.abstract)
    for number, (title, paragraphs) in enumerate(draft.sections, 1):
        setting.paragraph(f"{number} {title}", 12, bold=True)
        for paragraph in paragraphs:
            setting.paragraph(paragraph)
    setting.paragraph("References", 12, bold=True)
    for number, entry in enumerate(draft.references, 1):
        setting.paragraph(f"[{number}] {entry}")
    setting.pdf.info["Title"] = f"({_ascii(draft.title)})"
    return setting


def set_markdown(draft: Draft, extra: str = "", front: str = "") -> bytes:
    """The draft as Markdown; `extra` goes between results and what follows, `front` into the front matter."""
    parts = [
        f"---\n{front}\n---" if front else "",
        f"# {draft.title}",
        draft.authors,
        f"## Abstract\n\n{draft.abstract}",
    ]
    for title, paragraphs in draft.sections:
        parts.append("\n\n".join([f"## {title}", *paragraphs]))
        if title == "Results":
            parts.append(extra)
    parts.append("## References\n\n" + "\n\n".join(f"{n}. {entry}" for n, entry in enumerate(draft.references, 1)))
    return "\n\n".join(part for part in parts if part).encode()


def set_latex(draft: Draft, extra: str = "") -> bytes:
    """The draft as one LaTeX file; `extra` goes after the results."""
    parts = [
        "\\documentclass{article}\n\\usepackage{xcolor}\n\\begin{document}",
        f"\\title{{{draft.title}}}\n\\author{{{draft.authors}}}\n\\maketitle",
        f"\\begin{{abstract}}\n{draft.abstract}\n\\end{{abstract}}",
    ]
    for title, paragraphs in draft.sections:
        parts.append("\n\n".join([f"\\section{{{title}}}", *(escaped(p) for p in paragraphs)]))
        if title == "Results":
            parts.append(extra)
    entries = "\n".join(f"\\bibitem{{r{n}}} {escaped(entry)}" for n, entry in enumerate(draft.references, 1))
    parts.append(f"\\begin{{thebibliography}}{{9}}\n{entries}\n\\end{{thebibliography}}\n\\end{{document}}\n")
    return "\n\n".join(part for part in parts if part).encode()


def escaped(text: str) -> str:
    """Text that LaTeX prints as it is."""
    for char in "%&#_$":
        text = text.replace(char, "\\" + char)
    return text


def _box(size: tuple[float, float]) -> str:
    return f"[0 0 {size[0]} {size[1]}]"


def _ascii(text: str) -> str:
    return text.encode("ascii", "ignore").decode().replace("(", "").replace(")", "")
