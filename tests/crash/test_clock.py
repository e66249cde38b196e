"""The clock is set back and forward while delegates sign (libfaketime)."""

from pathlib import Path

import pytest

from tests.crash.sites import Base

pytestmark = [pytest.mark.alone, pytest.mark.sqlite("runs on both engines by itself")]

_PACE = 1.2
"""Seconds between two signatures of a phone: time for libfaketime to read the file again."""
_LIBRARIES = (
    *Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"),
    *Path("/usr/lib/faketime").glob("libfaketimeMT.so.1"),
    *Path("/usr/local/lib/faketime").glob("libfaketimeMT.so.1"),
)


async def test_the_clock_is_set(base: Base, tmp_path: Path) -> None:
    """Two hours back, then three days ahead, and right again; later numbers have later times.

    Each process notices it within a second, one after the other, as nodes do.
    """
    clock = tmp_path / "clock"
    clock.write_text("+0")
    async with base.served(workers=2, **_clock_from(clock)) as hall:
        hall.pace = _PACE
        async with hall.signing():
            for share, offset in ((0.2, "-2h"), (0.4, "+3d"), (0.6, "+0")):
                await hall.until(share)
                clock.write_text(offset)
        await hall.holds()


def _clock_from(file: Path) -> dict[str, str]:
    assert _LIBRARIES, "libfaketime is missing: sh tests/prerequisites.sh"
    return {
        "LD_PRELOAD": str(_LIBRARIES[0]),
        "FAKETIME_TIMESTAMP_FILE": str(file),
        "FAKETIME_CACHE_DURATION": "1",
        # A clock that is set moves no timers (clock_settime(2), CLOCK_MONOTONIC).
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        # Otherwise it lets threads that wait for each other wake up all the time: its remedy for
        # older systems, which makes a start several times as long.
        "FAKETIME_FORCE_MONOTONIC_FIX": "0",
    }
