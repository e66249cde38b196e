"""nginx and Caddy in front of a site, as docs/deploying has them, on a test's ports and folders."""

import asyncio
import os
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import httpx

from tests.ports import free_port

DEPLOYING = Path(__file__).parent.parent / "docs/deploying"
# Debian keeps servers where only root's PATH looks.
PATH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin", "/sbin"))

_NGINX = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx-error.log;
{user}
events {{ worker_connections 512; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/pledge.conf;
}}
"""
_CADDY = """{{
	admin off
	auto_https disable_redirects
	skip_install_trust
	storage file_system {folder}/storage
}}
"""


@dataclass
class Proxy:
    """One that runs; `folder` has its files and its certificate."""

    folder: Path
    port: int

    @property
    def origin(self) -> str:
        return f"https://localhost:{self.port}"

    @cached_property
    def trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.folder / "fullchain.pem"))

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.origin, verify=self.trust, timeout=30)


def nginx(proxy: Proxy, upstream: int, changes: Mapping[str, str]) -> list[str]:
    """Writes its files; returns the command."""
    _certificate(proxy.folder)
    _changed(
        "nginx.conf",
        proxy.folder / "pledge.conf",
        {
            "server 127.0.0.1:8000;": f"server 127.0.0.1:{upstream};",
            "listen 80;": f"listen 127.0.0.1:{free_port()};",
            "listen [::]:80;": "",
            "listen 443 ssl http2;": f"listen 127.0.0.1:{proxy.port} ssl http2;",
            "listen [::]:443 ssl http2;": "",
            "/etc/ssl/pledge/": f"{proxy.folder}/",
            "/var/cache/nginx/pledge": f"{proxy.folder}/cache",
            "/var/log/nginx/": f"{proxy.folder}/",
            # With the port, which in earnest is the one that goes without saying.
            "proxy_set_header Host              $host;": (
                f"proxy_set_header Host $host:{proxy.port};"
            ),
            **changes,
        },
    )
    main = proxy.folder / "main.conf"
    user = "user root;" if os.getuid() == 0 else ""
    main.write_text(_NGINX.format(folder=proxy.folder, user=user))
    return ["nginx", "-p", str(proxy.folder), "-c", str(main)]


def caddy(proxy: Proxy, upstream: int, changes: Mapping[str, str]) -> list[str]:
    """Writes its file; returns the command."""
    _certificate(proxy.folder)
    path = proxy.folder / "Caddyfile"
    first = "{$SITE:sign.example.cn} {"
    certificate = f"{proxy.folder}/fullchain.pem {proxy.folder}/privkey.pem"
    _changed(
        "Caddyfile",
        path,
        {
            first: f"{proxy.origin} {{\n\ttls {certificate}",
            "{$UPSTREAM:127.0.0.1:8000}": f"127.0.0.1:{upstream}",
            **changes,
        },
    )
    path.write_text(_CADDY.format(folder=proxy.folder) + path.read_text())
    return ["caddy", "run", "--config", str(path), "--adapter", "caddyfile"]


PROXIES = {"nginx": nginx, "caddy": caddy}


@asynccontextmanager
async def proxied(
    kind: str, folder: Path, upstream: int, **changes: Mapping[str, str]
) -> AsyncIterator[Proxy]:
    """A proxy in front of this port; `changes` are replacements in its file, by its kind."""
    proxy = Proxy(folder, free_port())
    command = PROXIES[kind](proxy, upstream, changes.get(kind, {}))
    log = folder / "log"
    environment = {**os.environ, "PATH": PATH, "HOME": str(folder)}
    executable = shutil.which(command[0], path=PATH)
    assert executable, f"sh tests/prerequisites.sh installs {command[0]}"
    with log.open("w") as output:
        process = await asyncio.create_subprocess_exec(
            executable, *command[1:], stdout=output, stderr=output, env=environment
        )
    try:
        async with asyncio.timeout(20):
            await _until_open(proxy.port, process)
        yield proxy
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def _until_open(port: int, process: asyncio.subprocess.Process) -> None:
    while process.returncode is None:
        with suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return
        await asyncio.sleep(0.02)
    raise AssertionError("the proxy ended at once; its folder has its log")


def _certificate(folder: Path) -> None:
    folder.mkdir()
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext"),
            "subjectAltName=DNS:localhost,DNS:sign.example.cn",
            *("-keyout", str(folder / "privkey.pem"), "-out", str(folder / "fullchain.pem")),
        ],
        check=True,
        capture_output=True,
    )


def _changed(name: str, to: Path, changes: Mapping[str, str]) -> None:
    text = (DEPLOYING / name).read_text(encoding="utf-8")
    for old, new in changes.items():
        assert old in text, f"{name} no longer has {old}"
        text = text.replace(old, new)
    to.write_text(text, encoding="utf-8")
