"""What was measured, as a table for people and as JSON for machines."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench.comparison import Comparison, Pace

RESULTS = Path(__file__).parent / "results"

_PARTS = ("starlette", "uvicorn", "uvloop", "httptools", "sqlalchemy", "aiosqlite")


def table(comparisons: Sequence[Comparison], pace: Pace) -> str:
    return "\n".join(
        [
            f"{os.cpu_count()} cores, shared by one server process and the load generator; "
            f"medians of {pace.pairs} pairs of {pace.seconds:g} s.",
            "Ratio: pledge's requests a second where the skeleton's, the limit, are 1.0.",
            "",
            f"{'':<35}{'requests/s':>18}{'p50 ms':>16}{'p99 ms':>16}{'ratio':>7}  of pairs",
            f"{'':<35}" + f"{'pledge':>9}{'limit':>9}" + f"{'pledge':>9}{'limit':>7}" * 2,
            *(_line(comparison) for comparison in comparisons),
        ]
    )


def _line(compared: Comparison) -> str:
    def both(figure: str) -> tuple[float, float]:
        return compared.median_of("pledge", figure), compared.median_of("skeleton", figure)

    rate, p50, p99 = both("requests_per_second"), both("p50_ms"), both("p99_ms")
    return (
        f"{compared.scenario.name:<35}{rate[0]:>9.0f}{rate[1]:>9.0f}"
        f"{p50[0]:>9.1f}{p50[1]:>7.1f}{p99[0]:>9.1f}{p99[1]:>7.1f}"
        f"{compared.ratio:>7.2f}  {compared.ratios[0]:.2f}–{compared.ratios[-1]:.2f}"
    )


def save(comparisons: Sequence[Comparison], pace: Pace) -> Path:
    """A file of its own for each run, named by when it was made."""
    RESULTS.mkdir(exist_ok=True)
    now = datetime.now(UTC)
    path = RESULTS / f"{now:%Y-%m-%dT%H-%M-%SZ}.json"
    path.write_text(json.dumps(_content(comparisons, pace, now), indent=1) + "\n")
    return path


def _content(comparisons: Sequence[Comparison], pace: Pace, now: datetime) -> dict[str, Any]:
    return {
        "at": now.isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "parts": {name: version(name) for name in _PARTS},
        "pace": asdict(pace),
        "limit": "the skeleton is 1.0",
        "scenarios": [
            {
                **asdict(compared.scenario),
                "ratio": compared.ratio,
                "pairs": [{**asdict(pair), "ratio": pair.ratio} for pair in compared.pairs],
            }
            for compared in comparisons
        ],
    }
