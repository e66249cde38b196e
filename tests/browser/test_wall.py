"""The wall in a real browser: what the hall sees, whatever becomes of its connection."""

import asyncio
import io
import re
import time
from collections.abc import AsyncIterator

import pytest
from PIL import Image
from playwright.async_api import Browser, Page, expect

from tests.browser.conftest import HALL
from tests.browser.touch import Finger
from tests.codes import read_image
from tests.delegate import Delegate
from tests.handwriting import handwriting, sent
from tests.load.published import by_number, exported, listed
from tests.server import Server
from tests.site import SLUG

pytestmark = pytest.mark.alone

EMAIL, PASSWORD = "organizer@example.org", "a long enough password"

# Notes every column that is put on the scroll for the first time.
SEEN = """() => {
  window.seen = []
  const note = leaf => {
    if (!('again' in leaf.dataset)) seen.push(leaf.querySelector('[data-number]').textContent)
  }
  new MutationObserver(changes => changes.forEach(change => change.addedNodes.forEach(note)))
    .observe(document.querySelector('[data-leaves]'), {childList: true})
}"""


@pytest.fixture
async def wall(server: Server, screen: Page) -> Page:
    await screen.goto(server.printed["Wall"])
    await expect(screen).to_have_url(f"{server.origin}/i/{SLUG}/wall")
    await expect(screen.locator("[data-offline]")).to_be_hidden()
    await expect(screen.locator(".hall__frame [data-code] svg")).to_be_visible()
    return screen


@pytest.fixture
async def desk(server: Server, browser: Browser) -> AsyncIterator[Page]:
    """An organizer's phone, logged in."""
    context = await browser.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN")
    page = await context.new_page()
    await page.goto(server.printed["Organizer set-up (works once)"])
    await page.fill("[name=email]", EMAIL)
    await page.fill("[name=password]", PASSWORD)
    await page.fill("[name=again]", PASSWORD)
    await page.click("main .button--primary")
    await page.wait_for_url("**/organizer/initiatives")
    yield page
    await context.close()


async def _sign(server: Server, company: str, **typed: str) -> None:
    async with server.client() as client:
        answer = await Delegate(client, server.link).sign(company=company, **typed)
        assert answer.status_code == 303


async def test_ink_appears_with_its_company(server: Server, wall: Page) -> None:
    await _sign(server, "示例手写有限公司", ink=sent(handwriting(1)), publish="yes")
    newest = wall.locator(".leaf").first
    await expect(newest.locator("[data-company]")).to_have_text("示例手写有限公司")
    await expect(newest.locator("svg.ink")).to_be_visible()
    await expect(wall.locator(".hall__side [data-total]")).to_have_text("1")


@pytest.mark.parametrize(
    "viewport", [HALL, {"width": 3840, "height": 2160}, {"width": 1024, "height": 768}]
)
async def test_the_code_is_read_off_the_screen_also_from_far_away(
    server: Server, wall: Page, viewport: dict[str, int]
) -> None:
    await wall.set_viewport_size(viewport)  # type: ignore[arg-type]
    shown = Image.open(io.BytesIO(await wall.locator(".hall__frame .hall-qr__box").screenshot()))
    address = read_image(shown)
    assert re.fullmatch(rf"HTTP://127\.0\.0\.1:{server.port}/S/[A-Z2-7]{{32}}", address)
    assert read_image(shown.resize((120, 120), Image.Resampling.LANCZOS)) == address
    async with server.client() as phone:
        assert (await phone.get(address)).status_code == 200


