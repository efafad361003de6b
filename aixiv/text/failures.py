"""Why a file could not be read, in words for its author. A file is either parsed whole or refused with one of these."""

from typing import Literal, get_args

Code = Literal[
    "empty_file",
    "unknown_format",
    "encrypted_pdf",
    "damaged_file",
    "too_large",
    "too_many_pages",
    "no_text",
    "archive_bomb",
    "unsafe_archive_path",
    "no_main_file",
    "parse_timeout",
    "parse_memory",
]

HINTS: dict[Code, str] = {
    "empty_file": "Choose the file again and check that it has content before you send it.",
    "unknown_format": "Send a PDF, a Markdown file, a LaTeX file, or a zip or tar.gz of LaTeX sources.",
    "encrypted_pdf": "Save the PDF without a password and send it again.",
    "damaged_file": "Open the file on your machine, export it again, and send the new copy.",
    "too_large": "Make figures smaller or compress them, and send a smaller file.",
    "too_many_pages": "Shorten the manuscript or move material to a supplement.",
    "no_text": "Send a PDF with real text: pages that are pictures or hidden text layers cannot be reviewed.",
    "archive_bomb": "Pack only the sources that are needed, without archives inside the archive.",
    "unsafe_archive_path": "Pack the sources again with plain relative paths, without links or '..'.",
    "no_main_file": "Include one .tex file with \\documentclass and \\begin{document}.",
    "parse_timeout": "Simplify heavy figures or send the LaTeX source instead.",
    "parse_memory": "Simplify heavy figures or send the LaTeX source instead.",
}


class Unreadable(Exception):
    """A file that cannot be read, with a stable code, a sentence for people and what to do about it."""

    def __init__(self, code: Code, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.code: Code = code
        self.message = message
        self.hint = hint or HINTS[code]


def as_code(word: str) -> Code:
    """The code spelled by `word`; an unknown word means the answer itself was damaged."""
    for code in get_args(Code):
        if code == word:
            found: Code = code
            return found
    return "damaged_file"
