"""Reads that are shared: fewer of them, and none older than the question."""

import asyncio

import pytest

from pledge.store.shared_reads import SharedReads


class Shelf:
    """Something that changes while it is read."""

    def __init__(self) -> None:
        self.value = 0
        self.reads = 0
        self.broken = False

    async def read(self, _key: str) -> int:
        self.reads += 1
        found = self.value
        await asyncio.sleep(0.01)
        if self.broken:
            raise ConnectionError
        return found


async def test_those_who_ask_together_share_a_read() -> None:
    shelf = Shelf()
    shared = SharedReads(shelf.read)
    assert await asyncio.gather(*(shared.of("a") for _ in range(400))) == [0] * 400
    assert shelf.reads == 1


async def test_nobody_gets_an_answer_that_is_older_than_the_question() -> None:
    shelf = Shelf()
    shared = SharedReads(shelf.read)
    early = asyncio.create_task(shared.of("a"))
    await asyncio.sleep(0.005)
    shelf.value = 1
    late = [asyncio.create_task(shared.of("a")) for _ in range(3)]
    assert await early == 0
    assert await asyncio.gather(*late) == [1, 1, 1]
    assert shelf.reads == 2


async def test_keys_do_not_wait_for_each_other() -> None:
    shelf = Shelf()
    shared = SharedReads(shelf.read)
    await asyncio.gather(shared.of("a"), shared.of("b"))
    assert shelf.reads == 2


async def test_an_error_reaches_all_who_wait_and_the_next_read_is_new() -> None:
    shelf = Shelf()
    shared = SharedReads(shelf.read)
    shelf.broken = True
    outcomes = await asyncio.gather(*(shared.of("a") for _ in range(3)), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [ConnectionError] * 3
    shelf.broken = False
    assert await shared.of("a") == 0


async def test_whoever_hangs_up_takes_nobody_along() -> None:
    shelf = Shelf()
    shared = SharedReads(shelf.read)
    impatient, patient = (asyncio.create_task(shared.of("a")) for _ in range(2))
    await asyncio.sleep(0.005)
    impatient.cancel()
    assert await patient == 0
    with pytest.raises(asyncio.CancelledError):
        await impatient
