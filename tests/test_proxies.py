"""The proxies of docs/deploying, real ones, in front of a real site."""

import asyncio
import json
import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx
import pytest

from tests.delegate import Delegate
from tests.ports import free_port
from tests.proxies import PROXIES, Proxy, proxied
from tests.server import Server
from tests.site import SLUG

KINDS = sorted(PROXIES)
EVENTS = f"/i/{SLUG}/events"

# A quarter of a second for every 15 of them; the proxies' minute becomes a second.
QUICK = "import pledge.feed as feed; feed.HEARTBEAT = 0.25; from pledge.cli import main; main()"
IMPATIENT = {
    "nginx": {"proxy_read_timeout 60s;": "proxy_read_timeout 1s;"},
    "caddy": {"read_timeout 60s": "read_timeout 1s"},
}


@asynccontextmanager
async def deployed(kind: str, folder: Path) -> AsyncIterator[tuple[Server, Proxy]]:
    """A site behind a proxy by which it is known."""
    program = (sys.executable, "-c", QUICK)
    server = Server(folder / "data", free_port(), program=program)
    async with proxied(kind, folder / kind, server.port, **IMPATIENT) as proxy:
        server.settings = {"PLEDGE_BASE_URL": proxy.origin}
        try:
            await server.start()
            server.printed = {
                name: address.replace(proxy.origin, server.origin)
                for name, address in server.printed.items()
            }
            yield server, proxy
        finally:
            await server.kill()


@pytest.mark.parametrize("kind", KINDS)
async def test_companies_sign_through_it(tmp_path: Path, kind: str) -> None:
    async with deployed(kind, tmp_path) as (server, proxy), proxy.client() as phone:
        assert proxy.trust.check_hostname
        signed = await Delegate(phone, server.link).sign()
        assert signed.status_code == 303
        assert all("secure" in one.lower() for one in signed.headers.get_list("set-cookie"))
        receipt = await phone.get(signed.headers["location"])
        assert receipt.status_code == 200
        assert receipt.headers["content-encoding"] == "gzip"
        assert (await phone.get("/metrics")).status_code == 404
        assert (await phone.get("/readyz")).status_code == 200


@pytest.mark.parametrize("kind", KINDS)
async def test_streams_stay_open_and_tell_each_event_at_once(tmp_path: Path, kind: str) -> None:
    """For many times longer than the proxy waits for a word."""
    async with deployed(kind, tmp_path) as (server, proxy), proxy.client() as wall:
        async with wall.stream("GET", EVENTS) as stream:
            lines = stream.aiter_lines()
            for _ in range(12):
                await _line(lines, ": still here")
            async with proxy.client() as phone:
                await Delegate(phone, server.link).sign(company="示例一公司")
            cursor = (await _line(lines, "id: ")).removeprefix("id: ")
            assert "示例一公司" in await _line(lines, "data: ")
            # The stream ends with the site, and is told when to come again.
            await server.stop()
            rest = [line async for line in lines if line]
        assert rest[-1].startswith("retry: ")
        await server.start()
        async with proxy.client() as phone:
            link = server.printed["Signing link"].removeprefix(proxy.origin)
            await Delegate(phone, link).sign(company="示例二公司")
        headers = {"Last-Event-ID": cursor}
        async with wall.stream("GET", EVENTS, headers=headers) as stream:
            assert "示例二公司" in await _line(stream.aiter_lines(), "data: ")


@pytest.mark.parametrize("kind", KINDS)
async def test_the_site_itself_says_what_is_too_large(tmp_path: Path, kind: str) -> None:
    """Of what is not read to its end, a proxy may also break off the sending."""
    async with deployed(kind, tmp_path) as (server, proxy), proxy.client() as phone:
        large = await phone.post(server.link, data={"ink": "1" * 250_000})
        assert large.status_code == 422
        assert "x-request-id" in large.headers
        with suppress(httpx.TransportError):  # nobody has logged in, so the site reads none of it
            roster = await phone.post(f"/organizer/roster/{SLUG}", content=bytes(5_000_000))
            assert "x-request-id" in roster.headers


