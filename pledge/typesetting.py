"""Typesetting: a template of `templates/print` and data become a PDF or a picture.

Documents are vector PDF, tagged, with subsets of our fonts (`pledge/fonts/`) embedded and text that
can be selected. The same data and the same time give the same bytes. Nothing is fetched from
anywhere.
"""

import asyncio
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pledge.errors import PledgeError
from pledge.glyphs import Settable, Unset, settable

_LONGEST = 120
"""Seconds after which a document is given up."""

_presses = ThreadPoolExecutor(max(1, min(4, (os.cpu_count() or 1) - 1)), thread_name_prefix="press")
"""So many documents are set at once; the next ones wait. A processor is left to signing."""


class TypesettingFailed(PledgeError):
    """A document could not be set, which is a fault of ours or of the machine."""


@dataclass(frozen=True)
class Document:
    content: bytes
    unset: tuple[Unset, ...]
    """Characters that no font has: 〓 stands in their place."""


async def typeset(
    template: str,
    data: dict[str, Any],
    *,
    at: datetime,
    picture: int = 0,
    tagged: bool = True,
) -> Document:
    """Sets data by a template's name. Every string in it is text and nothing but text; one that is
    named `code` is an address that becomes a QR code.

    `at` is the time that the document names as that of its making. With `picture` it is a PNG of
    the first page with so many pixels an inch. Raises TypesettingFailed.
    """

    def work() -> Document:
        checked = settable(data)
        job = job_of(template, checked, at=at, picture=picture, tagged=tagged)
        return Document(_pressed(json.dumps(job).encode()), checked.unset)

    return await asyncio.get_running_loop().run_in_executor(_presses, work)


def job_of(
    template: str, checked: Settable, *, at: datetime, picture: int, tagged: bool = True
) -> dict[str, Any]:
    """What a press is told (`press`)."""
    return {
        "template": template,
        "data": checked.data,
        "system_fonts": checked.needs_system_fonts,
        "format": "png" if picture else "pdf",
        "ppi": picture or None,
        "timestamp": int(at.timestamp()),
        "tagged": tagged,
    }


def _pressed(job: bytes) -> bytes:
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pledge.press"],
            input=job,
            capture_output=True,
            timeout=_LONGEST,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise TypesettingFailed(f"the document took longer than {_LONGEST} seconds") from None
    if done.returncode:
        words = " ".join(done.stderr.decode(errors="replace").split())
        raise TypesettingFailed(f"the document can't be set: {words or done.returncode}")
    return done.stdout
