"""What speaks for a work: named signals per criterion, each shown by a fact or missing.

A missing one becomes a question, not a weakness. The few marked `needed` keep a work from being accepted.
"""

import re
from collections.abc import Callable

from msgspec import Struct

from review.checks.facts import Facts, Passage
from review.manuscript import Kind
from review.report import Severity

_ELSEWHERE = re.compile(r"related|background|prior|previous|introduc|abstract", re.IGNORECASE)
FEW_NUMBERS = 5  # telling numbers in tables under which the text need not repeat one


class Signal(Struct, frozen=True, kw_only=True):
    """One thing a reader of the field looks for. `share` says how far it is there, 0..1."""

    key: str
    criterion: str
    weight: float
    share: Callable[[Facts], float]
    good: str  # the strength, when it is there
    ask: str  # the question, when it is not
    change: str  # what would supply it
    show: Callable[[Facts], tuple[Passage, ...]] = lambda _: ()
    needed: bool = False
    gap: Severity = "major"  # how grave it is when something needed is missing


class Seen(Struct, frozen=True, kw_only=True):
    """A signal as one manuscript shows it."""

    signal: Signal
    share: float
    passage: Passage | None

    @property
    def missing(self) -> bool:
        """Less than half of it is there."""
        return self.share < 0.5


def seen(facts: Facts, kind: Kind) -> tuple[Seen, ...]:
    """Every signal of this kind of work, as the facts show it."""
    return tuple(
        Seen(
            signal=s,
            share=max(0.0, min(1.0, s.share(facts))),
            passage=next((p for p in s.show(facts) if _is_sentence(p.quote)), None),
        )
        for s in (PAPER if kind == "paper" else PROPOSAL)
    )


def depth(facts: Facts, kind: Kind) -> float:
    """How much text there is to judge, 0..1: full from the length of a short but complete work."""
    return min(1.0, facts.words / (1200 if kind == "paper" else 600))


def _is_sentence(text: str) -> bool:
    """Whether a passage reads as a sentence: no heading, no row of a table."""
    return len(text) >= 40 and text[0].isupper() and text[-1] in ".:;" and 5 * sum(map(str.isdigit, text)) < len(text)


def _own_limits(facts: Facts) -> tuple[Passage, ...]:
    """Passages about limits that do not speak of other people's work."""
    return tuple(p for p in facts.quotes("limitations") if not _ELSEWHERE.search(p.locator.section or ""))


def _practice(*names: str) -> Callable[[Facts], float]:
    return lambda f: float(any(f.mentions.get(n) for n in names))


def _quotes(*names: str) -> Callable[[Facts], tuple[Passage, ...]]:
    return lambda f: tuple(p for n in names for p in f.quotes(n))


def _part(*names: str) -> Callable[[Facts], float]:
    return lambda f: float(any(n in f.parts for n in names))


def _either(*shares: Callable[[Facts], float]) -> Callable[[Facts], float]:
    return lambda f: max(share(f) for share in shares)


def _both(*shares: Callable[[Facts], float]) -> Callable[[Facts], float]:
    return lambda f: min(share(f) for share in shares)


