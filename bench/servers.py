"""The two servers that are compared, each in one process of its own on loopback."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench.django_site.setting_up import TOKEN

PLEDGE = Path(sys.executable).with_name("pledge")
SLUG = "fire-product-quality"

_READY_SECONDS = 30


@dataclass(frozen=True)
class Target:
    """A server and the address of its sign page."""

    name: str
    port: int
    path: str
    process: int
    """Its id."""
    proves: bool = False
    """Its forms bring a proof of their origin."""

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@dataclass(frozen=True)
class SignPage:
    """The sign page as Pledge sends it."""

    compressed: bytes
    html: str
    text: str
    """Digest of the text version that the form names."""


@contextmanager
def serving_pledge(folder: Path, **settings: str) -> Iterator[Target]:
    """`pledge serve` as it is installed, but for its limits: all the load comes over one link."""
    port, printed = free_port(), folder / "pledge.stdout"
    environment = {
        **os.environ,
        "PLEDGE_DATA": str(folder / "data"),
        "PLEDGE_LINK_LIMIT": "0",
        "PLEDGE_DEVICE_LIMIT": "0",
        **settings,
    }
    command = [str(PLEDGE), "serve", "--port", str(port)]
    with serving(command, environment, printed, port) as process:
        [path] = re.findall(r"^  Signing link +http://[^/]+(/s/\S+)$", printed.read_text(), re.M)
        yield Target("pledge", port, path, process)


@contextmanager
def serving_skeleton(folder: Path, page: SignPage) -> Iterator[Target]:
    port = free_port()
    (folder / "page.gz").write_bytes(page.compressed)
    command = [sys.executable, "-m", "bench.skeleton", str(port), str(folder)]
    with serving(command, dict(os.environ), folder / "skeleton.stdout", port) as process:
        yield Target("skeleton", port, "/s/sample", process)


@contextmanager
def serving_django(folder: Path, page: SignPage, workers: str) -> Iterator[Target]:
    """`bench.django_site` behind gunicorn: one process that answers, of that class of workers."""
    port = free_port()
    folder.mkdir()
    setting_up = [sys.executable, "-m", "bench.django_site.setting_up", str(folder)]
    subprocess.run(setting_up, input=page.html, text=True, check=True)
    command = [
        *[sys.executable, "-m", "gunicorn", "bench.django_site.wsgi", "--no-control-socket"],
        *["--bind", f"127.0.0.1:{port}", "--workers", "1", "--backlog", "2048"],
        *["--worker-class", workers, "--log-level", "warning"],
        *(["--threads", "4"] if workers == "gthread" else []),
    ]
    environment = {**os.environ, "DJANGO_BENCH_FOLDER": str(folder)}
    with serving(command, environment, folder / "django.stdout", port) as process:
        yield Target(f"django, {workers}", port, f"/s/{TOKEN}", process, proves=True)


@contextmanager
def serving_broadcast(folder: Path) -> Iterator[Target]:
    """The limit of the fan-out."""
    port = free_port()
    command = [sys.executable, "-m", "bench.broadcast", str(port)]
    with serving(command, dict(os.environ), folder / "broadcast.stdout", port) as process:
        yield Target("broadcast", port, "/events", process)


def read_sign_page(target: Target) -> SignPage:
    with httpx.stream(
        "GET", target.origin + target.path, headers={"Accept-Encoding": "gzip"}
    ) as answer:
        compressed = b"".join(answer.iter_raw())
    html = httpx.get(target.origin + target.path).text
    [text] = re.findall(r'name="text" value="([0-9a-f]{64})"', html)
    return SignPage(compressed, html, text)


def signatures_stored(target: Target) -> int:
    """How many Pledge says have signed."""
    answer = httpx.get(f"{target.origin}/i/{SLUG}/signatories.json?limit=1", timeout=30)
    total: int = answer.json()["total"]
    return total


@contextmanager
def serving(
    command: list[str], environment: dict[str, str], output: Path, port: int
) -> Iterator[int]:
    with output.open("w") as stdout, output.with_suffix(".stderr").open("w") as stderr:
        process = subprocess.Popen(command, env=environment, stdout=stdout, stderr=stderr)
    try:
        _wait_until_ready(process, port, output.with_suffix(".stderr"))
        yield process.pid
    finally:
        process.terminate()
        process.wait(20)


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            httpx.get(f"http://127.0.0.1:{port}/readyz")
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"a server did not start:\n{log.read_text()}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