async def test_nginx_keeps_floods_to_itself(tmp_path: Path) -> None:
    """Caddy sends on while it reads, so that the site may have answered before its limit."""
    async with deployed("nginx", tmp_path) as (_server, proxy), proxy.client() as phone:
        flood = await phone.post(f"/organizer/roster/{SLUG}", content=bytes(12_000_000))
        assert flood.status_code == 413
        assert "x-request-id" not in flood.headers


@pytest.mark.parametrize("kind", KINDS)
async def test_what_visitors_say_of_themselves_never_arrives(tmp_path: Path, kind: str) -> None:
    async with echoing() as port, proxied(kind, tmp_path / kind, port) as proxy:
        claimed = {
            "X-Forwarded-For": "203.0.113.9",
            "X-Forwarded-Proto": "http",
            "X-Forwarded-Host": "elsewhere.test",
            "Forwarded": "for=203.0.113.9",
            "X-Request-ID": "chosen-by-a-visitor",
        }
        async with proxy.client() as visitor:
            arrived = httpx.Headers((await visitor.get("/", headers=claimed)).json())
    assert arrived["host"] == f"localhost:{proxy.port}"
    assert arrived["x-forwarded-for"] == "127.0.0.1"
    assert arrived["x-forwarded-proto"] == "https"
    assert "x-forwarded-host" not in arrived
    assert "forwarded" not in arrived
    assert arrived["x-request-id"] != claimed["X-Request-ID"]
    assert 8 <= len(arrived["x-request-id"]) <= 64


@pytest.mark.parametrize("kind", KINDS)
async def test_browsers_are_offered_http_2(tmp_path: Path, kind: str) -> None:
    async with echoing() as port, proxied(kind, tmp_path / kind, port) as proxy:
        proxy.trust.set_alpn_protocols(["h2", "http/1.1"])
        _, writer = await asyncio.open_connection(
            "127.0.0.1", proxy.port, ssl=proxy.trust, server_hostname="localhost"
        )
        tls: ssl.SSLObject = writer.get_extra_info("ssl_object")
        assert tls.selected_alpn_protocol() == "h2"
        writer.close()


async def test_nginx_keeps_what_is_public_and_nothing_else(tmp_path: Path) -> None:
    async with deployed("nginx", tmp_path) as (server, proxy):
        paths = ("/", f"/i/{SLUG}", f"/i/{SLUG}/signatories.json", server.link, "/organizer/login")
        for path in paths:
            for _ in range(2):
                async with proxy.client() as visitor:
                    answer = await visitor.get(path)
            public = "public" in answer.headers["cache-control"]
            assert (answer.headers.get("x-cache") == "HIT") is public, path
            assert not (public and "set-cookie" in answer.headers)


async def test_nginx_logs_no_address(tmp_path: Path) -> None:
    async with deployed("nginx", tmp_path) as (server, proxy), proxy.client() as phone:
        await Delegate(phone, server.link).sign()
        named = (await phone.get(f"{server.link}?q=x")).headers["x-request-id"]
    log = (proxy.folder / "pledge.log").read_text()
    assert f"request={named}" in log
    assert server.link not in log
    assert "127.0.0.1" not in log


async def _line(lines: AsyncIterator[str], beginning: str) -> str:
    async with asyncio.timeout(20):
        async for line in lines:
            if line.startswith(beginning):
                return line
    raise AssertionError(f"the stream has ended before {beginning!r}")


@asynccontextmanager
async def echoing() -> AsyncIterator[int]:
    """In the site's place, on this port: answers each request with its headers, as JSON."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        headers = [line.split(": ", 1) for line in head.splitlines()[1:] if line]
        body = json.dumps(dict(headers)).encode()
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
            b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
        )
        await writer.drain()
        writer.close()

    port = free_port()
    async with await asyncio.start_server(answer, "127.0.0.1", port):
        yield port
