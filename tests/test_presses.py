"""Presses that stay: quick, and gone whenever nobody can want anything from them any more."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from pledge import presses, warm_press
from pledge.presses import Presses, PressesBusy
from pledge.typesetting import TypesettingFailed, typeset
from tests.paper import codes, words

AT = datetime(2023, 8, 10, 2, 42, 17, tzinfo=UTC)
CARDS: dict[str, Any] = {
    "language": "zh",
    "title": "示例倡议书：桌卡",
    "author": ["示例机构"],
    "initiative": "示例倡议书",
    "lettering": None,
    "cards": [
        {"company": "示例有限公司", "seat": "A-1", "until": "", "code": "https://x.example/s/a"}
    ],
}


@pytest.fixture
async def shop() -> AsyncIterator[Presses]:
    opened = Presses(at_once=1)
    yield opened
    await opened.stop()


def _process(shop: Presses) -> int:
    [press] = shop._free
    return press._process.pid


async def test_one_press_sets_documents_as_those_that_end_set_them(shop: Presses) -> None:
    first = await shop.typeset("cards.typ", CARDS, at=AT)
    process = _process(shop)
    again = await shop.typeset("cards.typ", CARDS, at=AT)
    assert _process(shop) == process
    once = await typeset("cards.typ", CARDS, at=AT)
    assert first.content == again.content == once.content
    picture = await shop.typeset("cards.typ", CARDS, at=AT, picture=150)
    assert codes(picture.content) == ["https://x.example/s/a"]


async def test_it_stays_however_large_the_site_is(shop: Presses) -> None:
    site = bytearray(os.urandom(1 << 20) * 500)  # beyond what a press may have itself
    await shop.typeset("cards.typ", CARDS, at=AT)
    assert _process(shop)
    assert len(site) > 400 << 20


async def test_so_many_at_once_each_get_their_own(shop: Presses) -> None:
    async def one(number: int) -> str:
        cards = [{**CARDS["cards"][0], "company": f"示例{number}公司"}]
        return words((await shop.typeset("cards.typ", {**CARDS, "cards": cards}, at=AT)).content)

    texts = await asyncio.gather(*map(one, range(20)))
    assert all(f"示例{number}公司" in text for number, text in enumerate(texts))
    assert len(shop._free) == 1


async def test_killed_between_two_documents_another_takes_its_place(shop: Presses) -> None:
    await shop.typeset("cards.typ", CARDS, at=AT)
    process = _process(shop)
    os.kill(process, signal.SIGKILL)
    assert (await shop.typeset("cards.typ", CARDS, at=AT)).content
    assert _process(shop) != process


async def test_hung_it_is_killed_and_the_next_document_is_set(
    shop: Presses, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shop.typeset("cards.typ", CARDS, at=AT)
    process = _process(shop)
    os.kill(process, signal.SIGSTOP)
    with monkeypatch.context() as patched:
        patched.setattr(presses, "_LONGEST", 0.3)
        with pytest.raises(TypesettingFailed):
            await shop.typeset("cards.typ", CARDS, at=AT)
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
    assert (await shop.typeset("cards.typ", CARDS, at=AT)).content


async def test_a_document_that_cannot_be_set_ends_nothing_but_itself(shop: Presses) -> None:
    await shop.typeset("cards.typ", CARDS, at=AT)
    process = _process(shop)
    with pytest.raises(TypesettingFailed, match="can't be set"):
        await shop.typeset("cards.typ", {**CARDS, "cards": [{"company": 1}]}, at=AT)
    assert (await shop.typeset("cards.typ", CARDS, at=AT)).content
    assert _process(shop) == process


async def test_whoever_goes_away_leaves_no_answer_for_the_next(
    shop: Presses, monkeypatch: pytest.MonkeyPatch
) -> None:
    under_way = asyncio.Event()

    async def seen(self: Any, job: bytes) -> tuple[bytes, bytes]:
        asyncio.get_running_loop().call_soon(under_way.set)
        return await setting(self, job)

    setting = presses._Press.set
    monkeypatch.setattr(presses._Press, "set", seen)
    asking = asyncio.create_task(shop.typeset("cards.typ", CARDS, at=AT, picture=300))
    await under_way.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert (await shop.typeset("cards.typ", CARDS, at=AT)).content.startswith(b"%PDF")


async def test_a_full_shop_says_so(shop: Presses, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presses, "MOST_WAITING", 1)
    answers = await asyncio.gather(
        *(shop.typeset("cards.typ", CARDS, at=AT) for _ in range(3)), return_exceptions=True
    )
    assert sum(isinstance(answer, PressesBusy) for answer in answers) == 2


async def test_after_its_last_document_another_begins(
    shop: Presses, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the press does by itself is seen here by what it says."""

    async def last(self: Any, job: bytes) -> tuple[bytes, bytes]:
        _mark, content = await setting(self, job)
        return warm_press.LAST, content

    setting = presses._Press.set
    monkeypatch.setattr(presses._Press, "set", last)
    assert (await shop.typeset("cards.typ", CARDS, at=AT)).content
    assert shop._free == []
    assert (await shop.typeset("cards.typ", CARDS, at=AT)).content


def test_it_ends_after_its_last_document() -> None:
    """With as many as it may set taken down to one, by the same loop."""
    code = "from pledge import warm_press; warm_press._MOST = 1; warm_press.main()"
    job = {
        "template": "cards.typ",
        "data": CARDS,
        "system_fonts": False,
        "format": "pdf",
        "ppi": None,
        "timestamp": 0,
        "tagged": True,
    }
    content = json.dumps(job).encode()
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=(warm_press.HEAD.pack(warm_press.JOB, len(content)) + content) * 2,
        capture_output=True,
        check=True,
    )
    mark, length = warm_press.HEAD.unpack(done.stdout[: warm_press.HEAD.size])
    assert mark == warm_press.LAST
    assert len(done.stdout) == warm_press.HEAD.size + length


def test_no_press_is_left_when_the_site_is_killed() -> None:
    code = """
import asyncio, os, sys
from datetime import UTC, datetime
from pledge.presses import Presses
from tests.test_presses import AT, CARDS

async def main():
    shop = Presses(at_once=1)
    await shop.typeset("cards.typ", CARDS, at=AT)
    print(shop._free[0]._process.pid, flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""
    site = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with site:
        assert site.stdout is not None
        press = int(site.stdout.readline())
        os.kill(press, 0)
        site.kill()
        # The press holds the other end of its standard error: this ends when it has ended.
        site.communicate(timeout=20)
