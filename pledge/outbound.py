"""Posting to addresses outside, which organizers or settings name: never to what only we reach.

A name is looked up here, what it leads to is checked, and the connection goes to the very address
that was checked: a second look-up could find another one (DNS rebinding). The name stays in the
Host header and in TLS, so that the certificate must be the name's. No redirect is followed, no
proxy of the environment is used, and of an answer only the beginning is read.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from ipaddress import ip_address
from typing import TYPE_CHECKING

from pledge.domain.addresses import Address, is_public
from pledge.domain.notices import Problem
from pledge.late import late

if TYPE_CHECKING:
    import httpx
else:
    httpx = late("httpx")

LONGEST_ADDRESS = 2000
MOST_READ = 4096
"""Bytes of an answer."""

_HOST = re.compile(rb"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+")
"""A name, with other letters already encoded (IDNA), or an address."""
_PORTS = range(1, 65536)

_CONNECT_SECONDS = 5.0
_TOTAL_SECONDS = 15.0


class AddressFlaw(Enum):
    """What is wrong with an address before anything is sent there."""

    MISSING = "missing"
    TOO_LONG = "too long"
    NOT_AN_ADDRESS = "not an address"
    NOT_SECURE = "not https"
    PRIVATE = "private"


@dataclass(frozen=True)
class Reply:
    """What somebody has answered."""

    status: int
    body: bytes
    """Its beginning."""
    retry_after: float
    """Seconds; 0 if it does not say."""


class Unsent(Exception):
    """There was no answer, and why."""

    def __init__(self, problem: Problem):
        super().__init__(problem.value)
        self.problem = problem


Resolve = Callable[[str, int], Awaitable[Sequence[Address]]]
"""The addresses of a host. Raises OSError if it has none."""


async def resolve(host: str, port: int) -> list[Address]:
    """As the system looks it up, which also reads numbers that are written in odd ways."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    # A zone (%eth0) belongs to link-local addresses, which are told by their beginning.
    addresses = (ip_address(str(entry[4][0]).partition("%")[0]) for entry in found)
    return list(dict.fromkeys(addresses))


class Outbound:
    def __init__(
        self,
        *,
        allow_private: bool,
        allow_plain: bool = False,
        resolve: Resolve = resolve,
        transport: httpx.AsyncBaseTransport | None = None,
        seconds: float = _TOTAL_SECONDS,
    ):
        """`allow_private`: the operator lets organizers post into the own network, without TLS.

        `allow_plain`: without TLS, for what is protected by itself.
        """
        self._allow_private = allow_private
        self._allow_plain = allow_plain
        self._resolve = resolve
        self._given = transport
        self._seconds = seconds

    def flaw_of(self, address: str) -> AddressFlaw | None:
        """What can be told of an address by looking at it."""
        if not address:
            return AddressFlaw.MISSING
        if len(address) > LONGEST_ADDRESS:
            return AddressFlaw.TOO_LONG
        try:
            url = httpx.URL(address)
        except httpx.InvalidURL:
            return AddressFlaw.NOT_AN_ADDRESS
        if url.scheme not in ("http", "https") or not _HOST.fullmatch(url.raw_host):
            return AddressFlaw.NOT_AN_ADDRESS
        if url.userinfo or url.fragment or (url.port is not None and url.port not in _PORTS):
            return AddressFlaw.NOT_AN_ADDRESS
        if self._allow_private:
            return None
        with suppress(ValueError):
            if not is_public(ip_address(url.host)):
                return AddressFlaw.PRIVATE
        return None if url.scheme == "https" or self._allow_plain else AddressFlaw.NOT_SECURE

    async def post(
        self,
        address: str,
        body: bytes,
        headers: Mapping[str, str],
        query: Mapping[str, str],
        *,
        most: int = MOST_READ,
    ) -> Reply:
        """Posts JSON, if the headers name no other type; reads so many bytes of the answer.

        Raises Unsent if there is no answer.
        """
        if self.flaw_of(address):
            raise Unsent(Problem.PRIVATE)
        url = httpx.URL(address).copy_merge_params(dict(query))
        try:
            async with asyncio.timeout(self._seconds):
                return await self._post(url, body, headers, most)
        except (TimeoutError, httpx.TimeoutException):
            raise Unsent(Problem.TIMEOUT) from None
        except httpx.HTTPError as error:
            told = Problem.TLS if "SSL" in str(error) or "CERT" in str(error) else None
            raise Unsent(told or Problem.UNREACHABLE) from None

    async def close(self) -> None:
        if "_transport" in self.__dict__:
            await self._transport.aclose()

    async def _post(
        self, url: httpx.URL, body: bytes, headers: Mapping[str, str], most: int
    ) -> Reply:
        connect: httpx.HTTPError | None = None
        for checked in await self._checked(url):
            try:
                return await self._post_to(checked, url, body, headers, most)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                connect = error
        raise connect or Unsent(Problem.NO_HOST)

    async def _checked(self, url: httpx.URL) -> Sequence[Address]:
        """Where the name leads. One private address among them spoils all."""
        port = url.port or (443 if url.scheme == "https" else 80)
        try:
            found = await self._resolve(url.host, port)
        except (OSError, UnicodeError, ValueError):
            raise Unsent(Problem.NO_HOST) from None
        if not self._allow_private and not all(map(is_public, found)):
            raise Unsent(Problem.PRIVATE)
        return found

    async def _post_to(
        self,
        checked: Address,
        url: httpx.URL,
        body: bytes,
        headers: Mapping[str, str],
        most: int,
    ) -> Reply:
        request = httpx.Request(
            "POST",
            url.copy_with(host=str(checked)),
            content=body,
            headers={
                "Host": url.netloc.decode("ascii"),
                "User-Agent": "Pledge",
                "Accept-Encoding": "identity",
                "Content-Type": "application/json",
                **headers,
            },
            extensions={
                "sni_hostname": url.raw_host.decode("ascii"),
                "timeout": {
                    "connect": _CONNECT_SECONDS,
                    "read": self._seconds,
                    "write": self._seconds,
                    "pool": self._seconds,
                },
            },
        )
        # Not by way of a client, which would follow the environment and keep cookies.
        response = await self._transport.handle_async_request(request)
        try:
            return Reply(
                response.status_code,
                await _beginning(response, most),
                _seconds_of(response.headers.get("retry-after", "")),
            )
        finally:
            await response.aclose()

    @cached_property
    def _transport(self) -> httpx.AsyncBaseTransport:
        """Made when it is first needed: it reads all certificate authorities."""
        # No connection is kept: it belongs to an address, and two names may lead to one.
        limits = httpx.Limits(max_keepalive_connections=0)
        return self._given or httpx.AsyncHTTPTransport(trust_env=False, limits=limits)


async def _beginning(response: httpx.Response, most: int) -> bytes:
    body = b""
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) >= most:
            break
    return body[:most]


def _seconds_of(retry_after: str) -> float:
    """RFC 9110, 10.2.3; of a date nothing is read."""
    return float(retry_after) if retry_after.isascii() and retry_after.isdecimal() else 0.0
