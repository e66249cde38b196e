"""From an association's Excel file to the exports of the day after, as an organizer goes.

300 companies come in by the browser, cards are printed, 250 of them sign through their own codes,
and what is exported, read by other programs, says exactly that.
"""

import asyncio
import csv
import io
import re
import subprocess
from pathlib import Path

import openpyxl
import zxingcpp
from PIL import Image
from playwright.async_api import Page

from tests.delegate import Delegate
from tests.rosters import (
    COMPANIES,
    DATE_ROW,
    MISTYPED_ROW,
    NAMELESS_ROW,
    ROUNDED_ROW,
    company,
    office_roster,
)
from tests.server import Server
from tests.site import SLUG

EMAIL, PASSWORD = "organizer@example.org", "a long enough password"
SIGNING = 250
PHONES = 25
PRINTED_DPI = 150
NAMELESS = NAMELESS_ROW - 3
"""The number of the company whose name was missing: there are three rows above the first."""


async def test_from_a_roster_to_the_exports(server: Server, screen: Page, tmp_path: Path) -> None:
    await _take_in_the_roster(server, screen)
    links = await _print_cards(server, screen, tmp_path)
    signed = {company(number) for number in range(1, SIGNING + 1)}
    missing = {company(number) for number in range(SIGNING + 1, COMPANIES + 1)}
    await _sign(server, links, signed)
    await _look_who_is_missing(server, screen, missing)
    await _check_exports(server, screen, tmp_path, signed, missing)


async def _take_in_the_roster(server: Server, page: Page) -> None:
    await page.goto(server.printed["Organizer set-up (works once)"])
    await page.fill("[name=email]", EMAIL)
    await page.fill("[name=password]", PASSWORD)
    await page.fill("[name=again]", PASSWORD)
    await page.click("main .button--primary")
    await page.wait_for_selector(".desk")
    await page.goto(f"{server.origin}/organizer/roster/{SLUG}")
    table = {"name": "参会企业名单.csv", "mimeType": "text/csv", "buffer": office_roster()}
    await page.set_input_files("[name=file]", table)  # type: ignore[arg-type]
    await page.click("form.take button")
    await page.wait_for_selector(".sheet")
    rows = {
        DATE_ROW: ("phone", "日期", "13800000038"),
        ROUNDED_ROW: ("uscc", "舍入", ""),
        MISTYPED_ROW: ("uscc", "不能是 O", "91510000MA0000001F"),
        NAMELESS_ROW: ("company", "请填写企业全称", company(NAMELESS)),
    }
    wrong = await page.locator(".sheet .is-bad th").all_inner_texts()
    assert wrong == [str(row) for row in rows]
    for row, (column, reason, corrected) in rows.items():
        field = f"fix-{row}-{column}"
        assert reason in await page.locator(f"#{field}-error").inner_text()
        await page.fill(f"#{field}", corrected)
    assert "296行可导入" in await page.locator(".sums").inner_text()
    await page.click(".desk__dock [value=check]")
    await page.wait_for_selector(".sheet:not(:has(.is-bad))")
    assert "300行可导入" in await page.locator(".sums").inner_text()
    await page.click("[value=import]")
    await page.wait_for_selector(".notice-line")
    assert "新增 300 家" in await page.locator(".notice-line").inner_text()


async def _print_cards(server: Server, page: Page, folder: Path) -> list[str]:
    """The paths behind the cards' codes."""
    pdf = folder / "cards.pdf"
    answer = await page.request.get(f"{server.origin}/organizer/print/{SLUG}/cards.pdf")
    assert answer.ok
    pdf.write_bytes(await answer.body())
    await _run("pdftoppm", "-r", str(PRINTED_DPI), "-gray", str(pdf), str(folder / "card"))
    codes = await asyncio.to_thread(_codes, folder)
    assert len(set(codes)) == COMPANIES
    text = await _text(pdf)
    assert all(company(number) in text for number in range(1, COMPANIES + 1))
    return [f"/s/{code.rpartition('/')[2]}" for code in codes]


def _codes(folder: Path) -> list[str]:
    """Of the pictures of the pages, as a camera reads them."""
    found = []
    for picture in sorted(folder.glob("card-*.pgm")):
        with Image.open(picture) as image:
            found += [code.text for code in zxingcpp.read_barcodes(image)]
    return found


async def _sign(server: Server, links: list[str], companies: set[str]) -> None:
    """Phones side by side: each opens the links of one table after another, and some sign."""

    async def phone(own: list[str]) -> None:
        for link in own:
            async with server.client() as client:
                delegate = Delegate(client, link)
                form = await delegate.open()
                if form.value("company") in companies:
                    answer = await delegate.post(form, company=None, representative="张某某")
                    assert answer.status_code == 303, answer.text

    await asyncio.gather(*(phone(links[start::PHONES]) for start in range(PHONES)))


async def _look_who_is_missing(server: Server, page: Page, missing: set[str]) -> None:
    await page.goto(f"{server.origin}/organizer/roster/{SLUG}")
    names = await page.locator("#names").input_value()
    assert set(names.split("\n")) == missing
    answer = await page.request.get(f"{server.origin}/organizer/roster/{SLUG}/missing.csv")
    rows = csv.DictReader(io.StringIO((await answer.body()).decode("utf-8-sig")))
    assert {row["企业名称"] for row in rows} == missing


async def _check_exports(
    server: Server, page: Page, folder: Path, signed: set[str], missing: set[str]
) -> None:
    for format in ("csv", "xlsx", "pdf"):
        await server.command("export", SLUG, "--format", format, "-o", str(folder / f"x.{format}"))
    with (folder / "x.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["序号"] for row in rows] == [str(number) for number in range(1, SIGNING + 1)]
    assert {row["企业名称"] for row in rows} == signed
    book = openpyxl.load_workbook(folder / "x.xlsx")
    listed, absent, *_ = book.worksheets
    assert {row[1] for row in listed.iter_rows(min_row=2, values_only=True)} == signed
    assert {row[0] for row in absent.iter_rows(min_row=2, values_only=True)} == missing
    text = await _text(folder / "x.pdf")
    assert {name for name in signed | missing if name in text} == signed


async def _text(pdf: Path) -> str:
    """Without the spaces and line breaks, which a name may have anywhere."""
    return re.sub(r"\s", "", (await _run("pdftotext", str(pdf), "-")).decode())


async def _run(*command: str) -> bytes:
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, check=True)
    return bytes(done.stdout)
