"""The receipt on a phone: the certificate to be kept, without scripts, without a jump."""

import io

from PIL import Image
from playwright.async_api import Page, expect

from pledge.certifying import PICTURE_SIZE
from tests.codes import read_image
from tests.paper import words
from tests.server import Server

COMPANY = "示例省示例市示例高新技术产业开发区消防安全设备与应急救援装备研发制造集团股份有限公司"


async def _signed(server: Server, phone: Page) -> None:
    await phone.goto(server.origin + server.link)
    await phone.fill("[name=company]", COMPANY)
    await phone.fill("[name=representative]", "张某某")
    await phone.check("[name=consent]")
    await phone.get_by_role("button", name="签署").tap()
    await expect(phone.get_by_role("heading", name="签署成功")).to_be_visible()


async def test_a_camera_reads_the_code_from_the_screen(server: Server, phone: Page) -> None:
    await _signed(server, phone)
    picture = phone.locator(".certificate__picture")
    await expect(picture).to_have_js_property("naturalWidth", PICTURE_SIZE[0])
    await expect(picture).to_have_js_property("naturalHeight", PICTURE_SIZE[1])
    shot = Image.open(io.BytesIO(await picture.screenshot()))
    number = await phone.locator("dd", has_text="CY-").inner_text()
    assert read_image(shot) == f"{server.origin}/v/{number.split()[0]}"


async def test_the_page_stands_still_while_the_picture_comes(server: Server, phone: Page) -> None:
    """The room for it is there before it is: a picture that never comes takes as much."""
    await _signed(server, phone)
    await expect(phone.locator(".certificate__picture")).to_have_js_property("complete", True)
    with_picture = await phone.locator(".certificate").bounding_box()
    await phone.route("**/certificate.png*", lambda route: route.abort())
    await phone.reload()
    without = await phone.locator(".certificate").bounding_box()
    assert with_picture is not None
    assert without is not None
    assert abs(with_picture["height"] - without["height"]) < 2


async def test_without_scripts_it_is_shown_and_saved(
    server: Server, phone_without_scripts: Page
) -> None:
    phone = phone_without_scripts
    await _signed(server, phone)
    await expect(phone.get_by_role("img", name=COMPANY)).to_be_visible()
    async with phone.expect_download() as saving:
        await phone.get_by_role("link", name="保存证书").tap()
    saved = await saving.value
    assert saved.suggested_filename.startswith("CY-")
    with open(await saved.path(), "rb") as file:  # noqa: ASYNC230 -- nothing else runs
        assert COMPANY in words(file.read())
