"""A hall that signs while something breaks, and what must hold whatever has broken.

`FAULT_SIGNATURES=5000 pytest tests/crash` signs as many at each fault, or more: the hall goes on
until the fault is over, so that none ever strikes a hall that has signed already.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import httpx

from tests.delegate import FILLED_IN, Page
from tests.invariants import check_invariants
from tests.load.published import by_number, grown_from, listed, whole_register
from tests.register import verifier
from tests.server import Server
from tests.site import SLUG

SIGNATURES = int(os.environ.get("FAULT_SIGNATURES", "60"))
PHONES = 12
NO_LIMITS = {"PLEDGE_LINK_LIMIT": "0", "PLEDGE_DEVICE_LIMIT": "0"}
REGISTER = f"/i/{SLUG}/register"

_AGAIN_AFTER = 0.3
"""Seconds until a phone tries again; people take longer."""
_LOOK_EVERY = 0.3
"""Seconds between looks at the newest checkpoint."""
_A_PHONE_WAITS = 30.0
_ANSWERS_WITHIN = 60.0
_PATIENCE = 120.0
"""Seconds until what must happen must have happened, on a machine that is busy with others."""


@dataclass
class Hall:
    """Phones that sign for one company after another until each is acknowledged."""

    servers: Sequence[Server]
    """Nodes of one site: who gets no answer from one asks the next from then on."""
    database: Path | str
    signatures: int = SIGNATURES
    """Wanted at first; in the end, how many there are."""
    acknowledged: dict[str, str] = field(default_factory=dict)
    """The receipt that each company was led to first."""
    lost: int = 0
    """Requests that got no answer at all."""
    refused: int = 0
    """Requests that were told to come again (503)."""
    slowest: float = 0.0
    """Seconds that an answer of any kind has taken."""
    pace: float = 0.02
    """Seconds that a phone rests between two companies."""
    checkpoints: dict[int, bytes] = field(default_factory=dict)
    """Roots by size, of all that were seen."""
    _forms: dict[str, dict[str, str]] = field(default_factory=dict)
    _told: asyncio.Condition = field(default_factory=asyncio.Condition)
    _key: str = ""
    _goes_on: bool = True
    _failure: BaseException | None = None
    """Of a phone."""

    @asynccontextmanager
    async def signing(self) -> AsyncIterator[None]:
        """They sign while the block breaks something, and mends it; it ends when that is done, as
        many as were wanted have signed, and everybody who has begun is acknowledged.
        """
        async with self.servers[0].client() as client:
            self._key = (await self._read(client, f"{REGISTER}/key")).splitlines()[0]
            brought = Page(await self._read(client, self.servers[0].link)).hidden
        places = count(1)
        watching = asyncio.create_task(self._keep_checkpoints())
        phones = [
            asyncio.create_task(self._watched(self._phone(phone, brought, places)))
            for phone in range(PHONES)
        ]
        try:
            yield
            self._goes_on = False
            async with asyncio.timeout(_PATIENCE):
                await asyncio.gather(*phones)
        finally:
            for task in (watching, *phones):
                task.cancel()
            await asyncio.gather(watching, *phones, return_exceptions=True)
        assert len(self.acknowledged) >= self.signatures
        self.signatures = len(self.acknowledged)

    async def until(self, share: float) -> None:
        """Until this part of all signatures is acknowledged."""
        await self.until_acknowledged(int(self.signatures * share))

    async def until_acknowledged(self, number: int) -> None:
        await self._until(lambda: len(self.acknowledged) >= number)

    async def until_refused(self) -> None:
        """Until somebody was told to come again, for the first time or anew."""
        before = self.refused
        await self._until(lambda: self.refused > before)

    async def until_ready(self) -> float:
        """Until every node says that it is ready: how many seconds that took."""
        began = time.monotonic()
        async with asyncio.timeout(_ANSWERS_WITHIN):
            for server in self.servers:
                async with server.client() as client:
                    while True:
                        with suppress(httpx.TransportError):
                            if (await client.get("/readyz")).status_code == 200:
                                break
                        await asyncio.sleep(0.02)
        return time.monotonic() - began

    async def holds(self) -> None:
        """Everything that was acknowledged, once and whole, and nothing else. Ends the servers."""
        await self.until_ready()
        for server in self.servers:
            await self._repeats_give_the_same_receipts(server)
            entries = await whole_register(server, self._key)
            signed = [entry for entry in entries if entry["kind"] == "signed"]
            numbers = [entry["number"] for entry in signed]
            assert numbers == list(range(1, self.signatures + 1))
            times = [entry["at"] for entry in signed]
            assert times == sorted(times), "a later number has an earlier time"
            async with server.client() as client:
                await grown_from(client, self._key, self.checkpoints)
            companies = by_number(await listed(server))
            assert sorted(companies) == numbers
            assert sorted(companies.values()) == sorted(self.acknowledged)
        for server in self.servers:
            await server.stop()
        await asyncio.to_thread(check_invariants, self.database)

    async def _until(self, holds: Callable[[], bool]) -> None:
        """Not longer than nobody's phone has failed."""
        async with asyncio.timeout(_PATIENCE), self._told:
            await self._told.wait_for(lambda: holds() or self._failure is not None)
        if self._failure is not None:
            raise self._failure

    async def _watched(self, phone: Coroutine[None, None, None]) -> None:
        try:
            await phone
        except Exception as failure:
            async with self._told:
                self._failure = self._failure or failure
                self._told.notify_all()
            raise

    async def _read(self, client: httpx.AsyncClient, path: str) -> str:
        """A page, once it is shown: who reads may be told to come again, too."""
        while True:
            page = await client.get(path)
            if page.status_code == 200:
                return page.text
            assert page.status_code == 503, page.status_code
            await asyncio.sleep(_AGAIN_AFTER)

    async def _phone(self, phone: int, brought: dict[str, str], places: "count[int]") -> None:
        async with _clients(self.servers) as clients:
            for _ in range(phone % len(clients)):
                clients.append(clients.pop(0))
            while (place := next(places)) <= self.signatures or self._goes_on:
                company = f"示例断电{place}有限公司"
                form = {**FILLED_IN, **brought, "company": company}
                form["attempt"] = f"attempt-of-{place:08}"
                self._forms[company] = form
                receipt = await self._sign(clients, form)
                async with self._told:
                    self.acknowledged[company] = receipt
                    self._told.notify_all()
                await asyncio.sleep(self.pace)

    async def _sign(self, clients: list[httpx.AsyncClient], form: dict[str, str]) -> str:
        """Until it is acknowledged: the receipt. Anything but that or a plea for patience fails.

        The first client is asked; whoever has failed is the last from then on.
        """
        while True:
            began = time.monotonic()
            try:
                answer = await clients[0].post(self.servers[0].link, data=form)
            except httpx.TransportError:
                self.lost += 1
            else:
                if answer.status_code == 303:
                    return answer.headers["location"]
                assert answer.status_code == 503, f"{answer.status_code} {Page(answer.text).text}"
                assert answer.headers["retry-after"]
                async with self._told:
                    self.refused += 1
                    self._told.notify_all()
            finally:
                self.slowest = max(self.slowest, time.monotonic() - began)
            clients.append(clients.pop(0))
            await asyncio.sleep(_AGAIN_AFTER)

    async def _repeats_give_the_same_receipts(self, server: Server) -> None:
        async with _clients([server]) as clients:
            forms = iter(self._forms.items())

            async def repeat() -> None:
                for company, form in forms:
                    assert await self._sign(clients, form) == self.acknowledged[company]

            await asyncio.gather(*(repeat() for _ in range(PHONES)))

    async def _keep_checkpoints(self) -> None:
        async with _clients(self.servers) as clients:
            for turn in count():
                with suppress(httpx.TransportError):
                    known = len(self.acknowledged)
                    answer = await clients[turn % len(clients)].get(f"{REGISTER}/checkpoint")
                    if answer.status_code == 200:
                        size, root = verifier.checkpoint_of(answer.text, self._key)
                        assert size >= known
                        assert self.checkpoints.setdefault(size, root) == root
                await asyncio.sleep(_LOOK_EVERY)


@asynccontextmanager
async def _clients(servers: Sequence[Server]) -> AsyncIterator[list[httpx.AsyncClient]]:
    clients = [server.client() for server in servers]
    for client in clients:
        client.timeout = httpx.Timeout(_A_PHONE_WAITS)
    try:
        yield clients
    finally:
        for client in clients:
            await client.aclose()
