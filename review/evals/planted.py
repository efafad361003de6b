"""Planted errors: our own short papers in Markdown, clean, and each with one error of a known kind put in.

Every paper is made from a subject and consistent numbers; an error changes one statement so that it contradicts
another or itself. The same number makes the same paper. Subjects and sentences were written for this purpose.
"""

from collections.abc import Callable
from random import Random
from statistics import fmean, stdev

from msgspec import Struct

from review.checks import grimmer


class Subject(Struct, frozen=True):
    """What a synthetic paper is about."""

    thing: str
    setting: str
    treatment: str
    outcome: str
    unit: str


class Numbers(Struct, frozen=True, kw_only=True):
    """Consistent numbers of one paper, as they are printed."""

    people: int
    better: int
    share: str
    before: str
    after: str
    gain: str
    mean: str
    wrong_mean: str  # no total of whole ratings gives it
    deviation: str
    wrong_deviation: str  # no whole ratings with this mean have it
    raters: int
    low: str
    estimate: str
    high: str


class PlantedPaper(Struct, frozen=True, kw_only=True):
    """One paper with the check that should fire, or "" for a clean one."""

    name: str
    text: str
    planted: str = ""


SUBJECTS = (
    Subject("tide gauges", "a sheltered harbour", "a damped float", "drift", "millimetres"),
    Subject("bicycle dynamos", "a test bench", "a second magnet ring", "drag", "newtons"),
    Subject("library queues", "a town library", "a shared waiting list", "waiting time", "days"),
    Subject("glasshouse vents", "a row of glasshouses", "a slower actuator", "temperature swing", "degrees"),
    Subject("choir rehearsals", "an amateur choir", "a spoken count-in", "onset spread", "milliseconds"),
)
_DIARY = (
    (
        "The unit stood at the edge of {s.setting} and was reached without difficulty.",
        "We found the unit as its user had left it, with the cover closed and the label turned to the wall.",
        "The place was quieter than most, and nothing near it moved during the observation.",
        "A user passed while we set up and asked what we were doing; we answered after the readings were over.",
        "The unit had been cleaned the week before, which the user mentioned without being asked.",
    ),
    (
        "The first reading was taken at {time} and came to {first} {s.unit}.",
        "Reading began at {time}; the instrument settled at {first} {s.unit} before the clock was started.",
        "At {time} the {s.outcome} stood at {first} {s.unit}, which is not unusual for this place.",
        "Under the other condition the instrument showed {second} {s.unit}, read three times by the same observer.",
        "The second reading, {second} {s.unit}, was written down before the sealed card was opened.",
        "Between the conditions the unit rested for an hour, as the protocol asks, and then gave {second} {s.unit}.",
    ),
    (
        "Nothing was noted that would call the reading into question.",
        "The observer remarked on a slight delay of the display, which did not recur.",
        "The user later said that the difference could be felt, although the card had not been shown.",
        "A second observer repeated the reading on the same day and wrote down the same value.",
        "The cover was opened afterwards, and the parts were found dry and in their places.",
        "We would choose the same place again.",
    ),
)
_T_TEST = "t(38) = 2.71, p = .010"
_WRONG_T_TEST = "t(38) = 2.71, p = .210"
_REFERENCES = (
    "[1] Farthing, O. and Quillen, R. Float design and its limits. Journal of Small Instruments, 12, 2016.",
    "[2] Ek, B. Measuring without disturbing. Harbour Engineering Review, 4, 2018.",
    "[3] Quillen, R. Paired designs for small samples. Statistics in Workshops, 9, 2019.",
    "[4] Marsh, T. and Ek, B. When averages hide the tail. Notes on Measurement, 7, 2020.",
)


def planted_set(papers: int = len(SUBJECTS)) -> tuple[PlantedPaper, ...]:
    """`papers` clean papers, and for every one of them a copy with one error of each kind."""
    made = []
    for number in range(papers):
        clean = clean_text(number)
        made.append(PlantedPaper(name=f"{number:02}-clean", text=clean))
        for check, plant in PLANTS.items():
            spoiled = plant(clean, _numbers(number))
            if spoiled == clean:
                raise AssertionError(f"{check} left paper {number} as it was")
            made.append(PlantedPaper(name=f"{number:02}-{check}", text=spoiled, planted=check))
    return tuple(made)


def clean_text(number: int) -> str:
    """The clean paper of this number."""
    s, n = SUBJECTS[number % len(SUBJECTS)], _numbers(number)
    return "\n\n".join([_front(s, n), _body(s, n), _results(s, n), _diary(s, number), _back(s, n)]) + "\n"


