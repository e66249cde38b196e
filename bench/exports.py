"""`python -m bench.exports`: exports beside the raw writers, and the memory that they take.

Each export and each raw writer runs in a process of its own, over the same SQLite file: the raw
CSV is `csv.writer` over the cursor of `sqlite3`, the raw workbook is XlsxWriter, in its mode of
constant memory, over the same. They do without columns in words, zones, and guards against
formulas.

The program `sqlite3` (Debian's, of the library that Python uses) writes CSV from C, beside which
ours is held to a limit. The comparison is of the same signatures and the same stored columns, in
the same order; by time of the processor, for neither waits for anything else. It is not of the
same bytes: the program writes what is stored, quoting cells as it does (all that are not ASCII);
ours has words in place of keys, moments by the clock of each meeting, addresses of receipts,
whether somebody was erased, empty cells for what only the invited have, and a look at each typed
cell for formulas. What is not counted of ours is the start of Python, a second or so for however
many rows, nor the SHA-256 that the console shows of a file. A second pair is over signatures of
which a third have codes that need an apostrophe, as older ones do, and some have commas and quotes;
it has no limit.

Exports run as they do in the background (`pledge.exporting`).
"""

import argparse
import asyncio
import csv
import json
import os
import platform
import re
import resource
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import xlsxwriter

from bench.report import RESULTS, Line, table
from pledge.app import database_of, make_services
from pledge.content import read_content
from pledge.domain.ink import ink
from pledge.domain.links import LinkKind
from pledge.domain.rights import OPERATOR
from pledge.exporting import settle_memory
from pledge.paths import PACKAGE
from pledge.settings import read_settings
from pledge.store.migrating import migrate
from tests.handwriting import handwriting, sent

SAMPLE = PACKAGE / "samples" / "fire-product-quality.md"
INKS = 200
MOST_BESIDE_PROGRAM = 1.5
PROGRAM = "sqlite3"
_COLUMNS = (
    "number, company, uscc, representative, title, phone, meeting_id, link_id, vouched, signed_at,"
    " state, hidden, replaces, replaced_by, assisted, publish, text_digest, receipt"
)
_RAW = f"SELECT {_COLUMNS} FROM signature WHERE initiative_id = 1 ORDER BY number"


@dataclass(frozen=True)
class Run:
    format: str
    rows: int
    """Signatures."""
    ink: bool = False
    raw: bool = True
    """Whether there is something raw to compare it with."""

    @property
    def name(self) -> str:
        return f"{self.format}{' with pictures' if self.ink else ''}, {self.rows:,}"


@dataclass(frozen=True)
class Figures:
    seconds: float
    mebibytes: float
    """Peak resident memory of the process."""
    before: float
    """The same before the export began: Python and its modules."""
    size: int
    """Bytes of the file."""
    processor: float
    """Seconds of the processor: the machine's other load is not in them."""


USUAL = (
    *(Run("csv", rows) for rows in (10_000, 100_000, 1_000_000)),
    *(Run("xlsx", rows) for rows in (10_000, 100_000)),
    *(Run("xlsx", rows, ink=True, raw=False) for rows in (1_000, 10_000)),
    *(Run("json", rows, raw=False) for rows in (10_000, 100_000)),
)
QUICK = (Run("csv", 10_000), Run("xlsx", 10_000), Run("xlsx", 1_000, ink=True, raw=False))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.exports", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small exports alone")
    parser.add_argument("--times", type=int, default=3, help="the best of so many is taken")
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.one:
        who, format_, folder = chosen.one
        figures = {"raw": _raw, "program": _program}.get(who, _ours)(format_, Path(folder))
        print(json.dumps(asdict(figures)))
        return
    measured = []
    with TemporaryDirectory(prefix="pledge-bench-") as folder:
        for run in QUICK if chosen.quick else USUAL:
            print(f"{run.name} …", file=sys.stderr)
            measured.append((run, *_measure(run, Path(folder), chosen.times)))
        beside = measure_both(chosen.quick, chosen.times, Path(folder))
    print(_table(measured))
    print("\n" + table([line for one in beside for line in lines(one)]))
    print(f"\nAll figures: bench/results/{_save(measured, beside).name}")


def _measure(run: Run, folder: Path, times: int) -> tuple[Figures, Figures | None]:
    """In turn, so that a busy moment of the machine meets both."""
    data = folder / f"{run.rows}{'-ink' if run.ink else ''}"
    if not data.exists():
        data.mkdir()
        asyncio.run(seed(data, run))
    ours, raw = [], []
    for _time in range(times):
        ours.append(_in_process("ink" if run.ink else "ours", run.format, data))
        if run.raw:
            raw.append(_in_process("raw", run.format, data))
    return min(ours, key=_seconds), min(raw, key=_seconds, default=None)


