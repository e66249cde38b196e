"""The text in a browser: its preview follows what is typed, and what is typed is not lost."""

import pytest
from playwright.async_api import Page, expect

from tests.server import Server
from tests.site import SLUG

EMAIL, PASSWORD = "organizer@example.org", "a long enough password"


async def _open(page: Page, server: Server) -> None:
    await page.goto(server.printed["Organizer set-up (works once)"])
    await page.fill("[name=email]", EMAIL)
    await page.fill("[name=password]", PASSWORD)
    await page.fill("[name=again]", PASSWORD)
    await page.click("main .button--primary")
    await page.wait_for_selector(".desk")
    await page.goto(f"{server.origin}/organizer/initiatives/{SLUG}/text")


async def test_the_preview_follows_what_is_typed(server: Server, screen: Page) -> None:
    await _open(screen, server)
    shown = screen.locator("[data-preview=zh]")
    await screen.fill("#title_zh", "示例质量承诺书")
    await expect(shown.locator(".lockup")).to_have_text("示例质量承诺书")
    await screen.fill("#text_zh", "各企业：\n\n## 一项承诺\n\n正文。")
    await expect(shown.locator(".pledge__to")).to_have_text("各企业：")
    await expect(shown.locator("h2")).to_have_text("一项承诺")
    await expect(screen.locator("button[value=preview]")).to_be_hidden()
    await screen.click("button[value=save]")
    await expect(screen.locator("#text_zh")).to_have_value("各企业：\n\n## 一项承诺\n\n正文。\n")


@pytest.mark.parametrize("leave", [True, False])
async def test_whoever_leaves_with_something_unsaved_is_asked(
    server: Server, screen: Page, leave: bool
) -> None:
    await _open(screen, server)
    await screen.locator("#text_zh").press_sequentially("改")
    async with screen.expect_event("dialog") as asked:
        await screen.evaluate("setTimeout(() => { location.href = '/organizer/initiatives' })")
    dialog = await asked.value
    assert dialog.type == "beforeunload"
    if leave:
        await dialog.accept()
        await screen.wait_for_url("**/organizer/initiatives")
    else:
        await dialog.dismiss()
        await expect(screen.locator("#text_zh")).to_be_visible()


async def test_without_scripts_a_button_shows_it(
    server: Server, phone_without_scripts: Page
) -> None:
    page = phone_without_scripts
    await _open(page, server)
    await page.fill("#text_zh", "各企业：\n\n正文。")
    await page.click("button[value=preview]")
    await expect(page.locator("[data-preview=zh] .pledge__to")).to_have_text("各企业：")
    await expect(page.locator("#text_zh")).to_have_value("各企业：\n\n正文。")
