"""Repeated pairs: each server in turn under the same load, compared pair by pair.

A machine's speed drifts while it runs; two measurements side by side drift together. So the ratio
is taken within each pair, and the median over the pairs.
"""

import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import count
from statistics import median

from bench.load import Order, Result
from bench.servers import Target

EXPECTED = {"GET": "200", "POST": "303"}

_runs = count(1)


@dataclass(frozen=True)
class Scenario:
    method: str
    connections: int

    @property
    def name(self) -> str:
        page = {"GET": "GET the sign page", "POST": "POST, durable"}[self.method]
        return f"{page}, {self.connections} connections"


@dataclass(frozen=True)
class Pace:
    pairs: int
    seconds: float
    warm_up: float


@dataclass(frozen=True)
class Pair:
    """Pledge and the skeleton, measured one after the other."""

    pledge: Result
    skeleton: Result

    @property
    def ratio(self) -> float:
        """Pledge's rate where the skeleton's is 1.0."""
        return self.pledge.requests_per_second / self.skeleton.requests_per_second


@dataclass(frozen=True)
class Comparison:
    scenario: Scenario
    pairs: Sequence[Pair]

    @property
    def ratio(self) -> float:
        return median(pair.ratio for pair in self.pairs)

    @property
    def ratios(self) -> list[float]:
        return sorted(pair.ratio for pair in self.pairs)

    def median_of(self, server: str, figure: str) -> float:
        return median(getattr(getattr(pair, server), figure) for pair in self.pairs)

    @property
    def acknowledged(self) -> int:
        """Signatures that Pledge acknowledged, those of the warm-up too."""
        return sum(pair.pledge.statuses.get(EXPECTED["POST"], 0) for pair in self.pairs)


def compare(
    scenario: Scenario, pledge: Target, skeleton: Target, *, text: str, pace: Pace
) -> Comparison:
    def pairs() -> Iterable[Pair]:
        for _ in range(pace.pairs):
            yield Pair(
                _measured(scenario, pledge, text=text, pace=pace),
                _measured(scenario, skeleton, text=text, pace=pace),
            )

    return Comparison(scenario, tuple(pairs()))


def _measured(scenario: Scenario, target: Target, *, text: str, pace: Pace) -> Result:
    """One measurement; an answer that is not the expected one makes all figures worthless."""
    order = Order(
        method=scenario.method,
        port=target.port,
        path=target.path,
        connections=scenario.connections,
        seconds=pace.seconds,
        warm_up=pace.warm_up,
        text=text,
        run=next(_runs),
    )
    done = subprocess.run(
        [sys.executable, "-m", "bench.load"],
        input=json.dumps(asdict(order)),
        stdout=subprocess.PIPE,
        text=True,
        timeout=60,
        check=True,
    )
    result = Result(**json.loads(done.stdout))
    if set(result.statuses) != {EXPECTED[scenario.method]}:
        raise RuntimeError(f"{target.name}, {scenario.name}: answered {result.statuses}")
    return result
