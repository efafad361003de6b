"""Sentences that claim a gain everywhere, held against the table that shows it."""

import re
from collections import defaultdict
from collections.abc import Iterator

from msgspec import Struct

from review.checks.base import Check, Draft, Examined, nothing
from review.checks.grid import Grid, Record, against_baseline, grid
from review.checks.metrics import Direction, direction_of
from review.checks.prose import Span, numbers, prose_sentences
from review.manuscript import Float, Kind, Manuscript

_GAIN = r"\b(?:reduc\w+|lower\w*|decreas\w+|improv\w+|outperform\w*|better|higher|surpass\w*|exceed\w*|beats?)\b"
_EVERYWHERE = re.compile(
    _GAIN + r"[^.;:]{0,90}?\b(?:across|for|on|in|over) (?:all|every|each)(?: of)?(?: the| our| four| three"
    r"| five| six| tested| \d+)*"
    r" (?:\w+ )?(?:datasets?|tasks?|operations?|benchmarks?|domains?|settings?|languages?|conditions?"
    r"|environments?)\b",
    re.IGNORECASE,
)
_EVERYONE = re.compile(
    r"\b(?:all|every|each)(?: of)?(?: the| our)? (?:\w+ ){0,2}?(?:strateg(?:y|ies)|variants?|methods?"
    r"|configurations?|models?|approach(?:es)?"
    r"|versions?)\b[^.;:]{0,30}?\b(?:outperform\w*|improved?|improves|surpass\w*|beats?"
    r"|exceed\w*)\b[^.;:]{0,60}?\bbaseline",
    re.IGNORECASE,
)
_INLINE = re.compile(
    r"\bof (?P<ours>\d+(?:\.\d+)?)(?P<up>\s?%)?,? (?:as )?(?:compared (?:to|with)|versus|vs\.?|against|while)"
    r" (?:the |its |a )?(?:\w+ ){0,2}?baseline(?:[’']s?| model| \w+)? ?(?:of |with |at |is "
    r"|was )?(?P<base>\d+(?:\.\d+)?)",
    re.IGNORECASE,
)
_BETTER = re.compile(
    r"\b(?:outperform\w*|better|improv\w+|superior|lower|reduc\w+|higher|gains?|surpass\w*)\b", re.IGNORECASE
)
_HEDGED = re.compile(
    r"\b(?:not|never|except|but not|generally|mostly|most (?:of|cases|data|tasks)|in most|competitive"
    r"|comparable|mixed|varying|varied|may"
    r"|might|could|potential"
    r"|aims?|expect\w*|hypothes\w+)\b",
    re.IGNORECASE,
)
_FILLER = frozenset(
    (
        *("best", "final", "total", "mean", "avg", "average", "std", "stderr", "overall", "score"),
        *("the", "of", "and", "in", "s", "ms", "min", "mins"),
    )
)


class Loss(Struct, frozen=True):
    """One place in a table where a method does worse than the baseline."""

    table: str
    method: str
    setting: str
    column: str
    ours: str
    base: str

    def __str__(self) -> str:
        where = f" on {self.setting}" if self.setting else ""
        return (
            f"{self.table} gives {self.column} {self.ours} for {self.method}{where} against {self.base} "
            f"for the baseline"
        )


def examine(manuscript: Manuscript, _kind: Kind) -> Examined:
    """Hold every universal claim against the tables, and every number against the baseline printed beside it."""
    tables = [(f, grid(f)) for f in manuscript.floats if f.kind == "table" and f.rows]
    drafts: list[Draft] = []
    seen = 0
    told: set[tuple[str, str]] = set()
    before: Span | None = None
    for span in prose_sentences(manuscript):
        sentence = manuscript.text[slice(*span)]
        context = manuscript.text[before[0] : span[1]] if before else sentence
        before = span
        claims = bool(_EVERYWHERE.search(sentence) or _EVERYONE.search(sentence))
        stated = list(_inline(sentence, context))
        inline = [(ours, base) for ours, base, worse in stated if worse]
        seen += claims + len(stated)
        drafts += [_inline_draft(span, *pair) for pair in inline if pair not in told]
        told |= set(inline)
        if claims and not _HEDGED.search(sentence):
            losses = next((found for f, g in tables if (found := _losses(sentence, f, g))), [])
            if losses:
                drafts.append(_claim_draft(span, losses))
    if not seen:
        return nothing("No sentence claims a gain everywhere or states a number beside its baseline.")
    summary = f"{seen} claims compared with numbers, {len(drafts)} contradicted."
    return Examined(examined=seen, summary=summary, drafts=tuple(drafts))


