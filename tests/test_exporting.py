"""What a spreadsheet may not change."""

import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pledge.domain.links import LinkKind
from pledge.exporting import as_text
from tests.site import SLUG, Site, open_site


@pytest.mark.parametrize(
    ("typed", "cell"),
    [
        ("示例有限公司", "示例有限公司"),
        ("91510000MA0000001F", "91510000MA0000001F"),
        ("915100000000000009", "'915100000000000009"),
        ("12345E678901234567", "'12345E678901234567"),
        ("007", "'007"),
        ("13800000000", "13800000000"),
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+86", "'+86"),
        ("-1", "'-1"),
        ("@示例", "'@示例"),
        ("＝1", "'＝1"),
        ("", ""),
    ],
)
def test_cells_are_text(typed: str, cell: str) -> None:
    assert as_text(typed) == cell


@given(st.text())
def test_what_was_typed_can_always_be_read_back(typed: str) -> None:
    assert as_text(typed).removeprefix("'") == typed


async def test_memory_does_not_grow_with_the_export(tmp_path: Path) -> None:
    async with open_site(tmp_path / "data") as site:
        link = await site.services.organizing.create_link(SLUG, LinkKind.POSTER)

        async def peak() -> tuple[int, int]:
            tracemalloc.start()
            rows = 0
            async for piece in site.services.exporting.export(link.initiative_id, "csv", "zh"):
                rows += piece.count(b"\r\n")
            _, most = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            return rows - 1, most

        await site.sign_many(1, 3000, link)
        few_rows, few = await peak()
        for start in range(3001, 15000, 3000):
            await site.sign_many(start, start + 2999, link)
        many_rows, many = await peak()
        assert (few_rows, many_rows) == (3000, 15000)
        assert many < few * 1.5


async def test_slow_downloads_keep_nobody_waiting(site: Site) -> None:
    await site.sign_many(1, 3)
    initiative_id = await site.services.organizing.initiative_id(SLUG)
    downloads = [
        site.services.exporting.export(initiative_id, format, "zh")
        for format in ("csv", "json") * 4
    ]
    begun = [await anext(aiter(download)) for download in downloads]
    assert all(begun)
    assert (await site.client.get("/readyz")).status_code == 200
    for download in downloads:
        await download.aclose()  # type: ignore[attr-defined]
