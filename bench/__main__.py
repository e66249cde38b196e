"""`python -m bench`: Pledge beside the limit."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.comparison import Comparison, Pace, Scenario, compare
from bench.report import save, table
from bench.servers import (
    Target,
    read_sign_page,
    serving_pledge,
    serving_skeleton,
    signatures_stored,
)

SCENARIOS = [
    Scenario(method, connections) for method in ("GET", "POST") for connections in (50, 400)
]
USUAL = Pace(pairs=5, seconds=1.5, warm_up=0.4)
QUICK = Pace(pairs=2, seconds=0.6, warm_up=0.2)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer and shorter pairs")
    pace = QUICK if parser.parse_args().quick else USUAL
    with TemporaryDirectory(prefix="pledge-bench-") as folder:
        comparisons = measure_all(Path(folder), pace)
    print(table(comparisons, pace))
    print(f"\nEvery pair: bench/results/{save(comparisons, pace).name}")


def measure_all(folder: Path, pace: Pace) -> list[Comparison]:
    with serving_pledge(folder) as pledge:
        page = read_sign_page(pledge)
        with serving_skeleton(folder, page) as skeleton:
            comparisons = []
            for scenario in SCENARIOS:
                print(f"{scenario.name} …", file=sys.stderr)
                comparisons.append(compare(scenario, pledge, skeleton, text=page.text, pace=pace))
            _everything_acknowledged_is_stored(pledge, comparisons)
    return comparisons


def _everything_acknowledged_is_stored(pledge: Target, comparisons: Sequence[Comparison]) -> None:
    acknowledged = sum(compared.acknowledged for compared in comparisons)
    stored = signatures_stored(pledge)
    if stored != acknowledged:
        raise RuntimeError(f"{acknowledged} signatures were acknowledged, {stored} are stored")


if __name__ == "__main__":
    main()
