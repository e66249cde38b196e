"""The requests of the benchmark as bytes, so prepared that each costs no more than a join."""

from collections.abc import Iterator
from itertools import count
from urllib.parse import urlencode

from bench.newcomers import newcomer
from pledge.secrets import timed_name

_SERIAL = "SERIALNO"
"""Stands in the prepared form for eight digits: each request's own."""

COOKIE = b"C" * 32
PROOF = b"P" * 64
"""Stand in the prepared form for what a connection was given by Django, which has that length."""


def get_requests(host: str, path: str) -> Iterator[bytes]:
    """The same request for ever, as a phone sends it."""
    request = (
        f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept: text/html\r\n"
        "Accept-Language: zh-CN,zh;q=0.9\r\nAccept-Encoding: gzip\r\n\r\n"
    ).encode()
    while True:
        yield request


def post_requests(
    host: str, path: str, *, text: str, run: int, proves: bool = False
) -> Iterator[bytes]:
    """A filled-in form each, of a fresh company and attempt."""
    body = _encoded(f"示例压测{run}之{_SERIAL}有限公司", f"bench-{run:08d}-{_SERIAL}", text)
    cookie = ""
    if proves:
        body += b"&csrfmiddlewaretoken=" + PROOF
        cookie = f"Cookie: csrftoken={COOKIE.decode()}\r\n"
    pieces = (_head(host, path, len(body), cookie) + body).split(_SERIAL.encode())
    for number in count(1):
        yield (b"%08d" % number).join(pieces)


def newcomers_requests(
    host: str, path: str, *, text: str, among: int, first: int
) -> Iterator[bytes]:
    """A filled-in form each, as our own pages send it, of companies from this number on.

    Their names stand anywhere among those of so many that have signed.
    """
    for number in count(first):
        body = _encoded(newcomer(number, among), timed_name(), text)
        yield _head(host, path, len(body)) + body


def _head(host: str, path: str, length: int, more: str = "") -> bytes:
    return (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nAccept: text/html\r\n"
        "Accept-Language: zh-CN,zh;q=0.9\r\nAccept-Encoding: gzip\r\n"
        f"{more}Content-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {length}\r\n\r\n"
    ).encode()


def _encoded(company: str, attempt: str, text: str) -> bytes:
    fields = {
        "company": company,
        "uscc": "",
        "representative": "张某某",
        "title": "质量负责人",
        "phone": "13800000000",
        "consent": "yes",
        "attempt": attempt,
        "text": text,
    }
    return urlencode(fields).encode()
