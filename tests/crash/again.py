"""Runs the fault suite many times in a row, on both engines: `python -m tests.crash.again 20`.

Stops at the first failure. Each fault's result and seconds, and what it measured, go into a log as
they come, and a table of all runs in the end.
"""

import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from xml.etree import ElementTree

FAULTS = [
    f"tests/crash/test_{name}.py"
    for name in ("processes", "database", "disk", "network", "clock", "slow_clients", "streams")
]
_PYTEST = [sys.executable, "-m", "pytest", "-q", "-x", "-o", "junit_family=xunit1"]
LOG = Path("faults.log")


@dataclass
class Result:
    fault: str
    seconds: float
    passed: bool
    measured: dict[str, str]


def main(times: int) -> int:
    found: defaultdict[str, list[Result]] = defaultdict(list)
    failed = False
    with LOG.open("a", buffering=1) as log:
        for run in range(1, times + 1):
            with TemporaryDirectory() as folder:
                report = Path(folder) / "report.xml"
                began = time.monotonic()
                strike = [*_PYTEST, f"--junitxml={report}", *FAULTS]
                code = subprocess.run(strike, check=False).returncode
                for one in _results(report):
                    found[one.fault].append(one)
                    said = "passed" if one.passed else "FAILED"
                    more = "".join(f"; {name} {value}" for name, value in one.measured.items())
                    log.write(f"run {run}  {said}  {one.seconds:6.1f} s  {one.fault}{more}\n")
                log.write(f"run {run} of {times}: {time.monotonic() - began:.0f} s\n")
            if code:
                failed = True
                break
        log.write(table := _table(found) + "\n")
    print(table)
    return int(failed)


def _results(report: Path) -> Iterator[Result]:
    for case in ElementTree.parse(report).iter("testcase"):
        yield Result(
            case.get("name", ""),
            float(case.get("time", "0")),
            not {"failure", "error", "skipped"} & {child.tag for child in case},
            {one.get("name", ""): _short(one.get("value", "")) for one in case.iter("property")},
        )


def _short(value: str) -> str:
    return f"{float(value):.2f}" if "." in value else value


def _table(found: dict[str, list[Result]]) -> str:
    width = max(map(len, found))
    lines = [f"{'fault':<{width}}  passed  median s  longest s"]
    for fault, results in found.items():
        seconds = [one.seconds for one in results]
        passed = f"{sum(one.passed for one in results)}/{len(results)}"
        lines.append(f"{fault:<{width}}  {passed:>6}  {median(seconds):8.1f}  {max(seconds):9.1f}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1))
