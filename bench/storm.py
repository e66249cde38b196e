"""`python -m bench.storm`: four hundred phones arrive within a few seconds.

Pledge as it is installed, with its limits. Each phone opens the form, signs with a drawn signature
and follows to its receipt. The percentiles are of one storm each; the table says the median over
the storms. `tests/load/test_storm.py` holds that nobody is lost in one.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench.phones import Order, Step
from bench.processes import processor_seconds
from bench.report import Line, table
from bench.servers import serving_pledge, signatures_stored
from pledge.settings import DEVICE_LIMIT, LINK_LIMIT
from tests.load.test_storm import DELEGATES

WITHIN = 3.0
MOST_MS = 1000
"""That the 99th percentile of the whole may take."""


@dataclass(frozen=True)
class Storm:
    steps: dict[str, Step]
    processor_seconds: float
    """Of the server, for each phone."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.storm", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one storm")
    print(table(list(lines(measure(1 if parser.parse_args().quick else 5)))))


def measure(storms: int) -> list[Storm]:
    with (
        TemporaryDirectory(prefix="pledge-bench-") as folder,
        serving_pledge(
            Path(folder),
            PLEDGE_LINK_LIMIT=LINK_LIMIT.default,
            PLEDGE_DEVICE_LIMIT=DEVICE_LIMIT.default,
        ) as pledge,
    ):
        found = []
        for run in range(storms):
            print(f"storm {run + 1} …", file=sys.stderr)
            used = processor_seconds(pledge.process)
            steps = _storm(Order(pledge.port, pledge.path, DELEGATES, WITHIN, run))
            used = processor_seconds(pledge.process) - used
            found.append(Storm(steps, used / DELEGATES))
        if signatures_stored(pledge) != storms * DELEGATES:
            raise RuntimeError("signatures were lost")
    return found


def lines(storms: Sequence[Storm]) -> Iterator[Line]:
    for step in storms[0].steps:
        p99 = median(storm.steps[step].p99_ms for storm in storms)
        p50 = median(storm.steps[step].p50_ms for storm in storms)
        yield Line(
            f"{DELEGATES} phones within {WITHIN:g} s, {step}: p99",
            p99,
            "ms",
            most=MOST_MS if step == "the whole" else None,
            detail=f"p50 {p50:,.0f}; of storms: "
            + ", ".join(f"{storm.steps[step].p99_ms:,.0f}" for storm in storms),
        )
    yield Line(
        f"{DELEGATES} phones within {WITHIN:g} s: the server's processor time for each",
        median(storm.processor_seconds for storm in storms) * 1000,
        "ms",
    )


def _storm(order: Order) -> dict[str, Step]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.phones"],
        input=json.dumps(asdict(order)),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return {name: Step(**step) for name, step in json.loads(done.stdout).items()}


if __name__ == "__main__":
    main()
