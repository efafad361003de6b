"""Counted positive evidence: what a manuscript does provide, with passages a reviewer can cite."""

import re
from collections import Counter

from msgspec import Struct

from review.checks import abstract_numbers
from review.checks.availability import LINK
from review.checks.base import passage
from review.checks.grid import grid
from review.checks.prose import Number, numbers, prose_sentences, prose_spans
from review.checks.structure import has_part
from review.manuscript import Float, Kind, Locator, Manuscript

_PARTS = {
    "introduction": r"introduc|motivation",
    "related_work": r"related|prior work|previous work|background|literature",
    "method": r"method|approach|model|architecture|algorithm|design|procedure|framework|theory",
    "setup": r"setup|set-up|setting|implementation|data|protocol|materials",
    "results": r"result|experiment|evaluation|finding|measurement",
    "ablation": r"ablation|sensitivity",
    "discussion": r"discuss",
    "limitations": r"limitation|threats|weakness",
    "conclusion": r"conclu|summary|future work",
    "ethics": r"ethic|impact|societal",
    "availability": r"availab|reproducib|code and data|artifact",
    "plan": r"plan|timeline|schedule|milestone|roadmap|work ?package|phases",
    "risks": r"risk|contingenc|mitigation|challenge|fallback",
    "feasibility": r"feasib|resource|budget|preliminary|pilot|cost",
    "evaluation": r"evaluat|metric|success|outcome|hypothes|criteria",
}

# Practices that make a result worth believing, and how sentences about them read.
_PRACTICES = {
    "seeds": r"\b(?:random )?seeds?\b(?! (?:set|word)s?\b)",
    "runs": r"\b(?:\d+|two|three|four|five|six|seven|eight|nine|ten|twenty|thirty|multiple|several"
            r"|independent|repeated)"
    r" (?:\w+ ){0,2}?(?:runs|trials|repetitions|replications|replicates|seeds|repeats)\b",
    "error_bars": r"±|\bstandard (?:errors?|deviations?)\b|\bconfidence intervals?\b|\berror bars?\b"
                  r"|\b95\s?% CI\b|\bbootstrap",
    "significance_test": r"\bp\s?[<=>]\s?0?\.\d|\bt-test\b|\bwilcoxon\b|\banova\b|\bmann[- ]whitney\b"
                         r"|\bpermutation test\b|\bchi-square",
    "hardware": r"\b(?:GPUs?|CPUs?|TPUs?|V100|A100|H100|RTX ?\d+|cores?|GiB|GB of (?:memory|RAM))\b",
    "ablation": r"\bablat\w+\b",
    "baseline": r"\bbaselines?\b",
    "splits": r"\b(?:train(?:ing)?|validation|test|held-?out)[ -/]*(?:and |/)?(?:validation |test )?(?:sets?"
              r"|splits?)\b|\bcross-validation\b",
    "hyperparameters": r"\b(?:learning rate|batch size|hyper-?parameters?|optimi[sz]er|epochs?|weight decay)\b",
    "limitations": r"\b(?:limitations?|shortcomings?|caveats?|does not generali[sz]e|threats to validity)\b",
    "availability": r"\b(?:code|data|implementation|scripts?)\b[^.]{0,80}\bavailable\b|\bwe (?:release"
                    r"|open-source)\b",
    "hypothesis": r"\bhypothes[ie][sz]\w*\b|\bresearch questions?\b",
    "negative_result": r"\b(?:did not improve|no (?:significant )?(?:difference|improvement|effect)"
                       r"|negative results?|failed to|worse than)\b",
    "plan": r"\b(?:milestones?|weeks? \d+|months? \d+|phase \d|timeline|work packages?)\b",
    "risk": r"\b(?:risks?|fall ?back|contingency|mitigat\w+)\b",
    "success_criterion": r"\b(?:success criteri\w+|falsif\w+|would (?:refute|reject)|minimum detectable"
                         r"|stopping rule|threshold of)\b",
}  # fmt: skip
MAX_PASSAGES = 3


