"""Group commit under faults: whatever the disk does, everybody gets their own right answer."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from pledge.store.group_commit import LARGEST_BATCH, GroupCommit


class DiskFull(Exception):
    """The store's failure, as these tests make it."""


@dataclass
class Disk:
    """Gives each attempt a number once, in whole batches, and fails when it is told to.

    Like the store of signatures, it knows an attempt again and answers it as before.
    """

    stored: dict[str, int] = field(default_factory=dict)
    batches: list[list[str]] = field(default_factory=list)
    bad: set[str] = field(default_factory=set)
    """Requests with which no batch can be written."""
    fails_before: int = 0
    """How many of the next writes fail and have not persisted."""
    fails_after: int = 0
    """How many of the next writes fail although they have persisted."""
    free: asyncio.Event = field(default_factory=asyncio.Event)
    """Cleared, it holds the write that is under way, so that others gather."""
    writing: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.free.set()

    async def write(self, batch: Sequence[str]) -> list[int]:
        self.batches.append(list(batch))
        self.writing.set()
        await self.free.wait()
        if self.fails_before or self.bad & set(batch):
            self.fails_before = max(0, self.fails_before - 1)
            raise DiskFull
        for attempt in batch:
            self.stored.setdefault(attempt, len(self.stored) + 1)
        if self.fails_after:
            self.fails_after -= 1
            raise DiskFull
        return [self.stored[attempt] for attempt in batch]


@pytest.fixture
def disk() -> Disk:
    return Disk()


@asynccontextmanager
async def committing(
    write: Callable[[Sequence[str]], Awaitable[Sequence[int]]],
) -> AsyncIterator[GroupCommit[str, int]]:
    commits = GroupCommit(write)
    commits.start()
    yield commits
    await commits.stop()


@pytest.fixture
async def commits(disk: Disk) -> AsyncIterator[GroupCommit[str, int]]:
    async with committing(disk.write) as started:
        yield started


async def submitted(commits: GroupCommit[str, int], *attempts: str) -> list[asyncio.Task[int]]:
    """One submitter each; all of them wait when this returns."""
    tasks = [asyncio.create_task(commits.submit(attempt)) for attempt in attempts]
    await asyncio.sleep(0)  # each task runs up to where it waits for its answer
    return tasks


async def test_what_waits_together_is_written_together_and_in_order(
    disk: Disk, commits: GroupCommit[str, int]
) -> None:
    disk.free.clear()
    [first] = await submitted(commits, "a")
    await disk.writing.wait()
    others = await submitted(commits, "b", "c", "d")
    disk.free.set()
    assert await asyncio.gather(first, *others) == [1, 2, 3, 4]
    assert disk.batches == [["a"], ["b", "c", "d"]]


async def test_a_batch_has_a_largest_size(disk: Disk, commits: GroupCommit[str, int]) -> None:
    attempts = [f"attempt {place}" for place in range(LARGEST_BATCH + 1)]
    answers = await asyncio.gather(*await submitted(commits, *attempts))
    assert answers == list(range(1, LARGEST_BATCH + 2))
    assert [len(batch) for batch in disk.batches] == [LARGEST_BATCH, 1]


async def test_an_answer_comes_after_the_write_and_not_before(
    disk: Disk, commits: GroupCommit[str, int]
) -> None:
    disk.free.clear()
    [waiting] = await submitted(commits, "a")
    await disk.writing.wait()
    assert not waiting.done()
    assert disk.stored == {}
    disk.free.set()
    assert await waiting == 1


async def test_a_batch_that_fails_and_has_not_persisted_is_written_one_by_one(
    disk: Disk, commits: GroupCommit[str, int]
) -> None:
    disk.fails_before = 1
    answers = await asyncio.gather(*await submitted(commits, "a", "b", "c"))
    assert answers == [1, 2, 3]
    assert disk.batches == [["a", "b", "c"], ["a"], ["b"], ["c"]]


async def test_a_batch_that_fails_although_it_has_persisted_gets_the_answers_that_stand(
    disk: Disk, commits: GroupCommit[str, int]
) -> None:
    disk.fails_after = 1
    answers = await asyncio.gather(*await submitted(commits, "a", "b", "c"))
    assert answers == [1, 2, 3]
    assert disk.stored == {"a": 1, "b": 2, "c": 3}