def _losses(sentence: str, table: Float, read: Grid) -> list[Loss]:
    """What contradicts the sentence in one table; empty when the table agrees or does not bear on it."""
    if _EVERYONE.search(sentence):
        columns = [c for c, name in enumerate(read.header) if len(name) > 3 and _plain(name) in _plain(sentence)]
        direction = direction_of(table.caption)
        return [
            _loss(table, read, base, other, column)
            for base, other in against_baseline(read)
            for column in columns
            if direction and _worse(base, other, column, direction)
        ]
    for column, name in enumerate(read.header):
        direction = direction_of(name)
        if direction and names_metric(name, sentence) and _agrees(sentence, direction):
            return _everywhere(table, read, column, direction)
    return []


def _everywhere(table: Float, read: Grid, column: int, direction: Direction) -> list[Loss]:
    """Losses of the method that loses least, when every method loses somewhere in at least two settings."""
    failed: dict[tuple[str, ...], list[Loss]] = defaultdict(list)
    settings: dict[tuple[str, ...], int] = defaultdict(int)
    for base, other in against_baseline(read):
        if column in base.values and column in other.values and base.setting:
            method = tuple(label for label in other.labels if label not in base.setting)
            settings[method] += 1
            if _worse(base, other, column, direction):
                failed[method].append(_loss(table, read, base, other, column))
    whole = [m for m, count in settings.items() if count >= 2]
    if not whole or any(not failed[m] for m in whole):
        return []
    return min((failed[m] for m in whole), key=len)


def _worse(base: Record, other: Record, column: int, direction: Direction) -> bool:
    if column not in base.values or column not in other.values:
        return False
    ours, theirs = other.values[column].value, base.values[column].value
    return ours > theirs if direction == "down" else ours < theirs


def _loss(table: Float, read: Grid, base: Record, other: Record, column: int) -> Loss:
    method = " ".join(label for label in other.labels if label not in base.setting)
    ours, theirs = other.values[column], base.values[column]
    return Loss(
        table.label, method, " ".join(base.setting), read.header[column], f"{ours.value:f}", f"{theirs.value:f}"
    )


def names_metric(header: str, sentence: str) -> bool:
    """Whether a sentence speaks of the metric of a column: each telling word of the header, abbreviated or not."""
    words = [w for w in re.findall(r"[a-z]+\d?", re.sub(r"\(.*?\)", "", header.lower())) if w not in _FILLER]
    said = re.findall(r"[a-z]+\d?", sentence.lower())
    places = range(len(said)) if words else range(0)
    return any(all(_near(said, at + i, word) for i, word in enumerate(words)) for at in places)


def _near(said: list[str], at: int, word: str) -> bool:
    return any(s.startswith(word[:4]) for s in said[at : at + 2])


def _agrees(sentence: str, direction: Direction) -> bool:
    """Whether the gain that is claimed moves the metric in its better direction."""
    word = _GAIN_WORD.search(sentence)
    said = word[0].lower() if word else ""
    if re.match(r"reduc|lower|decreas", said):
        return direction == "down"
    return not (said == "higher" and direction == "down")


_GAIN_WORD = re.compile(_GAIN, re.IGNORECASE)


def _plain(text: str) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", text.lower()))


def _inline(sentence: str, context: str) -> Iterator[tuple[str, str, bool]]:
    """“of a compared to the baseline's b”: both numbers, and whether they contradict a claimed gain."""
    for match in _INLINE.finditer(sentence):
        direction = direction_of(sentence[: match.start()])
        ours, base = next(numbers(match["ours"]), None), next(numbers(match["base"]), None)
        if direction and ours and base and _BETTER.search(context) and not _HEDGED.search(sentence):
            worse = ours.value > base.value if direction == "down" else ours.value < base.value
            yield match["ours"], match["base"], worse


def _inline_draft(span: Span, ours: str, base: str) -> Draft:
    return Draft(
        claim=f"The text presents {ours} against the baseline's {base} as a gain, but by these numbers the "
        f"baseline is better.",
        severity="major",
        criterion="soundness",
        span=span,
        fix="Report this result as a loss or a tie, and correct the summaries that count it as a gain.",
    )


def _claim_draft(span: Span, losses: list[Loss]) -> Draft:
    more = f" ({len(losses)} such cells)" if len(losses) > 1 else ""
    return Draft(
        claim=f"The sentence claims a gain in every case, but {losses[0]}{more}.",
        severity="major",
        criterion="soundness",
        span=span,
        fix="Limit the claim to the cases the table supports, and say where the method does worse.",
    )


CHECK = Check(
    id="table-claims",
    title="Claims of a gain hold in the tables",
    method="Finds sentences that claim a gain across all data sets or for all variants, names the metric "
    "by its column header, and "
    "compares every row with the baseline row of its setting; also compares numbers printed beside their baseline.",
    limits="Needs recovered table cells, a row or label called baseline, and a metric whose better "
    "direction its name tells.",
    alarm_rate="5 findings on five development papers, all right when read against the tables.",
    examine=examine,
)