class Passage(Struct, frozen=True, kw_only=True):
    """A short verbatim passage and its place."""

    quote: str
    locator: Locator


class Facts(Struct, frozen=True, kw_only=True):
    """What was counted. Counts are of the text outside the reference list unless they say otherwise."""

    words: int
    parts: frozenset[str]  # parts present by heading; keys as in `_PARTS`
    practices: dict[str, tuple[Passage, ...]]  # practice -> up to three passages; absent key: nothing found
    mentions: dict[str, int]  # practice -> number of sentences
    references: int
    recent_references: int  # of the last five years before the newest entry
    citations: int
    citations_per_1000_words: float
    tables: int
    tables_with_numbers: int  # beside their labels
    tables_blank: int  # tables with signs of absence where their values should be
    table_numbers: int  # telling numbers (three digits or more) in table cells
    table_numbers_told: int  # distinct ones among them that the text says once more
    figures: int
    figures_mentioned: int
    has_link: bool
    equations: int
    numbers_in_text: int
    abstract_words: int
    abstract_numbers: int
    abstract_numbers_confirmed: int
    contributions: tuple[Passage, ...]  # sentences in which the authors say what is new
    results: tuple[Passage, ...]  # sentences that state a measured result

    def quotes(self, practice: str) -> tuple[Passage, ...]:
        """Passages that show a practice, or none."""
        return self.practices.get(practice, ())


def facts(manuscript: Manuscript, kind: Kind) -> Facts:
    """Count what the manuscript provides."""
    text = manuscript.text
    spans = tuple(prose_sentences(manuscript))
    words = sum(len(text[s:e].split()) for s, e in prose_spans(manuscript))
    practices, mentions = _practices(manuscript, spans)
    good, stated = abstract_numbers.confirmed(manuscript) if kind == "paper" else ((), ())
    years = [r.year for r in manuscript.references if r.year]
    tables = [f for f in manuscript.floats if f.kind == "table"]
    with_numbers = sum(any(record.values for record in grid(f).records) for f in tables)
    told, in_cells = _told_from_tables(manuscript)
    figures = [f for f in manuscript.floats if f.kind == "figure"]
    return Facts(
        words=words,
        parts=frozenset(name for name, headings in _PARTS.items() if has_part(manuscript, headings)),
        practices=practices,
        mentions=mentions,
        references=len(manuscript.references),
        recent_references=sum(y > max(years) - 5 for y in years) if years else 0,
        citations=len(manuscript.citations),
        citations_per_1000_words=round(len(manuscript.citations) / max(words, 1) * 1000, 1),
        tables=len(tables),
        tables_with_numbers=with_numbers,
        tables_blank=sum(map(_blank, tables)),
        table_numbers=in_cells,
        table_numbers_told=told,
        figures=len(figures),
        figures_mentioned=sum(_mentioned(text, f.label, f.start) for f in figures),
        has_link=any(LINK.search(text, s, e) for s, e in prose_spans(manuscript)),
        equations=len(re.findall(r"(?m)\(\d{1,3}\)\s*$|\\begin\{(?:equation|align)", text)),
        numbers_in_text=sum(1 for s, e in prose_spans(manuscript) for _ in numbers(text, s, e)),
        abstract_words=len(manuscript.abstract.split()),
        abstract_numbers=len(stated),
        abstract_numbers_confirmed=len(good),
        contributions=_passages(manuscript, spans, _CONTRIBUTION, MAX_PASSAGES),
        results=_passages(manuscript, spans, _RESULT, 5),
    )


