"""Hall Wi-Fi: what gets no answer is sent again, and nothing is ever signed twice."""

import re

from playwright.async_api import Page, Route, expect

from tests.browser.touch import Finger
from tests.handwriting import handwriting
from tests.load.published import listed
from tests.server import Server
from tests.site import SAMPLE

NAMES = {"company": "示例断网有限公司", "representative": "张某某"}


async def _fill_in(phone: Page, server: Server) -> None:
    await phone.goto(server.origin + server.link)
    await expect(phone.locator("canvas")).to_be_visible()
    for name, value in NAMES.items():
        await phone.fill(f"[name={name}]", value)
    await phone.check("[name=consent]")


async def test_an_answer_that_is_lost_ends_in_one_signature_and_its_receipt(
    server: Server, phone: Page
) -> None:
    await _fill_in(phone, server)
    lost = 0

    async def lose_the_answer(route: Route) -> None:
        nonlocal lost
        if route.request.method == "POST" and lost < 2:
            lost += 1
            if lost == 2:  # the first never arrives; the second does, and its answer is lost
                await route.fetch(max_redirects=0)
            await route.abort("connectionreset")
        else:
            await route.continue_()

    await phone.route("**/s/**", lose_the_answer)
    await phone.get_by_role("button", name="签署", exact=True).tap()
    await expect(phone.get_by_text("保存在手机上，正在重试")).to_be_visible()
    await expect(phone.locator("[name=company]")).to_have_value(NAMES["company"])
    await expect(phone.get_by_role("heading", name="签署成功")).to_be_visible(timeout=15000)
    assert lost == 2
    assert [item["company"] for item in await listed(server)] == [NAMES["company"]]


async def test_closing_and_opening_the_link_goes_on(server: Server, phone: Page) -> None:
    await _fill_in(phone, server)
    attempt = await phone.locator("[name=attempt]").input_value()
    await phone.route("**/s/**", lambda route: route.abort("internetdisconnected"))
    await phone.get_by_role("button", name="签署", exact=True).tap()
    await expect(phone.get_by_text("保存在手机上，正在重试")).to_be_visible()
    await phone.goto("about:blank")
    await phone.unroute("**/s/**")
    sent: list[str] = []
    phone.on("request", lambda request: sent.append(request.post_data or ""))
    await phone.goto(server.origin + server.link)
    await expect(phone.get_by_role("heading", name="签署成功")).to_be_visible()
    assert any(attempt in data for data in sent)
    assert len(await listed(server)) == 1


async def test_what_is_sent_after_reopening_has_its_ink(server: Server, phone: Page) -> None:
    await _fill_in(phone, server)
    await phone.check("[name=publish]")
    canvas = phone.locator("canvas")
    await canvas.evaluate("element => element.scrollIntoView({block: 'center'})")
    box = await canvas.bounding_box()
    assert box is not None
    finger = await Finger.on(phone)
    await finger.draw(
        handwriting(6, width=280, height=170), lambda x, y: (box["x"] + 8 + x, box["y"] + 8 + y)
    )
    await phone.route("**/s/**", lambda route: route.abort("internetdisconnected"))
    await phone.get_by_role("button", name="签署", exact=True).tap()
    await expect(phone.get_by_text("保存在手机上，正在重试")).to_be_visible()
    await phone.goto("about:blank")
    await phone.unroute("**/s/**")
    await phone.goto(server.origin + server.link)
    await expect(phone.get_by_role("heading", name="签署成功")).to_be_visible()
    [item] = await listed(server)
    assert item["ink"]


async def test_a_text_that_nobody_has_read_is_not_signed_by_itself(
    server: Server, phone: Page
) -> None:
    await _fill_in(phone, server)
    await phone.route("**/s/**", lambda route: route.abort("internetdisconnected"))
    await phone.get_by_role("button", name="签署", exact=True).tap()
    await expect(phone.get_by_text("保存在手机上，正在重试")).to_be_visible()
    await phone.goto("about:blank")
    await phone.unroute("**/s/**")
    newer = server.data.with_name("newer")
    newer.mkdir()
    for file in SAMPLE.parent.glob("fire-product-quality*"):
        (newer / file.name).write_bytes(file.read_bytes())
    text = newer / SAMPLE.name
    text.write_text(text.read_text("utf-8").replace("全面负责", "负总责"), "utf-8")
    await server.command("initiative", "import", str(text))
    await phone.goto(server.origin + server.link)
    await expect(phone.locator("canvas")).to_be_visible()
    await expect(phone.locator("[name=company]")).to_have_value(NAMES["company"])
    await expect(phone.get_by_role("button", name="签署", exact=True)).to_be_enabled()
    assert await listed(server) == []


async def test_a_server_that_is_away_is_waited_for(server: Server, phone: Page) -> None:
    await _fill_in(phone, server)
    await server.kill()
    await phone.get_by_role("button", name="签署", exact=True).tap()
    await expect(phone.get_by_text("保存在手机上，正在重试")).to_be_visible()
    await server.start()
    await expect(phone.get_by_role("heading", name="签署成功")).to_be_visible(timeout=20000)
    assert len(await listed(server)) == 1


async def test_a_mistake_is_still_shown_where_it_is(server: Server, phone: Page) -> None:
    await _fill_in(phone, server)
    await phone.fill("[name=phone]", "x")
    await phone.get_by_role("button", name="签署", exact=True).tap()
    await expect(phone.locator("#phone-error")).to_be_visible()
    await expect(phone.locator("#errors")).to_be_focused()
    await expect(phone).to_have_url(re.compile("/s/"))
