"""One setting, two values: a learning rate, a batch size or a number of epochs that the work states differently."""

import re
from collections.abc import Iterator
from decimal import Decimal

from msgspec import Struct

from review.checks.base import Check, Draft, Examined, nothing, unclear
from review.checks.prose import Span, prose_sentences
from review.checks.table_values import is_table
from review.manuscript import Float, Kind, Manuscript

_NAMES = {  # name -> how it is written
    "learning rate": r"(?:peak |base |constant )?learning rates?",
    "batch size": r"(?:mini-?)?batch[ -]sizes?",
    "dropout": r"dropout(?: rate| probability)?",
    "weight decay": r"weight decay",
    "momentum": r"momentum",
    "discount factor": r"discount factor",
    "label smoothing": r"label smoothing",
    "embedding dimension": r"embedding (?:dimension(?:ality)?|size)",
    "hidden size": r"hidden (?:dimension(?:ality)?|size)",
    "random seed": r"(?:random )seed",
    "significance level": r"significance level|alpha level|level of significance",
}
_COUNTED = {  # name -> unit that stands behind its number, which a word of having or lasting leads in
    "training epochs": r"(?:training )?epochs",
    "attention heads": r"attention heads",
    "transformer layers": r"transformer (?:layers|blocks)",
    "training steps": r"training (?:steps|iterations)",
    "diffusion steps": r"(?:diffusion )?timesteps",
}
_VALUE = (
    r"(?P<digits>\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?)"
    r"(?:\s?[×x*]\s?10\s?\^?\{?(?P<times>[-−–]?\s?\d{1,2})\}?|e(?P<e>[-−–]?\d{1,2}))?"
    r"(?P<percent>\s?%)?(?![\w]|[.,]\d|\s?[-–−]\s?\d|\s+\d)"
)
_POWER = r"10\s?\^?\{?(?P<power>[-−–]\s?\d{1,2})\}?(?!\d)"
_LINK = r"(?:\s*(?:[:=]|\b(?:of|to|was|is|were|are|at|set|fixed|kept|equal(?:s|led)?|used|be)\b)){1,4}\s*\$?"
_STATED = {
    **{
        name: re.compile(rf"(?<![\w-])(?:{wording})(?:{_LINK}|\s+)(?:{_POWER}|{_VALUE})", re.IGNORECASE)
        for name, wording in _NAMES.items()
    },
    **{
        name: re.compile(rf"\b(?:for|with|has|have|of|uses?|using) {_VALUE}\s(?:{wording})\b", re.IGNORECASE)
        for name, wording in _COUNTED.items()
    },
}
_WORDED = {name: re.compile(rf"(?<![\w-])(?:{w})\b", re.IGNORECASE) for name, w in (_NAMES | _COUNTED).items()}
_ANY = re.compile("|".join((_NAMES | _COUNTED).values()), re.IGNORECASE)
# The setting differs by data set, part, phase or trial, or somebody else's is meant.
_VARIES = re.compile(
    r"\b(?:respectively|var(?:y|ied|ying|ies)|sweeps?|swept|search\w*|tun(?:e|ed|ing)|grid|rang\w+|between|either"
    r"|or|instead|reduc\w+|increas\w+|decreas\w+|halv\w+|doubl\w+|initial\w*"
    r"|pre-?train\w*|fine-?tun\w*|stages?|phases?|warm-?up|except|other|another|different\w*|ablat\w+|baselines?"
    r"|larger|smaller|higher|lower|when|while|whereas|unless|until|after|before|every|first|second|last|final|per"
    r"|agents?|teacher|student|encoder|decoder|generator|discriminator|actor|critic|policy|optimal|best|up to"
    r"|at (?:least|most)|more than|less than|about|approximately|example|e\.g|typical\w*|usual\w*|default\w*"
    r"|visuali[sz]\w+|prun\w+|patience|early|converg\w+|select\w+|sampl\w+|infer\w+|testing"
    r"|test (?:time|set|split)s?|evaluat\w+|validat\w+"
    r"|previous|prior|their|they|he|she|et al)\b|[~≈→]",
    re.IGNORECASE,
)
_FOR_SOME = re.compile(
    r"^[^.;,]{0,12}\b(?:for|on|in) (?!all\b|each\b|both\b|the entire\b|\d|training\b|every\b)", re.IGNORECASE
)
_OF_OTHERS = re.compile(r"related|background|prior|previous|appendix|supplement|ablation|sensitivity", re.IGNORECASE)


class Stated(Struct, frozen=True):
    """A value given for a setting, where, and whether it is said to hold throughout."""

    name: str
    value: Decimal
    shown: str
    span: Span
    throughout: bool


