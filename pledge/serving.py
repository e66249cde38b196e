"""Serving: listens, prepares the data folder, says where everything is, runs the server."""

import errno
import gc
import os
import resource
import signal
import socket
import sys
from contextlib import suppress
from multiprocessing import parent_process
from multiprocessing.process import BaseProcess
from threading import Thread
from typing import TYPE_CHECKING, Any

import click
import structlog
import uvicorn
from starlette.applications import Starlette
from uvicorn.supervisors import Multiprocess

from pledge.agreeing import check_keys_are_there
from pledge.app import create_app
from pledge.connections import PatientConnection
from pledge.errors import PledgeError
from pledge.late import late
from pledge.logs import configure_logs
from pledge.settings import Settings, read_settings

if TYPE_CHECKING:
    import qrcode
else:
    qrcode = late("qrcode")

_log = structlog.get_logger()

GRACE_SECONDS = 10
"""For which requests under way are waited for at the end."""
_STALL_SECONDS = 30
_BACKLOG = 2048
_LOOK_SECONDS = 0.1
_OPEN_FILES = 65536
_TAKEN_WITHIN = 60_000
"""Milliseconds after which a client that takes nothing of what it is sent is cut off. Its stream
resumes with its next connection; until then what waits for it would be kept for hours."""


class CannotListen(PledgeError):
    """The address is taken or not ours."""


def listen(host: str, port: int) -> socket.socket:
    """A bound socket, so that a wrong address is said before anything else happens."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if sys.platform == "linux":  # RFC 5482; connections have it from the socket that accepts them
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _TAKEN_WITHIN)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            raise CannotListen(
                f"port {port} is in use: stop what uses it, or choose another with --port "
                "(make run PORT=…)"
            ) from None
        raise CannotListen(f"can't listen on {host} port {port}: {error.strerror}") from None
    # Not inherited, which is how sockets begin: the processes that the site starts (presses, makers
    # of exports) would keep the port taken after a site that was killed. Workers are handed it.
    return listening


def run(settings: Settings, listening: socket.socket, workers: int) -> None:
    """Serves until it is told to stop."""
    configure_logs(settings.log_format)
    raise_open_files()
    # The server raises the signal that stopped it once more when it is done: a clean end.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGINT, lambda *_: sys.exit(0))
    if workers > 1:
        config = server_config(
            "pledge.serving:create_worker",
            settings.trusted_proxies,
            proxy_headers=False,  # the application's own, `TrustedProxies`
            factory=True,
            workers=workers,
        )
        _Workers(config, sockets=[listening]).run()
    else:
        config = server_config(create_app(settings), settings.trusted_proxies, proxy_headers=False)
        _settle_memory()
        uvicorn.Server(config).run(sockets=[listening])


class _Workers(Multiprocess):
    """Notices at once when a worker dies, and says so when one has to be replaced; passes on what
    it is told while it waits for its workers to end: that they hurry.
    """

    def keep_subprocess_alive(self) -> None:
        before = list(self.processes)
        for process in before:
            # The worker has it. While it is open here too, one that dies when it has just been
            # asked whether it lives is waited for as if it were only slow.
            process.child_conn.close()
        super().keep_subprocess_alive()
        for old, new in zip(before, self.processes, strict=True):
            if old is not new:
                _log.error("a worker has ended, another one begins", code=old.exitcode)

    def join_all(self) -> None:
        waiting = [process.process for process in self.processes]
        while waiting := [process for process in waiting if process.is_alive()]:
            waiting[0].join(_LOOK_SECONDS)
            while self.signal_queue:
                number = self.signal_queue.pop(0)
                for process in waiting:
                    if process.pid is not None:
                        with suppress(ProcessLookupError):
                            os.kill(process.pid, number)


def create_worker() -> Starlette:
    """The application of one of several workers, which ends with the process that began it: else
    they would go on after that was killed, keep the port, and let nothing start in their place."""
    if (supervisor := parent_process()) is not None:
        Thread(target=_end_after, args=(supervisor,), daemon=True).start()
    settings = read_settings(os.environ)
    configure_logs(settings.log_format)
    check_keys_are_there(settings)
    app = create_app(settings)
    _settle_memory()
    return app


def _settle_memory() -> None:
    """What is there by now stays: it is not looked through for garbage any more, and what requests
    leave behind less often than Python would: nearly all of it goes by itself.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)


def _end_after(supervisor: BaseProcess) -> None:
    supervisor.join()
    os.kill(os.getpid(), signal.SIGTERM)


def server_config(
    app: Starlette | str, trusted_proxies: str, *, proxy_headers: bool = True, **more: Any
) -> uvicorn.Config:
    """The server's settings; the benchmark serves its skeleton with the same."""
    return uvicorn.Config(
        app,
        access_log=False,
        log_config=None,
        backlog=_BACKLOG,
        http=PatientConnection,
        ws="none",  # whatever else is installed: pages are told by event streams
        lifespan="on",
        proxy_headers=proxy_headers,
        forwarded_allow_ips=trusted_proxies,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_worker_healthcheck=_STALL_SECONDS,
        **more,
    )


def raise_open_files() -> None:
    """Every phone holds a connection or two, and some systems begin at 256 open files."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(_OPEN_FILES, hard)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def reachable_origin(settings: Settings, host: str, port: int) -> str:
    """The site's address as phones reach it: as configured, else where it listens."""
    if settings.base_url:
        return settings.base_url
    if host in ("0.0.0.0", "::"):  # noqa: S104 -- asks what was chosen, chooses nothing
        host = network_address()
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def network_address() -> str:
    """This machine's address on its network; nothing is sent to find it out."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # TEST-NET-1 (RFC 5737)
            address: str = probe.getsockname()[0]
        except OSError:
            return "127.0.0.1"
    return address


def announce(addresses: list[tuple[str, str]], link: str, *, terminal: bool) -> None:
    """Prints where everything is, and the signing link as a code to be scanned."""
    width = max(len(name) for name, _ in addresses)
    click.echo()
    for name, address in addresses:
        click.echo(f"  {name:<{width}}  {address}")
    click.echo()
    click.echo(terminal_code(link, colours=terminal))


def terminal_code(text: str, *, colours: bool) -> str:
    """A QR code in half blocks, two modules a line; black on white where there are colours."""
    code = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_M, border=4)
    code.add_data(text)
    rows: list[list[bool]] = code.get_matrix()
    if len(rows) % 2:
        rows.append([False] * len(rows[0]))
    blocks = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}
    lines = [
        "".join(blocks[pair] for pair in zip(upper, lower, strict=True))
        for upper, lower in zip(rows[::2], rows[1::2], strict=True)
    ]
    if colours:
        lines = [f"\x1b[38;5;16;48;5;231m{line}\x1b[0m" for line in lines]
    return "\n".join(lines)
