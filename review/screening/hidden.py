"""Stages extract and layout: text that a reader of the file does not see, and what it says."""

import re
from collections.abc import Iterator

from msgspec import structs

from review.layout import Layout, SideText
from review.quotes import normalise
from review.report import ScreenFinding
from review.screening.decode import decoded, smuggled, turned, without_invisible
from review.screening.intent import Intent, intent_of, intents, squeezed_intent
from review.screening.lexicon import Signs, compact_signs, function_words_in, prose_words, signs
from review.screening.likeness import likeness
from review.screening.turned import windows
from review.screening.visibility import Hidden, hidden_runs, visible_text

MAX_SHOWN = 500  # characters of a finding's text
PROSE_WORDS = 8
CUT_PROSE_WORDS = 30  # clipped and covered text is common in figures cut out of other documents

_WIDE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]")
HIDDEN_INTENT = 2.0  # weights of `intent`; of ordinary sentences one in a hundred reaches 2.5
SIDE_INTENT = 2.25
COMMENT_INTENT = 2.6  # comments are full of requests to colleagues
JOINED_INTENT = 4.75  # notes of several colleagues stand line under line
JOINED_LIKENESS = 0.8  # of one line among them
_COMMENTS = ("latex_comment", "html_comment", "attachment", "bookmark")
_UNSEEN = ("latex_hidden", "markdown_hidden")  # drawn, but so that nothing is seen
_UNUSUAL = {
    "javascript": ("active_content", 0.45, "The file carries a script, which a manuscript has no use for."),
    "attachment": ("attachment", 0.2, "Another file is attached, which readers of the pages do not see."),
}
_NO_PROSE = ("metadata", "xmp", "form_field")
_TOLD = ("copyright", "rights", "license", "licence", "description", "abstract", "title", "note", "notes", "summary")
_RIGHTS = re.compile(
    r"<(?:dc:rights|xmprights:\w+|prism:copyright)\b.*?</(?:dc:rights|xmprights:\w+|prism:copyright)>",
    re.DOTALL | re.IGNORECASE,
)
_MARKUP = re.compile(r"<[^<>]{0,4000}>")
_TAG = re.compile(r"</?[A-Za-z!?][^<>\n]{0,4000}>")  # in texts that are no markup; signs of comparison are none
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n")
_LONE_LETTERS = re.compile(r"(?<!\S)(?:\S{1,2}\s+){4,}\S{1,2}(?!\S)")
_VERB = re.compile(
    r"\b(?:is|are|was|were|be|will|shall|must|should|do|does|have|has|you|your|not|if|please|ist|sind|wird|soll|muss|sie|du|nicht"
    r"|bitte|est|sont|sera|doit|vous|votre|ne|pas|tu|es|son|debe|usted|su|no|se|\u043d\u0435|\u0432\u044b|\u0432\u0430\u0448|\u0447\u0442\u043e|\u044d\u0442\u0443)\b"
)
LEAST_LIKENESS = 0.33  # of words about judging beside the page; below it they are everyday ones
HIDDEN_LIKENESS = 0.15  # of the same words where nobody sees them
REMAPPED = 0.5  # letters of rare typefaces look like others; only words that could be meant for a judge count
ORDER_LIKENESS = 0.4  # of what has the grammar of an order beside the page; colleagues give orders to each other
TOLD_LIKENESS = 0.08  # of a sentence in a property of the file
MEANT_WORDS = 2  # different function words that make words a sentence
SENTENCE_WORDS = 6
_FOREIGN = re.compile(r"[\u0400-\u04ff\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]")
_DRAWN_TOO_OFTEN = 3  # a hidden run repeated on so many pages is a template's, if it orders nothing


