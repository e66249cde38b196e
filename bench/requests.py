"""The requests of the benchmark as bytes, so prepared that each costs no more than a join."""

from collections.abc import Iterator
from itertools import count
from urllib.parse import urlencode

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
    body = _form(text, run)
    cookie = ""
    if proves:
        body += b"&csrfmiddlewaretoken=" + PROOF
        cookie = f"Cookie: csrftoken={COOKIE.decode()}\r\n"
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nAccept: text/html\r\n"
        "Accept-Language: zh-CN,zh;q=0.9\r\nAccept-Encoding: gzip\r\n"
        f"{cookie}Content-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    pieces = (head.encode() + body).split(_SERIAL.encode())
    for number in count(1):
        yield (b"%08d" % number).join(pieces)


def _form(text: str, run: int) -> bytes:
    fields = {
        "company": f"示例压测{run}之{_SERIAL}有限公司",
        "uscc": "",
        "representative": "张某某",
        "title": "质量负责人",
        "phone": "13800000000",
        "consent": "yes",
        "attempt": f"bench-{run:08d}-{_SERIAL}",
        "text": text,
    }
    return urlencode(fields).encode()