PAPER: tuple[Signal, ...] = (
    Signal(
        key="results",
        criterion="soundness",
        weight=3,
        share=_both(
            _part("results"),
            lambda f: min(len(f.results) / 2, (f.numbers_in_text + 10 * f.tables_with_numbers) / 25),
            lambda f: float(f.tables_with_numbers > 0 or f.tables_blank == 0),
        ),
        show=lambda f: f.results,
        good="States its results as numbers in a part of their own",
        ask="What are the measured results? No part with numbers carries the claims.",
        change="Report the results as numbers, with a table or figure, in a section of their own.",
        needed=True,
        gap="critical",
    ),
    Signal(
        key="results_told",
        criterion="soundness",
        weight=2,
        share=lambda f: 1.0 if f.table_numbers < FEW_NUMBERS else f.table_numbers_told / 2,
        good="Its text says the same numbers as its tables",
        ask="Which of the tables' numbers does the text build on? None of them is repeated there as it is printed.",
        change="Take the numbers that the text speaks of from the tables, as they are printed.",
    ),
    Signal(
        key="uncertainty",
        criterion="soundness",
        weight=2,
        share=_practice("error_bars", "significance_test"),
        show=_quotes("error_bars", "significance_test"),
        good="Says how uncertain its numbers are",
        ask="How much do the numbers vary? No interval, deviation or test is given.",
        change="Give an interval or a deviation for the main numbers, and say over what it is taken.",
    ),
    Signal(
        key="repetition",
        criterion="soundness",
        weight=1,
        share=_practice("runs", "seeds", "splits"),
        show=_quotes("runs", "seeds", "splits"),
        good="Says how often its measurements were repeated, or on which split they were made",
        ask="How many independent runs stand behind each number?",
        change="State the number of runs, seeds or splits behind each number.",
    ),
    Signal(
        key="comparison",
        criterion="soundness",
        weight=2,
        share=_practice("baseline", "ablation", "negative_result"),
        show=_quotes("baseline", "ablation", "negative_result"),
        good="Compares with something",
        ask="Compared with what? No baseline, control or ablation is named.",
        change="Add the simplest baseline a reader would try first.",
    ),
    Signal(
        key="limitations",
        criterion="soundness",
        weight=2,
        share=_either(_part("limitations"), lambda f: float(bool(_own_limits(f)))),
        show=_own_limits,
        good="Says where its result ends",
        ask="Where does the result not hold? No limitation is stated.",
        change="Add a paragraph on limitations: what was not tested, and what would change the conclusion.",
        needed=True,
    ),
    Signal(
        key="effect_in_abstract",
        criterion="significance",
        weight=2,
        share=lambda f: f.abstract_numbers_confirmed / max(1, min(2, f.abstract_numbers)),
        good="The abstract's numbers are found again in the body",
        ask="How large is the main effect? The abstract gives no number that the body confirms.",
        change="State the main result in the abstract with the number that the body reports.",
    ),
    Signal(
        key="contribution",
        criterion="significance",
        weight=2,
        share=lambda f: float(bool(f.contributions)),
        show=lambda f: f.contributions,
        good="Says what it contributes",
        ask="What does the work contribute, in one sentence?",
        change="State the contribution in one sentence of the introduction.",
    ),
    Signal(
        key="consequence",
        criterion="significance",
        weight=1,
        share=_part("discussion", "conclusion"),
        good="Says what follows from the result",
        ask="What should a reader do differently after this result?",
        change="Add a discussion that says for whom the result matters and how much.",
    ),
    Signal(
        key="references",
        criterion="novelty",
        weight=3,
        share=_both(lambda f: f.references / 6, lambda f: f.citations / 4),
        good="Places itself among earlier work and cites it in the text",
        ask="Which earlier work is nearest? The reference list is absent, very short or not cited in the text.",
        change="Cite the nearest earlier work where it is spoken of, and list it.",
        needed=True,
    ),
    Signal(
        key="positioning",
        criterion="novelty",
        weight=2,
        share=_part("related_work", "introduction"),
        good="Has a part that tells what was known before",
        ask="How does this differ from the nearest earlier work?",
        change="Say in a paragraph what the nearest earlier work did and what is different here.",
    ),
    Signal(
        key="new_claim",
        criterion="novelty",
        weight=2,
        share=lambda f: float(bool(f.contributions)),
        show=lambda f: f.contributions[1:],
        good="Names what is its own",
        ask="Which part of the work is new?",
        change="Mark which parts are new and which are taken over.",
    ),
    Signal(
        key="abstract",
        criterion="clarity",
        weight=2,
        share=lambda f: f.abstract_words / 60,
        good="Has an abstract that can stand alone",
        ask="What was asked, done and found? The abstract is missing or too short to say.",
        change="Write an abstract with question, method, main number and limit.",
        needed=True,
    ),
    Signal(
        key="order",
        criterion="clarity",
        weight=2,
        share=lambda f: len(f.parts & {"introduction", "method", "results", "discussion", "conclusion"}) / 4,
        good="Follows the order a reader expects",
        ask="Where does a reader find question, method, result and conclusion?",
        change="Give introduction, method, results and conclusion a heading each.",
    ),
    Signal(
        key="displays",
        criterion="clarity",
        weight=1,
        share=lambda f: (f.tables + f.figures_mentioned) / 1,
        good="Shows its main result in a table or a figure that the text speaks of",
        ask="Can the main result be seen at a glance? No table or cited figure carries it.",
        change="Put the main numbers into one table.",
    ),
    Signal(
        key="method",
        criterion="reproducibility",
        weight=3,
        share=_part("method", "setup"),
        good="Describes what was done in a part of its own",
        ask="How exactly was it done? There is no part on method.",
        change="Describe data, procedure and settings so that a reader can repeat them.",
        needed=True,
    ),
    Signal(
        key="availability",
        criterion="reproducibility",
        weight=3,
        share=lambda f: 0.6 * f.has_link + 0.4 * bool(f.mentions.get("availability") or "availability" in f.parts),
        show=_quotes("availability"),
        good="Says where code or data can be had",
        ask="Where can code and data be had?",
        change="Name a persistent address for code and data, or the reason why there is none.",
    ),
    Signal(
        key="settings",
        criterion="reproducibility",
        weight=2,
        share=_practice("hyperparameters", "hardware", "seeds", "splits", "runs"),
        show=_quotes("hardware", "hyperparameters", "seeds"),
        good="Names the settings or the machine",
        ask="With which settings, on which machine and which versions was it run?",
        change="List settings, versions and machine.",
    ),
)