_CONTRIBUTION = re.compile(
    r"\bwe (?:propose|introduce|present|develop|show that|demonstrate that|investigate|measure)\b"
    r"|\bour (?:main |key )?contributions?\b"
    r"|\bthis (?:paper|work|proposal|study) (?:introduces|presents|proposes|investigates|explores|measures|asks)\b",
    re.IGNORECASE,
)
_RESULT = re.compile(
    r"\b(?:achiev\w+|reduc\w+|improv\w+|increas\w+|reach\w+|outperform\w*|obtain\w*|took|takes|cost\w*"
    r"|required?)\b[^.]{0,160}?\d+(?:\.\d+)?\s?(?:%|x\b|ms\b|s\b|steps|points)?",
    re.IGNORECASE,
)


def _practices(
    manuscript: Manuscript, spans: tuple[tuple[int, int], ...]
) -> tuple[dict[str, tuple[Passage, ...]], dict[str, int]]:
    passages: dict[str, tuple[Passage, ...]] = {}
    mentions: dict[str, int] = {}
    for name, wording in _PRACTICES.items():
        pattern = re.compile(wording, re.IGNORECASE)
        hits = [(s, e) for s, e in spans if pattern.search(manuscript.text, s, e)]
        if hits:
            mentions[name] = len(hits)
            passages[name] = tuple(_passage(manuscript, s, e) for s, e in _best(manuscript.text, hits)[:MAX_PASSAGES])
    return passages, mentions


def _passages(
    manuscript: Manuscript, spans: tuple[tuple[int, int], ...], pattern: re.Pattern[str], most: int
) -> tuple[Passage, ...]:
    hits = [(s, e) for s, e in spans if pattern.search(manuscript.text, s, e)]
    return tuple(_passage(manuscript, s, e) for s, e in _best(manuscript.text, hits)[:most])


def _best(text: str, hits: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Whole sentences of quotable length first, otherwise in the order of the text."""

    def rank(span: tuple[int, int]) -> tuple[bool, bool, int]:
        start, end = span
        return text[end - 1] not in ".!?", not 40 <= end - start <= 320, start

    return sorted(hits, key=rank)


def _passage(manuscript: Manuscript, start: int, end: int) -> Passage:
    return Passage(quote=passage(manuscript, start, end), locator=manuscript.locate(start, end))


def _blank(table: Float) -> bool:
    """Whether most cells beside the labels hold neither a number nor a word, as in a table still to be filled."""
    cells = [cell for row in table.rows[1:] for cell in row[1:]]
    return len(cells) > 2 * sum(any(sign.isalnum() or sign in "✓✔✗✘×●○" for sign in c) for c in cells)


def _told_from_tables(manuscript: Manuscript) -> tuple[int, int]:
    """Distinct telling numbers that stand in a cell and once more in the text, and how many cells hold one.

    The text of a PDF holds its tables too, so a number counts as told when it stands there more often than in cells.
    """
    tables = [f for f in manuscript.floats if f.kind == "table"]
    cells = Counter(abs(n.value) for f in tables for row in f.rows for c in row for n in numbers(c) if _telling(n))
    said = Counter(
        abs(n.value) for s, e in prose_spans(manuscript) for n in numbers(manuscript.text, s, e) if _telling(n)
    )
    return sum(said[value] > often for value, often in cells.items()), cells.total()


def _telling(number: Number) -> bool:
    """Whether a number is unlikely to stand somewhere else by chance: three digits or more, and no year."""
    year = number.decimals == 0 and 1900 <= abs(number.value) < 2100
    return len(number.value.as_tuple().digits) >= 3 and not year


def _mentioned(text: str, label: str, start: int) -> bool:
    number = label.rsplit(maxsplit=1)[-1] if label.split() else ""
    if not number:
        return False
    pattern = re.compile(
        rf"\bFig(?:ure|s|ures)?\.?\s*(?:\d+\w?\s*(?:,|and|-|–)\s*)*{re.escape(number)}(?!\d)", re.IGNORECASE
    )
    return any(abs(m.start() - start) > 20 for m in pattern.finditer(text))
