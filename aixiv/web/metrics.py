"""Counters for operators: requests by route and status, their time, uploads refused and why."""

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4"


class Metrics:
    """The numbers of one process; every application has its own registry."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "aixiv_http_requests", "Requests answered.", ("method", "route", "status"), registry=self._registry
        )
        self._seconds = Histogram(
            "aixiv_http_request_seconds", "Time to the end of the answer.", ("route",), registry=self._registry
        )
        self._refused = Counter(
            "aixiv_uploads_refused", "Manuscripts refused at the door.", ("reason",), registry=self._registry
        )

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answer."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def refused(self, reason: str) -> None:
        """Count one upload that was refused, by its problem code."""
        self._refused.labels(reason).inc()

    def text(self) -> bytes:
        """Everything in Prometheus' text format."""
        return generate_latest(self._registry)
