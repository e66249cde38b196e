"""Ports for servers that tests start."""

import secrets
import socket
from contextlib import suppress


def free_port() -> int:
    """A port that nobody listens on, and that nobody is given by chance before a server does.

    It is below those that systems take by themselves, for the connections of other tests too.
    """
    while True:
        port = 20_000 + secrets.randbelow(10_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
