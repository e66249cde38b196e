"""The handwriting pad: whatever a phone does to its page, the ink stays what was drawn."""

import json
import math
import re
from itertools import pairwise
from typing import Any

from playwright.async_api import Locator, Page, expect

from pledge.domain.ink import SIDE, Ink
from tests import databases
from tests.browser.touch import Finger
from tests.handwriting import Stroke, handwriting
from tests.server import Server

UPRIGHT, TURNED = {"width": 390, "height": 844}, {"width": 844, "height": 390}
STROKES = handwriting(11, width=290, height=170)
CLOSE = 12.0
"""Units of a thousand that the ink may be off anywhere: under four pixels of a phone's pad."""


async def _open(page: Page, server: Server) -> Locator:
    await page.goto(server.origin + server.link)
    canvas = page.locator("canvas")
    await expect(canvas).to_be_visible()
    await canvas.evaluate("element => element.scrollIntoView({block: 'center'})")
    return canvas


async def _draw(page: Page, canvas: Locator, strokes: list[Stroke]) -> None:
    box = await canvas.bounding_box()
    assert box is not None
    finger = await Finger.on(page)
    await finger.draw(strokes, lambda x, y: (box["x"] + 8 + x, box["y"] + 8 + y))


async def _sign(page: Page, company: str = "示例手写有限公司") -> None:
    await page.fill("[name=company]", company)
    await page.fill("[name=representative]", "张某某")
    await page.check("[name=consent]")
    await page.check("[name=publish]")
    await page.get_by_role("button", name="签署", exact=True).tap()
    await expect(page.get_by_role("heading", name="签署成功")).to_be_visible()


def _stored(server: Server) -> Ink:
    [(ink,)] = databases.sql(server.data, "SELECT ink FROM signature ORDER BY number DESC LIMIT 1")
    return Ink.decode(ink)


async def _held(page: Page) -> list[Any]:
    """The strokes that the form would send now."""
    return list(json.loads(await page.locator("[name=ink]").input_value()))


def farthest(drawn: list[Stroke], kept: Ink) -> float:
    """How far any drawn point is from what is kept, in units of which the ink has a thousand."""
    xs = [x for stroke in drawn for x, _, _ in stroke]
    ys = [y for stroke in drawn for _, y, _ in stroke]
    scale = SIDE / max(max(xs) - min(xs), max(ys) - min(ys))
    assert len(kept.strokes) == len(drawn)
    return max(
        _distance(((x - min(xs)) * scale, (y - min(ys)) * scale), stored)
        for stroke, stored in zip(drawn, kept.strokes, strict=True)
        for x, y, _ in stroke
    )


def _distance(point: tuple[float, float], stroke: tuple[tuple[int, int, int], ...]) -> float:
    stretches = list(pairwise(stroke)) or [(stroke[0], stroke[0])]
    return min(_to_stretch(point, start, end) for start, end in stretches)


def _to_stretch(point: tuple[float, float], start: Any, end: Any) -> float:
    across, down = end[0] - start[0], end[1] - start[1]
    squared = across**2 + down**2 or 1
    along = (point[0] - start[0]) * across + (point[1] - start[1]) * down
    part = max(0.0, min(1.0, along / squared))
    return math.dist(point, (start[0] + part * across, start[1] + part * down))


async def test_what_is_drawn_is_what_is_stored(server: Server, phone: Page) -> None:
    canvas = await _open(phone, server)
    await _draw(phone, canvas, STROKES)
    await expect(phone.locator("[data-pad-count]")).to_have_text("已书写 15 笔")
    await _sign(phone)
    assert farthest(STROKES, _stored(server)) < CLOSE
    await expect(phone.locator(".record .ink")).to_be_visible()


async def test_turning_keyboards_and_scrolling_touch_no_stroke(server: Server, phone: Page) -> None:
    canvas = await _open(phone, server)
    await _draw(phone, canvas, STROKES)
    drawn = await _held(phone)
    ink = await canvas.evaluate(_INKED)
    for viewport in (TURNED, UPRIGHT, {"width": 390, "height": 420}, UPRIGHT):
        await phone.set_viewport_size(viewport)  # type: ignore[arg-type]
        assert await _held(phone) == drawn
    finger = await Finger.on(phone)
    await finger.swipe((200, 150), (200, 700))
    await finger.swipe((200, 700), (200, 150))
    assert await _held(phone) == drawn
    assert await canvas.evaluate(_INKED) > ink * 0.8
    await _sign(phone)
    assert farthest(STROKES, _stored(server)) < CLOSE


