"""What commands write: files, and lines on a terminal."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from pledge.errors import NotFound


def harmless(text: str) -> str:
    """What a file of others says must not command the terminal."""
    return "".join(one if one.isprintable() else "\ufffd" for one in text)


@contextmanager
def output_file(name: str) -> Iterator[BinaryIO]:
    """A file that is there whole or not at all, for its owner alone.

    `-` is standard output; a device or a pipe is written to as it is.
    """
    if name == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    path = Path(name).resolve()  # what a link leads to is replaced, and not the link
    if path.is_dir() or not path.parent.is_dir():
        raise NotFound(f"{name} can't be written: name a file in a folder that exists")
    if path.exists() and not path.is_file():
        with path.open("wb") as device:
            yield device
        return
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:
            yield file
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