def _numbers(number: int) -> Numbers:
    random = Random(number)  # noqa: S311 - a plan for documents, nobody is to be kept from guessing it
    people = 40
    better = random.choice((22, 26, 28, 30))
    before, factor = random.choice((16, 20, 24)), random.choice((25, 50))
    raters = 20
    ratings = [random.choice((2, 3, 4, 5)) for _ in range(raters)]
    mean, deviation = f"{fmean(ratings):.2f}", f"{stdev(ratings):.2f}"
    middle = random.randint(12, 30) / 10
    return Numbers(
        people=people,
        better=better,
        share=f"{100 * better / people:.1f}",
        before=f"{before}.0",
        after=f"{before * (100 - factor) / 100:.1f}",
        gain=f"{factor}",
        mean=mean,
        wrong_mean=f"{fmean(ratings) + 0.02:.2f}",
        deviation=deviation,
        wrong_deviation=_impossible(mean, deviation, raters),
        raters=raters,
        low=f"{middle - 0.8:.1f}",
        estimate=f"{middle:.1f}",
        high=f"{middle + 0.8:.1f}",
    )


def _impossible(mean: str, deviation: str, size: int) -> str:
    """The next greater deviation that whole ratings with this mean cannot have."""
    steps = (f"{float(deviation) + step / 100:.2f}" for step in range(1, 100))
    return next(printed for printed in steps if not grimmer.possible(mean, printed, size))


def _front(s: Subject, n: Numbers) -> str:
    return f"""# {s.treatment.capitalize()} for {s.thing}: a paired comparison

## Abstract

We ask whether {s.treatment} changes the {s.outcome} of {s.thing} in {s.setting}. In a paired comparison of {n.people} \
units, the {s.outcome} fell from {n.before} to {n.after} {s.unit}, a reduction of {n.gain}%. Most units improved. We \
describe the protocol, report every comparison that was planned, and say where the result may not hold.

## 1 Introduction

{s.thing.capitalize()} are found wherever a cheap and steady reading is wanted, and their {s.outcome} is the complaint \
that is heard most often. Earlier work looked at float design [1] and at ways to measure without disturbing what is \
measured [2]. Neither asked what happens in {s.setting}, where the conditions change through the day. We therefore \
compare each unit with itself, with and without {s.treatment}, in an order that was drawn by lot.

The contribution is small and plain: one comparison, carried out as planned, with all measurements given. We do not \
propose a theory of {s.outcome}, and we make no statement about other places. Readers who run {s.thing} of their own \
can repeat the comparison with what is described here, and we would be glad to learn of a different outcome."""


def _body(s: Subject, n: Numbers) -> str:
    return f"""## 2 Method

We took {n.people} units from {s.setting}. Each was observed twice, once with {s.treatment} and once without, in an \
order drawn by lot with a fixed seed. The observer did not know which condition was running. The {s.outcome} was read \
from the same instrument each time and written down before the condition was disclosed. Paired designs suit small \
samples such as ours [3], since every unit serves as its own control.

The analysis was fixed before the first reading. The significance level was set to 0.05. We \
compare the two conditions with a paired test on the differences, \
report the mean difference with its 95% confidence interval, and add the share of units that improved. No reading was \
left out. Each unit was read in five independent runs under either condition, and the mean of the runs is what is \
compared. \
The analysis takes a few seconds on a laptop with 8 CPU cores. The readings were entered twice by different people, \
and the two files were compared line by line; the few \
slips that were found were settled with the paper record.

In addition, {n.raters} people who use the {s.thing} daily rated on a whole-number scale from 1 to 5 how content they \
were. They were asked after both conditions were over, and they did not see each other's answers."""


def _results(s: Subject, n: Numbers) -> str:
    return f"""## 3 Results

The {s.outcome} fell from {n.before} to {n.after} {s.unit}, a reduction of {n.gain}%. The paired test agrees, \
{_T_TEST}. The mean difference on the log scale was {n.estimate} (95% CI [{n.low}, {n.high}]). Of the units, \
{n.better} \
of {n.people} ({n.share}%) improved. The ratings were high (M = {n.mean}, SD = {n.deviation}, n = {n.raters}). \
Table 1 gives \
the units by the part of the day in which they were observed.

Table 1: Units by part of the day.

| Part of the day | Improved | Not improved |
|---|---|---|
| Morning | 12 | 5 |
| Noon | 6 | 4 |
| Evening | 7 | 6 |
| Total | 25 | 15 |

Table 2: The three ways of reading that were tried before; the best of each column is in bold.

| Way of reading | Error rate (%) | Coverage (%) | Reading time (s) |
|---|---|---|---|
| Dial | 2.14 | **96.75** | 4.25 |
| Camera | **1.38** | 91.20 | **2.75** |
| Probe | 3.05 | 93.60 | 6.10 |

Table 2 gives what we know of the ways of reading. The camera has an error rate of 1.38 and a coverage of 91.20, and \
the probe has an error rate of 3.05; we read the dial. Table 3 repeats those that were kept for a second look.

Table 3: The ways of reading that were kept, with the cost of one reading.

| Way of reading | Error rate (%) | Coverage (%) | Reading time (s) | Cost (cents) |
|---|---|---|---|---|
| Dial | 2.14 | 96.75 | 4.25 | 1.15 |
| Camera | 1.38 | 91.20 | 2.75 | 0.85 |

Table 4 splits the {s.outcome} by the weather. For windy days it shows a 20.0% reduction in {s.outcome}, as large as \
that for calm days. All tests use a significance level of 0.05.

Table 4: The weather.

| Weather | Condition | {s.outcome.capitalize()} ({s.unit}) |
|---|---|---|
| calm days | as it was | 5.20 |
| calm days | changed | 4.16 |
| windy days | as it was | 9.80 |
| windy days | changed | 7.84 |

The parts of the day do not differ in a way that would matter to an operator. Averages can hide a tail [4], so we also \
looked at the single readings: no unit became much worse, and the largest changes were found where the {s.outcome} had \
been largest before."""


