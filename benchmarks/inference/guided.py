"""Answers under a schema beside free ones: the time between two tokens, with masks over a vocabulary of full size."""

import itertools
import json
import statistics
from collections.abc import Callable, Iterator

from tokenizers import Tokenizer

from benchmarks.inference.peers import Answered
from benchmarks.inference.roofline import decode_seconds
from benchmarks.inference.works import Bench, Row
from inference.constrain import guidance
from inference.constrain.guidance import Vocabulary
from inference.tools.train_tokenizer import END, corpus, train

FREE, GUIDED = "free", "by schema"
TIMES = 6  # the rounds of other works: on two cores they lie 15 % apart, and the goal is 5
SCHEMA = {  # the first text hardly ever ends: one token in thousands holds a quotation mark
    "type": "object",
    "properties": {"summary": {"type": "string"}, "score": {"type": "integer", "minimum": 1, "maximum": 10}},
    "required": ["summary", "score"],
    "additionalProperties": False,
}
ALPHABET = "etaoinshrdlucmfwypvbgkjqxz"


def full_vocabulary(size: int) -> Vocabulary:
    """A small trained tokenizer filled up with made-up words: what a mask costs depends on the number of tokens."""
    trained = train(corpus(), min(size, 2048))
    made = json.loads(trained.to_str())
    known = made["model"]["vocab"]
    numbers = itertools.count(trained.get_vocab_size())
    for word in words():
        if len(known) + len(made["added_tokens"]) >= size:
            break
        if word not in known:
            known[word] = next(numbers)
    end = trained.token_to_id(END)
    assert end is not None
    return Vocabulary(Tokenizer.from_str(json.dumps(made)), size, [end])


def words() -> Iterator[str]:
    """Words of one to six letters, some after a blank as byte-level vocabularies write it."""
    for length in range(1, 7):
        for letters in itertools.product(ALPHABET, repeat=length):
            yield "".join(letters)
            yield "\u0120" + "".join(letters)


def structured(bench: Bench) -> Row:
    """Milliseconds between two tokens of one answer, by the middle, while a whole batch answers."""
    work, spec = bench.plan.structured, bench.spec
    vocabulary = full_vocabulary(spec.vocabulary)
    row = bench.row(
        f"structured, batch {work.batch}",
        "ms/token",
        lambda machine: 1e3 * decode_seconds(spec, machine, work.batch, work.prompt + work.tokens / 2),
    )
    prompts = [[bench.prompt(work.prompt) for _ in range(work.batch)] for _ in range(TIMES * bench.plan.rounds)]
    asked: dict[str, Callable[[int], Answered]] = {
        FREE: lambda number: bench.ours.ask(prompts[number], work.tokens),
        GUIDED: lambda number: bench.ours.ask(
            prompts[number],
            work.tokens,
            constraints=[guidance.compile("json_schema", SCHEMA, vocabulary) for _ in range(work.batch)],
        ),
    }
    waited = bench.ours.engine.stats().mask_wait_seconds
    for name, answers in bench.rounds(row, asked, times=TIMES).items():
        row.values[name] = [1e3 * statistics.median(gaps(each)) for each in answers]
        row.note(name, {"first token s": [statistics.median(each.firsts) for each in answers]})
    if GUIDED in row.more:
        row.more[GUIDED]["waited for masks s"] = bench.ours.engine.stats().mask_wait_seconds - waited
    return row


def gaps(answered: Answered) -> list[float]:
    """Seconds between the moments at which an answer grew after all had begun."""
    begin = max(answered.firsts)
    found = []
    for moments in answered.moments:
        # tokens that a grammar forces come together with the one before
        later = [moment for moment in moments if moment >= begin]
        found += [after - before for before, after in itertools.pairwise(later) if after - before > 1e-4]
    return found
