"""Whether a reader can get the data and the code."""

import re

from review.checks.base import Check, Draft, Examined, nothing
from review.checks.prose import prose_sentences
from review.manuscript import Kind, Manuscript

LINK = re.compile(
    r"https?://\S{4,}|\bdoi\.org/\S+|\b10\.\d{4,9}/\S+|\b(?:github|gitlab|bitbucket)\.(?:com|io|org)/\S+"
    r"|\bzenodo\b|\bosf\.io\b"
    r"|\bfigshare\b|\bdryad\b|\bhugging ?face\.co\b|\bsoftware heritage\b|\bswh:1:|\bkaggle\.com/\S+"
    r"|\b(?:GSE|PRJNA|PRJEB|SRP|E-MTAB-|PXD)\d{3,}\b",
    re.IGNORECASE,
)
_THING = (
    r"(?:code|source code|implementation|software|scripts?|data|datasets?|models?|weights|checkpoints?"
    r"|materials?|artifacts?)"
)
_PROMISE = re.compile(
    rf"\b(?:our |the |all |complete |full )*{_THING}\b[^.;]{{0,120}}?\b(?:is|are|will be|has been|have been"
    rf"|was|were)\b"
    r"[^.;]{0,40}?\b(?:publicly |openly |freely |made )*(?:available|released|open[- ]sourced|shared"
    r"|accessible|provided)\b"
    rf"|\bwe (?:\w+ ){{0,2}}(?:release|open[- ]source|publish|share) (?:\w+ ){{0,4}}?{_THING}\b"
    r"|\bwe provide (?:the |our |all |full )*(?:source )?(?:code|implementation|scripts?|data)\b",
    re.IGNORECASE,
)
_UPON_REQUEST = re.compile(
    r"\b(?:up)?on (?:reasonable )?request\b|\bfrom the (?:corresponding )?authors?\b", re.IGNORECASE
)
_EMPIRICAL = re.compile(
    r"\b(?:experiments?|datasets?|we (?:train|evaluate|measure|collect)|participants|benchmarks?"
    r"|measurements?)\b",
    re.IGNORECASE,
)


def examine(manuscript: Manuscript, kind: Kind) -> Examined:
    """Look for a statement of availability and for the address that makes it true."""
    text = manuscript.text
    if kind == "proposal":
        return nothing("A proposal has no data or code to release yet.")
    if len(_EMPIRICAL.findall(text)) < 3:
        return nothing("The work does not read as an empirical study.")
    promises = [(s, e) for s, e in prose_sentences(manuscript) if _PROMISE.search(text[s:e])]
    linked = [(s, e) for s, e in prose_sentences(manuscript) if LINK.search(text[s:e])]
    if linked:
        return Examined(
            examined=len(promises) + len(linked), summary="The text gives an address for data, code or artefacts."
        )
    if promises:
        return Examined(
            examined=len(promises),
            summary="Availability is claimed without an address.",
            drafts=(_empty(text, promises[0]),),
        )
    absent = Draft(
        claim="The work reports experiments but does not say where data or code can be had, so nobody can repeat it.",
        severity="minor",
        criterion="reproducibility",
        place="whole paper (a statement near the end is usual)",
        fix="Add a data and code availability statement with a persistent address, or say why they cannot be shared.",
    )
    return Examined(examined=1, summary="No availability statement was found.", drafts=(absent,))


def _empty(text: str, span: tuple[int, int]) -> Draft:
    asked = bool(_UPON_REQUEST.search(text[slice(*span)]))
    claim = (
        "Data or code are offered on request only, which in practice means that readers seldom get them."
        if asked
        else "The text says that the work is available, but gives no address where a reader could find it."
    )
    return Draft(
        claim=claim,
        severity="minor",
        criterion="reproducibility",
        span=span,
        fix="Give the repository or archive address, with the version or commit that was used.",
    )


CHECK = Check(
    id="availability",
    title="Data and code can be had",
    method="Searches the text outside the reference list for repository addresses, archive names and "
    "accession numbers, and for "
    "sentences that promise availability.",
    limits="Published keyword methods find about three in four such statements; an unusual wording is "
    "missed, so absence is minor.",
    alarm_rate="5 findings on five development papers, all right; a statement in unusual words raises a "
    "false minor one.",
    examine=examine,
)
