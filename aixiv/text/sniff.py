"""What a file is, told by its bytes; the name only breaks ties between two kinds of plain text."""

import re
from pathlib import Path

from aixiv.text.failures import Unreadable
from review.manuscript import SourceFormat

HEAD_BYTES = 256 * 1024
PDF_WINDOW = 1024  # readers accept `%PDF-` anywhere in the first kilobyte
LATEX_MARKS = re.compile(rb"\\(?:documentclass|documentstyle|begin\{document\}|section\*?\{|usepackage|chapter\*?\{)")
MARKDOWN_MARKS = re.compile(rb"(?m)^(?:---\s*$|#{1,6}\s+\S|\s*[-*+]\s+\S|```|.+\n(?:=|-){3,}\s*$)")


def sniff(path: Path, filename: str) -> SourceFormat:
    """Kind of source in this file, or `Unreadable` when it is none that can be read."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not head.strip(b"\x00\r\n\t \xef\xbb\xbf"):
        if not head:
            raise Unreadable("empty_file", "The file is empty.")
        raise Unreadable("empty_file", "The file holds nothing but blanks.")
    if archive_kind(head):  # before PDF: an archive may begin with a figure
        return "latex"
    if b"%PDF-" in head[:PDF_WINDOW]:
        return "pdf"
    return _plain_text(head, filename)


def archive_kind(head: bytes) -> str:
    """`zip`, `gzip` or `tar` by magic bytes, or an empty string."""
    if head[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return "zip"
    if head[:2] == b"\x1f\x8b":
        return "gzip"
    return "tar" if head[257:262] == b"ustar" else ""


def _plain_text(head: bytes, filename: str) -> SourceFormat:
    if b"\x00" in head:
        raise Unreadable("unknown_format", "The file is neither PDF, LaTeX nor Markdown.")
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        cut = error.start >= len(head) - 4 and len(head) == HEAD_BYTES
        if not cut and not LATEX_MARKS.search(head):  # old LaTeX sources may be in Latin-1
            raise Unreadable("unknown_format", "The file is neither a PDF nor text in UTF-8.") from error
    suffix = Path(filename).suffix.lower()
    if suffix in (".tex", ".ltx", ".latex") or LATEX_MARKS.search(head):
        fenced = suffix in (".md", ".markdown") and MARKDOWN_MARKS.search(head)
        return "markdown" if fenced and b"\\documentclass" not in head[:2048] else "latex"
    if suffix in (".md", ".markdown", ".txt", ".text", "") or MARKDOWN_MARKS.search(head):
        return "markdown"
    raise Unreadable("unknown_format", f"A {suffix} file is not a manuscript this platform can read.")
