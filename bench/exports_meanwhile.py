"""`python -m bench.exports_meanwhile`: how long signing takes while a long export is made.

A workbook of 100,000 signatures is ordered in the console, and phones sign until it is done; then
they sign as long again with nothing else going on. The rate is a full hall's, far from saturation:
at saturation, latencies only say how long the queue is.
"""

import asyncio
import statistics
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from bench.exports import Run, seed
from bench.servers import SLUG
from tests.delegate import FILLED_IN, Page
from tests.server import Server, served

ROWS = 100_000
A_SECOND = 20
PASSWORD = "a long enough password"
_MOST_SECONDS = 300
_WARM_UP = 40


def main() -> None:
    with TemporaryDirectory(prefix="pledge-meanwhile-") as folder:
        asyncio.run(_measure(Path(folder)))


async def _measure(folder: Path) -> None:
    await seed(_made(folder / "data"), Run("xlsx", ROWS))
    async with served(folder) as server, httpx.AsyncClient(base_url=server.origin) as client:
        link = (await server.command("link", SLUG, "--kind", "poster")).strip()
        phone = Phones(client, link)
        await phone.sign_for(_WARM_UP / A_SECOND, "先")
        token = await _enter(server, client)
        page = f"/organizer/exports/{SLUG}"
        order = {"token": token, "format": "xlsx", "extent": "full", "language": "zh"}
        form = Page((await client.get(page)).text)
        boxes = {name: "yes" for name in form.inputs if "-" in name}
        sent = await client.post(page, data={**order, **boxes})
        assert sent.status_code == 303, sent.status_code
        began = time.perf_counter()
        signing = asyncio.create_task(phone.sign_for(_MOST_SECONDS, "中"))
        while "<progress" in (shown := (await client.get(page)).text) or "排队等待" in shown:  # noqa: ASYNC110
            await asyncio.sleep(1)
        took = time.perf_counter() - began
        phone.stop()
        meanwhile = await signing
        assert "SHA-256" in shown
        quiet = await phone.sign_for(took, "后")
    print(f"{ROWS:,} signatures to XLSX in the background: {took:.1f} s")
    print(f"POST of a signature, {A_SECOND} a second, ms:     p50     p99    most  signed")
    for name, taken in (("meanwhile", meanwhile), ("nothing else", quiet)):
        p99 = statistics.quantiles(taken, n=100)[98]
        print(
            f"  {name:<36}{statistics.median(taken):>7.1f}{p99:>8.1f}{max(taken):>8.1f}"
            f"{len(taken):>8}"
        )


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


class Phones:
    def __init__(self, client: httpx.AsyncClient, link: str):
        self._client = client
        self._link = link
        self._stopped = False

    def stop(self) -> None:
        self._stopped = True

    async def sign_for(self, seconds: float, mark: str) -> list[float]:
        """Milliseconds that each took, at an even pace."""
        self._stopped = False
        text = Page((await self._client.get(self._link)).text).value("text")
        began, tasks = time.perf_counter(), []
        while not self._stopped and time.perf_counter() - began < seconds:
            tasks.append(asyncio.create_task(self._sign(f"{mark}{len(tasks)}", text)))
            await asyncio.sleep(max(0, began + len(tasks) / A_SECOND - time.perf_counter()))
        return list(await asyncio.gather(*tasks))

    async def _sign(self, name: str, text: str) -> float:
        fields = {
            **FILLED_IN,
            "company": f"示例{name}有限公司",
            "attempt": f"attempt-of-{ord(name[0])}-{name[1:]:0>12}",
            "text": text,
        }
        began = time.perf_counter()
        answer = await self._client.post(self._link, data=fields)
        assert answer.status_code == 303, answer.status_code
        return (time.perf_counter() - began) * 1000


async def _enter(server: Server, client: httpx.AsyncClient) -> str:
    path = server.printed["Organizer set-up (works once)"].removeprefix(server.origin)
    form = Page((await client.get(path)).text)
    account = {"email": "o@example.org", "password": PASSWORD, "again": PASSWORD}
    answer = await client.post(path, data={**form.hidden, **account})
    assert answer.status_code == 303, answer.text
    return Page((await client.get("/organizer/initiatives")).text).value("token")


if __name__ == "__main__":
    main()
