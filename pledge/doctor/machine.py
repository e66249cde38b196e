"""Checks of the machine: the data folder and its disk, open files, fonts, the clock."""

import os
import resource
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pledge.doctor.findings import Finding, fault, ok, warning
from pledge.late import late
from pledge.paths import FONTS
from pledge.typesetting import TypesettingFailed, typeset

if TYPE_CHECKING:
    import typst
else:
    typst = late("typst")

_MB = 1024 * 1024
_FULL = 200 * _MB
_TIGHT = 1024 * _MB
_FEWEST_FILES = 1000
_FEWEST_OPEN = 4096
"""Every phone holds a connection or two."""
_OURS = 3
_LINE = "倡议书 Pledge 2026"
_EARLIEST = datetime(2026, 1, 1, tzinfo=UTC)
"""No clock that goes right has ever shown this program an earlier time."""


def folder(data: Path) -> Iterator[Finding]:
    if not data.is_dir():
        yield fault(
            "data folder",
            f"{data} is not there",
            "start `pledge serve` once, or set PLEDGE_DATA to where the data is",
        )
        return
    if not os.access(data, os.R_OK | os.W_OK | os.X_OK):
        yield fault(
            "data folder",
            f"{data} can't be written",
            "run this as the user of the site; if it is, give the folder to that user (chown)",
        )
    elif data.stat().st_mode & 0o077:
        yield warning(
            "data folder",
            f"others on this machine may look into {data}",
            f"chmod 700 {data}",
        )
    else:
        yield ok("data folder", f"{data}, for its owner alone")


def disk(data: Path) -> Iterator[Finding]:
    if not data.is_dir():
        return
    free = shutil.disk_usage(data).free
    said = f"{free // _MB:,} MB free where the data is"
    advice = "make room: without it nobody can sign"
    if free < _FULL:
        yield fault("disk", said, advice)
    elif free < _TIGHT:
        yield warning("disk", said, advice)
    else:
        yield ok("disk", said)
    found = os.statvfs(data)
    # Some file systems make them as they go, and say 0.
    if found.f_files and found.f_favail < _FEWEST_FILES:
        yield fault(
            "disk",
            f"room for {found.f_favail} more files (inodes)",
            "remove files that are not needed, such as old logs or sessions",
        )


def open_files() -> Iterator[Finding]:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY and most < _FEWEST_OPEN:
        yield warning(
            "open files",
            f"a process may open {most}, and every phone needs one or two",
            "raise the limit: LimitNOFILE=65536 in the systemd unit, or ulimit -n",
        )
    else:
        yield ok("open files", "enough for a hall")


async def fonts(now: datetime) -> list[Finding]:
    ours = len(list(FONTS.glob("*.otf")))
    if ours < _OURS:
        return [
            fault("fonts", f"{ours} of our {_OURS} fonts in {FONTS}", "install Pledge once more")
        ]
    try:
        line = {"title": _LINE, "author": "Pledge", "language": "zh", "line": _LINE}
        document = await typeset("trial.typ", line, at=now)
    except TypesettingFailed as failed:
        return [fault("fonts", f"Typst sets nothing: {failed}", "install Pledge once more")]
    if document.unset or not document.content.startswith(b"%PDF"):
        return [fault("fonts", "our fonts can't be read", "install Pledge once more")]
    system = len(typst.Fonts(include_system_fonts=True, include_embedded_fonts=False).fonts())
    if not system:
        return [
            warning(
                "fonts",
                "Typst sets a line in our fonts; the system has none for rare characters",
                "install a large Chinese font (Debian: fonts-noto-cjk), else 〓 stands for them "
                "on paper",
            )
        ]
    return [ok("fonts", f"Typst sets a line in our fonts; the system has {system} more")]


def clock(now: datetime, newest: datetime | None) -> Iterator[Finding]:
    """`newest` is when something was last written into the database."""
    advice = "set the clock, and keep it by NTP (timedatectl set-ntp true)"
    said = f"{now:%Y-%m-%d %H:%M:%S} UTC"
    if now < _EARLIEST:
        yield fault("clock", f"{said}, which is long past", advice)
    elif newest and newest > now + timedelta(seconds=5):
        yield fault(
            "clock", f"{said}, earlier than what was signed at {newest:%Y-%m-%d %H:%M:%S}", advice
        )
    else:
        yield ok("clock", said)
    try:
        ahead = now.astimezone(ZoneInfo("Asia/Shanghai")).utcoffset()
    except ZoneInfoNotFoundError:
        ahead = None
    if ahead != timedelta(hours=8):
        yield fault(
            "clock",
            "the time of Asia/Shanghai is not known",
            "install the package tzdata, of Python or of the system",
        )
