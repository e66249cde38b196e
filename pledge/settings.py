"""The settings: one row each, read from the environment.

`docs/operating.md` and the help of the commands are checked against these rows.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pledge.errors import InvalidSetting


@dataclass(frozen=True)
class Row:
    """A setting: its name in the environment, its default there, and what it is for."""

    name: str
    default: str
    help: str


DATA = Row("PLEDGE_DATA", "data", "Folder of the database and the secret key.")
DATABASE_URL = Row(
    "PLEDGE_DATABASE_URL",
    "",
    "Address of the database; empty means SQLite in the data folder.",
)
DATABASE_CONNECTIONS = Row(
    "PLEDGE_DATABASE_CONNECTIONS",
    "10",
    "Most connections of each process to PostgreSQL, 2 to 200; it has one more, which listens.",
)
BASE_URL = Row(
    "PLEDGE_BASE_URL",
    "",
    "Address of the site as phones reach it, such as https://sign.example.cn; empty means the "
    "address by which it is asked.",
)
SECRET_KEYS = Row(
    "PLEDGE_SECRET_KEYS",
    "",
    "Secret keys, newest first, separated by commas, 16 characters or more each; empty means the "
    "key file in the data folder. Older keys still verify links.",
)
REGISTER_KEYS = Row(
    "PLEDGE_REGISTER_KEYS",
    "",
    "Signing keys of the register (Ed25519, 32 bytes in base 64), newest first, separated by "
    "commas, then `retired` and the public half of those that no longer sign; empty means the file "
    "register.key in the data folder.",
)
TRUSTED_PROXIES = Row(
    "PLEDGE_TRUSTED_PROXIES",
    "127.0.0.1",
    "Addresses of the proxies whose X-Forwarded headers are believed, separated by commas.",
)
METRICS_FROM = Row(
    "PLEDGE_METRICS_FROM",
    "127.0.0.1,::1",
    "Addresses and networks that may read /metrics, separated by commas; behind a trusted proxy, "
    "the address that it forwards. Everybody else gets 404.",
)
LINK_LIMIT = Row(
    "PLEDGE_LINK_LIMIT",
    "6000",
    "Most signing requests a minute through one link; 0 means no limit.",
)
DEVICE_LIMIT = Row(
    "PLEDGE_DEVICE_LIMIT",
    "3000",
    "Most signing requests in ten minutes from one device (by its cookie, never by its address), "
    "generous because an assistant may sign for a whole row; 0 means no limit.",
)
SCREEN_SECONDS = Row(
    "PLEDGE_SCREEN_SECONDS", "30", "Seconds after which the hall's screen shows another code."
)
SCREEN_ADMITS = Row(
    "PLEDGE_SCREEN_ADMITS",
    "90",
    "Seconds for which a code of the hall's screen admits; more than it is shown.",
)
SESSION_HOURS = Row(
    "PLEDGE_SESSION_HOURS", "12", "Hours after which an organizer logs in again; 8760 at most."
)
PRIVATE_NOTICES = Row(
    "PLEDGE_PRIVATE_NOTICES",
    "0",
    "`1` lets organizers send notices to private addresses and without TLS: into the own network, "
    "and to this machine. Time stamping authorities may be there too.",
)
TIMESTAMP_URLS = Row(
    "PLEDGE_TIMESTAMP_URLS",
    "",
    "Addresses of time stamping authorities (RFC 3161), separated by commas; each stamps the "
    "registers' checkpoints. Empty means no time stamps.",
)
TIMESTAMP_ROOTS = Row(
    "PLEDGE_TIMESTAMP_ROOTS",
    "",
    "PEM file of the root certificates by which their stamps are verified; needed with them.",
)
TIMESTAMP_MINUTES = Row(
    "PLEDGE_TIMESTAMP_MINUTES",
    "60",
    "Minutes after which a register that has grown is stamped again; 1440 at most. It is also "
    "stamped soon after signing is closed.",
)
SMTP_URL = Row(
    "PLEDGE_SMTP_URL",
    "",
    "Mail server that sends invitations, such as smtp://user:password@mail.example.cn:587 (TLS "
    "where it is offered, and always for a password) or smtps://…; empty means no mail is sent.",
)
MAIL_FROM = Row("PLEDGE_MAIL_FROM", "", "Address that mail comes from; needed with a mail server.")
PDF_CERTIFICATE = Row(
    "PLEDGE_PDF_CERTIFICATE",
    "",
    "PKCS#12 file (.p12, .pfx) with the certificate and key that seal PDF certificates (PAdES); "
    "empty means they are not sealed.",
)
PDF_PASSPHRASE = Row("PLEDGE_PDF_PASSPHRASE", "", "Passphrase of that file.")
LOG_FORMAT = Row("PLEDGE_LOG_FORMAT", "text", "`text` for people or `json` for machines.")

DRAIN_SECONDS = Row(
    "PLEDGE_DRAIN_SECONDS",
    "0",
    "Seconds for which a process that is told to stop (SIGTERM) goes on serving while /readyz "
    "answers 503, so that a load balancer sends nobody there any more; 300 at most.",
)

ROWS = (
    DATA,
    DATABASE_URL,
    DATABASE_CONNECTIONS,
    BASE_URL,
    SECRET_KEYS,
    REGISTER_KEYS,
    TRUSTED_PROXIES,
    METRICS_FROM,
    LINK_LIMIT,
    DEVICE_LIMIT,
    SCREEN_SECONDS,
    SCREEN_ADMITS,
    SESSION_HOURS,
    PRIVATE_NOTICES,
    TIMESTAMP_URLS,
    TIMESTAMP_ROOTS,
    TIMESTAMP_MINUTES,
    SMTP_URL,
    MAIL_FROM,
    PDF_CERTIFICATE,
    PDF_PASSPHRASE,
    LOG_FORMAT,
    DRAIN_SECONDS,
)

SHORTEST_KEY = 16
_YEAR_HOURS = 8760
_DAY_MINUTES = 1440
_FEWEST_CONNECTIONS, _MOST_CONNECTIONS = 2, 200
_LONGEST_DRAIN = 300
_SHORTEST_CODE, _LONGEST_CODE = 5, 3600


@dataclass(frozen=True)
class Settings:
    data: Path
    database_url: str
    database_connections: int
    """Of each process, to PostgreSQL."""
    base_url: str
    """Without a slash at its end; empty if not set."""
    secret_keys: tuple[str, ...]
    """Newest first; empty if they are in the key file."""
    register_keys: tuple[str, ...]
    """Newest first; empty if they are in the key file."""
    trusted_proxies: str
    metrics_from: tuple[IPv4Network | IPv6Network, ...]
    link_limit: int
    device_limit: int
    screen_seconds: int
    screen_admits: int
    session_hours: int
    private_notices: bool
    timestamp_urls: tuple[str, ...]
    timestamp_roots: Path | None
    """Holds whenever there are authorities."""
    timestamp_minutes: int
    smtp_url: str
    """Empty if no mail is sent."""
    mail_from: str
    pdf_certificate: str
    """Path of a PKCS#12 file; empty if PDFs are not sealed."""
    pdf_passphrase: str
    log_format: str
    drain_seconds: int


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Raises InvalidSetting, which names the setting and what it takes."""

    def value(row: Row, read: Callable[[Row, str], Any]) -> Any:
        return read(row, environment.get(row.name, "").strip() or row.default)

    settings = Settings(
        data=Path(value(DATA, _text)),
        database_url=value(DATABASE_URL, _text),
        database_connections=value(DATABASE_CONNECTIONS, _connections),
        base_url=value(BASE_URL, _origin),
        secret_keys=value(SECRET_KEYS, _keys),
        register_keys=value(REGISTER_KEYS, _seeds),
        trusted_proxies=value(TRUSTED_PROXIES, _addresses),
        metrics_from=value(METRICS_FROM, _networks),
        link_limit=value(LINK_LIMIT, _count),
        device_limit=value(DEVICE_LIMIT, _count),
        screen_seconds=value(SCREEN_SECONDS, _code_seconds),
        screen_admits=value(SCREEN_ADMITS, _code_seconds),
        session_hours=value(SESSION_HOURS, _hours),
        private_notices=value(PRIVATE_NOTICES, _switch),
        timestamp_urls=value(TIMESTAMP_URLS, _authorities),
        timestamp_roots=value(TIMESTAMP_ROOTS, _path),
        timestamp_minutes=value(TIMESTAMP_MINUTES, _minutes),
        smtp_url=value(SMTP_URL, _smtp_url),
        mail_from=value(MAIL_FROM, _mail_address),
        pdf_certificate=value(PDF_CERTIFICATE, _text),
        pdf_passphrase=value(PDF_PASSPHRASE, _text),
        log_format=value(LOG_FORMAT, _log_format),
        drain_seconds=value(DRAIN_SECONDS, _drain),
    )
    if settings.screen_admits <= settings.screen_seconds:
        raise InvalidSetting(f"{SCREEN_ADMITS.name} must be more than {SCREEN_SECONDS.name}")
    if settings.smtp_url and not settings.mail_from:
        raise InvalidSetting(f"{MAIL_FROM.name} is needed with {SMTP_URL.name}")
    if settings.timestamp_urls and not settings.timestamp_roots:
        raise InvalidSetting(
            f"{TIMESTAMP_ROOTS.name} is needed with {TIMESTAMP_URLS.name}: a stamp that can't be "
            "verified proves nothing"
        )
    if settings.timestamp_roots and not settings.timestamp_urls:
        raise InvalidSetting(
            f"{TIMESTAMP_URLS.name} is needed with {TIMESTAMP_ROOTS.name}: without it nothing is "
            "stamped"
        )
    if settings.pdf_passphrase and not settings.pdf_certificate:
        raise InvalidSetting(
            f"{PDF_CERTIFICATE.name} is needed with {PDF_PASSPHRASE.name}: without it no PDF is "
            "sealed"
        )
    return settings


def unknown_settings(environment: Mapping[str, str]) -> list[str]:
    """Names that look like settings and are none: mistyped, most likely."""
    known = {row.name for row in ROWS}
    return sorted(name for name in environment if name.startswith("PLEDGE_") and name not in known)


def _text(_row: Row, text: str) -> str:
    return text


def _path(_row: Row, text: str) -> Path | None:
    return Path(text) if text else None


def _origin(row: Row, text: str) -> str:
    if not text:
        return ""
    found = re.fullmatch(r"(https?://(?:[\w.-]+|\[[0-9A-Fa-f:]+\])(?::(\d{1,5}))?)/?", text)
    if not found or int(found[2] or 1) not in range(1, 65536):
        raise InvalidSetting(
            f"{row.name} must be an address without a path, such as https://sign.example.cn"
        )
    return found[1]


def _addresses(row: Row, text: str) -> str:
    for address in text.split(","):
        try:
            if address.strip() != "*":
                ip_network(address.strip(), strict=False)
        except ValueError:
            raise InvalidSetting(
                f"{row.name}: {address.strip()} is not an IP address or network; several are "
                "separated by commas, * stands for all"
            ) from None
    return text


def _networks(row: Row, text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    try:
        return tuple(ip_network(one.strip(), strict=False) for one in text.split(","))
    except ValueError:
        raise InvalidSetting(
            f"{row.name}: each must be an IP address or network, such as 10.0.0.0/8; several are "
            "separated by commas"
        ) from None


def _keys(row: Row, text: str) -> tuple[str, ...]:
    keys = tuple(key.strip() for key in text.split(",") if key.strip())
    if any(len(key) < SHORTEST_KEY for key in keys):
        raise InvalidSetting(f"{row.name}: each key needs {SHORTEST_KEY} characters or more")
    return keys


def _seeds(row: Row, text: str) -> tuple[str, ...]:
    """Never repeated in a message."""
    keys = tuple(key.strip() for key in text.split(",") if key.strip())
    if not all(re.fullmatch(r"(?:retired )?[A-Za-z0-9+/]{43}=", key) for key in keys):
        raise InvalidSetting(
            f"{row.name}: each key is 32 bytes in base 64, 44 characters, with `retired ` before "
            "it if it no longer signs"
        )
    return keys


def _count(row: Row, text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise InvalidSetting(f"{row.name} must be a whole number, 0 or more")
    return int(text)


def _code_seconds(row: Row, text: str) -> int:
    if not _SHORTEST_CODE <= (number := _count(row, text)) <= _LONGEST_CODE:
        raise InvalidSetting(
            f"{row.name} must be a whole number from {_SHORTEST_CODE} to {_LONGEST_CODE}"
        )
    return number


def _hours(row: Row, text: str) -> int:
    if not 1 <= (number := _count(row, text)) <= _YEAR_HOURS:
        raise InvalidSetting(f"{row.name} must be a whole number from 1 to {_YEAR_HOURS}")
    return number


def _connections(row: Row, text: str) -> int:
    if not _FEWEST_CONNECTIONS <= (number := _count(row, text)) <= _MOST_CONNECTIONS:
        raise InvalidSetting(
            f"{row.name} must be a whole number from {_FEWEST_CONNECTIONS} to {_MOST_CONNECTIONS}"
        )
    return number


def _minutes(row: Row, text: str) -> int:
    if not 1 <= (number := _count(row, text)) <= _DAY_MINUTES:
        raise InvalidSetting(f"{row.name} must be a whole number from 1 to {_DAY_MINUTES}")
    return number


def _drain(row: Row, text: str) -> int:
    if (number := _count(row, text)) > _LONGEST_DRAIN:
        raise InvalidSetting(f"{row.name} must be a whole number from 0 to {_LONGEST_DRAIN}")
    return number


def _authorities(row: Row, text: str) -> tuple[str, ...]:
    """Never repeated in a message: a paid one may have a key in its address."""
    urls = tuple(dict.fromkeys(url.strip() for url in text.split(",") if url.strip()))
    if not all(re.fullmatch(r"https?://[\w.\[\]:-]+(?:/[^\s#]*)?", url) for url in urls):
        raise InvalidSetting(
            f"{row.name}: each must be an address such as http://stamps.example.cn/tsa; several "
            "are separated by commas"
        )
    return urls


def _switch(row: Row, text: str) -> bool:
    if text not in ("0", "1"):
        raise InvalidSetting(f"{row.name} must be 0 or 1")
    return text == "1"


def _smtp_url(row: Row, text: str) -> str:
    """Never repeated in a message: it may hold a password."""
    wrong = InvalidSetting(
        f"{row.name} must be smtp:// or smtps:// and a host, such as smtp://mail.example.cn:587"
    )
    try:
        url = urlsplit(text)
        port = url.port
    except ValueError:
        raise wrong from None
    if text and (url.scheme not in ("smtp", "smtps") or not url.hostname or port == 0):
        raise wrong
    if url.path.strip("/") or url.query or url.fragment:
        raise wrong
    return text


def _mail_address(row: Row, text: str) -> str:
    if text and not re.fullmatch(r"(?:[^<>\r\n]*<)?[^\s@<>]+@[^\s@<>]+>?", text):
        raise InvalidSetting(
            f"{row.name} must be an e-mail address, with a name before it or without, such as "
            "Pledge <pledge@example.cn>"
        )
    return text


def _log_format(row: Row, text: str) -> str:
    if text not in ("text", "json"):
        raise InvalidSetting(f"{row.name} must be text or json")
    return text
