"""The dashboard in a browser: it follows the day by itself, and disturbs nobody."""

from playwright.async_api import Browser, Page

from tests.delegate import Delegate
from tests.server import Server
from tests.site import SLUG
from tests.web.organizer import EMAIL, PASSWORD

CONNECTED, LOST = ".presence__one:not(.is-lost)", ".presence__one.is-lost"


async def _open(page: Page, server: Server) -> None:
    await page.goto(server.printed["Organizer set-up (works once)"])
    for name, value in (("email", EMAIL), ("password", PASSWORD), ("again", PASSWORD)):
        await page.fill(f"[name={name}]", value)
    await page.click("main .button--primary")
    await page.wait_for_selector(".desk")
    await page.goto(f"{server.origin}/organizer/initiatives/{SLUG}")


async def test_what_is_signed_and_which_walls_are_there_is_seen_without_a_reload(
    server: Server, screen: Page, browser: Browser
) -> None:
    await _open(screen, server)
    await screen.evaluate("window.kept = true")
    async with server.client() as phone:
        await Delegate(phone, server.link).sign(company="示例一有限公司")
        await screen.wait_for_selector("text=示例一")
        link = screen.locator("#newest a", has_text="示例一")
        await link.focus()
        await Delegate(phone, server.link).sign(company="示例二有限公司")
        await screen.wait_for_selector("text=示例二")
    assert await link.evaluate("link => link === document.activeElement")
    hall = await browser.new_context(locale="zh-CN")
    wall = await hall.new_page()
    await wall.goto(server.printed["Wall"])
    await screen.wait_for_selector(CONNECTED)
    await wall.close()
    await screen.wait_for_selector(LOST)
    await hall.close()
    assert await screen.evaluate("window.kept")


async def test_an_address_is_copied_where_there_is_no_clipboard(
    server: Server, screen: Page
) -> None:
    await _open(screen, server)
    await screen.evaluate(
        "navigator.clipboard.writeText = () => Promise.reject();"
        "document.addEventListener('copy',"
        " () => { window.copied = document.activeElement.value })"
    )
    button = screen.locator("#link .copy")
    await button.click()
    await screen.wait_for_selector("#link .copy:has-text('已复制')")
    assert await screen.evaluate("window.copied") == await button.get_attribute("data-copy")
