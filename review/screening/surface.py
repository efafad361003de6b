"""Stage surface: orders and carriers in the text itself, as far as a reader can see it."""

import re
from collections.abc import Iterator

from review.checks.prose import Span, sentences
from review.manuscript import Locator, Manuscript
from review.quotes import is_invisible, normalise
from review.report import ScreenFinding
from review.screening.decode import decoded, direction_overrides, smuggled, word_breakers
from review.screening.hidden import MAX_SHOWN, order_in
from review.screening.lexicon import Signs, imperative, signs

_QUOTED = re.compile(
    r"“[^“”]{3,600}”|„[^„“]{3,600}“|«[^«»]{3,600}»|「[^「」]{2,400}」|『[^『』]{2,400}』|‘[^‘’\n]{12,300}’(?!\w)"
    r'|``(?:(?!\'\').){3,600}\'\'|"(?:[^"\n]|\n(?!\s*\n)){3,400}"|`[^`\n]{6,300}`',
    re.DOTALL,
)
_ABOUT = re.compile(
    r"\b(?:prompt[- ]injections?|injected|injections?|jailbreak\w*|adversar\w+|attack(?:s|ers?|ing)?|malicious"
    r"|payloads?|hidden (?:prompts?|instructions?|text)|for example|e\.g|such as"
    r"|prompt template|system prompt|the prompt)\b",
    re.IGNORECASE,
)


def surface_findings(manuscript: Manuscript, hidden: str) -> Iterator[ScreenFinding]:
    """Findings in the running text; what `hidden` (normalised) already holds is not reported twice."""
    text = manuscript.text
    quoted = _quoted_spans(text)
    open_text = _blanked(text, quoted)
    before: Span | None = None
    for start, end in sentences(open_text, 0, len(open_text)):
        finding = _sentence_finding(manuscript, open_text, (start, end), before)
        before = (start, end)
        if finding and normalise(finding.text) not in hidden:
            yield finding
    for start, end in quoted:
        if any(imperative(normalise(text[start:end]))):
            yield _finding(manuscript, (start, end), "mention", 0.05, "A quoted passage contains orders to a reviewer.")
    yield from _carried(manuscript, hidden)


def _sentence_finding(manuscript: Manuscript, text: str, span: Span, before: Span | None) -> ScreenFinding | None:
    sentence = normalise(text[slice(*span)])
    found = signs(sentence)
    override, verdict = imperative(sentence)
    if not (override or verdict or found.foreign):
        return None
    context = signs(normalise(text[slice(*before)])) if before and span[0] - before[1] < 200 else Signs()
    machine = found.machine or context.machine or found.role
    order = found.words
    if (override or verdict) and _disguised(text[slice(*span)]):
        reason = f"The text gives orders in letters that only look like what they say: {order}."
        return _finding(manuscript, span, "visible_instruction", 0.85, reason)
    reports = bool(_ABOUT.search(sentence.partition(":")[0]))
    if machine and not reports:
        return _finding(
            manuscript, span, "visible_instruction", 0.85, f"The text gives orders to an AI reviewer: {order}."
        )
    if reports or _ABOUT.search(text[max(0, span[0] - 300) : span[1] + 300]):
        return _finding(
            manuscript, span, "mention", 0.1, f"A passage about injection or prompts contains orders: {order}."
        )
    weight = 0.65 if override and verdict else 0.5
    return _finding(
        manuscript, span, "unaddressed_instruction", weight, f"The text gives orders to its reader: {order}."
    )


def _disguised(sentence: str) -> bool:
    """Whether Latin words are written with letters of another script, or with characters that draw nothing."""
    words = re.findall(r"\w+", sentence)
    mixed = any(re.search(r"[A-Za-z]", w) and re.search(r"[\u0370-\u052f\u0530-\u058f]", w) for w in words)
    return mixed or any(is_invisible(c) and c != "\u00ad" for c in sentence)


def _carried(manuscript: Manuscript, hidden: str) -> Iterator[ScreenFinding]:
    """Words under encodings or in characters that draw nothing."""
    text = manuscript.text
    for inner in decoded(text):
        order = order_in(inner.text)
        if order and inner.encoding != "spaced letters" and normalise(inner.text) not in hidden:
            yield ScreenFinding(
                kind="encoded_instruction",
                carrier=inner.encoding,
                text=inner.text[:MAX_SHOWN],
                reason=f"Text under {inner.encoding} gives orders: {order}.",
                weight=0.85,
                locator=_place(manuscript, inner.source),
            )
    for inner in smuggled(text):
        order = order_in(inner.text)
        yield ScreenFinding(
            kind="encoded_instruction" if order else "invisible_characters",
            carrier=inner.encoding,
            text=inner.text[:MAX_SHOWN],
            reason=f"Invisible characters ({inner.encoding}) spell out text{' that gives orders' if order else ''}.",
            weight=0.9 if order else 0.6,
            locator=_place(manuscript, inner.source),
        )
    broken = word_breakers(text)
    if broken >= 10:
        reason = f"{broken} invisible characters stand inside words, where they only hide the words from a search."
        yield ScreenFinding(kind="invisible_characters", carrier="zero_width", text="", reason=reason, weight=0.5)
    for turned_text in direction_overrides(text)[:5]:
        yield ScreenFinding(
            kind="direction_override",
            carrier="bidi",
            text=turned_text[:MAX_SHOWN],
            reason="Characters that reverse the reading direction make the text read differently than it is stored.",
            weight=0.5,
            locator=_place(manuscript, turned_text),
        )


def _finding(manuscript: Manuscript, span: Span, kind: str, weight: float, reason: str) -> ScreenFinding:
    return ScreenFinding(
        kind=kind,
        carrier="visible",
        text=manuscript.text[slice(*span)][:MAX_SHOWN],
        reason=reason,
        weight=weight,
        page=manuscript.page_at(span[0]),
        locator=manuscript.locate(*span),
    )


def _quoted_spans(text: str) -> tuple[Span, ...]:
    """Quoted passages that stand in a paragraph of somebody's own words; a quote that stands alone is not one."""
    return tuple(m.span() for m in _QUOTED.finditer(text) if _own_words(text, *m.span()))


def _own_words(text: str, start: int, end: int) -> bool:
    left = re.split(r"\n\s*\n", text[max(0, start - 200) : start])[-1]
    right = re.split(r"\n\s*\n", text[end : end + 200])[0]
    return len(re.findall(r"[^\W\d]{2,}", left)) >= 3 or len(re.findall(r"[^\W\d]{2,}", right)) >= 4


def _blanked(text: str, spans: tuple[Span, ...]) -> str:
    """The text with these passages overwritten, offsets kept."""
    pieces, at = [], 0
    for start, end in spans:
        pieces += [text[at:start], "¤" * (end - start)]
        at = end
    return "".join([*pieces, text[at:]])


def _place(manuscript: Manuscript, piece: str) -> Locator | None:
    at = manuscript.text.find(piece)
    return manuscript.locate(at, at + len(piece)) if at >= 0 else None
