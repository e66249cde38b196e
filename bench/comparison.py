"""Repeated rounds: each server in turn under the same load, compared round by round.

A machine's speed drifts while it runs; measurements side by side drift together. So the ratio of
two servers is taken within each round, and the median over the rounds.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import count
from statistics import median

from bench.load import Order, Result
from bench.processes import with_descendants
from bench.servers import Target

EXPECTED = {"GET": "200", "POST": "303"}

RATE = "requests_per_second"
BY_PROCESSOR = "requests_per_processor_second"

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
    rounds: int
    seconds: float
    warm_up: float


@dataclass(frozen=True)
class Ratios:
    """How often one server did what the other did once, round by round."""

    each: tuple[float, ...]

    @property
    def median(self) -> float:
        return median(self.each)

    def __str__(self) -> str:
        return f"{self.median:.2f} ({min(self.each):.2f} to {max(self.each):.2f})"


@dataclass(frozen=True)
class Comparison:
    scenario: Scenario
    names: tuple[str, ...]
    rounds: tuple[tuple[Result, ...], ...]
    """In each round one result a server, in the order of the names."""

    def ratios(self, one: int, other: int, figure: str = RATE) -> Ratios:
        return Ratios(
            tuple(
                getattr(results[one], figure) / getattr(results[other], figure)
                for results in self.rounds
            )
        )

    def median_of(self, place: int, figure: str = RATE) -> float:
        found: float = median(getattr(results[place], figure) for results in self.rounds)
        return found

    def acknowledged(self, place: int) -> int:
        """Signatures that a server acknowledged, those of the warm-up too."""
        return sum(results[place].statuses.get(EXPECTED["POST"], 0) for results in self.rounds)


def compare(scenario: Scenario, targets: Sequence[Target], *, text: str, pace: Pace) -> Comparison:
    rounds = tuple(
        tuple(_measured(scenario, target, text=text, pace=pace) for target in targets)
        for _ in range(pace.rounds)
    )
    return Comparison(scenario, tuple(target.name for target in targets), rounds)


def _measured(scenario: Scenario, target: Target, *, text: str, pace: Pace) -> Result:
    order = Order(
        method=scenario.method,
        port=target.port,
        path=target.path,
        connections=scenario.connections,
        seconds=pace.seconds,
        warm_up=pace.warm_up,
        processes=with_descendants(target.process),
        text=text,
        run=next(_runs),
        proves=target.proves,
    )
    return loaded(order, f"{target.name}, {scenario.name}")


def loaded(order: Order, name: str) -> Result:
    """One measurement; an answer that is not the expected one makes all figures worthless."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.load"],
        input=json.dumps(asdict(order)),
        stdout=subprocess.PIPE,
        text=True,
        timeout=120,
        check=True,
    )
    result = Result(**json.loads(done.stdout))
    if set(result.statuses) != {EXPECTED[order.method]}:
        raise RuntimeError(f"{name}: answered {result.statuses}")
    return result
