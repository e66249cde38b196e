"""`python -m pledge.exporter`: makes one export, in a process of its own and with low priority.

What a million rows take of the processor, phones that sign meanwhile would wait for. The order
comes on standard input as JSON (`Order`). Towards a file, each line of standard output is an
object: how far it is, and in the end what was made. Without a file, the export is what comes out.
"""

import asyncio
import errno
import json
import os
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import file_digest
from pathlib import Path
from typing import Any

import structlog

from pledge.domain.exports import Fault
from pledge.domain.rights import Actor
from pledge.exporting import Exporting, Values, settle_memory
from pledge.logs import configure_logs
from pledge.register_keys import RegisterKeys, parsed_seed
from pledge.registering import Registering
from pledge.settings import LOG_FORMAT
from pledge.store.database import open_database

FULL = 3
"""Exit code where there is no room left."""

_log = structlog.get_logger()

_NICENESS = 10
_MOST_UNSET = 100
_TELL_EVERY = 0.5
"""Seconds."""


@dataclass(frozen=True)
class Order:
    database: str
    """Its address."""
    initiative_id: int
    choice: Values
    who: str
    """In whose name; a bundle says so."""
    audit: bool = False
    origin: str = ""
    site: str = ""
    """By which registers are named."""
    register_seeds: Sequence[str] = ()
    """Keys of the registers, in base 64, newest first: a bundle holds a signed checkpoint."""
    output: str = ""
    """A file in a folder that takes what is needed until the end; empty: standard output."""

    @property
    def words(self) -> bytes:
        return json.dumps({**asdict(self), "choice": dict(self.choice)}).encode()


async def make(order: Order) -> None:
    database = open_database(order.database)
    try:
        keys = RegisterKeys(tuple(map(parsed_seed, order.register_seeds)))
        registering = Registering(database, lambda: keys, site=order.site)
        exporting = Exporting(database, registering, clock=_now)
        source = await exporting.source(order.initiative_id, order.choice, origin=order.origin)
        if not order.output:
            async for piece in exporting.pieces(source):
                sys.stdout.buffer.write(piece)
            sys.stdout.buffer.flush()
            return
        path = Path(order.output)
        written = await exporting.write(
            source, path, by=Actor(order.who), with_audit=order.audit, progress=_Telling()
        )
        _tell(rows=written.rows, unset=written.unset[:_MOST_UNSET], **_about(path))
    finally:
        await database.close()


def _about(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        digest = file_digest(file, "sha256").hexdigest()
    return {"size": path.stat().st_size, "sha256": digest}


def _now() -> datetime:
    return datetime.now(UTC)


class _Telling:
    """Not after each batch: whoever listens writes it down."""

    def __init__(self) -> None:
        self._next = 0.0

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now >= self._next or done == total:
            self._next = now + _TELL_EVERY
            _tell(done=done, total=total)


def _tell(**said: Any) -> None:
    print(json.dumps(said, ensure_ascii=False), flush=True)


def _end(_number: int, _frame: Any) -> None:
    """By way of everything that tidies up behind itself."""
    sys.exit(1)


def main() -> None:
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the site, which then ends this
    os.nice(_NICENESS)
    os.umask(0o077)
    settle_memory()
    configure_logs(os.environ.get(LOG_FORMAT.name) or LOG_FORMAT.default)
    order = Order(**json.load(sys.stdin))
    sys.exit(_logged(order))


def _logged(order: Order) -> int:
    """The exit code; Python would say of a fault what was in it."""
    try:
        asyncio.run(make(order))
    except Exception as fault:
        if isinstance(fault, OSError) and fault.errno in (errno.ENOSPC, errno.EDQUOT):
            _tell(fault=Fault.FULL)
            return FULL
        _log.exception("an export can't be made", initiative=order.initiative_id)
        return 1
    return 0


if __name__ == "__main__":
    main()
