"""Sets small documents one after another: `python -m pledge.warm_press`.

A press of its own for each document takes half a second to begin (`press`); this one stays and has
fonts and templates at hand. It ends when nobody can want anything from it any more: its standard
input is closed (with the site, however that ended), nothing has come for a while, or it has grown.

Jobs and answers are frames: a mark, the length in four bytes, and the content.
"""

import json
import os
import resource
import select
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from struct import Struct
from typing import TYPE_CHECKING, Any

from pledge.late import late
from pledge.press import set_in_type, with_codes

if TYPE_CHECKING:
    import typst
else:
    typst = late("typst")

HEAD = Struct(">cI")

JOB, MADE, FAILED = b"J", b"M", b"F"
LAST = b"L"
"""Like `MADE`, and the last that it has made: it ends."""

_IDLE = 600
"""Seconds without a job after which it ends."""
_MOST = 500
"""Documents after which it ends: what a library loses by and by is given back."""
_LARGEST = 400
"""MiB of memory after which it ends."""
_NICENESS = 5

Finish = Callable[[dict[str, Any], bytes], bytes]
"""What is done to a document when it is set, by its job."""


def serve(finish: Finish) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the site, which then ends this
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    os.nice(_NICENESS)
    for left in range(_MOST - 1, -1, -1):
        if (job := read_frame()) is None:
            return
        mark, content = _answer(job, finish)
        last = not left or _memory() > _LARGEST
        _write(LAST if last and mark == MADE else mark, content)
        if last:
            return


def read_frame() -> bytes | None:
    """None when there will be no more."""
    # Without a buffer, in which a job could lie that `select` does not see.
    head = _read(HEAD.size)
    if len(head) < HEAD.size:
        return None
    _mark, length = HEAD.unpack(head)
    content = _read(length)
    return content if len(content) == length else None


def _read(length: int) -> bytes:
    """As many bytes, or fewer if there will be no more."""
    place, found = sys.stdin.fileno(), b""
    while len(found) < length:
        ready, _, _ = select.select([place], [], [], _IDLE)
        piece = os.read(place, length - len(found)) if ready else b""
        if not piece:
            break
        found += piece
    return found


def _answer(frame: bytes, finish: Finish) -> tuple[bytes, bytes]:
    job = json.loads(frame)
    try:
        return MADE, finish(job, set_in_type(job, with_codes(job["data"])))
    except typst.TypstError as error:
        return FAILED, (error.diagnostic or error.message).encode()


def _write(mark: bytes, content: bytes) -> None:
    sys.stdout.buffer.write(HEAD.pack(mark, len(content)) + content)
    sys.stdout.buffer.flush()


def _memory() -> float:
    """The most that it has had, in MiB.

    On Linux a process begins with the peak of whoever began it (getrusage), which is the site's.
    """
    with suppress(OSError):
        lines = Path("/proc/self/status").read_text().splitlines()
        found = [int(line.split()[1]) for line in lines if line.startswith("VmHWM:")]
        if found:
            return found[0] / (1 << 10)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def main() -> None:
    serve(lambda _job, document: document)


if __name__ == "__main__":
    main()
