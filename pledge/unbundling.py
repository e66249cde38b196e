"""Unbundling: reads bundles that come from anywhere, file by file, in constant memory.

Nothing is extracted. What a file is said to hold bounds what is read of it, and all of them
together may not be larger than what real exports come to when they are unpacked.
"""

import json
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EINVAL
from hashlib import sha256
from io import BufferedReader
from pathlib import Path
from typing import Any, BinaryIO, cast
from zipfile import BadZipFile, ZipFile

from pledge.bundles import MANIFEST, SUMS
from pledge.errors import PledgeError

MOST_FILES = 1000
_MOST_FOLD = 200
"""How much larger than its ZIP an unpacked bundle may be; real ones are 5 to 20 times as large."""
_SPARED = 16 * 2**20
_LARGEST_TEXT = 16 * 2**20
_LONGEST_LINE = 2**18
_PIECE = 1 << 20

DAMAGE = (BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, struct.error)
"""What `zipfile` raises for what is broken, encrypted, or packed in a way of its own."""


class Unreadable(PledgeError):
    """A file that is no bundle, or is damaged; the message says which and how."""


class Unbundled:
    """A bundle that is open for reading."""

    def __init__(self, archive: ZipFile, size: int):
        members = archive.infolist()
        names = [member.filename for member in members]
        if len(names) > MOST_FILES or len(set(names)) < len(names):
            raise Unreadable("the ZIP holds too many files, or one twice")
        if sum(member.file_size for member in members) > _MOST_FOLD * size + _SPARED:
            raise Unreadable("the ZIP would become too large when it is unpacked")
        self.names = names
        self._archive = archive

    def __contains__(self, name: str) -> bool:
        return name in self.names

    @contextmanager
    def open(self, name: str) -> Iterator[BinaryIO]:
        """Raises Unreadable, also for what is found out on the way."""
        if name not in self.names:
            raise Unreadable(f"{name} is missing in the ZIP")
        try:
            with self._archive.open(name) as file:
                yield BufferedReader(cast("Any", file), _PIECE)
        except DAMAGE:
            raise Unreadable(f"{name} in the ZIP is damaged") from None
        except OSError as error:
            if error.errno != EINVAL:
                raise
            # It is said to lie before the beginning of the file.
            raise Unreadable(f"{name} in the ZIP is damaged") from None

    def text(self, name: str) -> str:
        with self.open(name) as file:
            content = file.read(_LARGEST_TEXT + 1)
        if len(content) > _LARGEST_TEXT:
            raise Unreadable(f"{name} is too large")
        try:
            return content.decode()
        except UnicodeDecodeError:
            raise Unreadable(f"{name} is not text in UTF-8") from None

    def lines(self, name: str) -> Iterator[str]:
        """With their ends."""
        with self.open(name) as file:
            try:
                while line := file.readline(_LONGEST_LINE + 1):
                    if len(line) > _LONGEST_LINE:
                        raise Unreadable(f"{name} holds a line that is too long")
                    yield line.decode()
            except UnicodeDecodeError:
                raise Unreadable(f"{name} is not text in UTF-8") from None

    def manifest(self) -> dict[str, Any]:
        try:
            found = json.loads(self.text(MANIFEST))
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise Unreadable(f"{MANIFEST} can't be read")
        return found

    def changed(self) -> Iterator[str]:
        """What is not as SHA256SUMS says: this tells damage from what was meant."""
        said: dict[str, str] = {}
        for line in self.text(SUMS).splitlines():
            digest, _, name = line.partition("  ")
            said[name] = digest
        for name in said.keys() - set(self.names):
            yield f"{name} is missing, and {SUMS} lists it"
        for name in self.names:
            if name == SUMS:
                continue
            if name not in said:
                yield f"{name} is not listed in {SUMS}"
            elif self.digest(name) != said[name]:
                yield f"{name} is not the file that was exported: its SHA-256 is another one"

    def digest(self, name: str) -> str:
        digest = sha256()
        with self.open(name) as file:
            while piece := file.read(_PIECE):
                digest.update(piece)
        return digest.hexdigest()


@contextmanager
def opened(path: Path) -> Iterator[Unbundled]:
    """Raises Unreadable."""
    try:
        archive = ZipFile(path)
    except (*DAMAGE, UnicodeDecodeError, ValueError):
        raise Unreadable("the ZIP is damaged or cut off") from None
    with archive:
        yield Unbundled(archive, path.stat().st_size)