def hidden_findings(layout: Layout) -> Iterator[ScreenFinding]:
    """Findings in drawn text that a reader does not see."""
    runs = hidden_runs(layout)
    shown = letters_of(visible_text(layout)) if runs else ""
    said = False
    for run in runs:
        order = order_in(run.text)
        if order:
            said = True
            yield _hidden(run, "hidden_instruction", 0.9, f"Text {run.reason} gives orders: {order}.")
        elif run.carrier == "remapped_font" and _claims_words(run):
            yield _hidden(run, "remapped_font", 0.6, f"Text {run.reason}.")
        elif run.carrier == "faint_text" or under_scan(run, layout):
            continue  # a watermark, or the text layer of a scanned page
        elif _about_machines(run.text):
            yield _hidden(run, "hidden_text", 0.6, f"Text {run.reason} speaks to or about automated reviewers.")
        elif (meant := _hidden_intent(run.text)) and not seen_in(run.text, shown):
            yield _hidden(run, "hidden_text", 0.6, f"Text {run.reason} speaks of judging a manuscript: {meant.shown}.")
        elif _about_papers(run) and not seen_in(run.text, shown) and not _repeated(run, runs):
            yield _hidden(run, "hidden_text", 0.45, f"Text {run.reason} speaks of papers and how they are judged.")
        elif under := encoded_words(run.text):
            yield _hidden(run, "hidden_text", 0.5, f"Text {run.reason} holds words under {under}.")
        elif is_prose(run.text, run.carrier) and not seen_in(run.text, shown) and not _repeated(run, runs):
            yield _hidden(run, "hidden_text", 0.45, f"Sentences {run.reason}; a reader cannot see them.")
    if not said:
        yield from _scattered([r for r in runs if r.carrier != "faint_text" and not under_scan(r, layout)], shown)


def _claims_words(run: Hidden) -> bool:
    """Whether a machine reads words where the page shows others; rare typefaces only look like other letters."""
    words = re.findall(r"[^\W\d_]{3,}", run.text)
    wanted = (len(words) > 1 or bool(_WIDE.search(run.text))) and likeness(run.text) >= REMAPPED
    return wanted or is_prose(run.text, run.carrier)


def under_scan(run: Hidden, layout: Layout) -> bool:
    """Whether this is a recognised text under the picture of a page. No judge is shown such text."""
    return run.carrier == "render_mode" and run.page in layout.image_only_pages


def _scattered(runs: list[Hidden], shown: str) -> Iterator[ScreenFinding]:
    """What hidden pieces from several places say when they are read together."""
    whole = " ".join(run.text for run in runs)
    if len(runs) > 1 and (order := order_in(whole)):
        reason = f"Hidden pieces from {len(runs)} places, read together, give orders: {order}."
        yield _hidden(structs.replace(runs[0], text=whole), "hidden_instruction", 0.85, reason)
        return
    for page, carrier in sorted({(run.page, run.carrier) for run in runs}):
        near = [run for run in runs if (run.page, run.carrier) == (page, carrier)]
        joined = " ".join(run.text for run in near)
        wanted = len(near) > 1 and intent_of(joined).weight >= HIDDEN_INTENT and likeness(joined) >= ORDER_LIKENESS
        if wanted and not seen_in(joined, shown):
            reason = f"Hidden pieces from {len(near)} places of a page want something of a judge when read together."
            yield _hidden(structs.replace(near[0], text=joined), "hidden_text", 0.45, reason)
    for carrier in {run.carrier for run in runs} - {"clipped", "covered"}:
        alike = [run for run in runs if run.carrier == carrier and not _repeated(run, tuple(runs))]
        if len({run.page for run in alike}) < 2:
            continue
        joined = "".join(run.text for run in alike)
        if (intent_of(joined).weight >= HIDDEN_INTENT or is_prose(joined, carrier)) and not seen_in(joined, shown):
            reason = f"Hidden pieces from {len(alike)} pages make sentences when they are read together."
            yield _hidden(structs.replace(alike[0], text=joined), "hidden_text", 0.45, reason)


def side_findings(layout: Layout, text: str) -> Iterator[ScreenFinding]:
    """Findings in metadata, comments, attachments and other text beside the page, whose running text is `text`."""
    shown = letters_of(text) if layout.side_texts else ""
    for side in layout.side_texts:
        what = f"{_SIDE_NAMES.get(side.carrier, side.carrier)} “{side.name}”"
        if side.carrier in _UNUSUAL:
            kind, weight, reason = _UNUSUAL[side.carrier]
            yield _beside(side, side.text, kind, weight, reason)
        for piece in _chunks(side.text):
            order = _side_order(side, piece)
            if order and likeness(piece) >= ORDER_LIKENESS:
                yield _beside(side, piece, "side_instruction", 0.85, f"{what} gives orders: {order}.")
            elif (meant := side_intent(side, piece)) and not seen_in(piece, shown):
                reason = f"{what} speaks of judging a manuscript: {meant.shown}."
                yield _beside(side, piece, "side_text", 0.5, reason)
            elif side.carrier in _NO_PROSE and (said := _sentence_in(side, piece, shown)):
                reason = f"{what} holds a sentence that no page shows: “{said[:80]}”."
                yield _beside(side, said, "side_text", 0.45, reason)
            elif side.carrier in (*_NO_PROSE, "annotation", "alt_text") and (under := encoded_words(piece)):
                yield _beside(side, piece, "side_text", 0.45, f"{what} holds words under {under}.")
            elif side.carrier in _UNSEEN and is_prose(piece, side.carrier) and not seen_in(piece, shown):
                yield _beside(side, piece, "hidden_text", 0.45, f"{what} holds sentences; a reader cannot see them.")