@dataclass(frozen=True)
class Beside:
    """CSV by us and by the program `sqlite3`, in turn."""

    rows: int
    ours: Figures
    program: Figures
    apostrophes: bool = False
    """Whether many cells need them, or quotes."""


def measure_both(quick: bool, times: int, folder: Path) -> list[Beside]:
    return [measure(quick, times, folder, apostrophes=one) for one in (False, True)]


def measure(quick: bool, times: int, folder: Path, *, apostrophes: bool = False) -> Beside:
    """In a folder that may hold the signatures already; the best of each is taken."""
    run = Run("csv", 100_000 if quick or apostrophes else 1_000_000)
    data = folder / f"{run.rows}{'-apostrophes' if apostrophes else ''}"
    if not data.exists():
        data.mkdir()
        asyncio.run(seed(data, run))
        if apostrophes:
            _need_apostrophes(data)
    pairs = [
        (_in_process("ours", "csv", data), _in_process("program", "csv", data))
        for _time in range(times)
    ]
    ours, program = zip(*pairs, strict=True)
    best = (min(ours, key=_processor), min(program, key=_processor))
    return Beside(run.rows, *best, apostrophes)


def _need_apostrophes(data: Path) -> None:
    """A third of all; one in fifty needs quotes."""
    with closing(sqlite3.connect(data / "pledge.db")) as connection:
        connection.execute(
            "UPDATE signature SET uscc = '9111010800' || printf('%08d', number)"
            " WHERE number % 3 = 0"
        )
        connection.execute(
            "UPDATE signature SET company = '示例,' || company WHERE number % 100 = 0"
        )
        connection.execute("UPDATE signature SET title = '\"经理\"' WHERE number % 100 = 50")
        connection.commit()


def lines(beside: Beside) -> Iterator[Line]:
    ours, program = beside.ours, beside.program
    of = f"{beside.rows:,}{', many apostrophes' if beside.apostrophes else ''}"
    yield Line(
        f"CSV export of {of}: processor beside sqlite3's program",
        ours.processor / program.processor,
        "times",
        most=None if beside.apostrophes else MOST_BESIDE_PROGRAM,
        detail=f"{ours.processor:.2f} s and {program.processor:.2f} s of the processor;"
        f" {ours.seconds:.2f} s and {program.seconds:.2f} s by the clock",
    )
    yield Line(
        f"CSV export of {of}: peak memory",
        ours.mebibytes,
        "MiB",
        detail=f"{ours.mebibytes - ours.before:.0f} of them added; sqlite3 {program.mebibytes:.0f}",
    )


def _processor(figures: Figures) -> float:
    return figures.processor


def _seconds(figures: Figures) -> float:
    return figures.seconds


def _in_process(who: str, format_: str, data: Path) -> Figures:
    done = subprocess.run(
        [sys.executable, "-m", "bench.exports", "--one", who, format_, str(data)],
        check=True,
        capture_output=True,
        env={**os.environ, "BENCH_INK": "yes" if who == "ink" else ""},
    )
    return Figures(**json.loads(done.stdout))


def _ours(format_: str, data: Path) -> Figures:
    values = {"format": [format_], "ink": ["yes"] if os.environ.get("BENCH_INK") else []}
    path = data / f"ours.{format_}"
    path.unlink(missing_ok=True)  # to empty a large file takes as long as to write a small one

    async def export() -> None:
        settings = read_settings({"PLEDGE_DATA": str(data)})
        database = database_of(settings)
        exporting = make_services(settings, database).exporting
        source = await exporting.source(1, values)
        await exporting.write(source, path, by=OPERATOR)
        await database.close()

    settle_memory()  # as the exporter does
    before, began, spent = _peak(), time.perf_counter(), time.process_time()
    asyncio.run(export())
    return Figures(
        *(time.perf_counter() - began, _peak(), before, path.stat().st_size),
        time.process_time() - spent,
    )


def _raw(format_: str, data: Path) -> Figures:
    path = data / f"raw.{format_}"
    path.unlink(missing_ok=True)
    before, began, spent = _peak(), time.perf_counter(), time.process_time()
    with closing(sqlite3.connect(data / "pledge.db")) as connection:
        rows = connection.execute(_RAW)
        if format_ == "csv":
            with path.open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows(rows)
        else:
            _raw_workbook(path, rows)
    return Figures(
        *(time.perf_counter() - began, _peak(), before, path.stat().st_size),
        time.process_time() - spent,
    )


def _program(format_: str, data: Path) -> Figures:
    """Its memory is looked at while it runs, and stays the same."""
    path = data / f"program.{format_}"
    path.unlink(missing_ok=True)
    began, peak = time.perf_counter(), 0.0
    with path.open("wb") as file:
        made = subprocess.Popen(
            [PROGRAM, "-readonly", f"-{format_}", "-header", str(data / "pledge.db"), _RAW],
            stdout=file,
        )
        while made.poll() is None:
            peak = max(peak, _peak(made.pid))
            time.sleep(0.005)
    if made.returncode:
        raise subprocess.CalledProcessError(made.returncode, made.args)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Figures(
        *(time.perf_counter() - began, peak, 0.0, path.stat().st_size),
        children.ru_utime + children.ru_stime,
    )


