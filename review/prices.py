"""What an answer of a model costs in money: a price list as data, and the one function that applies it.

A model that is not on the list has no known cost, which is said; it is never taken for free.
"""

import tomllib
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from review.report import Usage

PER = 1_000_000  # tokens that a price is for


class Price(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Money per million tokens. Without a price of their own, cached prompt tokens cost as much as others."""

    input: float
    output: float
    cached: float | None = None


class Prices(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A price list: by model name as it is asked for."""

    currency: str = ""
    models: dict[str, Price] = {}


def read_prices(path: Path) -> Prices:
    """Read a list; raises `OSError`, `tomllib.TOMLDecodeError` or `msgspec.ValidationError`."""
    return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Prices)


def priced(usage: Usage, model: str, prices: Prices) -> Usage:
    """The usage with its cost, where the list knows the model."""
    price = prices.models.get(model)
    if price is None:
        return usage
    cached = price.input if price.cached is None else price.cached
    fresh = max(0, usage.prompt_tokens - usage.cached_tokens)
    cost = (fresh * price.input + usage.cached_tokens * cached + usage.completion_tokens * price.output) / PER
    return replace(usage, cost=round(cost, 6), currency=prices.currency)
