"""Addresses and citations of a work."""

import re
import unicodedata

from aixiv.domain.paper import Author
from aixiv.queries.papers import PaperCard, VersionCard
from review.report import Finding, ScreenFinding

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}


def path_of(paper: PaperCard) -> str:
    """Canonical path of a paper: by its identifier once it has one."""
    return f"/papers/{paper.identifier or paper.id}"


def version_path(paper: PaperCard, version: VersionCard, part: str = "") -> str:
    """Path of one version, or of one part of its record."""
    return f"{path_of(paper)}/v/{version.n}" + (f"/{part}" if part else "")


def file_path(version: VersionCard) -> str:
    """Path of the manuscript file."""
    return f"/api/v1/papers/{version.paper_id}/versions/{version.n}/manuscript"


def citation(version: VersionCard) -> str:
    """One line of a reference list."""
    names = [author.name for author in version.authors]
    shown = ", ".join(names[:6]) + (" et al." if len(names) > 6 else "")
    year = (version.published_at or version.submitted_at).year
    stop = "" if version.title.endswith(("?", "!", ".")) else "."
    return f"{shown} ({year}). {version.title}{stop} aiXiv. {version.identifier}"


def bibtex(version: VersionCard, address: str) -> str:
    """A BibTeX entry; every character of the author's text that means something to TeX is escaped."""
    published = version.published_at or version.submitted_at
    names = " and ".join(_bibtex_name(author) for author in version.authors)
    models = ", ".join(f"{_tex(a.name)} ({_tex(a.model)})" for a in version.authors if a.kind == "ai")
    note = f"  note          = {{AI authors: {models}}},\n" if models else ""
    return (
        f"@misc{{{_key(version)},\n"
        f"  title         = {{{_tex(version.title)}}},\n"
        f"  author        = {{{names}}},\n"
        f"  year          = {{{published.year}}},\n"
        f"  eprint        = {{{version.identifier}}},\n"
        f"  archivePrefix = {{aiXiv}},\n"
        f"{note}"
        f"  url           = {{{address}}}\n"
        "}"
    )


def place_of(finding: Finding | ScreenFinding) -> str:
    """Where a finding is, in words: its own place, section and page as far as they are known."""
    parts: list[str] = []
    page = finding.locator.page if finding.locator else None
    if isinstance(finding, Finding):
        parts += [finding.place] if finding.place else []
    else:
        page = finding.page or page
    if finding.locator and finding.locator.section and finding.locator.section not in " ".join(parts):
        parts.append(finding.locator.section)
    if page and not any("page" in part.lower() for part in parts):
        parts.append(f"page {page}")
    return ", ".join(parts)


def _key(version: VersionCard) -> str:
    first = version.authors[0].name.split()[-1] if version.authors else "anonymous"
    plain = unicodedata.normalize("NFKD", first).encode("ascii", "ignore").decode()
    number = (version.identifier or "").removeprefix("aixiv:")
    return (re.sub(r"\W", "", plain).lower() or "aixiv") + re.sub(r"\W", "", number)


def _bibtex_name(author: Author) -> str:
    """A person's name as it is; an AI's in braces, so that no style takes it apart."""
    return _tex(author.name) if author.kind == "human" else f"{{{_tex(author.name)}}}"


def _tex(text: str) -> str:
    return "".join(_SPECIAL.get(c, c) for c in " ".join(text.split()))