async def test_a_change_of_height_alone_does_not_redraw(server: Server, phone: Page) -> None:
    canvas = await _open(phone, server)
    await _draw(phone, canvas, STROKES[:3])
    await canvas.evaluate("element => element.getContext('2d').fillRect(0, 0, 9, 9)")
    await phone.set_viewport_size({"width": 390, "height": 480})
    await phone.evaluate(
        "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )
    corner = "element => element.getContext('2d').getImageData(2, 2, 1, 1).data[3]"
    assert await canvas.evaluate(corner) == 255


async def test_half_before_and_half_after_turning_fit_together(server: Server, phone: Page) -> None:
    canvas = await _open(phone, server)
    await _draw(phone, canvas, STROKES[:8])
    await phone.set_viewport_size(TURNED)  # type: ignore[arg-type]
    await canvas.evaluate("element => element.scrollIntoView({block: 'center'})")
    await phone.set_viewport_size(UPRIGHT)  # type: ignore[arg-type]
    await canvas.evaluate("element => element.scrollIntoView({block: 'center'})")
    await _draw(phone, canvas, STROKES[8:])
    await _sign(phone)
    assert farthest(STROKES, _stored(server)) < CLOSE


async def test_the_full_screen_of_an_upright_phone_lies_on_its_side(
    server: Server, phone: Page
) -> None:
    await _open(phone, server)
    await phone.get_by_role("button", name="横屏书写").tap()
    canvas = phone.locator(".pad-full canvas")
    box = await canvas.bounding_box()
    assert box is not None
    assert box["height"] > box["width"]
    wide = handwriting(12, width=box["height"] - 20, height=box["width"] - 20)
    finger = await Finger.on(phone)
    # Held upright, right is down and down is to the left.
    await finger.draw(wide, lambda x, y: (box["x"] + box["width"] - 10 - y, box["y"] + 10 + x))
    await phone.get_by_role("button", name="用此签名").tap()
    await expect(phone.locator(".pad-full")).to_have_count(0)
    await _sign(phone)
    assert farthest(wide, _stored(server)) < CLOSE


async def test_the_phones_own_back_leads_out_of_full_screen(server: Server, phone: Page) -> None:
    canvas = await _open(phone, server)
    await phone.get_by_role("button", name="横屏书写").tap()
    await expect(phone.locator(".pad-full")).to_be_visible()
    await phone.go_back()
    await expect(phone.locator(".pad-full")).to_have_count(0)
    await expect(canvas).to_be_visible()


async def test_undo_and_clear(server: Server, phone: Page) -> None:
    canvas = await _open(phone, server)
    await _draw(phone, canvas, STROKES[:3])
    await phone.get_by_role("button", name="撤销一笔").tap()
    assert len(await _held(phone)) == 2
    await phone.get_by_role("button", name="清空重写").tap()
    assert await _held(phone) == []
    await expect(phone.locator("[data-pad-ask]")).to_be_visible()


async def test_a_draft_survives_a_reload_and_goes_with_the_signature(
    server: Server, phone: Page
) -> None:
    canvas = await _open(phone, server)
    await phone.fill("[name=company]", "示例草稿有限公司")
    await _draw(phone, canvas, STROKES)
    drawn = await _held(phone)
    await phone.reload()
    await expect(phone.locator("[name=company]")).to_have_value("示例草稿有限公司")
    await expect(phone.locator("[data-pad-count]")).to_have_text("已书写 15 笔")
    assert await _held(phone) == drawn
    await _sign(phone, "示例草稿有限公司")
    assert farthest(STROKES, _stored(server)) < CLOSE
    assert await phone.evaluate("Object.keys(localStorage).length") == 0


async def test_leaving_and_coming_back_keeps_the_ink(server: Server, phone: Page) -> None:
    canvas = await _open(phone, server)
    await _draw(phone, canvas, STROKES)
    drawn = await _held(phone)
    await phone.get_by_role("link", name="签署名录").first.tap()
    await expect(phone).to_have_url(re.compile("signatories"))
    await phone.go_back()
    await expect(phone.locator("[data-pad-count]")).to_have_text("已书写 15 笔")
    assert await _held(phone) == drawn
    await phone.go_forward()
    await phone.go_back()
    await expect(phone.locator("[data-pad-count]")).to_have_text("已书写 15 笔")
    assert await _held(phone) == drawn


async def test_an_accidental_dot_is_said_kindly_at_the_pad(server: Server, phone: Page) -> None:
    canvas = await _open(phone, server)
    await _draw(phone, canvas, [[(100, 100, 0.5), (101, 100, 0.5)]])
    await phone.fill("[name=company]", "示例点有限公司")
    await phone.fill("[name=representative]", "张某某")
    await phone.check("[name=consent]")
    await phone.get_by_role("button", name="签署", exact=True).tap()
    await expect(phone.locator("#ink-error")).to_contain_text("只有一个点")
    await expect(phone.locator("[name=company]")).to_have_value("示例点有限公司")
    await _sign(phone, "示例点有限公司")


_INKED = """element => {
  const {width, height} = element
  const data = element.getContext('2d').getImageData(0, 0, width, height).data
  let inked = 0
  for (let place = 3; place < data.length; place += 4) if (data[place] > 127) inked += 1
  return inked / (width * height)
}"""
