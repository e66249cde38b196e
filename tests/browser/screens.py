"""`python -m tests.browser.screens`: takes the pictures in docs/screens of a site with sample data.

Ink is drawn by a machine and names nobody.
"""

import asyncio
from asyncio.subprocess import PIPE
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.async_api import Browser, Page, async_playwright

from tests.browser.conftest import HALL, PHONE, chromium_path
from tests.browser.touch import Finger
from tests.delegate import Delegate
from tests.handwriting import handwriting, sent
from tests.rosters import office_roster
from tests.server import Server, served
from tests.site import SLUG

SCREENS = Path(__file__).parents[2] / "docs" / "screens"
DESK = {"width": 1440, "height": 900}
CONSOLE = {
    "dashboard": f"/organizer/initiatives/{SLUG}",
    "text": f"/organizer/initiatives/{SLUG}/text",
    "signatures": f"/organizer/signatures/{SLUG}",
    "exports": f"/organizer/exports/{SLUG}",
}
PROJECTOR = {"width": 1024, "height": 768}
SCENES = ("standby", "text", "signing", "scan", "countdown", "launch", "closed")
COMPANIES = (
    *("示例消防科技有限公司", "示范阀门股份有限公司", "样例门业有限公司", "示例灭火器材有限公司"),
    *("样本防火玻璃厂", "示例智能火灾报警与应急疏散系统股份有限公司", "样例消火栓有限公司"),
    *("示例防火门窗有限公司", "样本电缆有限公司", "示范喷淋设备制造有限公司"),
)
SURNAMES = "张李王赵陈刘周林何马"


def main() -> None:
    SCREENS.mkdir(exist_ok=True)
    with TemporaryDirectory(prefix="pledge-screens-") as folder:
        asyncio.run(_take_all(Path(folder)))


async def _take_all(folder: Path) -> None:
    async with served(folder) as server, async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium_path(), args=["--no-sandbox"]
        )
        receipt = await _sign(server, 128)
        await _walls(server, browser)
        await _certificate(server, browser, receipt)
        await _console(server, browser)
        await _phone(server, browser)
        await browser.close()


async def _sign(server: Server, count: int) -> str:
    """The path of the last receipt."""
    receipt = ""
    async with server.client() as client:
        delegate = Delegate(client, server.link)
        form = await delegate.open()
        for number in range(1, count + 1):
            place = (number - 1) % len(COMPANIES)
            company = COMPANIES[place]
            if number <= count - len(COMPANIES):
                company = f"{company[:2]}{number}号{company[2:]}"
            answer = await delegate.post(
                form,
                company=company,
                attempt=f"attempt-of-screens-{number:06}",
                representative=f"{SURNAMES[place]}某某",
                ink=sent(handwriting(number)),
                publish="yes",
            )
            assert answer.status_code == 303, answer.text
            receipt = answer.headers["location"]
    return receipt


async def _certificate(server: Server, browser: Browser, receipt: str) -> None:
    """On paper, on the phone of whoever signed, and on that of whoever checks it."""
    page = await browser.new_page(
        viewport=PHONE,  # type: ignore[arg-type]
        device_scale_factor=2,
        locale="zh-CN",
    )
    await page.goto(server.origin + receipt)
    await page.wait_for_function("[...document.images].every(image => image.complete)")
    await page.screenshot(path=SCREENS / "receipt.png", full_page=True)
    paper = await page.request.get(f"{server.origin}{receipt}/certificate.pdf")
    drawing = await asyncio.create_subprocess_exec(
        *("pdftoppm", "-png", "-singlefile", "-r", "110", "-"), stdin=PIPE, stdout=PIPE
    )
    picture, _ = await drawing.communicate(await paper.body())
    (SCREENS / "certificate.png").write_bytes(picture)
    await page.click('a[href^="/v/"]')
    await page.wait_for_selector(".status")
    await page.screenshot(path=SCREENS / "verify.png", full_page=True)
    await page.close()


