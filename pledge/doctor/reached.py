"""Checks of how the site is reached, and what it reaches."""

import asyncio
import socket
from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

from pledge.authorities import read_roots
from pledge.doctor.findings import Finding, fault, ok, warning
from pledge.errors import InvalidSetting
from pledge.origins import remembered_origin
from pledge.printing import leads_nowhere
from pledge.settings import Settings

_PATIENCE = 5.0
"""Seconds for a name to be found, or a mail server to answer."""
_BROADEST = {4: 8, 6: 7}
"""Bits of the largest network that is private (RFC 1918, RFC 4193)."""
_MAIL_PORTS = {"smtp": 25, "smtps": 465}


async def base_url(settings: Settings) -> list[Finding]:
    check = "base URL"
    if not settings.base_url:
        known = remembered_origin(settings.data) or "wherever it is asked"
        return [
            warning(
                check,
                f"not set: codes on paper and the registers' names say {known}",
                "set PLEDGE_BASE_URL before anything is printed or signed",
            )
        ]
    if leads_nowhere(settings.base_url):
        return [
            warning(
                check,
                f"no phone can reach {settings.base_url}: it names the phone itself",
                "set PLEDGE_BASE_URL to the address that phones use",
            )
        ]
    host = urlsplit(settings.base_url).hostname or ""
    if (addresses := await _addresses(host)) is None:
        return [
            warning(
                check,
                f"the name {host} is not found from here",
                "check its DNS entry; in a hall without internet, that of the hall's own network",
            )
        ]
    if any(ip_address(address).is_loopback for address in addresses):
        return [
            warning(
                check,
                f"{host} is this machine itself (loopback), as seen from here",
                "make sure that phones get another answer: see /etc/hosts and DNS",
            )
        ]
    if not settings.base_url.startswith("https:"):
        return [
            warning(
                check,
                f"{settings.base_url} is not encrypted",
                "put a proxy with TLS in front (docs/operating.md), and say https in "
                "PLEDGE_BASE_URL",
            )
        ]
    return [ok(check, settings.base_url)]


def proxies(settings: Settings) -> Iterator[Finding]:
    trusted = [one.strip() for one in settings.trusted_proxies.split(",")]
    broad = [one for one in trusted if one == "*" or _is_broad(one)]
    if broad:
        yield warning(
            "proxies",
            f"everybody in {', '.join(broad)} is believed to be a proxy, and may claim any address",
            "name the addresses of your proxies alone in PLEDGE_TRUSTED_PROXIES",
        )
    else:
        yield ok("proxies", f"{settings.trusted_proxies} believed")
    if any(_is_broad(str(network)) for network in settings.metrics_from):
        yield warning(
            "metrics",
            "everybody may read /metrics",
            "name the addresses that watch the site alone in PLEDGE_METRICS_FROM",
        )


async def mail(settings: Settings) -> list[Finding]:
    """Connects and says nothing. The setting may hold a password: its host alone is named."""
    if not settings.smtp_url:
        return [ok("mail", "none, links are handed over by hand")]
    url = urlsplit(settings.smtp_url)
    host, port = url.hostname or "", url.port or _MAIL_PORTS[url.scheme]
    try:
        async with asyncio.timeout(_PATIENCE):
            _reader, writer = await asyncio.open_connection(host, port)
            writer.close()
            await writer.wait_closed()
    except (OSError, TimeoutError):
        return [
            warning(
                "mail",
                f"{host} does not answer on port {port}",
                "check PLEDGE_SMTP_URL, and whether this machine may reach it",
            )
        ]
    return [ok("mail", f"{host} answers on port {port}")]


def roots_of_stamps(settings: Settings) -> Iterator[Finding]:
    if not settings.timestamp_roots:
        yield ok("time stamps", "none, no authority is set")
        return
    try:
        roots = read_roots(settings.timestamp_roots)
    except InvalidSetting as invalid:
        yield fault("time stamps", str(invalid), "name a file of root certificates in PEM")
        return
    yield ok(
        "time stamps", f"{len(settings.timestamp_urls)} authorities, {len(roots)} root certificates"
    )


async def _addresses(host: str) -> set[str] | None:
    """All that a name leads to; None if it is not found."""
    try:
        async with asyncio.timeout(_PATIENCE):
            found = await asyncio.get_running_loop().getaddrinfo(
                host, None, type=socket.SOCK_STREAM
            )
    except (OSError, TimeoutError):
        return None
    return {str(address[4][0]).partition("%")[0] for address in found}


def _is_broad(text: str) -> bool:
    network = ip_network(text, strict=False)
    return network.prefixlen < _BROADEST[network.version]
