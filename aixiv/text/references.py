"""One printed reference entry into its fields. Whatever cannot be told apart stays empty: never guessed."""

import re

from review.manuscript import Reference

LABEL = re.compile(r"^\s*(\[[^\]]{1,16}\]|\(\d{1,3}\)|\d{1,3}\.(?=\s))\s*")
DOI = re.compile(r"\b(10\.\d{4,9}/[^\s\"<>]+[^\s\"<>.,;)\]}])", re.IGNORECASE)
ARXIV = re.compile(
    r"(?:arxiv\s*[:.]?\s*(?:preprint\s*)?(?:arxiv\s*:?\s*)?|arxiv\.org/(?:abs|pdf)/|\babs/|corr,?\s+abs/)"
    r"(\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})(?:v\d+)?",
    re.IGNORECASE,
)
URL = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;)\]}]", re.IGNORECASE)
YEAR = re.compile(r"(?<![\d/.:–-])((?:18|19|20)\d{2})([a-z]?)(?![\d/–-]|\.\d|:\d)")
EARLY_YEAR = re.compile(r"[\s,.]*\(?\b((?:19|20)\d{2})([a-z]?)(?:,\s*[A-Z][a-z]+[^)]{0,16})?\)?[.,:]\s+")
QUOTED = re.compile(r"(?<!\w)[“\"‘'](.{8,}?)[,.?!]?[”\"’'](?=[\s,.;]|$)|``(.{8,}?)[,.]?''")
BOUNDARY = re.compile(r"(?<=[^\s])([.?!])[”\"’']?\s+(?=[“\"‘'(]?[A-Z0-9Α-ΩÀ-Þ$]|arXiv|bioRxiv|medRxiv|abs/|https?:)")
ABBREVIATION = re.compile(
    r"(?:^|[\s(.\-‐])(?:[A-Z]|[A-Z]\.-[A-Z]|Jr|Sr|St|vs|pp|vol|no|eds?|Proc|Conf|Int|Trans|Dr|Ph|Th|Yu|Ch)$"
)
VENUE_LEAD = re.compile(r"^(?:In:?\s+|Presented at\s+|Published in\s+)", re.IGNORECASE)
VENUE_WORDS = re.compile(
    r"\b(?:in|arxiv|proceedings|proc|conference|journal|workshop|press|volume|vol|pages|pp)\b", re.IGNORECASE
)
ONE_NAME = r"(?:[A-Z]\.[\s\-‐~]*){1,4}(?:(?:van|von|de|der|den|di|da|la|le|del)\s+)*[A-ZÀ-Þ][\w'’\-‐]+"
INITIALS_FIRST = re.compile(rf"^{ONE_NAME}(?:(?:,\s*(?:and\s+)?|\s+and\s+){ONE_NAME})*,\s+(?!and\b|[A-Z]\.)(?=[A-Z])")
FULL_NAME = r"[A-ZÀ-Þ][\w.'’\-‐]*(?:\s+(?:van|von|de|der|den|di|da|la|le|del|[A-ZÀ-Þ][\w.'’\-‐]*)){1,4}"
MORE_NAMES = re.compile(rf"{FULL_NAME}(?:,\s+{FULL_NAME})*(?:,?\s+(?:and|&)\s+{FULL_NAME}|,?\s+et al\.?)")
BACK_REFERENCES = re.compile(r"(?<=\d{4}\.)(?:\s+\d{1,2}(?:,\s*\d{1,2})*\.?)$")  # pages that cite the entry
MOST_CHARS = 4_000  # of an entry; what is longer is no entry and is read only so far
EDITORS = re.compile(r"^[^()]{3,400}\((?:eds?\.?|editors?)\),?\s*", re.IGNORECASE)
TAIL_YEAR = re.compile(r"[,.]?\s*\(?(?:19|20)\d{2}[a-z]?\)?[.,]?\s*$")


def parse_entry(raw: str, *, index: int, start: int) -> Reference:
    """Fields of the entry printed as `raw`, which begins at `start` in the manuscript."""
    label = LABEL.match(raw)
    body = BACK_REFERENCES.sub("", raw[label.end() :] if label else raw)
    body = body[:MOST_CHARS]
    doi, arxiv, url = DOI.search(body), ARXIV.search(body), URL.search(body)
    authors, title, venue = split_entry(_without_links(body))
    return Reference(
        index=index,
        raw=raw,
        start=start,
        end=start + len(raw),
        label=label[1] if label else "",
        title=title,
        authors=tuple(split_authors(authors)),
        year=year_of(body),
        venue=venue,
        doi=doi[1] if doi else "",
        arxiv=arxiv[1] if arxiv else "",
        url=url[0] if url else "",
    )


def year_of(body: str) -> int | None:
    """Year of publication: the one in parentheses, else the last plausible one outside links and page ranges."""
    plain = ARXIV.sub(" ", URL.sub(" ", DOI.sub(" ", body)))
    bracketed = re.findall(r"\(((?:19|20)\d{2})[a-z]?\)", plain)
    if bracketed:
        return int(bracketed[0])
    found = [int(m[1]) for m in YEAR.finditer(plain) if 1800 <= int(m[1]) <= 2099]
    return found[-1] if found else None