def without_markup(side: SideText) -> str:
    """A text beside the page without its tags, where it has such."""
    return _markup_in(side).sub("\n", side.text)


def _markup_in(side: SideText) -> re.Pattern[str]:
    return _MARKUP if side.carrier == "xmp" else _TAG


def unread_findings(layout: Layout) -> Iterator[ScreenFinding]:
    """What of the file nobody could read: whatever stands there, a person should look."""
    for what in layout.unread:
        reason = f"A part of the file was not read: {what}."
        yield ScreenFinding(kind="unread", carrier="file", text="", reason=reason, weight=0.45)


def side_intent(side: SideText, text: str) -> Intent | None:
    """What a text beside the page wants of a judge, when that is more than such texts say every day."""
    everyday = side.carrier in _COMMENTS and not _FOREIGN.search(text)
    needed = COMMENT_INTENT if everyday else SIDE_INTENT
    plain = without_invisible(text)
    lines = plain.splitlines() if side.carrier in _COMMENTS else [plain]
    likely = (one for line in lines if likeness(line) >= LEAST_LIKENESS for one in intents(line))
    wishes = [one for one in likely if one.weight >= needed and one.has("ask", "drop", "good", "bad", "role")]
    if wishes:
        return max(wishes, key=lambda one: one.weight)
    joined = intent_of(plain)
    if joined.weight >= JOINED_INTENT and max(map(likeness, lines)) >= JOINED_LIKENESS:
        return joined
    inner = (intent_of(i.text) for i in (*decoded(text), *smuggled(text)))
    return next((i for i in inner if i.weight >= SIDE_INTENT), None)


def encoded_words(text: str) -> str:
    """The encoding under which a text holds words, or an empty string; file names and blanks in addresses are none."""
    for inner in decoded(text):
        if len(function_words_in(inner.text)) >= MEANT_WORDS or len(_WIDE.findall(inner.text)) >= PROSE_WORDS:
            return inner.encoding
    for passage in (text, *_SENTENCE_END.split(text), *windows(text)):
        for inner in turned(passage) if len(function_words_in(passage)) < MEANT_WORDS else ():
            if len(function_words_in(inner.text)) > MEANT_WORDS:
                return inner.encoding
    return ""


def _sentence_in(side: SideText, text: str, shown: str) -> str:
    """A full sentence in a property of the file that no page shows; names are none, rights are told in some."""
    if side.name.lower() in _TOLD:
        return ""
    plain = _markup_in(side).sub("\n", _RIGHTS.sub(" ", text))
    for line in plain.splitlines():
        sentence = line.strip().rstrip(")}],; ")
        words = normalise(sentence).split()
        common = len(prose_words().intersection(words))
        ended = sentence.endswith((".", "!", "?", "。", "！", "？", "»", "”", "'", '"'))
        enough = ended and len(words) >= SENTENCE_WORDS and common >= MEANT_WORDS
        told = enough and bool(_VERB.search(" ".join(words)))
        wide = "。" in sentence and len(_WIDE.findall(sentence)) >= PROSE_WORDS
        if (told or wide) and likeness(sentence) >= TOLD_LIKENESS and not seen_in(sentence, shown):
            return sentence
    return ""


def _hidden_intent(text: str) -> Intent | None:
    """What hidden text wants of a judge: read with its blanks, or without them where letters stand alone."""
    plain = intent_of(without_invisible(text))
    squeezed = max(map(squeezed_intent, _LONE_LETTERS.findall(text)), key=lambda i: i.weight, default=Intent())
    if squeezed.weight >= HIDDEN_INTENT:
        return squeezed
    return plain if plain.weight >= HIDDEN_INTENT and likeness(text) >= HIDDEN_LIKENESS else None


