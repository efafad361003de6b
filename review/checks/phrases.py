"""Wordings that no specialist writes: terms run through a synonym replacer, and remains of a chat with a model."""

import re

from review.checks.base import Check, Draft, Examined
from review.checks.prose import in_references, sentence_at
from review.manuscript import Kind, Manuscript

# What is printed -> what was meant.
_TORTURED = {
    r"counterfeit consciousness": "artificial intelligence",
    r"profound (?:learning|neural organi[sz]ation)": "deep learning",
    r"(?:fake|counterfeit|false) neural (?:organi[sz]ation|network)s?": "artificial neural network",
    r"colossal information": "big data",
    r"information (?:distribution center|stockroom)": "data warehouse",
    r"irregular (?:woodland|backwoods|timberland)": "random forest",
    r"arbitrary (?:woodland|timberland)": "random forest",
    r"bolster vector machines?": "support vector machine",
    r"(?:flag|sign) to (?:clamor|commotion)": "signal to noise",
    r"mean[- ]square (?:blunder|mistake)": "mean square error",
    r"gullible bayes": "naive Bayes",
    r"choice tree": "decision tree",
    r"slope (?:plunge|drop)": "gradient descent",
    r"haze figuring": "cloud computing",
    r"facial acknowledgment": "face recognition",
    r"discourse acknowledgment": "speech recognition",
    r"bosom (?:peril|malignancy|disease)": "breast cancer",
    r"lactose bigotry": "lactose intolerance",
    r"invulnerable (?:framework|reaction)": "immune system",
    r"remote sensor organi[sz]ation": "wireless sensor network",
    r"underground (?:creepy crawly|insect) state": "ant colony",
    r"motion picture suggestion framework": "movie recommender",
    r"characteristic language (?:handling|preparing)": "natural language processing",
    r"individual computerized (?:collaborator|aide)": "personal digital assistant",
    r"focal (?:handling|preparing) unit": "central processing unit",
}
_CHAT = re.compile(
    r"\bas an? (?:AI|large) language model,? I\b|\bregenerate response\b|\bI(?:'m| am) sorry,? but I (?:cannot"
    r"|can't)|\bmy knowledge cutoff\b"
    r"|\bcertainly[!,] here (?:is|are)\b|\bI cannot (?:fulfil|fulfill|assist with) (?:that|this)\b"
    r"|\bas of my last (?:knowledge )?update\b"
    r"|\[insert [^\]]{3,40}\]|\blorem ipsum\b",
    re.IGNORECASE,
)
_ALL = re.compile("|".join(rf"\b(?:{p})\b" for p in _TORTURED), re.IGNORECASE)


def examine(manuscript: Manuscript, _kind: Kind) -> Examined:
    """Search the text for listed phrases."""
    drafts: list[Draft] = []
    for match in _ALL.finditer(manuscript.text):
        meant = next(m for p, m in _TORTURED.items() if re.fullmatch(p, match[0], re.IGNORECASE))
        drafts.append(
            Draft(
                claim=f"“{match[0]}” is not a term of the field; “{meant}” seems to be meant.",
                severity="minor",
                criterion="clarity",
                span=sentence_at(manuscript, match.start()),
                fix=f"Use the established term, {meant}, and check the passage for other replaced words.",
            )
        )
    for match in _CHAT.finditer(manuscript.text):
        span = sentence_at(manuscript, match.start())
        if in_references(manuscript, match.start()) or re.search(
            r"[\"“”]", manuscript.text[max(0, match.start() - 3) : match.start()]
        ):
            continue
        drafts.append(
            Draft(
                claim=f"“{' '.join(match[0].split())}” is left over from a template or from a chat with a model.",
                severity="major",
                criterion="clarity",
                span=span,
                fix="Remove it, and read the passage around it again.",
            )
        )
    return Examined(
        examined=len(_TORTURED) + 9, summary=f"{len(drafts)} listed phrases found.", drafts=tuple(drafts[:10])
    )


CHECK = Check(
    id="phrases",
    title="The wording is that of the field",
    method="Searches for a list of mangled technical terms and of phrases that chat models and templates leave behind.",
    limits="A list: other mangled terms are not seen. A quoted phrase is left alone.",
    alarm_rate="no finding on the development papers.",
    examine=examine,
)