async def test_every_wall_follows_the_ceremony_within_a_second(
    server: Server, wall: Page, desk: Page, browser: Browser
) -> None:
    other = await browser.new_page(viewport={"width": 1024, "height": 768})
    await other.goto(server.printed["Wall"])
    await _sign(server, "示例消防科技有限公司")
    await desk.goto(f"{server.origin}/organizer/initiatives/{SLUG}/ceremony")
    for scene in ("standby", "text", "scan", "signing"):
        await desk.click(f"button[value={scene}]")
        for page in (wall, other):
            await expect(page.locator("body")).to_have_attribute("data-scene", scene, timeout=1000)
    await desk.fill("[name=seconds]", "2")
    await desk.focus("button[value=countdown]")
    await desk.keyboard.press("Enter")
    await expect(wall.locator("[data-countdown]")).to_have_text(re.compile("[12]"), timeout=1000)
    for page in (wall, other):
        await expect(page.locator("body")).to_have_attribute("data-scene", "launch", timeout=4000)
    await _sign(server, "示例晚到有限公司")
    await wall.reload()
    await expect(wall.locator("body")).to_have_attribute("data-scene", "launch")
    await expect(wall.locator("[data-launched]")).to_have_text("1")
    await desk.reload()
    await expect(desk.get_by_text("启动存档")).to_be_visible()
    await other.close()


async def test_hidden_ones_leave_the_wall_within_a_second(
    server: Server, wall: Page, desk: Page
) -> None:
    await _sign(server, "示例恶作剧有限公司", ink=sent(handwriting(3)), publish="yes")
    await expect(wall.locator(".leaf")).to_have_count(1)
    await desk.goto(f"{server.origin}/organizer/initiatives/{SLUG}")
    await expect(desk.locator(".table__ink svg")).to_be_visible()
    await desk.click("button[value=hide]")
    await expect(wall.locator(".leaf")).to_have_count(0, timeout=1000)
    await expect(wall.locator(".hall__side [data-total]")).to_have_text("0")
    await desk.click("button[value=restore]")
    await expect(wall.locator(".leaf")).to_have_count(1, timeout=1000)


async def test_a_rehearsal_is_marked_and_gone_without_a_reload(
    server: Server, wall: Page, desk: Page
) -> None:
    await wall.evaluate("window.kept = true")
    await desk.goto(f"{server.origin}/organizer/initiatives/{SLUG}")
    await (
        desk.locator(".rehearsals li", has_text="都江堰")
        .get_by_role("button", name="开始彩排")
        .click()
    )
    await expect(wall.get_by_text("彩排", exact=True)).to_be_visible()
    await _sign(server, "示例彩排有限公司")
    await expect(wall.locator(".leaf [data-company]")).to_have_text("示例彩排有限公司")
    await desk.reload()
    await desk.get_by_role("link", name="结束彩排").click()
    await expect(desk.get_by_text("将彻底清除 1 条彩排签署及其回执。")).to_be_visible()
    await desk.get_by_role("button", name="结束并清除").click()
    await expect(wall.get_by_text("彩排", exact=True)).to_have_count(0)
    await expect(wall.locator(".leaf")).to_have_count(0)
    assert await wall.evaluate("window.kept"), "a wall that loads anew leaves full screen"
    assert await listed(server) == []


async def test_a_burst_is_shown_without_lagging_behind(server: Server, wall: Page) -> None:
    """Five a second, as when three hundred sign in a minute: none is shown later than 3 s."""
    await wall.evaluate(
        """() => {
          window.lags = []
          const told = {}
          const source = new EventSource(document.body.dataset.live + '?after=0')
          source.addEventListener('signed', event => {
            told[JSON.parse(event.data).number] = performance.now()
          })
          const note = leaf => {
            const number = leaf.querySelector('[data-number]').textContent
            lags.push(number in told ? performance.now() - told[number] : 0)
          }
          new MutationObserver(all => all.forEach(change => change.addedNodes.forEach(note)))
            .observe(document.querySelector('[data-leaves]'), {childList: true})
        }"""
    )
    for number in range(60):
        began = time.monotonic()
        await _sign(server, f"示例第{number}有限公司")
        await asyncio.sleep(max(0, 0.2 - (time.monotonic() - began)))
    await expect(wall.locator(".leaf [data-number]").first).to_have_text("60", timeout=5000)
    lags = await wall.evaluate("window.lags")
    assert len(lags) == 60
    assert max(lags) < 3000


