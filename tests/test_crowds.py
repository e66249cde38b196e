"""Waking many readers: none is missed, and they are not woken more often than they can bear."""

import asyncio
from contextlib import suppress

from pledge.crowds import Crowd

NEVER = 3600.0


async def waiting(crowd: Crowd, count: int) -> list[asyncio.Task[None]]:
    """So many readers, each of which waits for the next round."""
    tasks = [asyncio.create_task(crowd.after(crowd.round)) for _ in range(count)]
    crowd.readers += count
    await asyncio.sleep(0)
    return tasks


async def test_everybody_is_woken_by_one_round() -> None:
    crowd = Crowd(NEVER)
    tasks = await waiting(crowd, 1000)
    crowd.wake()
    await asyncio.gather(*tasks)
    assert crowd.round == 1
    crowd.end()


async def test_whoever_missed_a_round_does_not_wait() -> None:
    crowd = Crowd(NEVER)
    seen = crowd.round
    crowd.wake()
    await crowd.after(seen)
    crowd.end()


async def test_what_happens_within_the_pause_of_a_crowd_shares_the_next_round() -> None:
    crowd = Crowd(NEVER)
    await waiting(crowd, 1000)
    crowd.wake()
    tasks = await waiting(crowd, 10)
    for _ in range(20):
        crowd.wake()
    assert crowd.round == 1
    await asyncio.gather(*tasks)
    assert crowd.round == 2
    crowd.end()


async def test_few_readers_are_woken_each_time() -> None:
    crowd = Crowd(NEVER, pause=0)
    for round in range(20):
        tasks = await waiting(crowd, 1)
        crowd.wake()
        await asyncio.gather(*tasks)
        assert crowd.round == round + 1
    crowd.end()


async def test_who_leaves_while_waiting_keeps_nobody_from_being_woken() -> None:
    crowd = Crowd(NEVER)
    first, *others = await waiting(crowd, 10)
    first.cancel()
    with suppress(asyncio.CancelledError):
        await first
    crowd.wake()
    await asyncio.gather(*others)
    crowd.end()


async def test_where_nothing_happens_a_beat_wakes_them() -> None:
    crowd = Crowd(0.01)
    await crowd.after(crowd.round)
    assert crowd.beats == 1
    crowd.end()


async def test_the_end_wakes_them_at_once_within_a_pause_too() -> None:
    crowd = Crowd(NEVER, pause=NEVER)
    crowd.wake()
    tasks = await waiting(crowd, 3)
    crowd.wake()
    crowd.wake()
    crowd.end()
    await asyncio.gather(*tasks)