PROPOSAL: tuple[Signal, ...] = (
    Signal(
        key="references",
        criterion="novelty",
        weight=3,
        share=_both(lambda f: f.references / 3, lambda f: f.citations / 3),
        good="Places its question among earlier work and cites it in the text",
        ask="Which earlier work is nearest to the question?",
        change="Cite the nearest earlier work and say what it left open.",
        needed=True,
    ),
    Signal(
        key="positioning",
        criterion="novelty",
        weight=2,
        share=_part("related_work", "introduction"),
        good="Has a part that tells what is known",
        ask="What is known, and what is not?",
        change="Say in a paragraph what is known and what is open.",
    ),
    Signal(
        key="resources",
        criterion="feasibility",
        weight=2,
        share=_either(_part("feasibility", "setup"), _practice("hardware")),
        show=_quotes("hardware"),
        good="Names the resources it needs",
        ask="What does the work need, and is it at hand?",
        change="List data, machines, people and cost.",
    ),
    Signal(
        key="risks",
        criterion="feasibility",
        weight=3,
        share=_either(_part("risks", "limitations"), _practice("risk", "limitations")),
        show=_quotes("risk", "limitations"),
        good="Faces what may go wrong",
        ask="What may go wrong, and what happens then?",
        change="Name the two likeliest ways to fail and what will be done in each case.",
        needed=True,
    ),
    Signal(
        key="schedule",
        criterion="feasibility",
        weight=1,
        share=_either(_part("plan"), _practice("plan")),
        show=_quotes("plan"),
        good="Says what is done when",
        ask="How long does each step take?",
        change="Give each step a time and a result.",
    ),
    Signal(
        key="hypothesis",
        criterion="significance",
        weight=3,
        share=_practice("hypothesis", "success_criterion"),
        show=_quotes("hypothesis"),
        good="States a hypothesis that can turn out wrong",
        ask="What is the hypothesis?",
        change="Write the hypothesis as one sentence that an experiment can contradict.",
        needed=True,
    ),
    Signal(
        key="purpose",
        criterion="significance",
        weight=2,
        share=_either(_part("introduction", "ethics", "conclusion"), lambda f: float(bool(f.contributions))),
        show=lambda f: f.contributions,
        good="Says what the answer is for",
        ask="Who would act differently on the answer?",
        change="Say who uses the answer, whichever way it falls.",
    ),
    Signal(
        key="abstract",
        criterion="clarity",
        weight=2,
        share=lambda f: f.abstract_words / 60,
        good="Has an abstract that can stand alone",
        ask="What is asked and how will it be answered? The abstract is missing or too short to say.",
        change="Write an abstract with question, method and criterion.",
        needed=True,
    ),
    Signal(
        key="order",
        criterion="clarity",
        weight=2,
        share=lambda f: len(f.parts & {"introduction", "method", "evaluation", "plan", "risks", "related_work"}) / 4,
        good="Follows the order a reader expects",
        ask="Where does a reader find question, method, measures and plan?",
        change="Give question, method, measures and plan a heading each.",
    ),
    Signal(
        key="method",
        criterion="plan",
        weight=3,
        share=_part("method", "setup"),
        good="Describes what will be done",
        ask="How will the question be answered?",
        change="Describe procedure, data and comparison.",
        needed=True,
    ),
    Signal(
        key="criterion",
        criterion="plan",
        weight=3,
        share=_practice("success_criterion"),
        show=_quotes("success_criterion"),
        good="Fixes in advance what would count against its idea",
        ask="Which outcome would refute the idea?",
        change="Fix the threshold that decides, before any data are seen.",
    ),
    Signal(
        key="comparison",
        criterion="plan",
        weight=2,
        share=_practice("baseline", "ablation", "significance_test", "error_bars", "runs", "seeds"),
        show=_quotes("baseline", "runs", "error_bars"),
        good="Plans a comparison or repetitions",
        ask="Compared with what, and how often repeated?",
        change="Name the baseline and the number of repetitions.",
    ),
)