async def test_strokes_on_the_stage_are_seen_while_they_are_drawn(
    server: Server, wall: Page, phone: Page
) -> None:
    stage = (await server.command("link", SLUG, "--kind", "kiosk", "--stage")).strip()
    await phone.goto(stage)
    await phone.fill("[name=company]", "示例台上有限公司")
    await phone.fill("[name=representative]", "张某某")
    await phone.check("[name=consent]")
    await phone.check("[name=publish]")
    canvas = phone.locator("canvas")
    await canvas.evaluate("element => element.scrollIntoView({block: 'center'})")
    box = await canvas.bounding_box()
    assert box is not None
    finger = await Finger.on(phone)
    strokes = handwriting(4, width=280, height=170)
    await finger.draw(strokes[:6], lambda x, y: (box["x"] + 8 + x, box["y"] + 8 + y))
    frame = wall.locator("[data-stage]")
    await expect(frame).to_be_visible(timeout=1000)
    await expect(frame.locator("[data-stage-company]")).to_have_text("示例台上有限公司")
    before = await frame.locator("path").get_attribute("d")
    await finger.draw(strokes[6:], lambda x, y: (box["x"] + 8 + x, box["y"] + 8 + y))
    await expect(frame.locator("path")).not_to_have_attribute("d", before or "", timeout=1000)
    await phone.get_by_role("button", name="签署", exact=True).tap()
    await expect(phone.get_by_text("请用手机扫码带走回执")).to_be_visible()
    await expect(wall.locator(".leaf svg.ink")).to_be_visible()
    await expect(frame).to_be_hidden()


async def test_a_kiosk_leaves_nothing_of_whoever_was_there(server: Server, phone: Page) -> None:
    kiosk = (await server.command("link", SLUG, "--kind", "kiosk")).strip()
    await phone.goto(kiosk)
    for company in ("示例一号有限公司", "示例二号有限公司"):
        await expect(phone.locator("[name=company]")).to_have_value("")
        await phone.fill("[name=company]", company)
        await phone.fill("[name=representative]", "张某某")
        await phone.check("[name=consent]")
        await phone.get_by_role("button", name="签署", exact=True).tap()
        await expect(phone.locator(".result .co")).to_have_text(company)
        await phone.get_by_role("link", name="下一家签署").tap()
        await expect(phone.get_by_role("button", name="签署", exact=True)).to_be_visible()
    await expect(phone.locator("[name=company]")).to_have_value("")
    assert await phone.evaluate("Object.keys(localStorage).length") == 0
    await phone.go_back()
    assert "示例" not in await phone.locator("body").inner_text()


async def test_ten_restarts_and_a_thousand_signatures_are_shown_each_once(
    server: Server, wall: Page
) -> None:
    await wall.evaluate(SEEN)
    for start in range(10):
        await asyncio.gather(
            *(_sign_batch(server, start * 100 + place * 20, 20) for place in range(5))
        )
        await (server.stop if start % 2 else server.kill)()
        await server.start()
    await _sign(server, "示例最后有限公司")
    await expect(wall.locator(".leaf [data-company]").first).to_have_text(
        "示例最后有限公司", timeout=30000
    )
    seen = await wall.evaluate("window.seen")
    assert len(seen) == len(set(seen)) == 1001
    public = by_number(await listed(server))
    assert {int(number) for number in seen} == set(public)
    assert public == await exported(server)
    await expect(wall.locator(".hall__side [data-total]")).to_have_text("1001")
    await expect(wall.locator("[data-offline]")).to_be_hidden()


async def _sign_batch(server: Server, first: int, count: int) -> None:
    async with server.client() as client:
        delegate = Delegate(client, server.link)
        form = await delegate.open()
        for number in range(first, first + count):
            answer = await delegate.post(
                form, company=f"示例{number:04}有限公司", attempt=f"attempt-of-test-{number:06}"
            )
            assert answer.status_code == 303
