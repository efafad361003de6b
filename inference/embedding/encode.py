"""A BERT with its tokenizer: tokenise, cut, group by length, compute."""

from collections.abc import Mapping

import torch
from msgspec import Struct
from tokenizers import Tokenizer

from inference.embedding.base import Embedded, cut
from inference.embedding.model import SentenceEncoder

TOKENS_AT_ONCE = 2048  # padded tokens of one forward pass; bounds memory, and larger is not faster on a CPU


class SentenceModel(Struct, frozen=True):
    """Everything needed to embed a text by the mean of its tokens."""

    name: str
    encoder: SentenceEncoder
    tokenizer: Tokenizer
    max_tokens: int  # longer texts are cut here, the two special tokens included
    width: int

    @property
    def card(self) -> Mapping[str, object]:
        return {
            "dimensions": self.width,
            "max_tokens": self.max_tokens,
            "pooling": "mean of the token vectors, normalised to length 1",
        }

    def encode(self, texts: list[str]) -> list[Embedded]:
        """Embed texts in one thread. The result does not depend on which texts share a batch, up to rounding."""
        tokenised = [encoding.ids for encoding in self.tokenizer.encode_batch(texts)]
        kept = [cut(ids, self.max_tokens, closing=True) for ids in tokenised]
        vectors: list[list[float]] = [[] for _ in texts]
        for group in _groups([len(ids) for ids in kept]):
            found = _forward(self.encoder, [kept[i] for i in group])
            for index, vector in zip(group, found, strict=True):
                vectors[index] = vector
        return [
            Embedded(vector, len(short), len(short) < len(whole))
            for vector, short, whole in zip(vectors, kept, tokenised, strict=True)
        ]


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
def _forward(encoder: SentenceEncoder, texts: list[list[int]]) -> list[list[float]]:
    longest = max(len(ids) for ids in texts)
    ids = torch.zeros(len(texts), longest, dtype=torch.long)  # [B, T], padded with 0
    real = torch.zeros(len(texts), longest, dtype=torch.bool)
    for row, text in enumerate(texts):
        ids[row, : len(text)] = torch.tensor(text)
        real[row, : len(text)] = True
    vectors: list[list[float]] = encoder(ids, real).tolist()
    return vectors
