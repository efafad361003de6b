"""What the service counts, in Prometheus' text format."""

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

TEXTS = (1, 2, 4, 8, 16, 32)
SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120)


class _EngineNumbers(Collector):
    def __init__(self, stats: Callable[[], object]) -> None:
        self._stats = stats

    def collect(self) -> Iterator[Metric]:
        stats: Any = self._stats()
        for field in dataclasses.fields(stats):
            value = getattr(stats, field.name)
            if isinstance(value, bool | int | float):
                yield GaugeMetricFamily(f"inference_engine_{field.name}", f"The engine's {field.name}.", value=value)


class Metrics:
    """One registry per application, so that two of them in one process do not meet."""

    def __init__(self) -> None:
        self._registry = here = CollectorRegistry()
        self.requests = Counter(
            "inference_requests", "Requests by route and status.", ["route", "status"], registry=here
        )
        self.seconds = Histogram("inference_request_seconds", "Time from request to answer.", ["route"], registry=here)
        self.batch = Histogram("inference_batch_texts", "Texts computed together.", buckets=TEXTS, registry=here)
        self.tokens = Counter("inference_tokens", "Tokens read.", registry=here)
        self.truncated = Counter("inference_truncated_inputs", "Texts read only in part.", registry=here)
        self.waiting = Gauge("inference_waiting_texts", "Texts not computed yet.", registry=here)
        self.prompt_tokens = Counter("inference_prompt_tokens", "Prompt tokens of answers.", registry=here)
        self.cached_tokens = Counter(
            "inference_cached_prompt_tokens", "Prompt tokens found in the prefix cache.", registry=here
        )
        self.generated_tokens = Counter("inference_generated_tokens", "Tokens of answers.", registry=here)
        self.finished = Counter("inference_finished", "Answers by how they ended.", ["reason"], registry=here)
        self.first_token = Histogram(
            "inference_first_token_seconds", "Time to the first token.", buckets=SECONDS, registry=here
        )
        self.queued = Histogram("inference_queue_seconds", "Time in the queue.", buckets=SECONDS, registry=here)
        self.between_tokens = Histogram(
            "inference_between_tokens_seconds", "Time from one token to the next.", buckets=SECONDS, registry=here
        )

    def watch(self, stats: Callable[[], object]) -> None:
        """Show every number of the engine's own statistics, a dataclass, as they are when somebody looks."""
        self._registry.register(_EngineNumbers(stats))

    def text(self) -> bytes:
        """The page a Prometheus server reads."""
        return generate_latest(self._registry)
