"""Texts to vectors, without any queue: tokenise, cut, group by length, compute."""

import torch
from msgspec import Struct

from inference.embedding.loader import SentenceModel

TOKENS_AT_ONCE = 2048  # padded tokens of one forward pass; bounds memory, and larger is not faster on a CPU


class Embedded(Struct, frozen=True):
    """One text's vector, and how much of the text it stands for."""

    vector: list[float]  # length 1
    tokens: int  # tokens read, special ones included
    truncated: bool


def encode(model: SentenceModel, texts: list[str]) -> list[Embedded]:
    """Embed texts in one thread. The result does not depend on which texts share a batch, up to rounding."""
    tokenised = [encoding.ids for encoding in model.tokenizer.encode_batch(texts)]
    kept = [_cut(ids, model.max_tokens) for ids in tokenised]
    vectors: list[list[float]] = [[] for _ in texts]
    for group in _groups([len(ids) for ids in kept]):
        found = _forward(model, [kept[i] for i in group])
        for index, vector in zip(group, found, strict=True):
            vectors[index] = vector
    return [
        Embedded(vector, len(short), len(short) < len(whole))
        for vector, short, whole in zip(vectors, kept, tokenised, strict=True)
    ]


def _cut(ids: list[int], limit: int) -> list[int]:
    return ids if len(ids) <= limit else [*ids[: limit - 1], ids[-1]]  # the closing special token stays


def _groups(lengths: list[int]) -> list[list[int]]:
    """Indices in groups of similar length, each at most `TOKENS_AT_ONCE` when padded."""
    groups: list[list[int]] = []
    for index in sorted(range(len(lengths)), key=lambda i: lengths[i], reverse=True):
        if groups and (len(groups[-1]) + 1) * lengths[groups[-1][0]] <= TOKENS_AT_ONCE:
            groups[-1].append(index)
        else:
            groups.append([index])
    return groups


@torch.inference_mode()
def _forward(model: SentenceModel, texts: list[list[int]]) -> list[list[float]]:
    longest = max(len(ids) for ids in texts)
    ids = torch.zeros(len(texts), longest, dtype=torch.long)  # [B, T], padded with 0
    real = torch.zeros(len(texts), longest, dtype=torch.bool)
    for row, text in enumerate(texts):
        ids[row, : len(text)] = torch.tensor(text)
        real[row, : len(text)] = True
    vectors: list[list[float]] = model.encoder(ids, real).tolist()
    return vectors
