"""A BERT encoder that turns token ids into sentence vectors.

Shapes: B texts, T tokens of the longest, H heads, D width of the model, K = D / H width of a head.
"""

import torch
from msgspec import Struct
from torch import Tensor, nn
from torch.nn import functional


class EncoderSpec(Struct, frozen=True):
    """What distinguishes one BERT from another."""

    vocabulary: int
    width: int
    layers: int
    heads: int
    inner_width: int
    positions: int
    segments: int
    norm_epsilon: float


class SelfAttention(nn.Module):
    """Every token looks at every real token of its text."""

    def __init__(self, spec: EncoderSpec) -> None:
        super().__init__()
        self.heads = spec.heads
        self.query_key_value = nn.Linear(spec.width, 3 * spec.width)
        self.output = nn.Linear(spec.width, spec.width)

    def forward(self, x: Tensor, real: Tensor) -> Tensor:
        batch, tokens, width = x.shape
        packed = self.query_key_value(x)  # [B, T, 3D]
        packed = packed.view(batch, tokens, 3, self.heads, width // self.heads)
        query, key, value = packed.permute(2, 0, 3, 1, 4)  # each [B, H, T, K]
        seen = real[:, None, None, :]  # [B, 1, 1, T]: the same keys for every head and query
        mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=seen)
        mixed = mixed.transpose(1, 2).reshape(batch, tokens, width)
        return self.output(mixed)  # type: ignore[no-any-return]


class Layer(nn.Module):
    """Attention and a two-layer network, each added to its input and normalised after (post-norm, as BERT is)."""

    def __init__(self, spec: EncoderSpec) -> None:
        super().__init__()
        self.attention = SelfAttention(spec)
        self.attention_norm = nn.LayerNorm(spec.width, eps=spec.norm_epsilon)
        self.inner = nn.Linear(spec.width, spec.inner_width)
        self.outer = nn.Linear(spec.inner_width, spec.width)
        self.outer_norm = nn.LayerNorm(spec.width, eps=spec.norm_epsilon)

    def forward(self, x: Tensor, real: Tensor) -> Tensor:
        x = self.attention_norm(x + self.attention(x, real))
        return self.outer_norm(x + self.outer(functional.gelu(self.inner(x))))  # type: ignore[no-any-return]


class SentenceEncoder(nn.Module):
    """Token ids to one vector of length 1 per text."""

    def __init__(self, spec: EncoderSpec) -> None:
        super().__init__()
        self.words = nn.Embedding(spec.vocabulary, spec.width)
        self.positions = nn.Embedding(spec.positions, spec.width)
        self.segments = nn.Embedding(spec.segments, spec.width)
        self.norm = nn.LayerNorm(spec.width, eps=spec.norm_epsilon)
        self.layers = nn.ModuleList(Layer(spec) for _ in range(spec.layers))

    def forward(self, ids: Tensor, real: Tensor) -> Tensor:
        """Encode `ids` [B, T] where `real` [B, T] tells tokens from padding; returns [B, D]."""
        place = torch.arange(ids.shape[1], device=ids.device)
        x = self.words(ids) + self.positions(place) + self.segments.weight[0]  # one segment: no text pairs here
        x = self.norm(x)  # [B, T, D]
        for layer in self.layers:
            x = layer(x, real)
        weight = real.unsqueeze(-1).to(x.dtype)  # [B, T, 1]
        mean = (x * weight).sum(dim=1) / weight.sum(dim=1)  # padding does not count
        return functional.normalize(mean, dim=-1)
