"""`python -m bench`: everything that is held to a limit, side by side, as one table and as JSON.

Each part measures by itself (`python -m bench.NAME`) and says what came of it as lines.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench import exports, fanout, growth, nodes, signing, start, storm
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


def _start(quick: bool) -> tuple[list[Line], Any]:
    starts = start.measure(1 if quick else 5, [1])
    return list(start.lines(starts)), [asdict(one) for one in starts]


def _nodes(quick: bool) -> tuple[list[Line], Any]:
    found = nodes.figures(quick=quick)
    return [nodes.line(found)], found


def _growth(quick: bool) -> tuple[list[Line], Any]:
    given = growth.arguments(["--size", "100000" if quick else "1000000"])
    with TemporaryDirectory(prefix="pledge-bench-") as folder:
        found = asyncio.run(growth.measure(Path(folder), given))
    return list(growth.lines(found, given.size)), found


def _exports(quick: bool) -> tuple[list[Line], Any]:
    with TemporaryDirectory(prefix="pledge-bench-") as folder:
        beside = exports.measure_both(quick, 1 if quick else 3, Path(folder))
    return [line for one in beside for line in exports.lines(one)], list(map(asdict, beside))


PARTS: dict[str, Part] = {
    "signing": _signing,
    "storm": _storm,
    "fanout": _fanout,
    "start": _start,
    "nodes": _nodes,
    "growth": _growth,
    "exports": _exports,
}


if __name__ == "__main__":
    main()