def _diary(s: Subject, number: int) -> str:
    """One paragraph for every unit: what a reader of ten pages reads beside the result."""
    random = Random(1000 + number)  # noqa: S311 - as above
    entries = []
    for unit in range(1, 41):
        hour, minute = random.randint(7, 18), random.randint(0, 59)
        first, second = random.randint(40, 180) / 10, random.randint(40, 180) / 10
        chosen = [sentence for group in _DIARY for sentence in random.sample(group, 2)]
        told = " ".join(chosen).format(s=s, unit=unit, time=f"{hour}:{minute:02}", first=first, second=second)
        entries.append(f"**Unit {unit}.** {told}")
    return "## 4 Observations unit by unit\n\n" + "\n\n".join(entries)


def _back(s: Subject, n: Numbers) -> str:
    references = "\n\n".join(_REFERENCES)
    return f"""## 5 Limitations

The comparison was made in one place and one season. The observer was kept from knowing the condition, but the users \
were not, and their contentment may owe something to novelty. A longer study would show whether the change lasts.

## 6 Conclusion

In {s.setting}, {s.treatment} lowered the {s.outcome} of {s.thing} by {n.gain}%. Whether it does so elsewhere is open.

## Data availability

All readings and the analysis code are available at https://example.org/paired-readings under a free licence.

## Ethics

The users were told the purpose and agreed to take part. No personal data were kept.

## References

{references}"""


def _swap(old: str, new: str, times: int = 1) -> Callable[[str, Numbers], str]:
    return lambda text, _: text.replace(old, new, times)


def _wrong_share(text: str, n: Numbers) -> str:
    return text.replace(f"({n.share}%)", f"({float(n.share) + 12:.1f}%)")


def _wrong_interval(text: str, n: Numbers) -> str:
    return text.replace(f"was {n.estimate} (95% CI", f"was {float(n.high) + 0.7:.1f} (95% CI")


def _wrong_deviation(text: str, n: Numbers) -> str:
    return text.replace(f"SD = {n.deviation}", f"SD = {n.wrong_deviation}")


def _wrong_conclusion(text: str, n: Numbers) -> str:
    return text.replace(f"by {n.gain}%. Whether", f"by {int(n.gain) + 6}%. Whether")


def _wrong_mark(text: str, _: Numbers) -> str:
    return text.replace("| **1.38** |", "| 1.38 |").replace("| 2.14 |", "| **2.14** |")


def _wrong_size(text: str, n: Numbers) -> str:
    return text.replace(f"comparison of {n.people} units", f"comparison of {n.people + 4} units")


def _wrong_mean(text: str, n: Numbers) -> str:
    return text.replace(f"M = {n.mean}", f"M = {n.wrong_mean}")


def _wrong_abstract(text: str, n: Numbers) -> str:
    start, results = text.split("## 3 Results")
    other = f"{float(n.after) + 1.7:.1f}"
    return start.replace(f" {n.after} ", f" {other} ") + "## 3 Results" + results


def _wrong_gain(text: str, n: Numbers) -> str:
    right, wrong = f"reduction of {n.gain}%", f"reduction of {int(n.gain) + 12}%"
    return text.replace(right, wrong)


PLANTS: dict[str, Callable[[str, Numbers], str]] = {
    "p-values": _swap(_T_TEST, _WRONG_T_TEST),
    "counts": _wrong_share,
    "intervals": _wrong_interval,
    "grim": _wrong_mean,
    "abstract-numbers": _wrong_abstract,
    "changes": _wrong_gain,
    "table-arithmetic": _swap("| Total | 25 | 15 |", "| Total | 28 | 15 |"),
    "citations": _swap("measured [2]", "measured [2, 9]"),
    "references": _swap("[3] Quillen, R. Paired", "[3] Author, F. and Doe, J. Paired"),
    "grimmer": _wrong_deviation,
    "framing-numbers": _wrong_conclusion,
    "table-values": _swap("error rate of 3.05", "error rate of 3.65"),
    "best-values": _wrong_mark,
    "registrations": _swap("## 5 Limitations\n\n", "## 5 Limitations\n\nThe plan was registered as NCT0412 before. "),
    "cross-references": _swap("Table 1 gives", "Table 7 gives"),
    "table-changes": _swap("a 20.0% reduction", "a 34.0% reduction"),
    "table-repeats": _swap("| 2.75 | 0.85 |", "| 2.15 | 0.85 |"),
    "settings": _swap("significance level of 0.05", "significance level of 0.01"),
    "numbering": _swap("## 6 Conclusion", "## 7 Conclusion"),
    "sample-size": _wrong_size,
}
"""By the check that should find it, what puts the error in."""
