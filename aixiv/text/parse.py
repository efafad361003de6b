"""One file in, `Parsed` out, in this process. Untrusted files go through `limited.parse_limited` instead."""

from pathlib import Path

from aixiv.text.failures import Unreadable
from aixiv.text.parsed import Parsed
from aixiv.text.sniff import sniff


def parse_file(path: Path, *, filename: str, max_bytes: int, max_pages: int) -> Parsed:
    """Read a manuscript whole, or raise `Unreadable` with the reason."""
    size = path.stat().st_size
    if size > max_bytes:
        raise Unreadable("too_large", f"The file has {size:,} bytes; at most {max_bytes:,} are read.")
    source = sniff(path, filename)
    if source == "pdf":
        from aixiv.text.pdf.document import parse_pdf

        return parse_pdf(path, max_pages=max_pages)
    if source == "latex":
        from aixiv.text.latex.document import parse_latex

        return parse_latex(path, filename=filename)
    from aixiv.text.markdown.document import parse_markdown

    return parse_markdown(path)