def examine(manuscript: Manuscript, _kind: Kind) -> Examined:
    """Compare the values of every setting that is stated more than once and never said to vary."""
    stated = [*_in_text(manuscript), *_in_tables(manuscript)]
    repeated = {name: [s for s in stated if s.name == name] for name in _WORDED}
    repeated = {name: mentions for name, mentions in repeated.items() if len(mentions) > 1}
    if not repeated:
        return nothing("No setting is stated more than once.")
    plain = {name: mentions for name, mentions in repeated.items() if all(s.throughout for s in mentions)}
    if not plain:
        return unclear("The settings that are stated more than once are said to vary.", len(repeated))
    drafts = tuple(_draft(mentions) for mentions in plain.values() if len({_bare(s.value) for s in mentions}) == 2)
    return Examined(
        examined=len(plain),
        summary=f"{len(plain)} settings stated more than once and not said to vary, {len(drafts)} with two values.",
        drafts=drafts,
    )


def _bare(value: Decimal) -> Decimal:
    return value.normalize()


def _in_text(manuscript: Manuscript) -> Iterator[Stated]:
    text = manuscript.text
    printed = {" ".join(" ".join(row).split()).lower() for f in manuscript.floats for row in f.rows}
    for span in prose_sentences(manuscript):
        if not _ANY.search(text, *span):
            continue
        section = manuscript.section_at(span[0])
        sentence = text[slice(*span)]
        if is_table(sentence):
            continue
        elsewhere = bool(section and _OF_OTHERS.search(section.title)) or bool(_VARIES.search(sentence))
        for name, pattern in _STATED.items():
            found = list(pattern.finditer(sentence))
            several = len(found) > 1 or len(_WORDED[name].findall(sentence)) > 1
            for match in found:
                if " ".join(match[0].split()).lower() in printed:
                    continue  # a row of a table, which is read from its cells
                some = bool(_FOR_SOME.match(sentence[match.end() :])) or _qualified(sentence, match)
                yield Stated(name, _value(match), " ".join(match[0].split()), span, not (elsewhere or some or several))


def _qualified(sentence: str, match: re.Match[str]) -> bool:
    """Whether the word before belongs to the name: a “style embedding dimension” is not the embedding dimension."""
    before = re.search(r"([A-Za-z][\w-]*)\s+$", sentence[: match.start()])
    return before is not None and before[1].lower() not in _PLAIN_WORDS


_PLAIN_WORDS = frozenset(
    (
        *("a", "an", "the", "our", "we", "with", "and", "of", "to", "for", "by", "over", "at", "in", "where", "has"),
        *("have", "had", "is", "was", "are", "were", "use", "uses", "using", "used", "employ", "employs", "employed"),
        *("set", "fixed", "constant", "same", "single", "total", "train", "trained", "training", "optimizer"),
    )
)


def _in_tables(manuscript: Manuscript) -> Iterator[Stated]:
    """Rows of two cells, a name and its value; a name with several values varies."""
    for table in (f for f in manuscript.floats if f.kind == "table"):
        for row in table.rows:
            cells = [cell.strip() for cell in row if cell.strip()]
            name = next((n for n, w in _WORDED.items() if cells and w.fullmatch(cells[0])), "")
            value = re.fullmatch(rf"\$?(?:{_POWER}|{_VALUE})\$?", cells[1]) if name and len(cells) > 1 else None
            if value:
                shown = f"{cells[0]} {cells[1]} ({table.label})"
                yield Stated(name, _value(value), shown, _where(table), len(cells) == 2)


def _where(table: Float) -> Span:
    return table.start, table.end


def _value(match: re.Match[str]) -> Decimal:
    parts = match.groupdict()
    if parts.get("power"):
        return Decimal(1).scaleb(_integer(parts["power"]))
    value = Decimal(parts["digits"].replace(",", ""))
    exponent = parts.get("times") or parts.get("e")
    if exponent:
        value = value.scaleb(_integer(exponent))
    return value / 100 if parts.get("percent") else value


def _integer(printed: str) -> int:
    return int(re.sub(r"[−–]", "-", printed).replace(" ", ""))


def _draft(mentions: list[Stated]) -> Draft:
    first = mentions[0]
    other = next(s for s in mentions if _bare(s.value) != _bare(first.value))
    return Draft(
        claim=f"Two values are given for one setting ({first.name}): “{first.shown}” and “{other.shown}”, and neither "
        f"place says for what.",
        severity="minor",
        criterion="reproducibility",
        span=other.span,
        fix=f"Give the {first.name} that was used, or say in both places which experiment has which.",
    )


CHECK = Check(
    id="settings",
    title="A setting has one value",
    method="Collects the values given for settings of usual names (learning rate, batch size, epochs, heads, seed, "
    "significance level, ...) in sentences and in tables of two columns, and compares those that no sentence says to "
    "vary by data set, part, phase or trial.",
    limits="One conditional mention of a setting silences the check for it; earlier work, ablations and appendices are "
    "not read; settings under other names are not seen.",
    alarm_rate="no finding on five development papers.",
    examine=examine,
)
