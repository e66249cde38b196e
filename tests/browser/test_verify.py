"""Receipts' files, checked in the browser: what is genuine, and every reason why one is not."""

import json
from base64 import b64encode
from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.async_api import Page, expect

from pledge.domain.certificates import CertificateNumber
from tests.browser.receipts import as_file, signed_receipt
from tests.delegate import FILLED_IN
from tests.register.test_receipts import KEY, RECEIPTS, TAMPERED
from tests.server import Server

COMPANY = FILLED_IN["company"]
REASONS = {
    "the company's name": "fields",
    "the company's code": "fields",
    "the representative": "fields",
    "the consent": "fields",
    "a field more": "fields",
    "another salt": "fields",
    "no salt": "fields",
    "fields of an unknown part": "fields",
    "the number in the entry": "inclusion",
    "the time in the entry": "inclusion",
    "spaces in the entry": "entry",
    "another's entry": "fields",
    "another's proof": "inclusion",
    "another index": "inclusion",
    "an index beyond the register": "inclusion",
    "a hash of the proof": "inclusion",
    "a hash that is too long": "proof",
    "a hash less": "inclusion",
    "a hash more": "inclusion",
    "two hashes swapped": "inclusion",
    "the size in the checkpoint": "signature",
    "the origin in the checkpoint": "signature",
    "the root in the checkpoint": "signature",
    "the signature": "signature",
    "no signature": "signature",
    "a key of another's": "foreign",
    "our key under another's checkpoint": "signature",
    "a key with another name": "signature",
    "a key cut off": "key",
    "rubbish for a proof": "proof",
    "an entry of a version that there is not": "entry",
    "an entry that is of no signing": "entry",
    "an entry with something else in it": "entry",
    "an entry that lacks something": "entry",
    "an entry with a number that is text": "entry",
    "an entry with a text that is no hash": "entry",
    "an entry that was not written canonically": "entry",
    "a salt cut off where it is all zeros": "fields",
}
OLD_BROWSER = """
const imported = SubtleCrypto.prototype.importKey
SubtleCrypto.prototype.importKey = function (format, key, algorithm, ...rest) {
  if ((algorithm.name || algorithm) === "Ed25519") {
    return Promise.reject(new DOMException("Unrecognized name", "NotSupportedError"))
  }
  return imported.call(this, format, key, algorithm, ...rest)
}
"""
INSECURE = "Object.defineProperty(Crypto.prototype, 'subtle', { value: undefined })"


async def _choose(page: Page, content: bytes) -> None:
    """Chooses the file, and waits for what the page says of it."""
    await page.evaluate("document.querySelector('[data-result]').replaceChildren()")
    file: Any = {"name": "receipt.json", "mimeType": "application/json", "buffer": content}
    await page.set_input_files("[type=file]", file)
    await expect(page.locator("[data-result]")).not_to_be_empty()


async def _reason(page: Page, content: bytes) -> str | None:
    """Why the page refuses a file; None if it is accepted."""
    await _choose(page, content)
    said = page.locator("[data-result] [data-why]")
    if not await said.count():
        return None
    assert await page.locator("[data-result] .ww--void").count() == 1
    assert await page.locator("[data-result] .status--ok").count() == 0
    words = await said.inner_text()
    reasons = page.locator("[data-reason]")
    known = {
        await reason.text_content(): await reason.get_attribute("data-reason")
        for reason in await reasons.all()
    }
    return known[words]


async def _knows(page: Page) -> None:
    """The page's list of keys is that of the register of which the tampered receipts are."""
    await page.evaluate(
        "key => Object.assign(document.querySelector('[data-key]').dataset,"
        " { key, slug: 'sample', id: 1 })",
        str(KEY.verifier),
    )


def _day(receipt: dict[str, Any]) -> str:
    """On which it was signed in China, as certificates' numbers have it."""
    at = datetime.fromisoformat(json.loads(receipt["entry"])["at"]) + timedelta(hours=8)
    return f"{at:%Y%m%d}"


@pytest.mark.parametrize("browsers", ["new", "old"])
async def test_a_receipt_of_the_site_is_accepted(
    server: Server, phone: Page, browsers: str
) -> None:
    receipt = await signed_receipt(server, uscc="91510000MA0000001F")
    if browsers == "old":
        await phone.add_init_script(OLD_BROWSER)
    await phone.goto(f"{server.origin}/verify")
    await phone.wait_for_load_state("networkidle")
    asked: list[str] = []
    phone.on("request", lambda request: asked.append(request.url))
    assert await _reason(phone, as_file(receipt)) is None
    assert asked == []  # nothing leaves the phone while a file is checked
    number = CertificateNumber(1, _day(receipt), 1)
    result = phone.locator("[data-result]")
    for said in (COMPANY, "91510000MA0000001F", "张某某", "质量负责人", "13800000000", str(number)):
        await expect(result).to_contain_text(said)
    code = await result.locator("[data-field=code]").inner_text()
    await result.get_by_role("link", name="查询当前状态").tap()
    await expect(phone).to_have_url(f"{server.origin}/v/{number}")
    await expect(phone.get_by_role("heading", name="证书有效")).to_be_visible()
    await expect(phone.locator(".record")).to_contain_text(code)
    seal = await phone.locator(".result .seal").bounding_box()
    status = await phone.locator(".result .status").bounding_box()
    heading = await phone.locator(".result h1").bounding_box()
    assert seal
    assert status
    assert heading
    assert seal["x"] >= heading["x"] + heading["width"]  # beside the verdict, not above it
    assert seal["y"] < heading["y"] + heading["height"]
    assert status["y"] < seal["y"] + seal["height"]


