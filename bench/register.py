"""`python -m bench.register`: what the register costs whoever signs.

Two servers as `pledge serve` installs them, one of which registers nothing (its register is taken
away in the database, as in a rehearsal), sign in turn under the same load. The ratio is taken round
by round, and once more by the processor's time that a signature takes, which other work on the
machine disturbs less; the limit that was set is 0.85. Then, in this process: how long appending a
batch takes when the register is empty, and when it is large.
"""

import argparse
import asyncio
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench.comparison import BY_PROCESSOR, Comparison, Pace, Ratios, Scenario, compare
from bench.servers import Target, read_sign_page, serving_pledge
from pledge.app import database_of, make_services
from pledge.content import read_content
from pledge.paths import PACKAGE
from pledge.settings import read_settings
from pledge.store import registers
from pledge.store.migrating import migrate

SAMPLE = PACKAGE / "samples" / "fire-product-quality.md"
LIMIT = 0.85

SCENARIOS = [Scenario("POST", connections) for connections in (1, 50, 400)]
USUAL = Pace(rounds=7, seconds=2.0, warm_up=0.5)
QUICK = Pace(rounds=3, seconds=0.8, warm_up=0.3)
SIZES = (0, 100_000, 1_000_000)
BATCH = 50
_ENTRY = bytes(600)
"""As long as most entries are."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.register", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer pairs, smaller registers")
    quick = parser.parse_args().quick
    with TemporaryDirectory(prefix="pledge-bench-") as folder:
        print(f"signing with the register, where signing without it is 1.0 (limit {LIMIT}):")
        for compared, by_processor in signing(Path(folder), QUICK if quick else USUAL):
            print(
                f"  {compared.scenario.name}: {compared.ratios(0, 1)}, "
                f"{compared.median_of(0):.0f} a second; "
                f"by processor time {by_processor}"
            )
        print(f"appending a batch of {BATCH} to a register, with its commit:")
        for size, seconds in asyncio.run(appending(Path(folder), SIZES[:2] if quick else SIZES)):
            print(f"  of {size:,} entries: {seconds * 1000:.1f} ms")


def signing(folder: Path, pace: Pace) -> Iterator[tuple[Comparison, Ratios]]:
    with _serving(folder / "with") as with_it, _serving(folder / "without") as without:
        _take_register_away(folder / "without" / "data" / "pledge.db")
        text = read_sign_page(with_it).text
        for scenario in SCENARIOS:
            print(f"{scenario.name} …", file=sys.stderr)
            compared = compare(scenario, [with_it, without], text=text, pace=pace)
            yield compared, compared.ratios(0, 1, BY_PROCESSOR)


@contextmanager
def _serving(folder: Path) -> Iterator[Target]:
    folder.mkdir()
    with serving_pledge(folder) as target:
        yield target


def _take_register_away(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE head SET registered = NULL")


async def appending(folder: Path, sizes: tuple[int, ...]) -> list[tuple[int, float]]:
    """The median of 40 batches at each size."""
    settings = read_settings({"PLEDGE_DATA": str(folder)})
    database = database_of(settings)
    await migrate(database)
    made = make_services(settings, database)
    await made.organizing.import_initiative(read_content(SAMPLE))
    found: list[tuple[int, float]] = []
    size = 0
    for wanted in sizes:
        while size < wanted:
            many = min(10_000, wanted - size)
            async with database.writing() as connection:
                await registers.append(connection, 1, size, [_ENTRY] * many, [None] * many)
            size += many
        taken = []
        for _ in range(40):
            began = time.perf_counter()
            async with database.writing() as connection:
                await registers.append(connection, 1, size, [_ENTRY] * BATCH, [None] * BATCH)
            taken.append(time.perf_counter() - began)
            size += BATCH
        found.append((wanted, median(taken)))
    await database.close()
    return found


if __name__ == "__main__":
    main()
