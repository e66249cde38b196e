"""Posting outside: never to what only we can reach, and never further than was checked."""

from collections.abc import Sequence
from ipaddress import ip_address

import httpx
import pytest

from pledge.domain.addresses import Address
from pledge.domain.notices import Problem
from pledge.outbound import MOST_READ, AddressFlaw, Outbound, Unsent, resolve
from tests.receiver import receiving


class Edge(httpx.AsyncBaseTransport):
    """The network's edge: what would have gone out."""

    def __init__(self) -> None:
        self.sent: list[httpx.Request] = []
        self.down: set[str] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        if request.url.host in self.down:
            raise httpx.ConnectError("refused")
        return httpx.Response(200, stream=httpx.ByteStream(b"ok"))


class Names:
    """A name server that may change its mind."""

    def __init__(self, *answers: Sequence[str]):
        self.asked: list[tuple[str, int]] = []
        self._answers = list(answers)

    async def __call__(self, host: str, port: int) -> list[Address]:
        self.asked.append((host, port))
        return [ip_address(one) for one in self._answers.pop(0)]


async def _problem(outbound: Outbound, address: str) -> Problem:
    with pytest.raises(Unsent) as unsent:
        await outbound.post(address, b"{}", {}, {})
    return unsent.value.problem


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], ["::1"], ["10.1.2.3"], ["169.254.169.254"], ["::ffff:192.168.0.1"],
     ["64:ff9b::a00:1"], ["1.1.1.1", "127.0.0.1"], ["2606:4700::1111", "fd00::1"]],
)  # fmt: skip
async def test_a_name_that_leads_inside_is_refused(addresses: list[str]) -> None:
    edge = Edge()
    outbound = Outbound(allow_private=False, resolve=Names(addresses), transport=edge)
    assert await _problem(outbound, "https://hooks.example.org/x") is Problem.PRIVATE
    assert edge.sent == []


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "[::1]", "localhost", "2130706433", "0x7f.1", "127.1", "[::ffff:7f00:1]"]
)
async def test_this_machine_is_refused_however_it_is_written(host: str) -> None:
    edge = Edge()
    outbound = Outbound(allow_private=False, resolve=resolve, transport=edge)
    assert await _problem(outbound, f"https://{host}:8443/") is Problem.PRIVATE
    assert edge.sent == []


async def test_the_connection_goes_to_the_address_that_was_checked() -> None:
    """Asked again, the name server would send us inside (DNS rebinding): it is asked once."""
    edge, names = Edge(), Names(["203.0.114.9"], ["127.0.0.1"])
    outbound = Outbound(allow_private=False, resolve=names, transport=edge)
    await outbound.post("https://hooks.example.org:8443/x?key=1", b"{}", {}, {"sign": "a+b="})
    [sent] = edge.sent
    assert names.asked == [("hooks.example.org", 8443)]
    assert (sent.url.host, sent.url.port) == ("203.0.114.9", 8443)
    assert sent.headers["host"] == "hooks.example.org:8443"
    assert sent.extensions["sni_hostname"] == "hooks.example.org"
    assert dict(httpx.URL(str(sent.url)).params) == {"key": "1", "sign": "a+b="}
    assert await _problem(outbound, "https://hooks.example.org:8443/") is Problem.PRIVATE


async def test_the_next_address_is_tried_where_one_is_down() -> None:
    edge = Edge()
    edge.down = {"2606:4700::1"}
    names = Names(["2606:4700::1", "203.0.114.9"])
    outbound = Outbound(allow_private=False, resolve=names, transport=edge)
    assert (await outbound.post("https://hooks.example.org/", b"{}", {}, {})).status == 200
    assert [sent.url.host for sent in edge.sent] == ["2606:4700::1", "203.0.114.9"]


@pytest.mark.parametrize(
    ("address", "flaw"),
    [
        ("", AddressFlaw.MISSING),
        ("https://example.org/" + "x" * 2000, AddressFlaw.TOO_LONG),
        ("example.org", AddressFlaw.NOT_AN_ADDRESS),
        ("ftp://example.org/", AddressFlaw.NOT_AN_ADDRESS),
        ("https://", AddressFlaw.NOT_AN_ADDRESS),
        ("https://user:word@example.org/", AddressFlaw.NOT_AN_ADDRESS),
        ("https://example.org/#part", AddressFlaw.NOT_AN_ADDRESS),
        ("https://exa mple.org/", AddressFlaw.NOT_AN_ADDRESS),
        ("https://[::1", AddressFlaw.NOT_AN_ADDRESS),
        ("https://example.org:99999999/", AddressFlaw.NOT_AN_ADDRESS),
        ("https://example.org/\x00", AddressFlaw.NOT_AN_ADDRESS),
        ("http://example.org/", AddressFlaw.NOT_SECURE),
        ("https://192.168.1.1/", AddressFlaw.PRIVATE),
        ("https://[::1]/", AddressFlaw.PRIVATE),
        ("https://example.org/hook?key=1", None),
        ("https://示例.example.org/", None),
    ],
)
def test_what_is_wrong_with_an_address_is_told_at_once(
    address: str, flaw: AddressFlaw | None
) -> None:
    assert Outbound(allow_private=False).flaw_of(address) is flaw


async def test_the_environments_proxy_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    outbound = Outbound(allow_private=True)
    async with receiving() as receiver:
        assert (await outbound.post(receiver.address, b"{}", {}, {})).status == 200
    await outbound.close()


async def test_of_an_answer_only_the_beginning_is_read() -> None:
    outbound = Outbound(allow_private=True)
    async with receiving() as receiver:
        receiver.answer(200, "x" * 1_000_000)
        assert len((await outbound.post(receiver.address, b"{}", {}, {})).body) == MOST_READ
    await outbound.close()


async def test_redirects_are_not_followed_and_no_cookie_is_kept() -> None:
    outbound = Outbound(allow_private=True)
    async with receiving() as receiver:
        receiver.answer(307, "", f"Location: {receiver.address}/other", "Set-Cookie: a=b")
        assert (await outbound.post(receiver.address, b"{}", {}, {})).status == 307
        await outbound.post(receiver.address, b"{}", {}, {})
        assert [posted.path for posted in receiver.posted] == ["/hook", "/hook"]
        assert "cookie" not in receiver.posted[1].headers
    await outbound.close()


async def test_whoever_hangs_is_left() -> None:
    outbound = Outbound(allow_private=True, seconds=0.1)
    async with receiving() as receiver:
        receiver.answers.append(None)
        assert await _problem(outbound, receiver.address) is Problem.TIMEOUT
    assert await _problem(outbound, receiver.address) is Problem.UNREACHABLE
    await outbound.close()


async def test_a_host_without_addresses_is_said_so() -> None:
    async def nowhere(host: str, port: int) -> list[Address]:
        raise OSError("no such host")

    outbound = Outbound(allow_private=False, resolve=nowhere, transport=Edge())
    assert await _problem(outbound, "https://hooks.example.org/") is Problem.NO_HOST


@pytest.mark.parametrize(("asked", "seconds"), [("120", 120), ("soon", 0), ("-1", 0)])
async def test_retry_after_is_read_in_seconds(asked: str, seconds: float) -> None:
    outbound = Outbound(allow_private=True)
    async with receiving() as receiver:
        receiver.answer(503, "", f"Retry-After: {asked}")
        assert (await outbound.post(receiver.address, b"{}", {}, {})).retry_after == seconds
    await outbound.close()
