"""Stage surface: orders and carriers in the text itself, as far as a reader can see it."""

import re
from collections.abc import Iterator
from itertools import pairwise

from review.checks.prose import Span, sentences
from review.manuscript import Manuscript
from review.quotes import is_invisible, normalise
from review.report import ScreenFinding
from review.screening.decode import without_invisible
from review.screening.disguise import disguised_findings
from review.screening.hidden import MAX_SHOWN
from review.screening.intent import Intent, intent_of
from review.screening.lexicon import Signs, imperative, signs
from review.screening.likeness import likeness
from review.screening.weigh import SUSPICIOUS

_SPOKEN_TO = re.compile(
    r"\b(?:you|your|please|kindly|pretend|bear in mind|assistant,|reviewer,)\b"
    r"|^(?:\w+ly )?(?:ignore|disregard|forget|treat|rate (?!of)|match|use|begin|imagine|remember|set|add|repeat|be|say"
    r"|output|switch|only mention|compare|stop|approve|skip|answer|respond|write|give|do not|never|make sure|praise"
    r"|vote|finish|conclude|ensure)\b|^(?:\w+ ){0,3}(?:note|notice|message|reminder) (?:to|for)\b"
    r"|^(?:\w+ ){0,2}(?:hint|notice|todo|instruction|task)\b[^:.]{0,20}:|^(?:to|for|dear) (?:the |any |all )?"
    r"(?:\w+ )?(?:agents?|assistants?|llms?|language models?|ai|software|reviewers?|referees?|readers?)\b"
    r"|\b(?:is|are) (?:\w+ )?(?:asked|suggested|reminded|requested) (?:not )?to\b"
)
_THIS_WORK = re.compile(r"\b(?:this|the present|our) (?:paper|manuscript|submission|work|article|document|text|file)\b")
_ENGLISH = re.compile(r"\b(?:the|of|and|to|is|are|this|we|you|your|its?|please|when|with|must|that|should|which)\b")
_WIDE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]")
_WORD = re.compile(r"[A-Za-z\u00c0-\u052f]{2,}")
_OWN = re.compile(r"[^\W\d]{2,}")
_STOPPED = re.compile(r"(?<!e\.g)(?<!i\.e)(?<!\bal)[.!?][\"'”’)]*(?:\s+|$)|[。！？]")
_ENDED = re.compile(r"[.!?。！？][\"'”’»」』“`\s]*$")
_GAP = re.compile(r"\n\s*\n")
_BEGINS = re.compile(r"(?:(?<!:)\n\s*|\.\s+)(?=[^\W\d_a-z\u00df-\u00ff\u0430-\u045f])")
_OTHER_LANGUAGE = re.compile(
    r"[\u0400-\u04ff\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]{3}|[\u00df-\u00f6\u00f8-\u00ff]|\b(?:der|die|das|und|ist|sie|du|wird|dein\w*|als|auf"
    r"|les?|est|et(?! al\b)|vous|votre|une|pour|tu|ta|el|los|que|por|su|sus|una|como|este|esta|con|ein\w*|dies\w*"
    r"|ce|ton)\b"
)
_EVERYDAY = frozenset(
    ("rate", "task", "10", "5", "at least", "maximum", "support", "give", "only", "without", "assessment", "evaluat")
)
_ACCEPTS = re.compile(r"accept|approv|publi|endors|vote|recommend|green|thumbs")
ENGLISH_WORDS = 100  # small ones that make a paper English, whatever else is in it; an abstract has fewer
ENGLISH_SHARE = 15  # or one of so many words
OUTCOME_INTENT = 2.0  # weight of `intent` of a wish for a verdict
FOREIGN_OUTCOME_INTENT = 1.5
WISH_LIKENESS = 0.33  # of a sentence in plain sight whose words are those of a wish
GRAMMAR = 0.13  # less for one that has the grammar of an order
FOREIGN_LIKENESS = 0.55  # second abstracts and manuals speak of judging, too
OWN_WORDS = 2  # around a quotation
STRETCH = 4  # words of another language that say something
TOGETHER = 200  # characters of a paragraph that are read together
FOREIGN_INTENT = 2.5  # a sentence in another language than most papers that speaks of judging
VISIBLE_INTENT = 3.0  # weight of `intent`; one in a thousand sentences of ordinary papers reaches it
_QUOTED = re.compile(
    r"“(?:[^“”„]|„[^“”„]{1,200}“|“[^“”„]{1,200}”){3,600}”|„[^„“]{3,600}“|«[^«»]{3,600}»|「[^「」]{2,400}」|『[^『』]{2,400}』|(?<!\w)‘(?!\d)[^‘’\n]{12,300}’(?!\w)"
    r'|``(?:(?!\'\').){3,600}\'\'|(?<!\w)"(?=\S)(?:[^"\n]|\n(?!\s*\n)){3,400}(?<=\S)"(?!\w)|(?<!\w)`(?=\S)[^`\n]{6,300}(?<=\S)`(?!\w)',
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
    english = is_in_english(open_text)
    for span in sentences(open_text, 0, len(open_text)):
        for part in (span, *apart(open_text, span)):
            finding = _sentence_finding(manuscript, open_text, part, before)
            finding = finding or (_outcome(manuscript, open_text, part) if english else None)
            if finding and normalise(finding.text) not in hidden:
                yield finding
                if finding.weight >= SUSPICIOUS:
                    break
        before = span
    yield from disguised_findings(manuscript, open_text, hidden)
    for start, end in quoted:
        if any(imperative(normalise(text[start:end]))):
            yield _finding(manuscript, (start, end), "mention", 0.05, "A quoted passage contains orders to a reviewer.")


def without_quotes(text: str) -> str:
    """The text with quoted passages overwritten, offsets kept."""
    return _blanked(text, _quoted_spans(text))


def apart(text: str, span: Span) -> Iterator[Span]:
    """What may be glued to other words in a sentence: what begins with a capital after a line or an abbreviation, and
    each stretch in another language between English words. What a colon leads to belongs to what leads to it."""
    yield from ((begin.end(), span[1]) for begin in _BEGINS.finditer(text, *span) if begin.end() < span[1])
    sentence = text[slice(*span)]
    english = [m.span() for m in _ENGLISH.finditer(sentence.lower())]
    if not english or not _OTHER_LANGUAGE.search(sentence.lower()):
        return
    for (_, left), (right, _) in pairwise([(0, 0), *english, (len(sentence), 0)]):
        stretch = sentence[left:right]
        enough = len(_WORD.findall(stretch)) >= STRETCH or len(_WIDE.findall(stretch)) >= 2 * STRETCH
        if enough and _OTHER_LANGUAGE.search(stretch.lower()):
            yield span[0] + left, span[0] + right


def about_injection(sentence: str) -> bool:
    """Whether a sentence speaks of injection, attacks or prompts; what stands around it excuses nothing."""
    return bool(_ABOUT.search(sentence))


def speaks_to_reader(sentence: str) -> bool:
    """Whether a sentence speaks to whoever reads it; in other languages than English, also when it asks for a thing."""
    plain = normalise(without_invisible(sentence))
    return bool(_SPOKEN_TO.search(plain)) or (not is_english(plain) and intent_of(plain).has("ask", "role"))


def is_english(sentence: str) -> bool:
    """Whether small English words stand in a sentence."""
    return bool(_ENGLISH.search(sentence.lower()))


def is_foreign(sentence: str) -> bool:
    """Whether letters or small words of another language than English stand in a sentence, and no English ones."""
    return not is_english(sentence) and bool(_OTHER_LANGUAGE.search(sentence.lower()))


def _sentence_finding(manuscript: Manuscript, text: str, span: Span, before: Span | None) -> ScreenFinding | None:
    sentence = normalise(text[slice(*span)])
    found = signs(sentence)
    override, verdict = imperative(sentence)
    if not (override or verdict or found.foreign):
        return _wish(manuscript, text, span)
    if not (override and verdict) and likeness(sentence) < _wanted(sentence) - GRAMMAR:
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
    if reports or about_injection(text[slice(*span)]):
        return _finding(
            manuscript, span, "mention", 0.1, f"A passage about injection or prompts contains orders: {order}."
        )
    weight = 0.65 if override and verdict else 0.5
    return _finding(
        manuscript, span, "unaddressed_instruction", weight, f"The text gives orders to its reader: {order}."
    )


def _wish(manuscript: Manuscript, text: str, span: Span) -> ScreenFinding | None:
    """A sentence that asks a judge for an outcome without the grammar of an order."""
    sentence = normalise(without_invisible(text[slice(*span)]))
    meant = intent_of(sentence)
    if not _asks(sentence, meant) or likeness(sentence) < _wanted(sentence):
        return None
    if about_injection(sentence):
        reason = f"A passage about injection or prompts speaks to a judge: {meant.shown}."
        return _finding(manuscript, span, "mention", 0.1, reason)
    reason = f"The text asks whoever judges it for an outcome: {meant.shown}."
    return _finding(manuscript, span, "unaddressed_instruction", 0.45, reason)


def _outcome(manuscript: Manuscript, text: str, span: Span) -> ScreenFinding | None:
    """A sentence that wishes for a verdict, in an English paper; in another language it is read with the next, too."""
    sentence = normalise(without_invisible(text[slice(*span)]))
    foreign = is_foreign(sentence)
    readings = [sentence]
    if foreign:
        passage = text[span[0] : max(span[1], span[0] + TOGETHER)].partition("\n\n")[0]
        readings.append(normalise(without_invisible(passage)))
    for reading in readings:
        meant = intent_of(reading)
        excused = about_injection(sentence) and not (meant.has("role") and "your" in sentence)
        if not excused and _wishes_for_a_verdict(reading, meant, foreign=foreign):
            reason = f"The text wishes for a verdict: {meant.shown}."
            return _finding(manuscript, span, "unaddressed_instruction", 0.42, reason)
    return None


def _wishes_for_a_verdict(sentence: str, meant: Intent, *, foreign: bool) -> bool:
    said = {name for name, word in meant.words.items() if word not in _EVERYDAY}
    outcome = said & {"good", "drop", "bad", "role"}
    if foreign:
        judging = said & {"who", "value", "mark", "role"}
        asked = meant.weight >= FOREIGN_OUTCOME_INTENT and bool(judging) and len(judging | outcome) > 1
        wished = asked and (bool(outcome) or "who" in judging)
    else:
        spoken_to = meant.weight > OUTCOME_INTENT and _SPOKEN_TO.search(sentence)
        outcome |= {"value"} & said if _ACCEPTS.match(meant.words.get("value", "")) else set()
        wished = bool(spoken_to and outcome and said & {"who", "value", "role", "work"})
    return wished and likeness(sentence) >= (FOREIGN_LIKENESS if foreign else _wanted(sentence))


def is_in_english(text: str) -> bool:
    """Whether a whole text is English, tables and code included. A paper that is stays so, whatever is added to it."""
    small, words = len(_ENGLISH.findall(text)), len(_WORD.findall(text)) + len(_WIDE.findall(text)) // 2
    return small >= ENGLISH_WORDS or small * ENGLISH_SHARE > words


def _asks(sentence: str, meant: Intent) -> bool:
    """Whether somebody is spoken to, or told how to judge this very work; prose about reviewing does neither."""
    if not _ENGLISH.search(sentence):
        asks = meant.has("ask", "role", "drop") and meant.has("who", "value", "mark", "role", "work")
        return asks and meant.weight >= FOREIGN_INTENT and meant.has("good", "drop", "bad", "role")
    if meant.weight < VISIBLE_INTENT or not meant.has("ask", "role"):
        return False
    spoken_to = bool(_SPOKEN_TO.search(sentence)) and meant.has("good", "drop", "role")
    spoken_to = spoken_to and meant.has("who", "value", "mark", "work")
    return spoken_to or (bool(_THIS_WORK.search(sentence)) and meant.has("good") and meant.has("who", "reader"))


def _wanted(sentence: str) -> float:
    """The likeness below which a sentence in plain sight is one of those that manuals and studies are full of."""
    return WISH_LIKENESS if is_english(sentence) else FOREIGN_LIKENESS


def _disguised(sentence: str) -> bool:
    """Whether Latin words are written with letters of another script, or with characters that draw nothing."""
    words = re.findall(r"\w+", sentence)
    mixed = any(re.search(r"[A-Za-z]", w) and re.search(r"[\u0370-\u052f\u0530-\u058f]", w) for w in words)
    return mixed or any(is_invisible(c) and c != "\u00ad" for c in sentence)


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
    """Quoted passages that stand in a sentence of somebody's own words; a quote that stands alone is not one."""
    return tuple(
        (at + m.start(), at + m.end())
        for at, paragraph in paragraphs(text)
        for m in _QUOTED.finditer(paragraph)
        if _own_words(paragraph, *m.span())
    )


def paragraphs(text: str) -> Iterator[tuple[int, str]]:
    """Each paragraph and where it begins."""
    at = 0
    for gap in _GAP.finditer(text):
        yield at, text[at : gap.start()]
        at = gap.end()
    yield at, text[at:]


def _own_words(paragraph: str, start: int, end: int) -> bool:
    """Whether somebody's own words lead to a quotation or go on after it; a colon leads to it from the line above."""
    left = _STOPPED.split(paragraph[max(0, start - 200) : start])[-1]
    right = paragraph[end : end + 200]
    ended = _ENDED.search(paragraph[start:end]) and _BEGINS.match("\n" + right.lstrip())
    after = "" if ended else re.split(r"[.!?]\s|[。！？]", right)[0]
    return len(_OWN.findall(left)) >= OWN_WORDS or len(_OWN.findall(after)) >= OWN_WORDS


def _blanked(text: str, spans: tuple[Span, ...]) -> str:
    """The text with these passages overwritten, offsets kept."""
    pieces, at = [], 0
    for start, end in spans:
        pieces += [text[at:start], "¤" * (end - start)]
        at = end
    return "".join([*pieces, text[at:]])
