"""`python -m bench.signing`: the sign page and signing, beside a skeleton and beside Django.

Pledge as it is installed, `skeleton.py` (the limit) and `django_site` (what people would otherwise
write) run throughout and are loaded in turn. Of gunicorn's workers, those that wait for one
connection and those with threads, the better counts, scenario by scenario.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.comparison import BY_PROCESSOR, RATE, Comparison, Pace, Scenario, compare
from bench.report import Line, table
from bench.servers import (
    Target,
    read_sign_page,
    serving_django,
    serving_pledge,
    serving_skeleton,
    signatures_stored,
)

SCENARIOS = [
    Scenario(method, connections) for method in ("GET", "POST") for connections in (50, 400)
]
USUAL = Pace(rounds=5, seconds=1.5, warm_up=0.4)
QUICK = Pace(rounds=2, seconds=0.6, warm_up=0.2)

OF_THE_SKELETON = {"GET": 0.8, "POST": 0.7}
"""What is demanded, where the skeleton does 1.0."""

OF_DJANGO = {"GET": None, "POST": 3.0}
"""The same by processor time, where Django does 1.0."""

_PLEDGE, _SKELETON = 0, 1


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.signing", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    pace = QUICK if parser.parse_args().quick else USUAL
    print(table([line for compared in measure(pace) for line in lines(compared)]))


def measure(pace: Pace) -> list[Comparison]:
    with TemporaryDirectory(prefix="pledge-bench-") as name, ExitStack() as servers:
        folder = Path(name)
        pledge = servers.enter_context(serving_pledge(folder))
        page = read_sign_page(pledge)
        targets = [
            pledge,
            servers.enter_context(serving_skeleton(folder, page)),
            *(
                servers.enter_context(serving_django(folder / workers, page, workers))
                for workers in ("sync", "gthread")
            ),
        ]
        comparisons = list(_compared(targets, page.text, pace))
        _everything_acknowledged_is_stored(pledge, comparisons)
    return comparisons


def lines(compared: Comparison) -> Iterator[Line]:
    """What the table says of one scenario."""
    method, name = compared.scenario.method, compared.scenario.name
    rates = ", ".join(
        f"{server} {compared.median_of(place):,.0f}" for place, server in enumerate(compared.names)
    )
    ratios = compared.ratios(_PLEDGE, _SKELETON)
    yield Line(
        f"{name}: of the skeleton",
        ratios.median,
        "times",
        least=OF_THE_SKELETON[method],
        detail=f"{ratios}; requests/s: {rates}",
    )
    by_processor = compared.ratios(_PLEDGE, _SKELETON, BY_PROCESSOR)
    yield Line(
        f"{name}: of the skeleton, by processor time",
        by_processor.median,
        "times",
        detail=f"{by_processor}; of one core: {compared.median_of(_PLEDGE, BY_PROCESSOR):,.0f}/s",
    )
    for figure, words, least in (
        (RATE, "of Django", None),
        (BY_PROCESSOR, "of Django, by processor time", OF_DJANGO[method]),
    ):
        better = max(
            range(_SKELETON + 1, len(compared.names)),
            key=lambda place, figure=figure: compared.median_of(place, figure),  # type: ignore[misc]
        )
        ratios = compared.ratios(_PLEDGE, better, figure)
        said = f"{compared.names[better]}: {compared.median_of(better, figure):,.0f}/s"
        yield Line(
            f"{name}: {words}", ratios.median, "times", least=least, detail=f"{ratios}; {said}"
        )
    yield Line(f"{name}: p99", compared.median_of(_PLEDGE, "p99_ms"), "ms")


def _compared(targets: Sequence[Target], text: str, pace: Pace) -> Iterator[Comparison]:
    for scenario in SCENARIOS:
        print(f"{scenario.name} …", file=sys.stderr)
        yield compare(scenario, targets, text=text, pace=pace)


def _everything_acknowledged_is_stored(pledge: Target, comparisons: Sequence[Comparison]) -> None:
    acknowledged = sum(compared.acknowledged(_PLEDGE) for compared in comparisons)
    stored = signatures_stored(pledge)
    if stored != acknowledged:
        raise RuntimeError(f"{acknowledged} signatures were acknowledged, {stored} are stored")


if __name__ == "__main__":
    main()