def _beside(side: SideText, text: str, kind: str, weight: float, reason: str) -> ScreenFinding:
    return ScreenFinding(
        kind=kind, carrier=side.carrier, text=text[:MAX_SHOWN], reason=reason, weight=weight, page=side.page
    )


def order_in(text: str) -> str:
    """The orders a hidden text gives, plainly or under an encoding; empty when it gives none."""
    plain = normalise(without_invisible(text))
    found = _order(signs(plain)) or compact_signs(plain)
    if found:
        return found
    for inner in (*decoded(text), *smuggled(text), *turned(text)):
        words = normalise(inner.text)
        found = _order(signs(words)) or (compact_signs(words) if inner.encoding != "rot13" else "")
        if found:
            return f"{found} (under {inner.encoding})"
    return ""


def is_prose(text: str, carrier: str) -> bool:
    """Whether text reads like sentences; labels of a plot, numbers and names do not."""
    words = re.findall(r"[^\W\d_]{2,}", normalise(text))
    wide = len(_WIDE.findall(text))
    needed = CUT_PROSE_WORDS if carrier in ("clipped", "covered") else PROSE_WORDS
    common = sum(word in prose_words() for word in words)
    return wide >= needed + 4 or (len(words) >= needed and common >= max(2, len(words) // 10))


def _order(found: Signs) -> str:
    if found.orders or (found.role and (found.weak or found.addressed or found.machine)):
        return found.words
    if found.weak and (found.machine or found.addressed):
        return found.words
    return ""


def _side_order(side: SideText, text: str) -> str:
    """Comments and alternative texts are full of orders to colleagues: there, a reviewer must be meant too."""
    plain = normalise(without_invisible(text))
    found = signs(plain)
    if side.carrier in ("latex_comment", "html_comment", "bookmark", "javascript", "attachment"):
        strong = found.override and (found.verdict or found.machine or found.addressed)
        meant = found.verdict and (found.machine or found.addressed)
        return found.words if strong or meant or (found.role and found.verdict) else _inner_order(text)
    return order_in(text)


def _inner_order(text: str) -> str:
    for inner in (*decoded(text), *smuggled(text)):
        found = signs(normalise(inner.text))
        if found.override or (found.verdict and (found.addressed or found.machine)):
            return f"{found.words} (under {inner.encoding})"
    return ""


def _about_machines(text: str) -> bool:
    found = signs(normalise(text))
    return bool(found.machine or found.role or found.weak)


def _about_papers(run: Hidden) -> bool:
    """A few hidden words about papers or judging; figures cut out of other works may carry them by chance."""
    words = re.findall(r"[^\W\d_]{2,}", run.text)
    if run.carrier in ("clipped", "covered") or not (len(words) >= 2 or _WIDE.search(run.text)):
        return False
    return bool(signs(normalise(run.text)).topic)


def letters_of(text: str) -> str:
    """Letters and digits of a text in their plain form: what `seen_in` looks for and in."""
    return re.sub(r"\W", "", normalise(text))


def seen_in(text: str, shown: str) -> bool:
    """Whether the same words are also visible: a shadow, an overlay, a copy for accessibility."""
    return letters_of(text) in shown


def _repeated(run: Hidden, runs: tuple[Hidden, ...]) -> bool:
    return len({other.page for other in runs if other.text == run.text}) >= _DRAWN_TOO_OFTEN


def _hidden(run: Hidden, kind: str, weight: float, reason: str) -> ScreenFinding:
    return ScreenFinding(
        kind=kind,
        carrier=run.carrier,
        text=run.text[:MAX_SHOWN],
        reason=reason,
        weight=weight,
        page=run.page,
        box=run.box,
    )


def _chunks(text: str, size: int = 20_000) -> Iterator[str]:
    for start in range(0, len(text), size):
        yield text[start : start + size + 400]


_SIDE_NAMES = {
    "metadata": "Document metadata",
    "xmp": "XMP metadata",
    "annotation": "An annotation",
    "form_field": "A form field",
    "attachment": "An attached file",
    "javascript": "A script in the file",
    "bookmark": "A bookmark",
    "alt_text": "An alternative text",
    "latex_comment": "A LaTeX comment",
    "latex_macro": "A LaTeX definition",
    "latex_hidden": "LaTeX that prints nothing visible,",
    "html_comment": "An HTML comment",
    "markdown_hidden": "Markdown that renders to nothing,",
}
