"""What a spreadsheet may not change."""

import csv
import io
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pledge.domain.links import LinkKind
from pledge.domain.signatures import Company, Person, Proposal
from pledge.exporting import as_text
from tests.site import SLUG, open_site


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
    assert as_text(typed) in (typed, f"'{typed}")


async def test_memory_does_not_grow_with_the_export(tmp_path: Path) -> None:
    async with open_site(tmp_path / "data") as site:
        link = await site.services.organizing.create_link(SLUG, LinkKind.POSTER)
        text = (await site.services.publishing.by_slug(SLUG)).initiative.text.digest  # type: ignore[union-attr]

        async def sign(first: int, last: int) -> None:
            await site.services.signing._write(
                [
                    Proposal(
                        link,
                        f"attempt-{number:012}",
                        text,
                        Company(f"示例{number}有限公司"),
                        Person("张某某"),
                        f"receipt-{number}",
                    )
                    for number in range(first, last)
                ]
            )

        async def peak() -> tuple[int, int]:
            tracemalloc.start()
            rows = 0
            async for piece in site.services.exporting.export(link.initiative_id, "csv", "zh"):
                rows += piece.count(b"\r\n")
            _, most = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            return rows - 1, most

        await sign(0, 3000)
        few_rows, few = await peak()
        for start in range(3000, 15000, 3000):
            await sign(start, start + 3000)
        many_rows, many = await peak()
        assert (few_rows, many_rows) == (3000, 15000)
        assert many < few * 1.5


def test_csv_has_the_line_ends_of_rfc_4180() -> None:
    written = io.StringIO()
    csv.writer(written).writerow(["a", "b"])
    assert written.getvalue() == "a,b\r\n"
