"""`python -m bench`: everything that is held to a limit, side by side, as one table and as JSON.

Each part measures by itself (`python -m bench.NAME`) and says what came of it as lines.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any

from bench import fanout, signing, storm
from bench.report import Line, save, table

Part = Callable[[bool], tuple[list[Line], Any]]
"""Measures, quickly or at length; its lines, and everything that was measured, for the JSON."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    parser.add_argument("--only", nargs="*", choices=PARTS, help="these parts alone")
    given = parser.parse_args()
    lines: list[Line] = []
    measured = {}
    for name in given.only or PARTS:
        print(f"{name}:", file=sys.stderr)
        found, measured[name] = PARTS[name](given.quick)
        lines += found
    print(f"{os.cpu_count()} cores, which the servers share with what loads them.\n")
    print(table(lines))
    print(f"\nEverything measured: bench/results/{save(lines, measured).name}")


def _signing(quick: bool) -> tuple[list[Line], Any]:
    comparisons = signing.measure(signing.QUICK if quick else signing.USUAL)
    return _joined(map(signing.lines, comparisons)), [asdict(one) for one in comparisons]


def _storm(quick: bool) -> tuple[list[Line], Any]:
    storms = storm.measure(1 if quick else 5)
    return list(storm.lines(storms)), [asdict(one) for one in storms]


def _fanout(quick: bool) -> tuple[list[Line], Any]:
    found = list(fanout.measure(fanout.QUICK if quick else fanout.USUAL))
    measured = [
        {"crowd": asdict(crowd), "pairs": [asdict(pair) for pair in pairs]}
        for crowd, pairs in found
    ]
    return _joined(fanout.lines(crowd, pairs) for crowd, pairs in found), measured


def _joined(parts: Iterable[Iterable[Line]]) -> list[Line]:
    return [line for part in parts for line in part]


PARTS: dict[str, Part] = {"signing": _signing, "storm": _storm, "fanout": _fanout}


if __name__ == "__main__":
    main()
