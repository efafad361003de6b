"""Stages extract and layout: text that a reader of the file does not see, and what it says."""

import re
from collections.abc import Iterator

from review.layout import Layout, SideText
from review.quotes import normalise
from review.report import ScreenFinding
from review.screening.decode import decoded, smuggled, turned, without_invisible
from review.screening.lexicon import Signs, compact_signs, function_words, signs
from review.screening.visibility import Hidden, hidden_runs, visible_text

MAX_SHOWN = 500  # characters of a finding's text
PROSE_WORDS = 8
CUT_PROSE_WORDS = 30  # clipped and covered text is common in figures cut out of other documents

_WIDE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]")
_DRAWN_TOO_OFTEN = 3  # a hidden run repeated on so many pages is a template's, if it orders nothing


def hidden_findings(layout: Layout) -> Iterator[ScreenFinding]:
    """Findings in drawn text that a reader does not see."""
    runs = hidden_runs(layout)
    shown = re.sub(r"\W", "", normalise(visible_text(layout))) if runs else ""
    scanned = set(layout.image_only_pages)
    said = False
    for run in runs:
        order = order_in(run.text)
        if order:
            said = True
            yield _hidden(run, "hidden_instruction", 0.9, f"Text {run.reason} gives orders: {order}.")
        elif run.carrier == "faint_text" or (run.carrier == "render_mode" and run.page in scanned):
            continue  # a watermark, or the text layer of a scanned page
        elif _about_machines(run.text):
            yield _hidden(run, "hidden_text", 0.6, f"Text {run.reason} speaks to or about automated reviewers.")
        elif _about_papers(run) and not _shown(run.text, shown) and not _repeated(run, runs):
            yield _hidden(run, "hidden_text", 0.45, f"Text {run.reason} speaks of papers and how they are judged.")
        elif is_prose(run.text, run.carrier) and not _shown(run.text, shown) and not _repeated(run, runs):
            yield _hidden(run, "hidden_text", 0.45, f"Sentences {run.reason}; a reader cannot see them.")
    unseen = [run for run in runs if run.carrier != "faint_text"]
    if not said and len(unseen) > 1:
        order = order_in(" ".join(run.text for run in unseen)[:200_000])
        if order:
            scattered = Hidden(
                carrier=unseen[0].carrier,
                text=" ".join(r.text for r in unseen),
                page=unseen[0].page,
                box=unseen[0].box,
            )
            reason = f"Hidden pieces from {len(unseen)} places, read together, give orders: {order}."
            yield _hidden(scattered, "hidden_instruction", 0.85, reason)


def side_findings(layout: Layout) -> Iterator[ScreenFinding]:
    """Findings in metadata, comments, attachments and other text beside the page."""
    for side in layout.side_texts:
        for piece in _chunks(side.text):
            order = _side_order(side, piece)
            if order:
                yield ScreenFinding(
                    kind="side_instruction",
                    carrier=side.carrier,
                    text=piece[:MAX_SHOWN],
                    reason=f"{_SIDE_NAMES.get(side.carrier, side.carrier)} “{side.name}” gives orders: {order}.",
                    weight=0.85,
                    page=side.page,
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
    common = sum(word in function_words() for word in words)
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


def _shown(text: str, shown: str) -> bool:
    """Whether the same words are also visible: a shadow, an overlay, a copy for accessibility."""
    return re.sub(r"\W", "", normalise(text)) in shown


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
    for start in range(0, min(len(text), 40 * size), size):
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
    "latex_hidden": "LaTeX that prints nothing visible,",
    "html_comment": "An HTML comment",
    "markdown_hidden": "Markdown that renders to nothing,",
}
