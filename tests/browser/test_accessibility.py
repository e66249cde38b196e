"""axe finds nothing on any page, on a phone and on a wide screen, in both languages."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page

from tests.server import Server
from tests.site import SLUG

SIZES = {"phone": {"width": 390, "height": 844}, "screen": {"width": 1440, "height": 900}}
EMAIL, PASSWORD = "organizer@example.org", "a long enough password"


@asynccontextmanager
async def opened(browser: Browser, locale: str, size: str) -> AsyncIterator[Page]:
    context = await browser.new_context(viewport=SIZES[size], locale=locale)  # type: ignore[arg-type]
    yield await context.new_page()
    await context.close()


async def _check(page: Page) -> None:
    found = await Axe().run(page)
    assert not found.response["violations"], found.generate_report()
    beyond = await page.evaluate(
        "[...document.querySelectorAll('body *')].filter(e => {"
        " const box = e.getBoundingClientRect();"
        " const scrolls = e.closest('.table__scroll, .desk__list, .desk__tabs, .hall, .vh');"
        " return box.right > innerWidth + 1 && !scrolls"
        "}).map(e => e.className || e.tagName)"
    )
    assert beyond == [], f"wider than {page.url} on this screen"


async def _sign(page: Page, server: Server, company: str) -> None:
    await page.goto(server.origin + server.link)
    await page.fill("[name=company]", company)
    await page.fill("[name=representative]", "张某某")
    await page.check("[name=consent]")
    await page.click(".dock button")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
async def test_axe_finds_nothing(server: Server, browser: Browser, locale: str, size: str) -> None:
    async with opened(browser, locale, size) as page:
        await page.goto(f"{server.origin}/i/{SLUG}")
        await _check(page)
        await page.goto(server.origin + server.link)
        await _check(page)
        await page.click(".dock button")
        await page.wait_for_selector("#errors")
        await _check(page)
        for company in ("示例消防科技有限公司", "示例" + "消防" * 44 + "股份有限公司"):
            await _sign(page, server, company)
            await page.wait_for_selector(".result__no")
            await _check(page)
        await _sign(page, server, "示例消防科技有限公司")
        await page.wait_for_selector(".record")
        await _check(page)
        for path in ("/", "/signatories", "/signatories?q=x", "/wall"):
            await page.goto(f"{server.origin}/i/{SLUG}{path}")
            await _check(page)
        kiosk = await server.command("link", SLUG, "--kind", "kiosk", "--stage")
        await page.goto(kiosk.strip())
        await page.wait_for_selector("[data-pad]:not([hidden])")
        await _check(page)
        await page.fill("[name=company]", "示例台上有限公司")
        await page.fill("[name=representative]", "张某某")
        await page.check("[name=consent]")
        await page.click(".dock button")
        await page.wait_for_selector(".along")
        await _check(page)
        await page.goto(f"{server.origin}/nothing")
        await _check(page)
        await _check_console(page, server)


async def _check_texts(page: Page, home: str) -> None:
    """The list with its form, the text being written, published, compared; the schedule."""
    await page.goto(home.rpartition("/")[0])
    await page.click("#new .button--primary")
    await page.wait_for_selector("#slug-error")
    await _check(page)
    await page.goto(f"{home}/text")
    await _check(page)
    await page.fill("[name=title_en]", "A revised initiative, by way of trial")
    await page.click("button[value=publish]")
    await page.wait_for_selector("[name=ask]")
    await _check(page)
    await page.check("[name=ask][value=no]")
    await page.click(".take .button--primary")
    await page.wait_for_selector("#versions td")
    await _check(page)
    await page.goto(f"{home}/text/1?with=2")
    await _check(page)
    await page.goto(f"{home}/schedule")
    await page.fill("[name=closes_at]", "2001-01-01T10:00")
    await page.click(".take .button--primary")
    await page.wait_for_selector("#closes_at-error")
    await _check(page)


async def _check_console(page: Page, server: Server) -> None:
    await page.goto(server.printed["Organizer set-up (works once)"])
    await _check(page)
    await page.fill("[name=email]", EMAIL)
    await page.fill("[name=password]", "short")
    await page.click("main .button--primary")
    await page.wait_for_selector("#errors")
    await _check(page)
    await page.fill("[name=password]", PASSWORD)
    await page.fill("[name=again]", PASSWORD)
    await page.click("main .button--primary")
    await page.wait_for_selector(".desk")
    await _check(page)
    await page.goto(f"{server.origin}/organizer/initiatives/{SLUG}")
    await _check(page)
    home = page.url
    await _check_texts(page, home)
    await page.goto(f"{home}/ceremony")
    await _check(page)
    for scene in ("standby", "text", "scan", "countdown", "launch", "closed"):
        await page.click(f"button[value={scene}]")
        await page.wait_for_selector(f"button[value={scene}][aria-pressed=true]")
        await _check(page)
        wall = await page.context.new_page()
        await wall.goto(f"{server.origin}/i/{SLUG}/wall")
        await wall.wait_for_selector(f"[data-scene={scene}]")
        await _check(wall)
        await wall.close()
    roster = f"{server.origin}/organizer/roster/{SLUG}"
    await page.goto(roster)
    await _check(page)
    table = "企业名称,手机,桌号\n示例一有限公司,2023-08-10,A1\n示例二有限公司,,A2\n"
    await page.set_input_files(
        "[name=file]", {"name": "r.csv", "mimeType": "text/csv", "buffer": table.encode()}
    )
    await page.click("form.take button")
    await page.wait_for_selector(".check__row")
    await _check(page)
    await page.click("button[value=import]")
    await page.wait_for_selector(".table__link")
    await _check(page)
    await page.goto(home)
    await page.click("button[value=start]")
    await page.click("text=/结束彩排|End rehearsal/")
    await page.wait_for_selector("button[value=end]")
    await _check(page)
    await page.click("button[value=end]")
    await page.wait_for_selector("button[value=hide]")
    await page.click("button[value=hide]")
    await page.wait_for_selector("button[value=restore]")
    await _check(page)
    await page.click("button[value=closed]")
    await page.wait_for_selector("button[value=open]")
    await _check(page)
    await page.goto(server.origin + server.link)
    await _check(page)
    await page.goto(f"{server.origin}/")
    await _check(page)
    await page.goto(f"{server.origin}/organizer/login")
    await _check(page)
