"""Group commit: whatever waits together is written by one transaction.

Everybody gets an answer of their own, and gets it after the commit (rule 3). There is one task a
process; while it commits, the next batch gathers by itself, so that no timer decides its size.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Request = TypeVar("Request")
Answer = TypeVar("Answer")

LARGEST_BATCH = 200


class GroupCommit(Generic[Request, Answer]):
    """Writes what is submitted, in batches and in the order of submission.

    `write` gets a batch and returns one answer for each of its requests after it has committed
    them all; if it raises, it must have committed none of them. Then each of them is written
    again by itself, so that one bad row never fails its neighbours; but not after one of the
    `outages`, which would keep all of them waiting in vain. A request whose writing is cut off
    between its commit and its answer raises although it is written: it must be safe to submit
    again.
    """

    def __init__(
        self,
        write: Callable[[Sequence[Request]], Awaitable[Sequence[Answer]]],
        outages: tuple[type[Exception], ...] = (),
    ):
        self._write = write
        self._outages = outages
        self._waiting: list[tuple[Request, asyncio.Future[Answer]]] = []
        self._arrived = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._writer = asyncio.create_task(self._run(), name="group commit")

    async def stop(self) -> None:
        """Ends when everything submitted so far is answered."""
        if self._writer is None:
            return
        while self._waiting:
            await asyncio.gather(*(future for _, future in self._waiting), return_exceptions=True)
        self._writer.cancel()
        await asyncio.gather(self._writer, return_exceptions=True)
        self._writer = None

    async def submit(self, request: Request) -> Answer:
        """The answer, once the request is durable."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((request, future))
        self._arrived.set()
        # Shielded: a phone that hangs up must not take its batch's answers with it.
        return await asyncio.shield(future)

    async def _run(self) -> None:
        while True:
            await self._arrived.wait()
            batch = self._waiting[:LARGEST_BATCH]
            await self._answer(batch)
            del self._waiting[: len(batch)]
            if not self._waiting:
                self._arrived.clear()

    async def _answer(self, batch: list[tuple[Request, asyncio.Future[Answer]]]) -> None:
        try:
            answers = await self._write([request for request, _ in batch])
        except Exception as failure:
            if len(batch) > 1 and not isinstance(failure, self._outages):
                for alone in batch:
                    await self._answer([alone])
            else:
                for _, future in batch:
                    _settle(future, failure)
            return
        for (_, future), answer in zip(batch, answers, strict=True):
            if not future.done():
                future.set_result(answer)


def _settle(future: "asyncio.Future[Answer]", failure: Exception) -> None:
    if not future.done():
        future.set_exception(failure)
        future.exception()  # read here: whoever submitted it may have hung up