async def test_a_single_request_that_fails_has_its_failure_raised_and_can_be_submitted_again(
    disk: Disk, commits: GroupCommit[str, int]
) -> None:
    disk.fails_before = 1
    with pytest.raises(DiskFull):
        await commits.submit("a")
    assert await commits.submit("a") == 1


async def test_a_single_request_that_fails_although_it_has_persisted_is_known_again(
    disk: Disk, commits: GroupCommit[str, int]
) -> None:
    disk.fails_after = 1
    with pytest.raises(DiskFull):
        await commits.submit("a")
    assert await commits.submit("b") == 2
    assert await commits.submit("a") == 1


async def test_one_bad_request_never_fails_its_neighbours(
    disk: Disk, commits: GroupCommit[str, int]
) -> None:
    disk.bad = {"bad"}
    tasks = await submitted(commits, "a", "bad", "b")
    first, failure, second = await asyncio.gather(*tasks, return_exceptions=True)
    assert (first, second) == (1, 2)
    assert isinstance(failure, DiskFull)


async def test_whoever_comes_after_a_failure_is_served(
    disk: Disk, commits: GroupCommit[str, int]
) -> None:
    disk.bad = {"bad"}
    [failing] = await submitted(commits, "bad")
    await asyncio.gather(failing, return_exceptions=True)
    assert await commits.submit("a") == 1


@pytest.mark.parametrize("gone", [0, 1, 2])
async def test_a_submitter_who_hangs_up_takes_nobody_along(
    gone: int, disk: Disk, commits: GroupCommit[str, int]
) -> None:
    disk.free.clear()
    tasks = await submitted(commits, "a", "b", "c")
    await disk.writing.wait()
    tasks[gone].cancel()
    disk.free.set()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(answers.pop(gone), asyncio.CancelledError)
    assert answers == [number for place, number in enumerate([1, 2, 3]) if place != gone]
    assert disk.stored == {"a": 1, "b": 2, "c": 3}  # what was asked for was done all the same


async def test_a_submitter_who_hangs_up_before_a_failure_is_not_missed(
    disk: Disk, commits: GroupCommit[str, int]
) -> None:
    disk.free.clear()
    disk.bad = {"a"}
    gone, stays = await submitted(commits, "a", "b")
    await disk.writing.wait()
    gone.cancel()
    disk.free.set()
    assert await stays == 1
    assert "a" not in disk.stored


async def test_stopping_answers_everything_submitted(disk: Disk) -> None:
    commits = GroupCommit(disk.write)
    commits.start()
    disk.free.clear()
    [first] = await submitted(commits, "a")
    await disk.writing.wait()
    others = await submitted(commits, *(f"other {place}" for place in range(LARGEST_BATCH + 5)))
    stopping = asyncio.create_task(commits.stop())
    disk.free.set()
    await stopping
    assert all(task.done() for task in [first, *others])
    assert [task.result() for task in [first, *others]] == list(range(1, LARGEST_BATCH + 7))


async def test_stopping_answers_also_who_cannot_be_served(disk: Disk) -> None:
    commits = GroupCommit(disk.write)
    commits.start()
    disk.bad = {"bad"}
    tasks = await submitted(commits, "bad", "a")
    await commits.stop()
    failure, answer = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(failure, DiskFull)
    assert answer == 1


async def test_stopping_without_having_started_does_nothing(disk: Disk) -> None:
    await GroupCommit(disk.write).stop()
    assert disk.batches == []


async def test_an_outage_is_told_to_all_at_once(disk: Disk) -> None:
    commits: GroupCommit[str, int] = GroupCommit(disk.write, outages=(DiskFull,))
    commits.start()
    disk.fails_before = 1
    disk.free.clear()
    waiting = [asyncio.create_task(commits.submit(attempt)) for attempt in ("a", "b", "c")]
    await disk.writing.wait()
    disk.free.set()
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [DiskFull] * 3
    assert len(disk.batches) == 1
    assert await commits.submit("a") == 1
    await commits.stop()
