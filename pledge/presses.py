"""Presses that stay: small documents in the time that it takes to set them.

Each is a process (`warm_press`) that is begun when it is first needed. One that dies, or hangs,
ends with the document that it was at; the next one is set by another.
"""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from base64 import b64encode
from contextlib import suppress
from datetime import datetime
from typing import Any

from pledge.errors import PledgeError
from pledge.glyphs import settable
from pledge.sealing import Seal
from pledge.typesetting import Document, TypesettingFailed, job_of
from pledge.warm_press import FAILED, HEAD, JOB, LAST

MOST_WAITING = 500
"""Documents; whoever comes then is asked to come again."""

_LONGEST = 20.0
"""Seconds after which a small document is given up."""
_GRACE = 2.0
_TRIES = 2


class PressesBusy(PledgeError):
    """Too many wait already."""


class Presses:
    def __init__(self, seal: Seal | None = None, *, at_once: int = 0):
        """With a seal, PDFs are sealed. A processor is left to signing, unless there is but one."""
        self._seal = seal
        self._turns = asyncio.Semaphore(at_once or max(1, min(4, (os.cpu_count() or 1) - 1)))
        self._free: list[_Press] = []
        self._waiting = 0

    async def typeset(
        self, template: str, data: dict[str, Any], *, at: datetime, picture: int = 0
    ) -> Document:
        """As `typesetting.typeset` does it; a picture has few colours and is small. Raises
        TypesettingFailed and PressesBusy.
        """
        checked = await asyncio.to_thread(settable, data)
        job = job_of(template, checked, at=at, picture=picture)
        job |= {"few_colours": bool(picture), "reason": data["title"]}
        if self._waiting >= MOST_WAITING:
            raise PressesBusy("too many documents are being made")
        self._waiting += 1
        try:
            async with self._turns:
                return Document(await self._pressed(json.dumps(job).encode()), checked.unset)
        finally:
            self._waiting -= 1

    async def stop(self) -> None:
        free, self._free = self._free, []
        for press in free:
            await press.end()

    async def _pressed(self, job: bytes) -> bytes:
        for _try in range(_TRIES):
            press = await self._press()
            try:
                async with asyncio.timeout(_LONGEST):
                    mark, content = await press.set(job)
            except TimeoutError:
                await press.end(at_once=True)
                raise TypesettingFailed(
                    f"the document took longer than {_LONGEST:g} seconds"
                ) from None
            except (OSError, EOFError):
                # It had ended unnoticed, since nobody had needed it for long, or was killed.
                await press.end(at_once=True)
                continue
            except BaseException:
                await press.end(at_once=True)  # what it still says would be taken for the next
                raise
            if mark == LAST:
                await press.end()
            else:
                self._free.append(press)
            if mark == FAILED:
                words = " ".join(content.decode(errors="replace").split())
                raise TypesettingFailed(f"the document can't be set: {words}")
            return content
        raise TypesettingFailed("the press has ended before the document was set")

    async def _press(self) -> "_Press":
        while self._free:
            press = self._free.pop()
            if press.lives:
                return press
            await press.end(at_once=True)
        return await _Press.begun(self._seal)


class _Press:
    def __init__(self, process: Process):
        self._process = process

    @classmethod
    async def begun(cls, seal: Seal | None) -> "_Press":
        module = "pledge.sealing_press" if seal else "pledge.warm_press"
        # Of the site's secrets it gets none that it does not need.
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PLEDGE_")}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", module), stdin=PIPE, stdout=PIPE, env=environment
        )
        press = cls(process)
        if seal:
            given = {
                "pkcs12": b64encode(seal.pkcs12).decode(),
                "passphrase": seal.passphrase,
            }
            press._send(json.dumps(given).encode())
        return press

    @property
    def lives(self) -> bool:
        return self._process.returncode is None

    async def set(self, job: bytes) -> tuple[bytes, bytes]:
        """Its mark and what it made. Raises OSError or EOFError if the press ends."""
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise EOFError
        self._send(job)
        await stdin.drain()
        mark, length = HEAD.unpack(await stdout.readexactly(HEAD.size))
        return mark, await stdout.readexactly(length)

    def _send(self, content: bytes) -> None:
        if self._process.stdin:
            self._process.stdin.write(HEAD.pack(JOB, len(content)) + content)

    async def end(self, *, at_once: bool = False) -> None:
        """With its input, it ends by itself."""
        if self._process.stdin:
            self._process.stdin.close()
        if at_once:
            self._kill()
        try:
            async with asyncio.timeout(_GRACE):
                await self._process.wait()
        except TimeoutError:
            self._kill()
            await self._process.wait()

    def _kill(self) -> None:
        with suppress(ProcessLookupError):
            self._process.kill()
