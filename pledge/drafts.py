"""Folders for drafts: of their owner alone, and gone afterwards with all that is in them.

One whose process was killed goes with the next one that is made beside it, and with the next start
of the site: what is in it may be personal data.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp

_PREFIX = ".draft-"


@contextmanager
def draft_folder(beside: Path) -> Iterator[Path]:
    """In this folder, so that what is in it can be moved into its place."""
    remove_leftovers(beside)
    folder = Path(mkdtemp(prefix=_PREFIX, dir=beside))
    lock = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def remove_leftovers(beside: Path) -> None:
    """Those of processes that are no more: a process holds its folder's lock while it lives."""
    for folder in beside.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            lock = os.open(folder, os.O_RDONLY)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(lock)
