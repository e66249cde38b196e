"""What erasing costs: `python -m bench.erasing [signatures]`.

Signing with deleted content overwritten (`secure_delete`) and without, in turn, on one file each;
in signatures a second of the processor's time, so that what else the machine does counts for less.
Then how long nobody can sign while the files of a database of so many signatures are written anew.
"""

import asyncio
import random
import sqlite3
import statistics
import sys
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import event

from pledge.app import database_of, make_services
from pledge.content import read_content
from pledge.domain.ink import Ink
from pledge.domain.links import LinkKind
from pledge.domain.rights import OPERATOR
from pledge.domain.signatures import Company, Person, Proposal
from pledge.paths import PACKAGE
from pledge.settings import read_settings
from pledge.store.database import UNAVAILABLE
from pledge.store.migrating import migrate
from pledge.web.services import Services

SAMPLE = PACKAGE / "samples" / "fire-product-quality.md"
_BATCH = 400
_PAIRS = 40
_ROUND = 400
_SIGNED = 2000
"""By way of the site, before they are copied."""


def _ink(number: int) -> str:
    """As much as a signature takes, about two kilobytes."""
    hand = random.Random(number)
    strokes = (
        tuple((hand.randrange(9999), hand.randrange(4000), hand.randrange(90)) for _ in range(20))
        for _ in range(10)
    )
    return Ink(tuple(strokes)).encode()


async def _opened(data: Path, *, overwriting: bool) -> Services:
    settings = read_settings(
        {"PLEDGE_DATA": str(data), "PLEDGE_SECRET_KEYS": "for benchmarks only"}
    )
    data.mkdir()  # noqa: ASYNC240 -- nothing else runs yet
    database = database_of(settings)

    def set_up(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA secure_delete = {'ON' if overwriting else 'OFF'}")
        cursor.close()

    event.listen(database.writer.sync_engine, "connect", set_up)
    await migrate(database)
    made = make_services(settings, database, lambda: datetime.now(UTC))
    await made.organizing.import_initiative(read_content(SAMPLE))
    made.signing.start()
    return made


async def _sign(made: Services, first: int, last: int) -> float:
    """Signatures a second of the processor's time."""
    slug = await made.publishing.newest_slug() or ""
    link = await made.organizing.create_link(slug, LinkKind.POSTER)
    behind = await made.publishing.behind_link(link.id)
    if behind is None:
        raise LookupError(slug)
    drawn = [_ink(number) for number in range(20)]
    began = time.process_time()
    for start in range(first, last, _BATCH):
        await asyncio.gather(
            *(
                made.signing.sign(
                    Proposal(
                        behind.link,
                        f"attempt-{number:012}",
                        behind.initiative.text.digest,
                        Company(f"示例{number}有限公司"),
                        Person(f"张{number}", "经理", "13800000000"),
                        f"receipt-{number}",
                        ink=drawn[number % len(drawn)],
                    )
                )
                for number in range(start, min(start + _BATCH, last))
            )
        )
    return (last - first) / (time.process_time() - began)


async def _overwriting_costs(folder: Path) -> None:
    with_, without = (
        await _opened(folder / "with", overwriting=True),
        await _opened(folder / "without", overwriting=False),
    )
    ratios = []
    for pair in range(_PAIRS):
        first = pair * _ROUND + 1
        rates = [await _sign(made, first, first + _ROUND) for made in (with_, without)]
        ratios.append(rates[0] / rates[1])
    await asyncio.gather(with_.signing.stop(), without.signing.stop())
    print(f"signing, overwriting / not: {statistics.median(ratios[1:]):.2f} (median of {_PAIRS})")


def _copy(path: Path, times: int) -> None:
    """So many times the signatures, with all their indexes, as other initiatives' would be."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(signature)")]
        for copy in range(2, times + 1):
            other = {"initiative_id": str(copy), "receipt": f"receipt || '-{copy}'"}
            taken = ", ".join(other.get(column, column) for column in columns)
            connection.execute(
                f"INSERT INTO signature SELECT {taken} FROM signature WHERE initiative_id = 1"
            )
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


async def _sweeping_takes(folder: Path, signatures: int) -> None:
    made = await _opened(folder / "large", overwriting=True)
    await _sign(made, 1, _SIGNED + 1)
    _copy(folder / "large" / "pledge.db", signatures // _SIGNED)
    initiative_id = await made.organizing.initiative_id(await made.publishing.newest_slug() or "")
    size = (folder / "large" / "pledge.db").stat().st_size
    began = time.perf_counter()
    await made.erasing.erase(initiative_id, range(1, 101), by=OPERATOR, reason="bench")
    erased = time.perf_counter()
    sweeping = asyncio.create_task(made.sweeping.sweep())
    await asyncio.sleep(0.05)
    asked = time.perf_counter()
    try:
        await _sign(made, _SIGNED + 1, _SIGNED + 2)
        what = "waited"
    except UNAVAILABLE:
        what = "was asked to try again after"
    signed = time.perf_counter()
    swept = await sweeping
    await made.signing.stop()
    print(
        f"{signatures} signatures, {size / 2**20:.0f} MiB: 100 erased in {erased - began:.2f} s, "
        f"swept in {swept.seconds if swept else 0:.2f} s, who signed meanwhile {what} "
        f"{signed - asked:.2f} s"
    )


async def main() -> None:
    signatures = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with TemporaryDirectory() as folder:
        await _overwriting_costs(Path(folder))
        await _sweeping_takes(Path(folder), signatures)


if __name__ == "__main__":
    asyncio.run(main())
