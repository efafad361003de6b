"""What the service counts, in Prometheus' text format."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

TEXTS = (1, 2, 4, 8, 16, 32)


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

    def text(self) -> bytes:
        """The page a Prometheus server reads."""
        return generate_latest(self._registry)
