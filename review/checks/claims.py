"""Strong words, and whether anything carries them."""

import re

from review.checks.base import Check, Draft, Examined
from review.checks.prose import Span, prose_sentences
from review.manuscript import Kind, Manuscript

_OWN = r"\b(?:we|our|this (?:paper|work|study|method|approach|proposal)|the proposed (?:method|approach|model))\b"
_PROOF_WORD = re.compile(
    rf"{_OWN}[^.;]{{0,80}}?\b(?:prov(?:es?|ed|ing) that|guarantees? that"
    rf"|definitively (?:shows?|demonstrates?))\b",
    re.IGNORECASE,
)
_THEORY = re.compile(r"\b(?:theorem|lemma|proposition|corollary|proof\b|formal verification|Q\.E\.D)", re.IGNORECASE)
_FIRST = re.compile(
    rf"{_OWN}[^.;]{{0,60}}?\b(?:(?:is|are) the first(?! (?:steps?|stage|part|phase|of|two|three|section)\b)"
    r"|the first (?:to|work|method|study|approach|paper|ever)"
    rf"|for the first time|never been done)\b",
    re.IGNORECASE,
)
_KNOWLEDGE = re.compile(r"\b(?:to (?:the best of )?our knowledge|as far as we know)\b", re.IGNORECASE)
_SOTA = re.compile(
    rf"{_OWN}[^.;]{{0,80}}?\b(?:state[- ]of[- ]the[- ]art|sota|best[- ]performing"
    rf"|outperforms? all (?:existing|previous|prior|other))\b",
    re.IGNORECASE,
)
_SIGNIFICANT = re.compile(
    r"\b(?:significant(?:ly)?)\b(?!\s+(?:digits?|figures?|challenges?|attention|role"
    r"|interest|step|portion|part))",
    re.IGNORECASE,
)
_COMPARES = re.compile(
    r"\b(?:improv\w+|outperform\w*|better|worse|increas\w+|reduc\w+|decreas\w+|lower"
    r"|higher|accelerat\w+|differen\w+|faster|slower|enhanc\w+|gains?)\b",
    re.IGNORECASE,
)
_TEST = re.compile(
    r"\bp\s?[<=>≤]\s?0?\.\d|\bp-values?\b|\bt-tests?\b|\bwilcoxon\b|\banova\b|\bmann[- ]whitney\b"
    r"|\bpermutation tests?\b|\bchi-squared?\b"
    r"|\bbootstrap\w*\b|\bconfidence intervals?\b|\b95\s?% CI\b|\bhypothesis tests?\b"
    r"|\bstatistical(?:ly)? (?:test|significan)\w*|\bMcNemar\b",
    re.IGNORECASE,
)
SIGNIFICANT_ENOUGH = 3  # fewer uses may be everyday language


def examine(manuscript: Manuscript, _kind: Kind) -> Examined:
    """Compare strong words with the evidence that would carry them."""
    text = manuscript.text[: manuscript.references_start]
    spans = [s for s in prose_sentences(manuscript) if s[1] - s[0] < 700]
    drafts: list[Draft] = []
    significant = [s for s in spans if _has(text, s, _SIGNIFICANT) and _has(text, s, _COMPARES)]
    if len(significant) >= SIGNIFICANT_ENOUGH and not _TEST.search(text):
        drafts.append(_untested(significant))
    proofs = [s for s in spans if _has(text, s, _PROOF_WORD)]
    if proofs and not _THEORY.search(text):
        drafts.append(_unproved(proofs[0]))
    state = [s for s in spans if _has(text, s, _SOTA)]
    compared = [f for f in manuscript.floats if f.kind == "table"] and re.search(
        r"\b(?:compar\w+ (?:with|to"
        r"|against)|baselines?"
        r"|prior methods)\b",
        text,
        re.IGNORECASE,
    )
    if state and not compared:
        drafts.append(_unranked(state[0]))
    firsts = [s for s in spans if _has(text, s, _FIRST) and not _has(text, s, _KNOWLEDGE)]
    if firsts:
        drafts.append(_unbounded(firsts[0]))
    strong = len(significant) + len(proofs) + len(state) + len(firsts)
    return Examined(examined=len(spans), summary=f"{strong} sentences use strong words.", drafts=tuple(drafts))


def _has(text: str, span: Span, pattern: re.Pattern[str]) -> bool:
    return bool(pattern.search(text, *span))


def _untested(spans: list[Span]) -> Draft:
    return Draft(
        claim=f"{len(spans)} sentences call a difference significant, but no statistical test or interval "
        f"is reported anywhere.",
        severity="minor",
        criterion="soundness",
        span=spans[0],
        fix="Test the differences and report the result, or use another word, such as large, with the number.",
    )


def _unproved(span: Span) -> Draft:
    return Draft(
        claim="The text says that something is proved or guaranteed, but contains no theorem or proof.",
        severity="major",
        criterion="soundness",
        span=span,
        fix="Give the proof, or say what the experiments suggest.",
    )


def _unranked(span: Span) -> Draft:
    return Draft(
        claim="The work is called state of the art, but no table compares it with other methods.",
        severity="major",
        criterion="soundness",
        span=span,
        fix="Compare with the strongest published methods on the same data, or withdraw the claim.",
    )


def _unbounded(span: Span) -> Draft:
    return Draft(
        claim="The work is called the first of its kind without saying where was searched.",
        severity="note",
        criterion="novelty",
        span=span,
        fix="Write “to our knowledge”, and name the nearest earlier work and how this one differs.",
    )


CHECK = Check(
    id="claims",
    title="Strong claims are carried by evidence",
    method="Finds significant, proves, guarantees, first and state of the art in sentences about the work "
    "itself, and looks for the "
    "test, the proof, the comparison or the qualification that such a word needs.",
    limits="Judges words, not truth: a test may exist and not be named.",
    alarm_rate="4 findings on five development papers, all right.",
    examine=examine,
)
