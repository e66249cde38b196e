"""The main job, end to end: scan, read, sign, see it live, export it."""

import csv
import io
import re

import zxingcpp
from PIL import Image
from playwright.async_api import Page, expect

from tests.server import Server
from tests.site import SLUG

COMPANY = "示例𠮷野（四川）消防有限公司"
REPRESENTATIVE = "𠮷某"
TITLE = "=总经理"


def scan(printed: str) -> str:
    """What a camera reads off a terminal: each half block is two modules, one above the other."""
    lines = [line for line in printed.splitlines() if re.fullmatch("[ █▀▄]{20,}", line)]
    size = len(lines[0])
    image = Image.new("L", (size, len(lines) * 2), 255)
    for row, line in enumerate(lines):
        for column, block in enumerate(line):
            image.putpixel((column, row * 2), 0 if block in "█▀" else 255)
            image.putpixel((column, row * 2 + 1), 0 if block in "█▄" else 255)
    [read] = zxingcpp.read_barcodes(image.resize((size * 6, len(lines) * 12), Image.Resampling.BOX))
    return str(read.text)


async def _fill_in(phone: Page, **typed: str) -> None:
    for name, value in typed.items():
        await phone.fill(f"[name={name}]", value)


async def test_scan_read_sign_see_it_live_export_it(
    server: Server, phone: Page, screen: Page
) -> None:
    await screen.goto(f"{server.origin}/i/{SLUG}/signatories")
    await expect(screen.locator(".ledger__row")).to_have_count(0)

    address = scan(server.shown)
    assert address == f"{server.origin}{server.link}".upper()
    await phone.goto(address)
    await expect(phone.get_by_role("heading", name="依法合规生产")).to_be_visible()

    await _fill_in(phone, company=COMPANY, uscc="91510000MA0000001G", representative=REPRESENTATIVE)
    await _fill_in(phone, title=TITLE)
    await phone.check("[name=consent]")
    await phone.check("[name=publish]")
    await phone.get_by_role("button", name="签署").tap()

    await expect(phone.locator("#errors")).to_be_focused()
    await expect(phone.locator("#uscc-error")).to_contain_text("可留空")
    await expect(phone.locator("[name=company]")).to_have_value(COMPANY)
    await phone.fill("[name=uscc]", "91510000ma0000001f")
    await phone.get_by_role("button", name="签署").tap()

    await expect(phone).to_have_url(re.compile(r"/r/[0-9a-z]{32}$"))
    await expect(phone.get_by_role("heading", name="签署成功")).to_be_visible()
    await expect(phone.locator(".result__no")).to_have_text("第1家")
    await expect(phone.locator(".record__address")).to_have_text(phone.url)

    row = screen.locator(".ledger__row")
    await expect(row).to_have_count(1)
    await expect(row.locator("[data-company]")).to_have_text(COMPANY)
    await expect(row.locator("[data-representative]")).to_have_text(REPRESENTATIVE)
    await expect(screen.locator("[data-total]")).to_have_text("1")

    exported = await server.command("export", SLUG, "--format", "csv", "-o", "-")
    [signed] = csv.DictReader(io.StringIO(exported, newline=""))
    assert signed["企业名称"] == COMPANY
    assert signed["统一社会信用代码"] == "91510000MA0000001F"
    assert signed["代表姓名"] == REPRESENTATIVE
    assert signed["职务"] == f"'{TITLE}"


async def test_signing_needs_no_scripts(server: Server, phone_without_scripts: Page) -> None:
    phone = phone_without_scripts
    await phone.goto(server.origin + server.link)
    await phone.get_by_role("button", name="签署").tap()
    await expect(phone.locator(".field.is-error")).to_have_count(3)
    await _fill_in(phone, company=COMPANY, representative=REPRESENTATIVE)
    await phone.check("[name=consent]")
    await phone.get_by_role("button", name="签署").tap()
    await expect(phone.get_by_role("heading", name="签署成功")).to_be_visible()
    await phone.get_by_role("link", name="签署名录").tap()
    await expect(phone.locator(".ledger__row")).to_have_count(1)


async def test_going_back_and_signing_again_gives_the_same_receipt(
    server: Server, phone: Page
) -> None:
    await phone.goto(server.origin + server.link)
    await _fill_in(phone, company=COMPANY, representative=REPRESENTATIVE)
    await phone.check("[name=consent]")
    await phone.get_by_role("button", name="签署").tap()
    await expect(phone.get_by_role("heading", name="签署成功")).to_be_visible()
    receipt = phone.url
    await phone.go_back()
    await expect(phone.get_by_role("button", name="签署")).to_be_enabled()
    await _fill_in(phone, company=COMPANY, representative=REPRESENTATIVE)
    await phone.check("[name=consent]")
    await phone.get_by_role("button", name="签署").tap()
    await expect(phone.get_by_role("heading", name="签署成功")).to_be_visible()
    assert phone.url == receipt


async def test_going_back_to_a_corrected_form_shows_it(server: Server, phone: Page) -> None:
    await phone.goto(server.origin + server.link)
    await phone.get_by_role("button", name="签署").tap()
    await expect(phone.locator("#errors")).to_be_focused()
    await _fill_in(phone, company=COMPANY, representative=REPRESENTATIVE)
    await phone.check("[name=consent]")
    await phone.get_by_role("button", name="签署").tap()
    await expect(phone.get_by_role("heading", name="签署成功")).to_be_visible()
    await phone.go_back()
    await expect(phone.get_by_role("button", name="签署")).to_be_enabled()


async def test_a_page_that_was_away_catches_up(server: Server, phone: Page, screen: Page) -> None:
    await screen.goto(f"{server.origin}/i/{SLUG}")
    hide = "Object.defineProperty(document, 'hidden', {value: %s, configurable: true});"
    tell = "document.dispatchEvent(new Event('visibilitychange'))"
    await screen.evaluate(hide % "true" + tell)
    await phone.goto(server.origin + server.link)
    await _fill_in(phone, company=COMPANY, representative=REPRESENTATIVE)
    await phone.check("[name=consent]")
    await phone.get_by_role("button", name="签署").tap()
    await expect(phone.get_by_role("heading", name="签署成功")).to_be_visible()
    await expect(screen.locator(".ledger__row")).to_have_count(0)
    await screen.evaluate(hide % "false" + tell)
    await expect(screen.locator(".ledger__row")).to_have_count(1)
    await expect(screen.locator("[data-total]")).to_have_text("1")


async def test_the_wall_goes_on_after_a_restart(server: Server, phone: Page, screen: Page) -> None:
    await screen.goto(f"{server.origin}/i/{SLUG}/wall")
    await expect(screen.get_by_text("期待贵单位率先签署")).to_be_visible()
    await server.kill()
    await expect(screen.locator("[data-offline]")).to_be_visible()
    await server.start()
    await phone.goto(server.origin + server.link)
    await _fill_in(phone, company=COMPANY, representative=REPRESENTATIVE)
    await phone.check("[name=consent]")
    await phone.get_by_role("button", name="签署").tap()
    await expect(screen.locator(".leaf [data-company]")).to_have_text(COMPANY)
    await expect(screen.locator(".hall__side [data-total]")).to_have_text("1")
    await expect(screen.locator("[data-offline]")).to_be_hidden()