def split_entry(body: str) -> tuple[str, str, str]:
    """Authors, title and venue of an entry without its label and links."""
    quoted = QUOTED.search(body)
    if quoted and quoted.start() > 2:
        title = (quoted[1] or quoted[2]).strip()
        return body[: quoted.start()].strip(" ,."), title.rstrip(",."), _venue(body[quoted.end() :])
    early = EARLY_YEAR.search(body)
    if early and early.start() > 2 and _reads_like_names(body[: early.start()]):
        title, rest = _title_sentence(body[early.end() :])
        return body[: early.start()].strip(" ,"), title, _venue(rest)
    authors, rest = _sentence(body)
    if not rest:
        return "", TAIL_YEAR.sub("", authors).strip(" ."), ""
    book = _book(authors)
    if book:
        return book[0], _clean_title(book[1]), _venue(rest)
    title, venue = _title_sentence(re.sub(r"^\(?(?:19|20)\d{2}[a-z]?\)?[.,]?\s+", "", rest))
    return authors, _clean_title(title), _venue(venue)


def _title_sentence(text: str) -> tuple[str, str]:
    """First sentence as a title; a title that asks goes on when its answer does not read like a venue."""
    title, rest = _sentence(text)
    if title.endswith(("?", "!")) and rest:
        more, after = _sentence(rest)
        if after and not VENUE_WORDS.search(more):
            return f"{title} {more}", after
    return title, rest


def _book(names: str) -> tuple[str, str] | None:
    """`C. M. Bishop, Pattern Recognition`: initials before each name tell where the names end and the title begins."""
    found = INITIALS_FIRST.match(names)
    rest = names[found.end() :] if found else ""
    return (found[0].strip(" ,"), rest) if found and len(rest) > 8 and not _more_names(rest) else None


def _more_names(text: str) -> bool:
    """Whether names go on here, though the first of them had initials only: `C. Mohan, Don Haderle, and P. Schwarz`."""
    several = text.count(",") >= 2 or re.search(r"\b[A-Z]\.\s", text)
    return bool(several and MORE_NAMES.fullmatch(text))


def _sentence(text: str) -> tuple[str, str]:
    """First sentence and the rest; initials and abbreviations do not end a sentence."""
    for found in BOUNDARY.finditer(text):
        before = text[: found.start(1)]
        if found[1] == "." and ABBREVIATION.search(before):
            continue
        kept = before + (found[1] if found[1] != "." else "")
        return kept.strip(), text[found.end() :].strip()
    return text.strip().rstrip("."), ""


def _reads_like_names(text: str) -> bool:
    """True for a run of names: hardly a word in lower case and no sentence inside."""
    words = text.replace(",", " ").split()
    lower = [w for w in words if w[:1].islower() and w not in NAME_JOINTS]
    return bool(words) and len(lower) <= 0.15 * len(words) and not _sentence(text.strip() + " ")[1]


NAME_JOINTS = {"and", "et", "al", "al.", "van", "von", "de", "der", "den", "di", "da", "la", "le", "del", "others", "&"}


def _clean_title(title: str) -> str:
    title = TAIL_YEAR.sub("", title).strip(" .,")
    return re.sub(r",\s*(?:volume|vol\.?|number|edition|\d+(?:st|nd|rd|th) ed\.?)\s*\d*$", "", title)


def _venue(text: str) -> str:
    text = EDITORS.sub("", VENUE_LEAD.sub("", text.strip(" ,.;")))
    return TAIL_YEAR.sub("", re.sub(r"\s+", " ", text).strip(" ,.;")).strip(" ,.;(")


def _without_links(body: str) -> str:
    body = re.sub(r"\b(?:URL|doi|DOI|Available(?: online)?(?: at)?|Online)\b:?\s*(?=https?://|10\.\d{4})", " ", body)
    body = URL.sub(" ", body)
    body = DOI.sub(" ", body)
    return re.sub(r"\s+", " ", body).strip(" .,") + "."


def split_authors(names: str) -> list[str]:
    """Names of an author list, as printed; `Last, F.` pairs stay together, `et al.` is not a name."""
    names = re.sub(r"\s*\((?:eds?\.?|editors?)\)", "", names)
    names = re.sub(r",?\s*\bet al\b\.?|,?\s*\band others\b", "", names).strip(" ,;")
    names = names if re.search(r"\b[A-Z]\.$", names) else names.rstrip(".")
    if not names:
        return []
    if ";" in names:
        return _names(re.split(r"\s*;\s*(?:and\s+|&\s*)?", names))
    pieces = _names(re.split(r"\s*,\s*(?:and\s+|&\s*)?|\s+(?:and|&)\s+", names))
    initials = [bool(re.fullmatch(r"(?:[A-Z]\.?[\s\-‐]*){1,4}|(?:[A-Z][a-z]?\.[\s-]*){1,4}", p)) for p in pieces]
    if len(pieces) > 1 and sum(initials) >= 0.4 * len(pieces):
        return _paired(pieces, initials)
    return pieces


def _paired(pieces: list[str], initials: list[bool]) -> list[str]:
    joined: list[str] = []
    for piece, short in zip(pieces, initials, strict=True):
        if short and joined and "," not in joined[-1]:
            joined[-1] += f", {piece}"
        else:
            joined.append(piece)
    return joined


def _names(pieces: list[str]) -> list[str]:
    return [p for p in (piece.strip(" ,") for piece in pieces) if p and not p.isdigit()]
