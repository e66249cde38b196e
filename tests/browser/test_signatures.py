"""The console's signatures in a browser: live, without losing what is ticked; the pad for staff."""

from playwright.async_api import Browser, Page

from tests.delegate import Delegate
from tests.handwriting import handwriting
from tests.server import Server
from tests.site import SLUG

LIST = f"/organizer/signatures/{SLUG}"


async def _log_in(browser: Browser, server: Server) -> Page:
    page = await browser.new_page(locale="zh-CN")
    await page.goto(server.printed["Organizer set-up (works once)"])
    await page.fill("[name=email]", "organizer@example.org")
    for name in ("password", "again"):
        await page.fill(f"[name={name}]", "a long enough password")
    await page.click("main .button--primary")
    await page.wait_for_selector(".desk")
    return page


async def _sign(server: Server, company: str) -> None:
    async with server.client() as phone:
        assert (await Delegate(phone, server.link).sign(company=company)).status_code == 303


async def test_the_list_follows_live_and_keeps_what_is_ticked(
    server: Server, browser: Browser
) -> None:
    page = await _log_in(browser, server)
    await _sign(server, "示例一公司")
    await page.goto(server.origin + LIST)
    await page.check("[name=n1]")
    await page.click("h1")
    async with page.expect_response(server.origin + LIST):
        await _sign(server, "示例二公司")
    await page.evaluate("new Promise(done => setTimeout(done))")  # after the page has read it
    assert await page.is_checked("[name=n1]")
    await page.uncheck("[name=n1]")
    await page.click("h1")
    await _sign(server, "示例三公司")
    await page.wait_for_selector("[name=n3]")
    assert await page.query_selector("[name=n2]")


async def test_staff_lets_a_delegate_draw(server: Server, browser: Browser) -> None:
    page = await _log_in(browser, server)
    await page.goto(f"{server.origin}{LIST}/assist")
    await page.wait_for_selector("[data-pad]:not([hidden])")
    await page.fill("[name=company]", "示例消防科技有限公司")
    await page.fill("[name=representative]", "李某某")
    await page.locator("canvas").scroll_into_view_if_needed()
    box = await page.locator("canvas").bounding_box()
    assert box is not None
    for stroke in handwriting(3, width=box["width"], height=box["height"])[:6]:
        (x, y, _), *rest = stroke
        await page.mouse.move(box["x"] + x, box["y"] + y)
        await page.mouse.down()
        for x, y, _ in rest:
            await page.mouse.move(box["x"] + x, box["y"] + y)
        await page.mouse.up()
    for name in ("consent", "publish"):
        await page.check(f"[name={name}]")
    await page.click("form.register .button--primary")
    await page.wait_for_selector(".notice-line")
    listed = await page.request.get(f"{server.origin}/i/{SLUG}/signatories.json")
    [item] = (await listed.json())["items"]
    assert item["representative"] == "李某某"
    assert item["ink"] is not None
