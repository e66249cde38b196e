"""The console without a mouse: everything is reached by Tab, and seen when it is."""

import pytest
from playwright.async_api import Page

from tests.server import Server
from tests.site import SLUG

EMAIL, PASSWORD = "organizer@example.org", "a long enough password"

PAGES = (
    "/organizer/initiatives",
    f"/organizer/initiatives/{SLUG}",
    f"/organizer/initiatives/{SLUG}/text",
    f"/organizer/initiatives/{SLUG}/schedule",
    f"/organizer/initiatives/{SLUG}/ceremony",
    f"/organizer/signatures/{SLUG}",
    f"/organizer/signatures/{SLUG}/1",
    f"/organizer/signatures/{SLUG}/assist",
    f"/organizer/roster/{SLUG}",
    f"/organizer/links/{SLUG}",
    f"/organizer/print/{SLUG}",
    f"/organizer/exports/{SLUG}",
    f"/organizer/meetings/{SLUG}",
    f"/organizer/settings/{SLUG}",
    f"/organizer/settings/{SLUG}/team",
    f"/organizer/settings/{SLUG}/notices",
    f"/organizer/audit/{SLUG}",
    "/organizer/settings",
)

# What a mouse can press and see, without what belongs to closed details or is switched off.
PRESSABLE = """() => [
    ...document.querySelectorAll('a[href], button, input, select, textarea, summary')]
  .filter(e => !e.disabled && e.type !== 'hidden' && e.checkVisibility()
    && !(e.type === 'radio' && !e.checked)).length"""
FOCUSED = """() => {
  const e = document.activeElement
  // Past the last one, browsers go on to their own buttons, or begin again.
  const parts = e?.matches('[type^=date], [type=time]')
  if (!e || e === document.body || ('reached' in e.dataset && !parts)) return null
  e.dataset.reached = ''
  const style = getComputedStyle(e)
  // A date's own parts are what has the focus, and what shows it.
  const seen = style.outlineStyle !== 'none' || e.matches('[type^=date], [type=time]')
    || getComputedStyle(e.closest('label, .field') ?? e).outlineStyle !== 'none'
  return { seen, what: e.outerHTML.slice(0, 120) }
}"""
REACHED = "() => document.querySelectorAll('[data-reached]').length"


async def _log_in(page: Page, server: Server) -> None:
    """By the keyboard alone: the first field has the focus after three steps or fewer."""
    await page.goto(server.printed["Organizer set-up (works once)"])
    await page.focus("[name=email]")
    for typed in (EMAIL, PASSWORD, PASSWORD):
        await page.keyboard.type(typed)
        await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/organizer/initiatives")


async def _sign(page: Page, server: Server) -> None:
    await page.goto(server.origin + server.link)
    await page.fill("[name=company]", "示例消防科技有限公司")
    await page.fill("[name=representative]", "张某某")
    await page.check("[name=consent]")
    await page.click(".dock button")
    await page.wait_for_selector(".result__no")


async def test_everything_is_reached_by_tab_and_shows_it(server: Server, screen: Page) -> None:
    await _sign(screen, server)
    await _log_in(screen, server)
    for path in PAGES:
        await screen.goto(server.origin + path)
        pressable = await screen.evaluate(PRESSABLE)
        for _ in range(pressable + 40):
            await screen.keyboard.press("Tab")
            focused = await screen.evaluate(FOCUSED)
            if focused is None:
                break
            assert focused["seen"], f"{path}: {focused['what']}"
        else:
            pytest.fail(f"{path}: Tab does not come to an end")
        assert await screen.evaluate(REACHED) >= pressable, path


async def test_a_signature_is_hidden_by_keys_alone(server: Server, screen: Page) -> None:
    await _sign(screen, server)
    await _log_in(screen, server)
    await screen.goto(f"{server.origin}/organizer/initiatives/{SLUG}")
    hide = screen.locator("button[value=hide]")
    while not await hide.evaluate("e => e === document.activeElement"):
        await screen.keyboard.press("Tab")
    await screen.keyboard.press("Enter")
    await screen.wait_for_selector("button[value=restore]")