async def _walls(server: Server, browser: Browser) -> None:
    desk = await browser.new_page(viewport=PHONE, locale="zh-CN")  # type: ignore[arg-type]
    await desk.goto(server.printed["Organizer set-up (works once)"])
    for name, value in (("email", "organizer@example.org"), *(_password("password", "again"))):
        await desk.fill(f"[name={name}]", value)
    await desk.click("main .button--primary")
    await desk.wait_for_selector(".desk")
    await desk.goto(f"{server.origin}/organizer/initiatives/{SLUG}/ceremony")
    walls = {"wall": HALL, "projector": PROJECTOR}
    pages = {}
    for name, size in walls.items():
        pages[name] = await browser.new_page(viewport=size, locale="zh-CN")  # type: ignore[arg-type]
        await pages[name].goto(server.printed["Wall"])
    for scene in SCENES:
        if scene == "closed":
            await desk.click("button[value=closed][name=status]")
        else:
            await desk.click(f"button[value={scene}]")
        for name, page in pages.items():
            await page.wait_for_selector(f"body[data-scene={scene}]")
            if scene != "countdown":
                await page.wait_for_timeout(2200)
            await page.screenshot(path=SCREENS / f"{name}-{scene}.png")
    await desk.screenshot(path=SCREENS / "ceremony.png", full_page=True)
    await desk.click("button[value=open]")


async def _console(server: Server, browser: Browser) -> None:
    page = await browser.new_page(viewport=DESK, locale="zh-CN")  # type: ignore[arg-type]
    await page.goto(f"{server.origin}/organizer/login")
    for name, value in (("email", "organizer@example.org"), *_password("password")):
        await page.fill(f"[name={name}]", value)
    await page.click("main .button--primary")
    await page.wait_for_selector(".desk")
    await page.goto(f"{server.origin}/organizer/roster/{SLUG}")
    table = {"name": "参会企业名单.csv", "mimeType": "text/csv", "buffer": office_roster()}
    await page.set_input_files("[name=file]", table)  # type: ignore[arg-type]
    await page.click("form.take button")
    await page.wait_for_selector(".sheet")
    await page.screenshot(path=SCREENS / "console-roster.png")
    await page.click("[value=import]")
    await page.wait_for_selector(".notice-line")
    for name, path in CONSOLE.items():
        await page.goto(server.origin + path)
        await page.screenshot(path=SCREENS / f"console-{name}.png")
    for sheet in ("poster", "cards"):
        address = f"{server.origin}/organizer/print/{SLUG}/{sheet}.png"
        picture = await page.request.get(address)
        (SCREENS / f"print-{sheet}.png").write_bytes(await picture.body())


def _password(*names: str) -> list[tuple[str, str]]:
    return [(name, "a long enough password") for name in names]


async def _phone(server: Server, browser: Browser) -> None:
    context = await browser.new_context(
        viewport=PHONE,  # type: ignore[arg-type]
        device_scale_factor=2,
        has_touch=True,
        is_mobile=True,
        locale="zh-CN",
    )
    page = await context.new_page()
    await page.goto(server.origin + server.link)
    await page.screenshot(path=SCREENS / "sign.png")
    await page.locator("canvas").evaluate("pad => pad.scrollIntoView({block: 'center'})")
    await _draw(page)
    await page.screenshot(path=SCREENS / "pad-portrait.png")
    await page.get_by_role("button", name="横屏书写").tap()
    await page.screenshot(path=SCREENS / "pad-full-portrait.png")
    await page.set_viewport_size({"width": 844, "height": 390})
    await page.wait_for_timeout(300)
    await page.screenshot(path=SCREENS / "pad-full-landscape.png")


async def _draw(page: Page) -> None:
    box = await page.locator("canvas").bounding_box()
    assert box is not None
    left, top = box["x"] + 8, box["y"] + 8
    finger = await Finger.on(page)
    await finger.draw(handwriting(11, width=290, height=170), lambda x, y: (left + x, top + y))


if __name__ == "__main__":
    main()
