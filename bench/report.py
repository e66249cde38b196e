"""What was measured, as a table for people and as JSON for machines."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"

_PARTS = ("starlette", "uvicorn", "uvloop", "httptools", "sqlalchemy", "aiosqlite", "django")


@dataclass(frozen=True)
class Line:
    """One thing that was measured, and what it is held against."""

    name: str
    figure: float
    unit: str
    least: float | None = None
    most: float | None = None
    detail: str = ""
    """How it came about, in a few words."""

    @property
    def holds(self) -> bool | None:
        """Whether it is within its limit; None where it has none."""
        if self.least is None and self.most is None:
            return None
        return (self.least is None or self.figure >= self.least) and (
            self.most is None or self.figure <= self.most
        )

    @property
    def limit(self) -> str:
        parts = [f"≥ {self.least:,g}"] if self.least is not None else []
        parts += [f"≤ {self.most:,g}"] if self.most is not None else []
        return " ".join(parts)


def table(lines: Sequence[Line]) -> str:
    """Each line's name, figure, limit and whether it holds."""
    width = max(len(line.name) for line in lines)
    return "\n".join(_row(line, width) for line in lines)


def _row(line: Line, width: int) -> str:
    figure = f"{line.figure:,.0f}" if abs(line.figure) >= 100 else f"{line.figure:.3g}"
    said = {True: "holds", False: "MISSED", None: ""}[line.holds]
    unit = line.unit.ljust(14)
    return (
        f"{line.name:<{width}} {figure:>9} {unit} {line.limit:>8} {said:<6} {line.detail}".rstrip()
    )


def save(lines: Sequence[Line], measured: Mapping[str, Any]) -> Path:
    """A file of its own for each run, named by when it was made, with all that was measured."""
    RESULTS.mkdir(exist_ok=True)
    now = datetime.now(UTC)
    path = RESULTS / f"{now:%Y-%m-%dT%H-%M-%SZ}.json"
    content = {
        "at": now.isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "parts": {name: version(name) for name in _PARTS},
        "lines": [{**asdict(line), "holds": line.holds} for line in lines],
        "measured": measured,
    }
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    return path
