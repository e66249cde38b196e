"""What a process measures of itself while it works; `observing` adds how things stand, for
`/metrics`.

Names follow Prometheus' conventions (prometheus.io/docs/practices/naming). Labels are routes,
methods and statuses, never addresses, so that nothing personal and no token can become one, and
nobody outside can make ever more of them.
"""

from collections.abc import Iterable, Iterator

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    Metric,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.registry import Collector

# When each series began, once a series: it would double the answer, and is asked for by nobody.
disable_created_metrics()  # type: ignore[no-untyped-call]

_METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS"})
_ANSWERED = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_SIGNED = (0.001, 0.0025, *_ANSWERED)
_COUNTED_TOGETHER = 200
_BATCHES = (1, 2, 5, 10, 20, 50, 100, 200)


class Measures:
    """Counts since the process began."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._requests = Histogram(
            "pledge_request_seconds",
            "Until an answer began, by method, route and status.",
            ["method", "route", "status"],
            buckets=_ANSWERED,
            registry=self._registry,
        )
        self._answered: dict[tuple[str, str, int], Histogram] = {}
        self._just_answered: list[tuple[str, str, int, float]] = []
        self._signing = Histogram(
            "pledge_signing_seconds",
            "From a proposal to its outcome, on the disk.",
            buckets=_SIGNED,
            registry=self._registry,
        )
        self._batch = Histogram(
            "pledge_signing_batch",
            "Proposals that shared one commit.",
            buckets=_BATCHES,
            registry=self._registry,
        )

        self._refused = Counter(
            "pledge_database_refused",
            "Requests answered with 503: no connection of the pool was free, or no database there.",
            ["reason"],
            registry=self._registry,
        )

    def refused(self, reason: str) -> None:
        """`pool` or `database`."""
        self._refused.labels(reason).inc()

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Counted a little later, some together: whoever was answered need not wait for it."""
        self._just_answered.append((method, route, status, seconds))
        if len(self._just_answered) >= _COUNTED_TOGETHER:
            self._count()

    def _count(self) -> None:
        answered, self._just_answered = self._just_answered, []
        for method, route, status, seconds in answered:
            kept = self._answered.get((method, route, status))
            if kept is None:
                known = method if method in _METHODS else "other"
                kept = self._requests.labels(known, route, str(status))
                if known == method:
                    self._answered[method, route, status] = kept
            kept.observe(seconds)

    def signed(self, seconds: float) -> None:
        self._signing.observe(seconds)

    def committed(self, proposals: int) -> None:
        self._batch.observe(proposals)

    def exposition(self, standing: Iterable[Metric]) -> bytes:
        """In Prometheus' text format, with what is known of how things stand."""
        self._count()
        return generate_latest(_Together(self._registry, standing))


class _Together(Collector):
    def __init__(self, registry: CollectorRegistry, standing: Iterable[Metric]):
        self._registry = registry
        self._standing = standing

    def collect(self) -> Iterator[Metric]:
        yield from self._registry.collect()
        yield from self._standing
