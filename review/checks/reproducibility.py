"""What somebody who repeats the experiments must know."""

import re

from msgspec import Struct

from review.checks.base import Check, Draft, Examined, nothing
from review.checks.prose import prose_sentences
from review.manuscript import Kind, Manuscript
from review.report import Severity

_EXPERIMENTAL = re.compile(
    r"\b(?:we (?:train|evaluate|run|ran|measure|compare|benchmark)\w*|experiments?|measurements?|results)\b",
    re.IGNORECASE,
)
_LEARNING = re.compile(
    r"\b(?:train(?:ed|ing)?|neural|learning rate|epochs?|fine-tun\w+|network"
    r"|model parameters)\b",
    re.IGNORECASE,
)
_STOCHASTIC = re.compile(
    r"\b(?:train(?:ed|ing)?|random|sampl\w+|stochastic|simulat\w+|initiali[sz]\w+"
    r"|benchmark\w*|measurements?|latency|runtime)\b",
    re.IGNORECASE,
)
_SPREAD_WORDS = (
    r"standard (?:errors?|deviations?)|confidence intervals?|error bars?|interquartile"
    r"|bootstrap|\bvariance across"
)
_PROMISED = re.compile(
    rf"\b(?:we|and|all) (?:\w+ )?(?:report|show|give"
    rf"|present)\b[^.]{{0,60}}(?:{_SPREAD_WORDS})",
    re.IGNORECASE,
)


class Item(Struct, frozen=True, kw_only=True):
    """One thing a reader needs, and the words that show it is there."""

    name: str
    present: re.Pattern[str]
    missing: str
    severity: Severity
    fix: str


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_ITEMS = (
    Item(
        name="repetitions",
        present=_words(
            r"\b(?:\d+|two|three|four|five|six|seven|eight|nine|ten|twenty|thirty|multiple|several"
            r"|independent|repeated) (?:\w+ ){0,2}?"
            r"(?:runs|trials|repetitions|replications|replicates|seeds|repeats|folds|measurements)\b"
            r"|\brepeated (?:\w+ ){0,3}?times\b"
            r"|\bn ?= ?\d+ (?:runs|seeds)\b|\bcross-validation\b|\brandom seeds\b"
        ),
        missing="The text does not say how often each experiment was run, so a reader cannot tell an "
        "effect from chance.",
        severity="major",
        fix="Repeat each experiment with several seeds and say how many runs stand behind every number.",
    ),
    Item(
        name="spread",
        present=_words(
            rf"±|\\pm|\b(?:{_SPREAD_WORDS})|\bp\s?[<=>]\s?0?\.\d|\bquartiles?\b|\bpercentiles?\b"
            rf"|\b95\s?% CI\b|\bstd\b|\bstderr\b"
        ),
        missing="No error bars, deviations or intervals are given, so the size of the differences cannot be judged.",
        severity="major",
        fix="Report a deviation or an interval with every mean that is compared.",
    ),
    Item(
        name="seeds",
        present=_words(r"\bseeds?\b"),
        missing="The text does not mention random seeds.",
        severity="note",
        fix="State the seeds, or how they were drawn.",
    ),
    Item(
        name="hardware",
        present=_words(
            r"\b(?:GPUs?|CPUs?|TPUs?|[VAH]100|RTX|cores?|GiB|processor|cluster|laptop|workstation|Xeon"
            r"|EPYC|M[1-4] (?:Pro|Max)|RAM|machine with)\b"
        ),
        missing="The hardware and the compute that was used are not stated.",
        severity="minor",
        fix="Name the hardware and the run time of the main experiments.",
    ),
)
_TRAINING_ITEMS = (
    Item(
        name="settings",
        present=_words(
            r"\b(?:learning rate|batch size|hyper-?parameters?|optimi[sz]er|epochs"
            r"|training steps|temperature)\b"
        ),
        missing="The training settings (optimiser, learning rate, batch size, length) are not given.",
        severity="major",
        fix="List all settings in a table, with how they were chosen.",
    ),
    Item(
        name="splits",
        present=_words(
            r"\b(?:train(?:ing)?|validation|test|held-?out|development)[ /-]*(?:and |/)?(?:validation "
            r"|test )?(?:sets?|splits?|data)\b"
            r"|\bcross-validation\b|\b(?:validation|test) (?:loss|accuracy|perplexity|error)\b|\bdivergence\b"
        ),
        missing="The text does not say on which part of the data models were chosen and on which they were tested.",
        severity="minor",
        fix="Describe the training, validation and test parts and what each was used for.",
    ),
)


def examine(manuscript: Manuscript, kind: Kind) -> Examined:
    """Look for each item by its words; a promise of error bars is held against the tables."""
    text = manuscript.text[: manuscript.references_start]
    if kind == "proposal" or len(_EXPERIMENTAL.findall(text)) < 3:
        return nothing("The work does not report experiments of its own.")
    if not _STOCHASTIC.search(text):
        return nothing("Nothing in the text depends on chance or on a machine.")
    items = _ITEMS + (_TRAINING_ITEMS if len(_LEARNING.findall(text)) >= 8 else ())
    tables = " ".join(cell for f in manuscript.floats for row in f.rows for cell in row)
    drafts = [
        Draft(claim=item.missing, severity=item.severity, criterion="reproducibility", fix=item.fix)
        for item in items
        if not item.present.search(text) and not item.present.search(tables)
    ]
    promise = _broken_promise(manuscript, text, tables)
    if promise:
        drafts.append(promise)
    present = len(items) - sum(d.span is None for d in drafts)
    return Examined(
        examined=len(items),
        summary=f"{present} of {len(items)} details needed to repeat the work are given.",
        drafts=tuple(drafts),
    )


def _broken_promise(manuscript: Manuscript, text: str, tables: str) -> Draft | None:
    """The text says that spreads are reported, but no table or sentence prints one."""
    printed = re.search(r"±|\\pm|\(\d*\.?\d+\)|\[\d", tables) or re.search(
        r"±|\\pm|\b9[059]\s?% (?:CI"
        r"|confidence)",
        text,
    )
    if printed or not tables.strip():
        return None
    for start, end in prose_sentences(manuscript):
        if _PROMISED.search(manuscript.text, start, end):
            return Draft(
                claim="The text says that deviations or errors are reported, but no table and no sentence prints one.",
                severity="major",
                criterion="reproducibility",
                span=(start, end),
                fix="Add the deviations to the tables, or withdraw the sentence.",
            )
    return None


CHECK = Check(
    id="reproducibility",
    title="What is needed to repeat the work is stated",
    method="Looks for repetitions, spread, seeds, hardware and, where something is trained, settings and "
    "splits by their usual words "
    "in text and tables; compares a promise of error bars with what the tables print.",
    limits="Words are not proof: a detail may be mentioned and still be incomplete. Theory is left alone.",
    alarm_rate="10 findings on five development papers, all right; a detail in unusual words raises a false one.",
    examine=examine,
)
