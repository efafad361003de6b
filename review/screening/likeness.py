"""Stage likeness: how much a passage reads like what attackers write, whatever its words exactly are.

A linear model over hashed pieces of words, words, pairs of words and the groups of `intent`; it needs no service and no
library. Its weights come from `python -m review.evals.lessons`, which also says how well they do on phrases that were
left out. A passage counts as much as its strongest sentence, so that further text never weakens it.
"""

import json
import re
from base64 import b85decode
from collections.abc import Iterable, Iterator
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise
from math import exp, sqrt
from zlib import crc32, decompress

from msgspec import Struct

from review.quotes import normalise
from review.screening.decode import without_invisible
from review.screening.intent import intent_of

BUCKETS = 1 << 18
PIECES = (3, 4, 5)  # letters of a piece where words have blanks between them
WIDE_PIECES = (1, 2, 3)
LONGEST = 240  # characters that are read together; a longer sentence is read in overlapping parts
STEP = 120
SHORT_PAIR = 120  # two sentences under this length are also read together
FEWEST_LETTERS = 4
_WIDE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]+")
_WIDE_RUN = re.compile(r"(?:[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af][ ,:0-9]{0,2}){8,}")
_WORD = re.compile(r"[^\W_]+")
_END = re.compile(r"(?<=[.!?;])\s+|(?<=[。！？；])|\n")
_DIGITS = re.compile(r"\d+")


class Weights(Struct, frozen=True):
    """What was learned: one small whole number for each bucket, times `scale`."""

    taught: str
    bias: float
    scale: float
    buckets: bytes


def likeness(text: str) -> float:
    """0 for what everybody writes, 1 for what attackers write: the strongest sentence of a text."""
    return max((likeness_of_sentence(part) for part in parts(text)), default=0.0)


@lru_cache(maxsize=4096)
def likeness_of_sentence(sentence: str) -> float:
    """The model's word on one normalised passage."""
    if sum(c.isalpha() for c in sentence) < FEWEST_LETTERS:
        return 0.0
    known = _weights()
    found = list(features(sentence))
    total = sum(known.buckets[bucket] - 128 for bucket in found) * known.scale / sqrt(len(found)) + known.bias
    return 1 / (1 + exp(-min(max(total, -30.0), 30.0)))


def taught() -> str:
    """A fingerprint of what the weights were learned from."""
    return _weights().taught


def parts(text: str) -> Iterator[str]:
    """Sentences of a text, normalised: each, in pieces where it is long, and with the next where both are short.

    What an East Asian script says between Latin words stands for itself, too.
    """
    sentences = [s for s in (normalise(s) for s in _END.split(without_invisible(text))) if s]
    for sentence, following in zip(sentences, [*sentences[1:], ""], strict=False):
        yield from (sentence[at : at + LONGEST] for at in range(0, max(len(sentence) - STEP, 1), STEP))
        yield from (run for run in _WIDE_RUN.findall(sentence) if len(run) < len(sentence))
        if following and len(sentence) + len(following) < SHORT_PAIR:
            yield f"{sentence} {following}"


def features(sentence: str) -> Iterable[int]:
    """Buckets of everything the model sees in a normalised passage, each once."""
    found: set[bytes] = set()
    plain = _DIGITS.sub("0", sentence)
    for word in _WORD.findall(_WIDE.sub(" ", plain)):
        padded = f" {word} "
        found.update(padded[at : at + n].encode() for n in PIECES for at in range(len(padded) - n + 1))
    for run in _WIDE.findall(plain):
        found.update(run[at : at + n].encode() for n in WIDE_PIECES for at in range(len(run) - n + 1))
    words = ["<", *_WORD.findall(_WIDE.sub(" ", plain)), ">"]
    found.update(f"{one}|{two}".encode() for one, two in pairwise(words))
    found.update(f"{one}||{two}".encode() for one, two in zip(words, words[2:], strict=False))
    groups = sorted(intent_of(sentence).words)
    found.update(f"@{one}{two}".encode() for at, one in enumerate(groups) for two in ("", *groups[at + 1 :]))
    return {crc32(piece) % BUCKETS for piece in found} or {0}


@lru_cache(maxsize=1)
def _weights() -> Weights:
    data = json.loads(files("review.screening").joinpath("likeness.json").read_text(encoding="utf-8"))
    return Weights(data["taught"], data["bias"], data["scale"], decompress(b85decode(data["buckets"])))
