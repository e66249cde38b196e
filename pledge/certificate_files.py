"""Certificates that have been made, on the disk: `certificates/{initiative}/{number}/`.

A file is named by a digest of everything that it says: when that changes, another one is made and
the old one goes. One folder a signature, so that all of them go with a person who is erased.
"""

import contextlib
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

FOLDER = "certificates"
"""In the data folder."""

MOST = 512 * 1024 * 1024
"""Bytes of all of them; the oldest go first."""
_LEFT = 0.9
"""Of that, after some have gone."""
_DRAFT = ".making"


@dataclass(frozen=True)
class Name:
    """What a file is of."""

    initiative_id: int
    number: int
    kind: str
    """Its language and format: of each kind a signature has one file."""
    digest: str
    suffix: str


class CertificateFiles:
    def __init__(self, data: Path, *, most: int = MOST):
        """`data` is the data folder."""
        self._folder = data / FOLDER
        self._most = most
        self._room: int | None = None
        """Bytes that may be written before all files are looked at again."""

    def read(self, name: Name) -> bytes | None:
        try:
            return self._path(name).read_bytes()
        except OSError:
            return None

    def keep(self, name: Name, content: bytes) -> None:
        """Whole or not at all, in place of older ones of its kind. Raises OSError."""
        path = self._path(name)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, suffix=_DRAFT, delete=False) as draft:
            try:
                draft.write(content)
                draft.close()
                os.replace(draft.name, path)
            except BaseException:
                _remove(Path(draft.name))
                raise
        for older in path.parent.glob(f"{name.kind}-*"):
            if older != path:
                _remove(older)
        self._make_room(len(content))

    def remove(self, name: Name) -> None:
        _remove(self._path(name))

    def forget(self, initiative_id: int, numbers: Iterable[int]) -> None:
        """All that was made of these signatures."""
        for number in numbers:
            shutil.rmtree(self._of(initiative_id, number), ignore_errors=True)

    def _make_room(self, added: int) -> None:
        """Looks at all files only when so much was written that they may be too many: the others of
        the site's processes write as well, so that each looks in time by itself.
        """
        if self._room is not None and self._room > added:
            self._room -= added
            return
        found = sorted(_found(self._folder))
        total = sum(size for _at, size, _path in found)
        if total > self._most:
            for _at, size, path in found:
                _remove(path)
                total -= size
                if total <= self._most * _LEFT:
                    break
        self._room = max(0, self._most - total) // 4

    def _path(self, name: Name) -> Path:
        folder = self._of(name.initiative_id, name.number)
        return folder / f"{name.kind}-{name.digest}.{name.suffix}"

    def _of(self, initiative_id: int, number: int) -> Path:
        return self._folder / str(initiative_id) / str(number)


def _found(folder: Path) -> Iterable[tuple[float, int, Path]]:
    """When each was made, its size, and where it is; drafts that a process left behind too."""
    for path in folder.glob("*/*/*"):
        with contextlib.suppress(OSError):
            state = path.stat()
            yield state.st_mtime, state.st_size, path


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()
