"""`/s/{token}`: the delegate's way."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from pledge.content import read_content
from pledge.domain.initiatives import Status, Text
from pledge.domain.links import LinkKind
from pledge.domain.rights import OPERATOR
from pledge.domain.signatures import Company
from tests.delegate import Delegate, Page
from tests.site import SAMPLE, SLUG, Site, open_site


async def _initiative_id(site: Site) -> int:
    return await site.services.organizing.initiative_id(SLUG)


async def _set_status(site: Site, status: Status) -> None:
    assert await site.services.organizing.set_status(
        await _initiative_id(site), status, by=OPERATOR
    )


async def test_text_and_form_come_in_one_response(delegate: Delegate) -> None:
    page = await delegate.open()
    assert "消防产品质量提升倡议书" in page.text
    assert "依法合规生产" in page.text
    assert {"company", "uscc", "representative", "title", "phone", "consent", "publish"} <= set(
        page.inputs
    )
    assert set(page.hidden) == {"attempt", "text", "terms", "ink"}


async def test_signing_leads_to_the_receipt(site: Site, delegate: Delegate) -> None:
    signed = await delegate.sign()
    assert signed.status_code == 303
    receipt = await site.client.get(signed.headers["location"])
    assert receipt.status_code == 200
    assert receipt.headers["cache-control"] == "no-store"
    text = Page(receipt.text).text
    assert "示例消防科技有限公司" in text
    assert signed.headers["location"] in receipt.text


async def test_a_client_without_cookies_signs(site: Site) -> None:
    link = await site.link()
    async with site.another_client() as first, site.another_client() as second:
        form = await Delegate(first, link).open()
        assert (await Delegate(second, link).post(form)).status_code == 303


async def test_a_multipart_form_signs_too(site: Site, delegate: Delegate) -> None:
    form = await delegate.open()
    fields = {"company": "示例公司", "representative": "张某某", "consent": "1", **form.hidden}
    answer = await site.client.post(
        delegate.link, files={name: (None, value) for name, value in fields.items()}
    )
    assert answer.status_code == 303


async def test_the_same_attempt_gives_the_same_receipt(site: Site, delegate: Delegate) -> None:
    form = await delegate.open()
    answers = [await delegate.post(form) for _ in range(3)]
    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert len(await site.items()) == 1


async def test_a_form_that_came_back_signs_for_the_next_company_too(
    site: Site, delegate: Delegate
) -> None:
    form = await delegate.open()
    first, second, again = [
        await delegate.post(form, company=company)
        for company in ("示例一公司", "示例二公司", "示例二 公司")
    ]
    assert first.headers["location"] != second.headers["location"] == again.headers["location"]
    assert [item["company"] for item in await site.items()] == ["示例一公司", "示例二公司"]


async def test_bytes_that_were_not_percent_encoded_are_utf_8(
    site: Site, delegate: Delegate
) -> None:
    hidden = "&".join(f"{name}={value}" for name, value in (await delegate.open()).hidden.items())
    answer = await site.client.post(
        delegate.link,
        content=f"company=示例𠮷公司&representative=张某某&consent=1&{hidden}".encode(),
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    assert answer.status_code == 303
    assert [item["company"] for item in await site.items()] == ["示例𠮷公司"]


async def test_the_same_attempt_gives_the_same_receipt_after_closing(
    site: Site, delegate: Delegate
) -> None:
    form = await delegate.open()
    first = await delegate.post(form)
    await _set_status(site, Status.CLOSED)
    again = await delegate.post(form)
    assert (again.status_code, again.headers["location"]) == (303, first.headers["location"])


@pytest.mark.parametrize(
    ("field", "typed", "says"),
    [
        ("company", "", "请填写企业全称"),
        ("company", "示例\u200b公司", "U+200B"),
        ("company", "示" * 101, "101"),
        ("representative", " ", "请填写代表姓名"),
        ("uscc", "91510000MA6XXXX0O1", "第 17 位"),
        ("uscc", "91510000MA0000001G", "留空"),
        ("phone", "abc", "留空"),
        ("consent", "", "勾选"),
    ],
)
async def test_a_wrong_field_gets_a_message_and_nothing_is_lost(
    site: Site, delegate: Delegate, field: str, typed: str, says: str
) -> None:
    form = await delegate.open()
    answer = await delegate.post(form, **{field: typed})
    assert answer.status_code == 422
    page = Page(answer.text)
    assert says in page.text
    assert page.value("title") == "质量负责人"
    assert page.hidden == form.hidden
    if field not in ("company", "consent", "representative"):
        assert page.value(field) == typed
    assert await site.items() == []
    assert (await delegate.post(page)).status_code == 303


async def test_every_field_may_be_wrong_at_once(delegate: Delegate) -> None:
    answer = await delegate.post(
        await delegate.open(),
        company="",
        uscc="1",
        representative="",
        title="职" * 101,
        phone="?",
        consent=None,
    )
    page = Page(answer.text)
    invalid = {name for name, found in page.inputs.items() if found.get("aria-invalid") == "true"}
    assert invalid == {"company", "uscc", "representative", "title", "phone", "consent"}


async def test_what_was_typed_is_shown_as_text(delegate: Delegate) -> None:
    answer = await delegate.post(
        await delegate.open(), company='"><script>alert(1)</script>', consent=None
    )
    assert "<script>alert" not in answer.text
    assert Page(answer.text).value("company") == '"><script>alert(1)</script>'


async def test_rare_characters_and_brackets_stay_as_typed(site: Site, delegate: Delegate) -> None:
    await delegate.sign(company="示例𠮷野（四川）有限公司", representative="𠮷某", publish="yes")
    assert [(item["company"], item["representative"]) for item in await site.items()] == [
        ("示例𠮷野（四川）有限公司", "𠮷某")
    ]


async def test_without_the_second_consent_the_public_sees_the_surname(
    site: Site, delegate: Delegate
) -> None:
    await delegate.sign(representative="欧阳某某")
    assert [item["representative"] for item in await site.items()] == ["欧阳"]


@pytest.mark.parametrize(
    "second",
    [
        {"company": "示例消防(四川)有限公司"},
        {"company": "示例消防 （四川） 有限公司"},
        {"company": "示例改名公司", "uscc": "91510000MA0000001F"},
        {"company": "示例消防（四川）有限公司", "uscc": "91510000MA0000001F"},
        {"company": "示例消防（四川）有限公司", "uscc": ""},
    ],
)
async def test_a_second_try_of_a_company_says_when_it_signed(
    site: Site, delegate: Delegate, second: dict[str, str]
) -> None:
    await delegate.sign(
        company="示例消防（四川）有限公司",
        uscc="91510000MA0000001F",
        representative="李某某",
        phone="13900000000",
    )
    async with site.another_client() as client:
        answer = await Delegate(client, delegate.link).sign(**second)
    assert answer.status_code == 409
    text = Page(answer.text).text
    assert "2023年8月10日" in text
    for private in ("李某", "13900000000", "91510000MA0000001F", "/r/"):
        assert private not in answer.text
    assert len(await site.items()) == 1


async def test_the_browser_that_signed_is_shown_its_receipt_again(
    site: Site, delegate: Delegate
) -> None:
    signed = await delegate.sign()
    again = await delegate.sign()
    assert again.status_code == 409
    assert f'href="{signed.headers["location"]}"' in again.text


async def test_two_companies_of_one_name_with_codes_of_their_own_both_sign(
    site: Site, delegate: Delegate
) -> None:
    for code in ("91510000MA0000001F", "91510000MA0000002J"):
        # The sample codes' check digits are those of the standard.
        assert (await delegate.sign(uscc=code)).status_code == 303
    assert len(await site.items()) == 2


async def test_an_invitation_fills_in_and_locks_the_company(site: Site) -> None:
    invited = await site.delegate(
        kind=LinkKind.INVITATION, company=Company("示范阀门股份有限公司", "91510000MA0000002J")
    )
    form = await invited.open()
    assert form.value("company") == "示范阀门股份有限公司"
    assert "readonly" in form.inputs["company"]
    assert (await invited.post(form, company="冒名公司", uscc="")).status_code == 303
    assert [item["company"] for item in await site.items()] == ["示范阀门股份有限公司"]


async def test_a_newer_text_is_shown_before_it_is_signed(site: Site, delegate: Delegate) -> None:
    form = await delegate.open()
    content = read_content(SAMPLE)
    text = content.texts["zh"]
    newer = replace(
        content, texts={**content.texts, "zh": Text(text.title, text.markdown + "\n新增一款。\n")}
    )
    assert await site.services.organizing.import_initiative(newer) == "updated"
    answer = await delegate.post(form)
    assert answer.status_code == 422
    page = Page(answer.text)
    assert "新增一款" in page.text
    assert page.value("company") == "示例消防科技有限公司"
    assert page.value("text") != form.value("text")
    assert page.value("attempt") == form.value("attempt")
    assert await site.items() == []
    assert (await delegate.post(page)).status_code == 303


async def test_a_form_without_an_attempt_can_be_sent_again(delegate: Delegate) -> None:
    answer = await delegate.post(await delegate.open(), attempt="")
    assert answer.status_code == 422
    assert (await delegate.post(Page(answer.text))).status_code == 303


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_an_altered_token_is_unknown(site: Site, delegate: Delegate, method: str) -> None:
    token = delegate.link.removeprefix("/s/")
    other = "A" if token[-1] != "A" else "B"
    for wrong in (token[:-1] + other, token.lower(), token + "AAAAAAAA", "AAAA", "中文"):
        answer = await site.client.request(method, f"/s/{wrong}")
        assert answer.status_code == 404, wrong
        assert "重新扫描" in answer.text


async def test_before_opening_the_text_can_be_read(site: Site) -> None:
    content = replace(read_content(SAMPLE), slug="draft", status=Status.DRAFT)
    await site.services.organizing.import_initiative(content)
    poster = await site.services.organizing.standing_link("draft", LinkKind.POSTER)
    link = f"/s/{site.services.tokens.link(poster.id)}"
    answer = await site.client.get(link)
    assert answer.status_code == 403
    assert "签署尚未开始" in answer.text
    assert "依法合规生产" in answer.text
    assert (await site.client.get("/i/draft")).status_code == 404
    assert (await site.client.post(link, data={})).status_code == 403


async def test_after_closing_there_is_no_form(site: Site, delegate: Delegate) -> None:
    form = await delegate.open()
    await _set_status(site, Status.CLOSED)
    for answer in (await site.client.get(delegate.link), await delegate.post(form)):
        assert answer.status_code == 410
        assert "签署已结束" in answer.text
        assert "attempt" not in Page(answer.text).inputs
    assert await site.items() == []


async def test_signing_may_open_again(site: Site, delegate: Delegate) -> None:
    await _set_status(site, Status.CLOSED)
    await _set_status(site, Status.OPEN)
    assert (await delegate.sign()).status_code == 303


async def test_one_form_sent_too_often_waits(site: Site, delegate: Delegate) -> None:
    form = await delegate.open()
    answers = [await delegate.post(form) for _ in range(31)]
    assert [answer.status_code for answer in answers] == [303] * 30 + [429]
    assert int(answers[-1].headers["retry-after"]) >= 1
    site.clock.pass_(seconds=5)
    kept = Page(answers[-1].text).hidden
    again = await site.client.post(delegate.link, data=kept)
    assert again.status_code == 303
    assert again.headers["location"] == answers[0].headers["location"]


async def test_a_company_that_has_signed_sees_so_at_its_invitation(site: Site) -> None:
    company = Company("示范阀门股份有限公司", "91510000MA0000002J")
    invited = await site.delegate(kind=LinkKind.INVITATION, company=company)
    signed = await invited.sign()
    again = await site.client.get(invited.link)
    assert again.status_code == 200
    assert f'href="{signed.headers["location"]}"' in again.text
    async with site.another_client() as client:
        elsewhere = await client.get(invited.link)
    assert "2023年8月10日" in elsewhere.text
    assert "/r/" not in elsewhere.text


@pytest.mark.parametrize(
    ("setting", "says_by"), [("PLEDGE_LINK_LIMIT", "link"), ("PLEDGE_DEVICE_LIMIT", "device")]
)
async def test_limits_count_by_link_and_by_device(
    tmp_path: Path, setting: str, says_by: str
) -> None:
    async with open_site(tmp_path / "data", **{setting: "2"}) as site:
        link = await site.link()
        statuses = [
            (await Delegate(site.client, link).sign(company=f"示例{number}公司")).status_code
            for number in range(3)
        ]
        assert statuses == [303, 303, 429]
        async with site.another_client() as other:
            answer = await Delegate(other, link).sign(company="示例另一公司")
        assert answer.status_code == (429 if says_by == "link" else 303)


async def test_the_first_of_two_fields_of_one_name_counts(site: Site, delegate: Delegate) -> None:
    hidden = (await delegate.open()).hidden
    twice = [("company", "示例一公司"), ("company", "示例二公司"), ("representative", "张某某")]
    fields = [*twice, ("consent", "1"), *hidden.items()]
    answer = await site.client.post(delegate.link, files=[(n, (None, v)) for n, v in fields])
    assert answer.status_code == 303
    assert [item["company"] for item in await site.items()] == ["示例一公司"]


async def test_numbers_have_no_gaps_whoever_is_refused(site: Site, delegate: Delegate) -> None:
    for company in ("示例一公司", "示例二公司", "示例一公司", "", "示例三公司"):
        await delegate.sign(company=company)
    assert [item["number"] for item in await site.items()] == [1, 2, 3]


async def test_a_large_body_is_refused_at_the_pad(site: Site, delegate: Delegate) -> None:
    async def undeclared() -> AsyncIterator[bytes]:
        for _ in range(300):
            yield b"x" * 1000

    for content in (b"company=" + b"x" * 300_000, undeclared()):
        answer = await site.client.post(
            delegate.link,
            content=content,
            headers={"content-type": "application/x-www-form-urlencoded"},
        )
        assert answer.status_code == 422
        assert "手写内容过多" in answer.text
    login = {"email": "x" * 300_000}
    assert (await site.client.post("/organizer/login", data=login)).status_code == 413


async def test_rubbish_is_answered_calmly(site: Site, delegate: Delegate) -> None:
    form = "application/x-www-form-urlencoded"
    multipart = "multipart/form-data; boundary=x"
    for content, kind in (
        (b"\xff\xfe=%ff%fe&company=%ff", form),
        (b"&&&===%%%", form),
        (b"--x\r\nbroken", multipart),
        (b"a=1&" * 200, form),
        (b"{}", "application/json"),
        (b"", form),
        (b"company=%00", form),
        (b"", "multipart/form-data; boundary=x; charset=raw_unicode_escape"),
        (b"", "multipart/form-data; boundary=x; charset=undefined"),
        (b"", f"{form}; charset=gb18030"),
    ):
        answer = await site.client.post(
            delegate.link, content=content, headers={"content-type": kind}
        )
        assert answer.status_code in (400, 413, 422), (content, answer.status_code)