@pytest.mark.parametrize("browsers", ["new", "old"])
async def test_each_tampering_is_refused_with_its_reason(
    server: Server, phone: Page, browsers: str
) -> None:
    if browsers == "old":
        await phone.add_init_script(OLD_BROWSER)
    await phone.goto(f"{server.origin}/verify")
    await _knows(phone)
    for receipt in RECEIPTS:
        assert await _reason(phone, as_file(receipt.values)) is None
    said = {
        tampering: await _reason(phone, as_file(values)) for tampering, values in TAMPERED.items()
    }
    assert said == REASONS


async def test_a_receipt_without_what_was_erased_proves_nothing_of_it(
    server: Server, phone: Page
) -> None:
    receipt = await signed_receipt(server)
    await phone.goto(f"{server.origin}/verify")
    for part in ("person", "company"):
        del receipt["fields"][part], receipt["salts"][part]
        assert await _reason(phone, as_file(receipt)) is None
    result = phone.locator("[data-result]")
    await expect(result).to_contain_text("不能证明属于哪家企业")
    await expect(result).not_to_contain_text(COMPANY)


async def test_what_is_no_receipt_is_said_to_be_none(server: Server, phone: Page) -> None:
    await phone.goto(f"{server.origin}/verify")
    for content in (b"{}", b"[]", b"%PDF-1.7", b"\xff\xfe", b"[" * 100_000, b" " * 2_000_000, b"1"):
        assert await _reason(phone, content) == "receipt"
        # A genuine certificate's PDF, for one, is no false receipt.
        await expect(phone.locator("[data-result]")).to_contain_text("未经核验")
        await expect(phone.locator("[data-result]")).not_to_contain_text("不实")


async def test_a_browser_that_can_not_check_says_so_and_names_another_way(
    server: Server, phone: Page
) -> None:
    receipt = await signed_receipt(server)
    await phone.add_init_script(INSECURE)
    await phone.goto(f"{server.origin}/verify")
    assert await _reason(phone, as_file(receipt)) == "insecure"
    await expect(phone.locator("[data-result]")).to_contain_text("pledge verify")
    await expect(phone.locator("[data-result]")).not_to_contain_text("核验未通过")


async def test_the_page_is_used_by_keys_and_tells_what_came_of_it_in_english(
    server: Server, screen: Page
) -> None:
    receipt = await signed_receipt(server)
    await screen.goto(f"{server.origin}/verify?lang=en")
    for _ in range(12):
        await screen.keyboard.press("Tab")
        if await screen.evaluate("document.activeElement.type") == "file":
            break
    outline = "getComputedStyle(document.activeElement.closest('.button')).outlineStyle"
    assert await screen.evaluate(outline) == "solid"
    async with screen.expect_file_chooser() as chooser:
        await screen.keyboard.press("Space")
    file: Any = {"name": "r.json", "mimeType": "application/json", "buffer": as_file(receipt)}
    await (await chooser.value).set_files(file)
    status = screen.get_by_role("status")
    await expect(status).to_contain_text("Signed, and in the register")
    receipt["fields"]["company"]["name"] = "示例仿冒有限公司"
    await _choose(screen, as_file(receipt))
    await expect(status).to_contain_text("Its fields are not those that were signed")
    await expect(status).not_to_contain_text("仿冒")


async def test_a_file_is_dropped_on_the_page(server: Server, screen: Page) -> None:
    receipt = await signed_receipt(server)
    await screen.goto(f"{server.origin}/verify")
    await screen.evaluate(
        """async content => {
          const dropped = new DataTransfer()
          const bytes = Uint8Array.from(atob(content), c => c.charCodeAt(0))
          dropped.items.add(new File([bytes], "receipt.json"))
          for (const kind of ["dragenter", "dragover", "drop"]) {
            const options = { dataTransfer: dropped, bubbles: true, cancelable: true }
            const event = new DragEvent(kind, options)
            document.querySelector("[data-drop]").dispatchEvent(event)
            if (!event.defaultPrevented) throw new Error(kind)
          }
        }""",
        b64encode(as_file(receipt)).decode(),
    )
    await expect(screen.get_by_role("status")).to_contain_text(COMPANY)


async def test_without_scripts_the_other_way_is_named(
    server: Server, phone_without_scripts: Page
) -> None:
    phone = phone_without_scripts
    await phone.goto(f"{server.origin}/verify")
    await expect(phone.locator(".checking")).to_contain_text("pledge verify receipt.json")
    await expect(phone.locator("[data-drop]")).to_be_hidden()
    await phone.fill("[name=q]", "cy-20230810-0921-1")
    await phone.get_by_role("button", name="核验").tap()
    await expect(phone.get_by_role("heading", level=1)).to_have_text("编号输入有误")
