"""Disks that break: small ones that fill up, and ones that become read-only in the middle of it.

Where nothing may be mounted, the kernel's limit of files' sizes takes their place (setrlimit(2)):
then processes get EFBIG for whatever they write, in place of ENOSPC and EROFS.
"""

import errno
import resource
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

Processes = Callable[[], list[int]]
"""Those that write to the disk, now."""

_MEGABYTE = 1024 * 1024
_PATIENCE = 60.0


@dataclass
class Disk:
    """A folder on a disk of its own, or at least on one of which it is not known that it is not."""

    folder: Path
    processes: Processes
    mounted: bool = False
    image: Path | None = None
    """Of a disk that can become read-only."""

    def flush(self) -> None:
        """What was written is there to stay, whatever becomes of the disk."""
        _run("sync", "-f", self.folder)

    def fill(self) -> None:
        """No byte of it is left."""
        if not self.mounted:
            self._limit(0)
            return
        try:
            with (self.folder / "ballast").open("wb", buffering=0) as ballast:
                for piece in (_MEGABYTE, 4096, 1):
                    try:
                        while True:
                            ballast.write(bytes(piece))
                    except OSError as error:
                        if error.errno != errno.ENOSPC:
                            raise
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise

    def free(self) -> None:
        if self.mounted:
            (self.folder / "ballast").unlink()
        else:
            self._limit(resource.RLIM_INFINITY)

    def forbid(self) -> None:
        """As the kernel does once the disk has failed: what was not flushed is lost."""
        if self.mounted:
            _run("mount", "-o", "remount,abort", self.folder)
        else:
            self._limit(0)

    def repair(self) -> None:
        """As a restart of the machine does; nobody may use it."""
        if self.mounted:
            _unmount(self.folder)
            _run("mount", "-o", "loop,errors=remount-ro", self.image, self.folder)

    def _limit(self, size: int) -> None:
        for process in self.processes():
            _, hard = resource.prlimit(process, resource.RLIMIT_FSIZE)
            resource.prlimit(process, resource.RLIMIT_FSIZE, (size, hard))


@contextmanager
def small_disk(folder: Path, megabytes: int, processes: Processes) -> Iterator[Disk]:
    """In memory; it is gone in the end."""
    folder.mkdir()
    size = f"size={megabytes}m,mode=755"
    mounted = _tried("mount", "-t", "tmpfs", "-o", size, "faults", folder)
    try:
        yield Disk(folder, processes, mounted)
    finally:
        if mounted:
            _unmount(folder)


@contextmanager
def failing_disk(folder: Path, megabytes: int, processes: Processes) -> Iterator[Disk]:
    """In a file; it becomes read-only as soon as a write to it fails, as most disks do."""
    folder.mkdir()
    image = folder.with_name(f"{folder.name}.image")
    with image.open("wb") as file:
        file.truncate(megabytes * _MEGABYTE)
    mounted = _tried("mkfs.ext4", "-q", "-F", image) and _tried(
        "mount", "-o", "loop,errors=remount-ro", image, folder
    )
    try:
        yield Disk(folder, processes, mounted, image)
    finally:
        if mounted:
            _unmount(folder)
        image.unlink()


def _unmount(folder: Path) -> None:
    ends = time.monotonic() + _PATIENCE
    while not _tried("umount", folder):  # until the last process that was killed is gone
        assert time.monotonic() < ends, f"{folder} is still in use"
        time.sleep(0.05)


def _tried(*words: object) -> bool:
    try:
        _run(*words)
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


def _run(*words: object) -> None:
    subprocess.run([str(word) for word in words], check=True, capture_output=True)
