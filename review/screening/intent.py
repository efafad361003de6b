"""What a passage is about, by the groups of words in it: who is meant, what is judged, what is wished and not wished.

The lexicon knows orders by their grammar; this knows them by their subject, so that a polite or official phrasing of
the same wish is seen too. More words of more groups never weigh less.
"""

import re
import tomllib
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files

from msgspec import Struct

from review.quotes import normalise

_WIDE_LANGUAGES = ("chinese", "japanese", "korean")
_SCRIPTS = {  # letters without which a text is not in this language
    "chinese": re.compile(r"[\u4e00-\u9fff]"),
    "japanese": re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]"),
    "korean": re.compile(r"[\uac00-\ud7af]"),
    "russian": re.compile(r"[\u0400-\u04ff]"),
}
_SENTENCE_END = re.compile(r"(?<=[.!?;])\s+|(?<=[。！？；])")
_WINDOW, _STEP = 300, 100  # characters that are weighed together, and how far the next window begins
_SHORT_PAIR = 160
_SHORT_STEM = 5  # shorter stems mean nothing once the blanks are gone


class Intent(Struct, frozen=True):
    """Groups that a passage has words of, in the language that explains it best, and what they weigh together."""

    weight: float = 0.0
    words: dict[str, str] = {}

    def has(self, *groups: str) -> bool:
        """Whether one of these groups occurs."""
        return any(group in self.words for group in groups)

    @property
    def shown(self) -> str:
        """The words, for a person to read."""
        return ", ".join(f"“{word}”" for word in dict.fromkeys(self.words.values()))


def intent_of(text: str) -> Intent:
    """The strongest intent of any two sentences of a text that follow each other; `text` need not be normalised."""
    return max(intents(text), key=lambda i: i.weight, default=Intent())


def intents(text: str) -> Iterator[Intent]:
    """The intent of each sentence of a text and of each two short ones; who asks for more than weight asks them all."""
    return map(_plain, _windows(_SENTENCE_END.sub("\n", normalise(text)).split("\n")))


def squeezed_intent(text: str) -> Intent:
    """The intent of a text whose blanks cannot be trusted, such as letters that were drawn one by one."""
    plain = "".join(normalise(text).split())
    windows = (plain[at : at + _WINDOW] for at in range(0, len(plain), _STEP))
    return max((_strongest(window, _squeezed()) for window in windows), key=lambda i: i.weight, default=Intent())


def _windows(sentences: list[str]) -> Iterator[str]:
    """Each sentence, in pieces where it is long, and with the one after it where both are short."""
    for sentence, following in zip(sentences, [*sentences[1:], ""], strict=True):
        yield from (sentence[at : at + _WINDOW] for at in range(0, len(sentence), _STEP))
        if following and len(sentence) + len(following) < _SHORT_PAIR:
            yield f"{sentence} {following}"


@lru_cache(maxsize=8192)
def _plain(window: str) -> Intent:
    """Several stages ask about the same sentences."""
    return _strongest(window, _groups())


def _strongest(window: str, languages: dict[str, dict[str, re.Pattern[str]]]) -> Intent:
    best = Intent()
    for language, groups in languages.items():
        if language in _SCRIPTS and not _SCRIPTS[language].search(window):
            continue
        words = {name: found[0] for name, pattern in groups.items() if (found := pattern.search(window))}
        weight = sum(_weights()[name] for name in words)
        if weight > best.weight:
            best = Intent(weight, words)
    return best


@lru_cache(maxsize=1)
def _data() -> dict[str, dict[str, str]]:
    return tomllib.loads(files("review.screening").joinpath("intent.toml").read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def _weights() -> dict[str, float]:
    return {name: float(weight) for name, weight in _data()["weights"].items()}


@lru_cache(maxsize=1)
def _groups() -> dict[str, dict[str, re.Pattern[str]]]:
    return {
        language: {name: _pattern(stems, language in _WIDE_LANGUAGES) for name, stems in groups.items()}
        for language, groups in _data().items()
        if language != "weights"
    }


@lru_cache(maxsize=1)
def _squeezed() -> dict[str, dict[str, re.Pattern[str]]]:
    """The same groups for text without blanks; of Western stems only those long enough to mean something."""
    found: dict[str, dict[str, re.Pattern[str]]] = {}
    for language, groups in _data().items():
        if language == "weights":
            continue
        wide = language in _WIDE_LANGUAGES
        kept = {
            name: [s.replace(" ?", "").replace(" ", "").replace("$", "") for s in stems.split("|")]
            for name, stems in groups.items()
        }
        found[language] = {
            name: re.compile(normalise("|".join(stems)))
            for name, all_stems in kept.items()
            if (stems := [s for s in all_stems if wide or (len(s) >= _SHORT_STEM and re.fullmatch(r"[\w']+", s))])
        }
    return found


def _pattern(stems: str, wide: bool) -> re.Pattern[str]:
    """`$` ends a word; normalising keeps the syntax of these patterns as it is."""
    plain = normalise(stems)
    return re.compile(plain if wide else rf"\b(?:{plain.replace('$', chr(92) + 'b')})")
