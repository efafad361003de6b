"""A vocabulary and a model that knows nothing: random logits, sampled the way the engine samples."""

from functools import cache

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from inference.constrain import guidance
from inference.constrain.closing import shortest
from inference.constrain.guidance import Source, Vocabulary

EOS = 0
SIZE = 640
WORDS = 'the measured value is 0.05, "quoted" {"name": "reviewer", "scores": [1, 2, 3]} true false null über 論文 ' * 4


@cache
def tokenizer() -> Tokenizer:
    """A small byte-level one."""
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=["<|end|>"], initial_alphabet=alphabet, show_progress=False
    )
    made.train_from_iterator([WORDS], trainer)
    return made


@cache
def vocabulary() -> Vocabulary:
    """With room behind the tokenizer's own tokens, as real checkpoints have."""
    return Vocabulary(tokenizer(), SIZE, [EOS])


def answer(kind: str, source: Source, *, limit: int, seed: int = 0, jump: int | None = None) -> tuple[str, str]:
    """A text of at most `limit` tokens from random logits, and why it ended: the engine's loop without a model."""
    dice = torch.Generator().manual_seed(seed)
    constraint = guidance.compile(kind, source, vocabulary(), jump=jump)  # type: ignore[arg-type]
    row = torch.zeros(vocabulary().words, dtype=torch.int32)
    places = torch.arange(SIZE)
    said: list[int] = []
    while len(said) < limit and not constraint.done:
        ending = constraint.closing(limit - len(said))
        for token in ending or []:
            constraint.accept(token)
        said += ending or []
        if ending:
            break
        assert constraint.mask(row)
        allowed = (row[places >> 5] >> (places & 31)) & 1
        logits = (2 * torch.randn(SIZE, generator=dice)).masked_fill(allowed == 0, float("-inf"))
        token = int(torch.multinomial(logits.softmax(0), 1, generator=dice))
        if token == EOS:
            return tokenizer().decode(said), "stop"
        constraint.accept(token)
        said.append(token)
    ended = constraint.done or constraint._matcher.is_accepting()
    return tokenizer().decode(said), "stop" if ended else "length"


def least(schema: Source) -> int:
    """Tokens of the shortest valid answer that is found."""
    words = vocabulary()
    constraint = guidance.compile("json_schema", schema, words)
    found = shortest(constraint._matcher, words.tokenizer, words.byte_tokens)
    return 10**6 if found is None else len(found)
