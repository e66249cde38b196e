"""A real server for tests: `pledge serve` in its own process, stopped, killed and restarted."""

import asyncio
import os
import re
import resource
import signal
import ssl
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import httpx

from tests import databases
from tests.ports import free_port

PLEDGE = Path(sys.executable).with_name("pledge")

Answer = TypeVar("Answer")

_READY_SECONDS = 60
_STOP_SECONDS = 60
"""Until it is a failure, on a machine that is busy with others."""
_OPEN_FILES = 4096
_SHOWN = 20_000
"""Characters of a log."""
_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # one for all clients: each would read all CAs


@dataclass
class Server:
    """`pledge serve` on a data folder, always on the same port."""

    data: Path
    port: int
    workers: int = 1
    up: asyncio.Event = field(default_factory=asyncio.Event)
    """Set while requests are answered; whoever was cut off waits for it."""
    unanswered: int = 0
    """Requests that lost their connection, and were made again."""
    printed: dict[str, str] = field(default_factory=dict)
    """The addresses that the last start has printed, by name."""
    program: tuple[str, ...] = (str(PLEDGE),)
    """What is started: `pledge`, or something that changes it before."""
    settings: dict[str, str] = field(default_factory=dict)
    """Of its environment."""
    _process: asyncio.subprocess.Process | None = None

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def database(self) -> Path:
        return self.data / "pledge.db"

    @property
    def address(self) -> str:
        """Of its database, which its first start finds empty."""
        return self.settings.get("PLEDGE_DATABASE_URL") or databases.address(self.data, empty=True)

    @property
    def shown(self) -> str:
        """Everything that the last start printed, its QR code too."""
        return self._output.read_text()

    @property
    def logged(self) -> str:
        """The end of what all starts have logged."""
        return self._log.read_text(errors="replace")[-_SHOWN:] if self._log.exists() else ""

    @property
    def link(self) -> str:
        """The path of the printed signing link."""
        return urlsplit(self.printed["Signing link"]).path

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def children(self) -> list[int]:
        """Processes that the server has begun and that still run."""
        found = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
        return [int(one) for one in found.split()]

    def client(self) -> httpx.AsyncClient:
        """A phone: it has its own cookies and connections."""
        return httpx.AsyncClient(base_url=self.origin, verify=_NO_TLS, timeout=30)

    async def until_answered(self, ask: Callable[[], Awaitable[Answer]]) -> Answer:
        """Asks again whenever the connection is lost, as phones and their owners do."""
        while True:
            await self.up.wait()
            try:
                return await ask()
            except httpx.TransportError:
                self.unanswered += 1

    async def start(self) -> None:
        """Returns when the server answers."""
        with self._output.open("w") as output, self._log.open("a") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self.program,
                *("serve", "--port", str(self.port), "--workers", str(self.workers)),
                env=self._environment,
                stdout=output,
                stderr=log,
                start_new_session=True,
            )
        try:
            async with asyncio.timeout(_READY_SECONDS):
                await self._until_ready(self._process)
        except TimeoutError:
            await self._say_where_it_is(self._process)
            raise
        self.printed = _addresses(self.shown)
        self.up.set()

    async def stop(self) -> None:
        """As an operator stops it: told once, ends by itself."""
        self.up.clear()
        if self._process is not None:
            self._process.terminate()
            assert await self.until_ended() == 0

    @property
    def process(self) -> int | None:
        """Its number, while it runs."""
        return self._process.pid if self._process else None

    def tell_to_stop(self) -> None:
        """And goes on; `until_ended` waits for it."""
        if self._process is not None:
            self._process.terminate()

    async def until_ended(self) -> int:
        """The exit code of a process that was told to stop."""
        assert self._process is not None
        async with asyncio.timeout(_STOP_SECONDS):
            code = await self._process.wait()
        self._process = None
        return code

    async def kill(self) -> None:
        """As a power cut ends it: all its processes at once, without a word."""
        self.up.clear()
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            await self._process.wait()
            self._process = None

    async def kill_first(self) -> None:
        """Only the process that was started, as when memory runs out; not those that it began."""
        self.up.clear()
        if self._process is not None:
            self._process.kill()
            await self._process.wait()
            self._process = None

    async def command(self, *words: str) -> str:
        """What another `pledge` command prints about the same data."""
        process = await asyncio.create_subprocess_exec(
            PLEDGE,
            *words,
            env=self._environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        output, mistakes = await process.communicate()
        assert process.returncode == 0, mistakes.decode()
        return output.decode("utf-8-sig")

    async def _until_ready(self, process: asyncio.subprocess.Process) -> None:
        async with self.client() as client:
            while process.returncode is None:
                with suppress(httpx.TransportError):
                    if (await client.get("/readyz")).status_code == 200:
                        return
                await asyncio.sleep(0.02)
        raise AssertionError(f"the server ended at once:\n{self._log.read_text()}")

    async def _say_where_it_is(self, process: asyncio.subprocess.Process) -> None:
        """Each of its processes logs what its threads are doing, and ends."""
        for one in (*self.children, process.pid):
            with suppress(ProcessLookupError):
                os.kill(one, signal.SIGABRT)
        await process.wait()

    @property
    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "PLEDGE_DATA": str(self.data),
            "PLEDGE_DATABASE_URL": self.address,
            "PYTHONFAULTHANDLER": "1",
            "PYTHONUNBUFFERED": "1",
            **self.settings,
        }

    @property
    def _output(self) -> Path:
        return self.data.with_name("stdout")

    @property
    def _log(self) -> Path:
        return self.data.with_name("stderr")


@asynccontextmanager
async def served(folder: Path, *, workers: int = 1, **settings: str) -> AsyncIterator[Server]:
    """A server with the sample initiative, open for signing; it is gone afterwards, come what may.

    Its data are in `data` in the folder, beside what it printed.
    """
    _allow_open_files()
    server = Server(folder / "data", free_port(), workers, settings=settings)
    try:
        await server.start()
        yield server
    except BaseException:
        print(server.logged)  # which pytest shows with a failure
        raise
    finally:
        await server.kill()


def _addresses(output: str) -> dict[str, str]:
    return dict(re.findall(r"^  (\S.*?) {2,}(http\S+)$", output, re.MULTILINE))


def _allow_open_files() -> None:
    """Four hundred phones need more connections than some systems allow at first."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(_OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
