"""How much is measured: enough for a glance, for a table, and on a card."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Decode:
    """`batch` prompts of `prompt` tokens, each continued by `tokens`."""

    batch: int
    prompt: int
    tokens: int


@dataclass(frozen=True)
class Panel:
    """Agents that read one manuscript, each with a part of its own behind it."""

    manuscript: int
    private: int
    tokens: int
    agents: int = 6


@dataclass(frozen=True)
class Burst:
    """Requests of unequal length that come all at once."""

    requests: int
    shortest: int
    longest: int
    tokens: int


@dataclass(frozen=True)
class Plan:
    """Every work is measured `rounds` times, fewer when that would take longer than `seconds`, but once at least."""

    decode: tuple[Decode, ...]
    prefill: tuple[int, ...]
    panel: Panel
    burst: Burst
    structured: Decode
    rounds: int
    seconds: float
    panel_of_peers: bool = False

    @property
    def sequences(self) -> int:
        """Most answers at a time."""
        return max(self.panel.agents, self.burst.requests, *(work.batch for work in self.decode))

    @property
    def longest(self) -> int:
        """Tokens of the longest sequence."""
        panel = self.panel.manuscript + self.panel.private + self.panel.tokens
        return max(panel, *self.prefill, *(work.prompt + work.tokens for work in self.decode)) + 1

    @property
    def together(self) -> int:
        """Tokens of all sequences of the largest work."""
        apart = self.panel.agents * (self.panel.manuscript + self.panel.private + self.panel.tokens)
        decode = max(work.batch * (work.prompt + work.tokens) for work in self.decode)
        return max(apart, decode, *self.prefill, self.burst.requests * (self.burst.longest + self.burst.tokens))


PLANS = {
    "quick": Plan(
        decode=(Decode(1, 64, 17), Decode(4, 48, 9), Decode(8, 48, 9)),
        prefill=(128, 1024),
        panel=Panel(1024, 100, 8),
        burst=Burst(6, 32, 192, 6),
        structured=Decode(4, 32, 24),  # under the schema eight of them come at once and lengthen one gap
        rounds=2,
        seconds=20,
    ),
    "usual": Plan(
        decode=(Decode(1, 128, 33), Decode(4, 48, 21), Decode(8, 48, 21)),
        prefill=(128, 1024, 2048),
        panel=Panel(3072, 100, 32),
        burst=Burst(12, 64, 320, 16),
        structured=Decode(8, 64, 24),
        rounds=4,
        seconds=100,
    ),
    "full": Plan(
        decode=(Decode(1, 128, 65), Decode(4, 128, 33), Decode(8, 128, 33), Decode(64, 64, 17)),
        prefill=(128, 1024, 2048),
        panel=Panel(4096, 100, 64),
        burst=Burst(16, 64, 512, 24),
        structured=Decode(8, 64, 48),
        rounds=5,
        seconds=240,
        panel_of_peers=True,
    ),
    "card": Plan(
        decode=(Decode(1, 512, 257), Decode(4, 512, 129), Decode(8, 512, 129), Decode(64, 512, 257)),
        prefill=(128, 1024, 2048, 8192),
        panel=Panel(12000, 100, 100),
        burst=Burst(64, 128, 2048, 64),
        structured=Decode(8, 512, 129),
        rounds=3,
        seconds=30,
        panel_of_peers=True,
    ),
}
