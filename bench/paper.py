"""`python -m bench.paper`: what sheets and books cost, beside Typst by itself.

Seconds are from asking to having the file; memory is the most that this process and the press had.
"""

import asyncio
import io
import resource
import time
from collections.abc import AsyncIterator, Coroutine
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

from pypdf import PdfReader

from pledge import press
from pledge.books import Entry, book
from pledge.domain.ink import ink
from pledge.printing import Choice, Sheet
from tests.handwriting import handwriting, sent
from tests.paper import codes
from tests.site import ORIGIN, SLUG, Site, open_site
from tests.test_printing import invite

CARDS = 300
BOOKS = (300, 1000, 10_000)
FIRST = datetime(2023, 8, 10, 10, 42, tzinfo=ZoneInfo("Asia/Shanghai"))
SEATS_A_TABLE = 10
KINDS_OF_INK = 300


def main() -> None:
    print(f"{'':<28}{'seconds':>9}{'pages':>7}{'KB':>8}{'MB here':>9}{'MB press':>10}")
    with TemporaryDirectory(prefix="pledge-paper-") as folder:
        asyncio.run(_measure(Path(folder)))


async def _measure(folder: Path) -> None:
    inks = [_ink(seed) for seed in range(KINDS_OF_INK)]
    async with open_site(folder / "data") as site:
        companies = [
            (f"示例消防器材第{n}有限公司", f"{n // SEATS_A_TABLE + 1}-{n % SEATS_A_TABLE + 1}")
            for n in range(CARDS)
        ]
        initiative_id = await invite(site, companies)
        file = folder / "paper.pdf"
        for sheet in Sheet:
            await _sheet(site, initiative_id, sheet, file)
        published = await site.services.publishing.by_slug(SLUG)
        assert published is not None
        for count in BOOKS:
            entries = _entries(count, inks)
            await _figures(
                f"book of {count}", file, book(published.initiative, entries, "zh", file)
            )
        await _typst_alone(site, initiative_id, file)


async def _sheet(site: Site, initiative_id: int, sheet: Sheet, file: Path) -> None:
    async def made() -> None:
        document = await site.services.printing.sheet(initiative_id, Choice(sheet), ORIGIN)
        file.write_bytes(document.content)  # noqa: ASYNC240 -- nothing else runs

    await _figures("poster" if sheet is Sheet.POSTER else f"{CARDS} {sheet}", file, made())
    first = await site.services.printing.sheet(initiative_id, Choice(sheet), ORIGIN, picture=150)
    assert len(codes(first.content)) == sheet.a_page


async def _typst_alone(site: Site, initiative_id: int, file: Path) -> None:
    """The limit: the same cards with their codes drawn, no process, nothing looked through."""
    data = await site.services.printing._cards(initiative_id, Choice(Sheet.CARDS), ORIGIN)
    data = press.with_codes(data)
    job = {"template": "cards.typ", "format": "pdf", "ppi": None}
    job |= {"timestamp": 0, "tagged": True, "system_fonts": False}

    async def made() -> None:
        file.write_bytes(press.set_in_type(job, data))  # noqa: ASYNC240 -- nothing else runs

    await _figures(f"{CARDS} cards, Typst alone", file, made())


def _ink(seed: int) -> str:
    drawn = ink(sent(handwriting(seed)))
    assert drawn is not None
    return drawn.encode()


async def _entries(count: int, inks: list[str]) -> AsyncIterator[Entry]:
    for number in range(1, count + 1):
        yield Entry(
            number,
            f"示例消防器材第{number}有限公司",
            "张某某",
            "质量负责人",
            FIRST + timedelta(seconds=number),
            "四川·都江堰",
            inks[number % KINDS_OF_INK],
        )


async def _figures(name: str, file: Path, making: Coroutine[Any, Any, Any]) -> None:
    began = time.perf_counter()
    await making
    seconds = time.perf_counter() - began
    here, pressed = (
        resource.getrusage(who).ru_maxrss / 1024
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    pdf = file.read_bytes()  # noqa: ASYNC240 -- nothing else runs
    pages = len(PdfReader(io.BytesIO(pdf)).pages)
    print(f"{name:<28}{seconds:>9.2f}{pages:>7}{len(pdf) / 1000:>8.0f}{here:>9.0f}{pressed:>10.0f}")


if __name__ == "__main__":
    main()