def _raw_workbook(path: Path, rows: sqlite3.Cursor) -> None:
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
    sheet = book.add_worksheet()
    for row, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            if isinstance(cell, int):
                sheet.write_number(row, column, cell)
            elif cell:
                sheet.write_string(row, column, cell)
    book.close()


def _peak(process: int | str = "self") -> float:
    """On Linux of that program alone; what `getrusage` says begins with its parent's."""
    status = Path(f"/proc/{process}/status")
    if status.exists():
        found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text())
        return int(found[1]) / 1024 if found else 0.0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def seed(data: Path, run: Run) -> None:
    """So many signatures, not by way of their phones."""
    settings = read_settings({"PLEDGE_DATA": str(data)})
    database = database_of(settings)
    await migrate(database)
    made = make_services(settings, database)
    content = read_content(SAMPLE)
    await made.organizing.import_initiative(content)
    link = await made.organizing.create_link(content.slug, LinkKind.POSTER)
    published = await made.publishing.by_slug(content.slug)
    await database.close()
    assert published is not None
    meetings = [one.id for one in published.initiative.meetings]
    digest = published.initiative.text.digest
    with closing(sqlite3.connect(data / "pledge.db")) as connection:
        connection.executemany(
            "INSERT INTO signature (initiative_id, number, cursor, receipt, attempt, meeting_id,"
            " link_id, company, company_key, uscc, representative, title, phone, publish, vouched,"
            " text_digest, signed_at, state, hidden, device, ink) VALUES (1, ?, ?, ?, ?, ?, ?, ?,"
            " ?, ?, '张某某', '总经理', ?, ?, 'open', ?, ?, 'standing', 0, '', ?)",
            _signatures(run, meetings, link.id, digest),
        )
        connection.execute(
            "UPDATE head SET last_number = ?, last_cursor = ?, total = ?", (run.rows,) * 3
        )
        connection.commit()


def _signatures(run: Run, meetings: list[int], link: int, digest: str) -> Iterator[tuple[Any, ...]]:
    drawn = [ink(sent(handwriting(seed))) for seed in range(INKS)] if run.ink else []
    inks = [one.encode() for one in drawn if one] or [""]
    first = datetime(2023, 8, 10, 2)
    for n in range(1, run.rows + 1):
        company, at = (
            f"示例{n}消防科技有限公司",
            first + timedelta(seconds=n, microseconds=n % 1000),
        )
        yield (
            *(n, n, f"receipt-{n:023}", f"attempt-{n:015}", meetings[n % len(meetings)], link),
            *(company, company, f"91510000MA{n % 10**8:08}", f"138{n % 10**8:08}", n % 2, digest),
            *(f"{at:%Y-%m-%d %H:%M:%S.%f}", inks[n % len(inks)]),
        )


Measured = tuple[Run, Figures, Figures | None]


def _table(measured: list[Measured]) -> str:
    rows = [
        f"{os.cpu_count()} cores. Ratio: how many times as long as the raw writer, which is 1.0.",
        "Memory: the peak of the process, and how much of that the export has added.",
        "",
        f"{'':<28}{'seconds':>9}{'raw':>8}{'ratio':>7}{'rows/s':>10}{'MiB':>7}{'added':>7}"
        f"{'MB file':>9}",
    ]
    for run, ours, raw in measured:
        compared = f"{raw.seconds:>8.2f}{ours.seconds / raw.seconds:>7.2f}" if raw else " " * 15
        rows.append(
            f"{run.name:<28}{ours.seconds:>9.2f}{compared}{run.rows / ours.seconds:>10.0f}"
            f"{ours.mebibytes:>7.0f}{ours.mebibytes - ours.before:>7.0f}{ours.size / 1e6:>9.1f}"
        )
    return "\n".join(rows)


def _save(measured: list[Measured], beside: list[Beside]) -> Path:
    RESULTS.mkdir(exist_ok=True)
    now = datetime.now(UTC)
    path = RESULTS / f"exports-{now:%Y-%m-%dT%H-%M-%SZ}.json"
    content = {
        "at": now.isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "parts": {name: version(name) for name in ("sqlalchemy", "aiosqlite", "xlsxwriter")},
        "runs": [
            {**asdict(run), "ours": asdict(ours), "raw": asdict(raw) if raw else None}
            for run, ours, raw in measured
        ],
        "beside": [asdict(one) for one in beside],
    }
    path.write_text(json.dumps(content, indent=1) + "\n")
    return path


if __name__ == "__main__":
    main()
