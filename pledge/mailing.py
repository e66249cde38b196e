"""Mailing: plain letters through the mail server that the settings name (RFC 5321)."""

import asyncio
import smtplib
import ssl
from collections.abc import Callable
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid, parseaddr
from urllib.parse import SplitResult, unquote, urlsplit

import structlog

_PATIENCE = 10.0
"""Seconds for each step of the conversation."""
_LONGEST = 20.0
"""Seconds for all of it: somebody waits before a page."""
_SUBMISSION, _SUBMISSION_TLS = 587, 465  # RFC 8314, 3.3

_log = structlog.get_logger()


class _NoTls(OSError):
    """The server takes a password only in the clear."""


class Mailing:
    """`url` is empty where no mail is sent."""

    def __init__(self, url: str, sender: str, *, clock: Callable[[], datetime]):
        self._url = urlsplit(url)
        self._sender = parseaddr(sender)
        self._clock = clock

    @property
    def configured(self) -> bool:
        return bool(self._url.hostname)

    async def send(self, to: str, subject: str, text: str) -> bool:
        """Whether the mail server has taken it. What went wrong is in the log, and no address."""
        try:
            letter = self._letter(to, subject, text)
            async with asyncio.timeout(_LONGEST):
                await asyncio.to_thread(_deliver, self._url, letter)
        except (
            OSError,
            ValueError,
            MessageError,
        ) as error:
            # smtplib's errors are OSErrors, and so are time-outs and faults of TLS.
            _log.error("mail not sent", error=type(error).__name__)
            return False
        return True

    def _letter(self, to: str, subject: str, text: str) -> EmailMessage:
        name, address = self._sender
        letter = EmailMessage()
        letter["From"] = Address(name, addr_spec=address)
        letter["To"] = Address(addr_spec=to)
        letter["Subject"] = " ".join(subject.split())
        letter["Date"] = format_datetime(self._clock())
        letter["Message-ID"] = make_msgid(domain=address.rpartition("@")[2])
        letter["Auto-Submitted"] = "auto-generated"  # RFC 3834, 5
        letter.set_content(text)
        return letter


def _deliver(url: SplitResult, letter: EmailMessage) -> None:
    host = url.hostname or ""
    tls = ssl.create_default_context()
    if url.scheme == "smtps":
        port = url.port or _SUBMISSION_TLS
        with smtplib.SMTP_SSL(host, port, timeout=_PATIENCE, context=tls) as server:
            _hand_over(server, url, letter)
        return
    with smtplib.SMTP(host, url.port or _SUBMISSION, timeout=_PATIENCE) as server:
        server.ehlo()
        if server.has_extn("starttls"):
            server.starttls(context=tls)
        elif url.username:
            raise _NoTls
        _hand_over(server, url, letter)


def _hand_over(server: smtplib.SMTP, url: SplitResult, letter: EmailMessage) -> None:
    if url.username:
        server.login(unquote(url.username), unquote(url.password or ""))
    server.send_message(letter)
