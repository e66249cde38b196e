"""The drawn signature, from the form to the public list."""

from dataclasses import replace
from typing import Any

import pytest

from pledge.content import read_content
from pledge.domain.initiatives import Ask, Asks
from tests.delegate import Delegate, Page
from tests.handwriting import handwriting, sent
from tests.site import SAMPLE, Site

INK = sent(handwriting(1))

HOSTILE = {
    "huge": "[[" + "[1,2]," * 200_000 + "[1,2]]]",
    "one million points": "[[" + "[1,2]," * 999_999 + "[1,2]]]",
    "NaN": "[[[NaN,1],[2,3]]]",
    "infinite": "[[[1e999,1],[2,3]]]",
    "deep": "[" * 60_000,
    "markup": '[["<script>alert(1)</script>"]]',
    "negative": "[[[-1,1],[20,30],[90,2]]]",
    "an object": '{"strokes": {"0": []}}',
    "words": "签名",
    "many digits": "[[[" + "9" * 10_000 + ",1]]]",
}


async def test_ink_is_shown_with_consent_and_only_then(site: Site, delegate: Delegate) -> None:
    await delegate.sign(company="示例一公司", ink=INK, publish="yes")
    await delegate.sign(company="示例二公司", ink=INK)
    await delegate.sign(company="示例三公司", publish="yes")
    first, second, third = [item["ink"] for item in await site.items()]
    assert set(first) == {"view_box", "path"}
    assert second is third is None


async def test_the_receipt_shows_the_ink_to_whoever_signed(site: Site, delegate: Delegate) -> None:
    signed = await delegate.sign(ink=INK)
    receipt = await site.client.get(signed.headers["location"])
    assert '<svg class="ink"' in receipt.text


@pytest.mark.parametrize("kind", HOSTILE)
async def test_hostile_ink_is_refused_and_nothing_is_stored(
    site: Site, delegate: Delegate, kind: str
) -> None:
    form = await delegate.open()
    answer = await delegate.post(form, ink=HOSTILE[kind])
    assert answer.status_code == 422
    assert "手写" in Page(answer.text).text
    assert len(answer.text) < 60_000
    assert await site.items() == []
    assert (await delegate.post(form)).status_code == 303


@pytest.mark.parametrize(
    ("ink", "says"), [("[[[100,100]]]", "一个点"), ("[[[10,99],[150,100]]]", "一条直线")]
)
async def test_a_slip_of_the_finger_is_said_kindly(delegate: Delegate, ink: str, says: str) -> None:
    answer = await delegate.post(await delegate.open(), ink=ink)
    assert answer.status_code == 422
    page = Page(answer.text)
    assert says in page.text
    assert page.value("company") == "示例消防科技有限公司"
    assert page.value("ink") == ""


async def test_ink_comes_back_with_a_form_that_is_wrong_elsewhere(delegate: Delegate) -> None:
    page = Page((await delegate.post(await delegate.open(), ink=INK, consent=None)).text)
    assert page.value("ink") == INK


@pytest.mark.parametrize(("ink", "status"), [("[]", 422), ("", 303), (INK, 303)])
async def test_required_ink_is_asked_of_whoever_can_draw(
    site: Site, delegate: Delegate, ink: str, status: int
) -> None:
    content: Any = replace(read_content(SAMPLE), asks=Asks(ink=Ask.REQUIRED))
    await site.services.organizing.import_initiative(content)
    answer = await delegate.post(await delegate.open(), ink=ink)
    assert answer.status_code == status
