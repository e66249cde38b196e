"""`python -m bench.start`: how long a site takes to its first answer, and the memory that it takes.

From the beginning of the process `pledge serve` to the first 200 of its sign page, on SQLite: the
first start of all, which makes the tables and reads the sample, and later ones. Then the memory of
the process when it idles, and after it has answered. RSS is what it takes by itself; of PSS, what
it shares with others (libraries, on the disk's cache) counts by parts. With several workers there
is a process that watches over them, too. Modules are compiled before, as pip leaves them.
"""

import argparse
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from compileall import compile_dir
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench.processes import processor_seconds, with_descendants
from bench.report import RESULTS, Line
from bench.servers import PLEDGE, free_port
from pledge.paths import PACKAGE

MOST_SECONDS = 1.5
MOST_MEBIBYTES = 120
REQUESTS = 500
_READY_SECONDS = 30
_IDLE_SECONDS = 2
_LOOK_EVERY = 0.005


@dataclass(frozen=True)
class Memory:
    """In MiB, of each process; the one that was started comes first."""

    rss: list[float]
    pss: list[float]


@dataclass(frozen=True)
class Start:
    workers: int
    first: bool
    """Whether the data folder was empty."""
    seconds: float
    """Until the first answer."""
    processor: float
    """Seconds of the processor for the same, of all processes."""
    idle: Memory
    after: Memory
    """When it has answered 500 requests."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.start", description=__doc__)
    parser.add_argument("--times", type=int, default=5, help="later starts; the median is taken")
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2])
    chosen = parser.parse_args()
    starts = measure(chosen.times, chosen.workers)
    print(_table(starts))
    print(f"\nAll figures: bench/results/{_save(starts).name}")


def measure(times: int, workers: Sequence[int]) -> list[Start]:
    """The first start of all and so many later ones, with each number of workers."""
    compile_dir(PACKAGE, quiet=1)
    starts = []
    for number in workers:
        with TemporaryDirectory(prefix="pledge-bench-") as folder:
            starts += [
                measured(Path(folder), number, first=not time_) for time_ in range(times + 1)
            ]
    return starts


def lines(starts: Sequence[Start]) -> Iterator[Line]:
    """Of one worker, what is held to a limit."""
    for first in (True, False):
        runs = [one for one in starts if (one.workers, one.first) == (1, first)]
        name = "first start" if first else "later start"
        yield Line(
            f"{name}: to the first answer",
            median(one.seconds for one in runs),
            "s",
            most=MOST_SECONDS,
            detail=f"processor {median(one.processor for one in runs):.2f} s",
        )
        yield Line(
            f"{name}: memory of the idle process",
            median(sum(one.idle.rss) for one in runs),
            "MiB",
            most=MOST_MEBIBYTES,
            detail=f"after {REQUESTS} requests {median(sum(one.after.rss) for one in runs):.0f}",
        )


def measured(folder: Path, workers: int, *, first: bool) -> Start:
    began = time.perf_counter()
    with _serving(folder, workers) as (process, port, output):
        path = _first_answer(process, port, output)
        seconds = time.perf_counter() - began
        processor = sum(map(processor_seconds, with_descendants(process.pid)))
        time.sleep(_IDLE_SECONDS)
        idle = _memory(process.pid)
        for _request in range(REQUESTS):
            _get(port, path)
        return Start(workers, first, seconds, processor, idle, _memory(process.pid))


@contextmanager
def _serving(folder: Path, workers: int) -> Iterator[tuple[subprocess.Popen[bytes], int, Path]]:
    port, output = free_port(), folder / "stdout"
    command = [str(PLEDGE), "serve", "--port", str(port), "--workers", str(workers)]
    environment = {
        **{name: value for name, value in os.environ.items() if name[:6] != "PYTHON"},
        "PYTHONUNBUFFERED": "1",
        "PLEDGE_DATA": str(folder / "data"),
        "PLEDGE_LINK_LIMIT": "0",
        "PLEDGE_DEVICE_LIMIT": "0",
    }
    with output.open("wb") as stdout, (folder / "stderr").open("wb") as stderr:
        process = subprocess.Popen(command, env=environment, stdout=stdout, stderr=stderr)
    try:
        yield process, port, output
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def _first_answer(process: subprocess.Popen[bytes], port: int, output: Path) -> str:
    """The path of the sign page that has answered."""
    deadline, path = time.monotonic() + _READY_SECONDS, ""
    while time.monotonic() < deadline and process.poll() is None:
        if not path:
            found = re.search(r"^  Signing link +http://[^/]+(/s/\S+)$", output.read_text(), re.M)
            path = found[1] if found else ""
        with suppress(OSError):
            if path and _get(port, path) == 200:
                return path
        time.sleep(_LOOK_EVERY)
    raise RuntimeError(f"the site did not start:\n{output.with_name('stderr').read_text()}")


def _get(port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_READY_SECONDS)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()


def _memory(process: int) -> Memory:
    rolled = [Path(f"/proc/{one}/smaps_rollup").read_text() for one in with_descendants(process)]
    return Memory(_mebibytes("Rss", rolled), _mebibytes("Pss", rolled))


def _mebibytes(name: str, rolled: list[str]) -> list[float]:
    pattern = re.compile(rf"^{name}: +(\d+) kB$", re.MULTILINE)
    return [int(found[1]) / 1024 for one in rolled if (found := pattern.search(one))]


def _table(starts: list[Start]) -> str:
    lines = [
        f"{os.cpu_count()} cores. Limits: {MOST_SECONDS} s to the first answer, "
        f"{MOST_MEBIBYTES} MiB (RSS) idle, both with one worker.",
        "",
        f"{'':<26}{'seconds':>9}{'processor':>11}{'RSS, PSS idle':>18}{'after requests':>18}",
    ]
    for workers, first in dict.fromkeys((one.workers, one.first) for one in starts):
        runs = [one for one in starts if (one.workers, one.first) == (workers, first)]
        name = f"{workers} worker{'s'[: workers > 1]}, {'first' if first else 'later'} start"
        lines.append(
            f"{name:<26}{median(one.seconds for one in runs):>9.2f}"
            f"{median(one.processor for one in runs):>11.2f}"
            f"{_megabytes([one.idle for one in runs]):>18}"
            f"{_megabytes([one.after for one in runs]):>18}"
        )
        if workers > 1:
            each = ", ".join(f"{one:.0f}" for one in runs[-1].idle.pss)
            lines.append(f"{'':<26}of which by process (PSS): {each}")
    return "\n".join(lines)


def _megabytes(memories: list[Memory]) -> str:
    rss, pss = (
        median(map(sum, of)) for of in zip(*((m.rss, m.pss) for m in memories), strict=True)
    )
    return f"{rss:.0f}, {pss:.0f}"


def _save(starts: list[Start]) -> Path:
    RESULTS.mkdir(exist_ok=True)
    now = datetime.now(UTC)
    path = RESULTS / f"start-{now:%Y-%m-%dT%H-%M-%SZ}.json"
    content = {
        "at": now.isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "python": sys.version.split()[0],
        "limits": {"seconds": MOST_SECONDS, "mebibytes": MOST_MEBIBYTES},
        "starts": [asdict(one) for one in starts],
    }
    path.write_text(json.dumps(content, indent=1) + "\n")
    return path


if __name__ == "__main__":
    main()
