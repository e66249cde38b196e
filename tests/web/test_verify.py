"""Checking certificates: what a number stands for, and never more than the public list says."""

import re
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pledge.domain.certificates import CertificateNumber, check_code
from pledge.domain.initiatives import Approval, Shows
from pledge.domain.rights import OPERATOR, Actor
from pledge.domain.signatures import Company, Person
from pledge.register.trees import leaf_hash
from pledge.store import registers
from tests.delegate import FILLED_IN, Delegate, Page
from tests.handwriting import handwriting, sent
from tests.site import SLUG, Site
from tests.web.organizer import log_in
from tests.web.test_texts import _revise as publish

COMPANY = FILLED_IN["company"]
OF_NOBODY = "示例消防科技"
"""What a page holds only if it names the company."""
PERSON = "李某某"
BY = Actor("organizer@example.org")
FIRST = CertificateNumber(1, "20230810", 1)
PRIVATE = {
    "representative": PERSON,
    "title": "厂长秘书",
    "phone": "13900000000",
    "uscc": "91510000MA0000001F",
}


async def _id(site: Site) -> int:
    return await site.services.organizing.initiative_id(SLUG)


async def _get(site: Site, number: object, status: int = 200, **headers: str) -> str:
    """The page about a number, as text."""
    answer = await site.client.get(f"/v/{number}", headers=headers)
    assert answer.status_code == status, answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-robots-tag"] == "noindex"
    return answer.text


def _void(html: str) -> bool:
    """Whether no screenshot of it could pass for a valid certificate."""
    return (
        'class="ww ww--void"' in html
        and 'class="status status--ok"' not in html
        and 'class="seal"' not in html
        and OF_NOBODY not in Page(html).text
    )


async def test_a_genuine_certificate_says_what_it_must_say(site: Site, delegate: Delegate) -> None:
    await delegate.sign(**PRIVATE)
    site.clock.pass_(days=1)
    html = await _get(site, FIRST)
    text = " ".join(Page(html).text.split())
    for said in (
        "核验通过",
        "证书有效",
        COMPANY,
        str(FIRST),
        "四川·都江堰",
        "2023年8月10日 10:00:00",
    ):
        assert said in text, said
    assert "核验时间 2023年8月11日 10:00:00，以本页实时结果为准" in text
    assert "李" in text  # the surname, without consent to more
    for private in (*PRIVATE.values(), "91**"):
        assert private not in html
    assert f'href="/i/{SLUG}"' in html  # the text that was signed is the current one
    assert not _void(html)


async def test_the_verification_code_and_the_register_are_shown(
    site: Site, delegate: Delegate
) -> None:
    await delegate.sign()
    await delegate.sign(company="示例二公司")
    async with site.services.registering._database.reading() as connection:
        entries = await registers.entries(connection, await _id(site), 0, 2)
    codes = [check_code(leaf_hash(entry)) for entry in entries]
    pages = [await _get(site, CertificateNumber(1, "20230810", number)) for number in (1, 2)]
    for own, other, page in zip(codes, reversed(codes), pages, strict=True):
        assert own in page
        assert other not in page
    note = await site.services.registering.checkpoint(await _id(site), SLUG)
    _origin, size, root, *_ = note.splitlines()
    assert (size, "2 个条目" in pages[0]) == ("2", True)
    assert f"<code>{root}</code>" in pages[0]
    assert f'href="/i/{SLUG}/register/checkpoint"' in pages[0]


async def test_the_name_and_the_ink_are_shown_as_far_as_was_consented(
    site: Site, delegate: Delegate
) -> None:
    ink = sent(handwriting(5))
    await delegate.sign(representative=PERSON, ink=ink, publish="yes")
    await delegate.sign(company="示例二公司", representative=PERSON, ink=ink)
    shown = await _get(site, FIRST)
    assert PERSON in shown
    assert 'class="ink"' in shown
    withheld = await _get(site, CertificateNumber(1, "20230810", 2))
    assert PERSON not in withheld
    assert 'class="ink"' not in withheld


async def test_what_is_withdrawn_says_since_when_and_no_longer_of_whom(
    site: Site, delegate: Delegate
) -> None:
    await delegate.sign(**PRIVATE)
    site.clock.pass_(hours=5)
    await site.services.amending.withdraw(await _id(site), 1, by=BY, reason="x")
    site.clock.pass_(hours=5)
    html = await _get(site, FIRST)
    assert _void(html)
    assert 'class="seal seal--void"' in html
    text = " ".join(Page(html).text.split())
    for said in ("签署已撤回", "证书失效", "撤回时间2023年8月10日 15:00:00", "由第 1 号登记终止"):
        assert said in text, said


async def test_what_was_hidden_before_it_was_withdrawn_says_since_when_all_the_same(
    site: Site, delegate: Delegate
) -> None:
    await delegate.sign()
    await site.services.moderating.hide(await _id(site), 1, by=OPERATOR)
    site.clock.pass_(hours=5)
    await site.services.amending.withdraw(await _id(site), 1, by=BY, reason="x")
    html = await _get(site, FIRST)
    assert _void(html)
    assert "2023年8月10日 15:00:00" in Page(html).text


async def test_the_text_that_was_signed_is_the_one_that_is_led_to(
    site: Site, delegate: Delegate
) -> None:
    await delegate.sign()
    found = await site.services.publishing.by_slug(SLUG)
    assert found is not None
    signed = found.initiative.text.texts["zh"]
    await log_in(site)
    await publish(site, old="郑重", new="再次")
    [address] = re.findall(r'class="record__more" href="([^"]+)"', await _get(site, FIRST))
    assert (await site.client.get(address)).content == signed.source


async def test_an_erased_person_is_no_longer_named(site: Site, delegate: Delegate) -> None:
    await delegate.sign(representative=PERSON, ink=sent(handwriting(5)), publish="yes")
    assert PERSON in await _get(site, FIRST)
    await site.services.erasing.erase(await _id(site), [1], by=BY, reason="x")
    html = await _get(site, FIRST)
    assert "证书有效" in html
    assert OF_NOBODY in html
    assert PERSON not in html
    assert 'class="ink"' not in html
    await site.services.erasing.erase(await _id(site), [1], company=True, by=BY, reason="x")
    html = await _get(site, FIRST)
    assert _void(html)
    assert "签署已撤回" in html


async def test_a_correction_leads_on(site: Site, delegate: Delegate) -> None:
    await delegate.sign()
    for number, name in ((1, "示例更正公司"), (2, "示例再更正公司")):
        site.clock.pass_(minutes=1)
        await site.services.amending.correct(
            await _id(site), number, Company(name), Person(PERSON), by=BY, reason="x"
        )
    third = CertificateNumber(1, "20230810", 3)
    for number in (1, 2):
        html = await _get(site, CertificateNumber(1, "20230810", number))
        assert _void(html)
        assert "证书已更正" in html
        assert f'href="/v/{third}"' in html
    assert "证书有效" in await _get(site, third)


async def test_a_replacement_names_the_other_number_and_not_the_company(
    site: Site, delegate: Delegate
) -> None:
    await delegate.sign()
    site.clock.pass_(days=3)
    await site.services.amending.replace(await _id(site), 1, Person(PERSON), by=BY, reason="x")
    html = await _get(site, FIRST)
    second = CertificateNumber(1, "20230813", 2)
    assert _void(html)
    assert "签署已被替换" in html
    assert str(second) in html
    assert f'href="/v/{second}"' not in html
    await site.services.moderating.hide(await _id(site), 2, by=OPERATOR)
    assert str(second) not in await _get(site, FIRST)
    await site.services.amending.withdraw(await _id(site), 2, by=BY, reason="x")
    assert str(second) not in await _get(site, FIRST)


async def test_what_is_not_public_is_said_to_be_there_and_of_nobody(
    site: Site, delegate: Delegate
) -> None:
    await delegate.sign(**PRIVATE)
    moderating, initiative_id = site.services.moderating, await _id(site)
    await moderating.hide(initiative_id, 1, by=OPERATOR)
    await moderating.set_approval(initiative_id, Approval.ALL, by=OPERATOR)
    await delegate.sign(company=f"{OF_NOBODY}待审公司")
    for number, said in ((1, "暂不公示"), (2, "尚待审核")):
        html = await _get(site, CertificateNumber(1, "20230810", number))
        assert _void(html)
        assert said in html
    await moderating.restore(initiative_id, 1, by=OPERATOR)
    assert "证书有效" in await _get(site, FIRST)
    await moderating.approve(initiative_id, 2, by=OPERATOR)
    assert "证书有效" in await _get(site, CertificateNumber(1, "20230810", 2))


async def test_where_names_are_not_published_the_number_is_confirmed_without_one(
    site: Site, delegate: Delegate
) -> None:
    await _unlist(site)
    await delegate.sign(**PRIVATE)
    html = await _get(site, FIRST)
    assert "证书有效" in html
    assert "不予公示" in html
    for private in (OF_NOBODY, *PRIVATE.values()):
        assert private not in Page(html).text
    assert re.search(r"[0-9A-Z]{4} [0-9A-Z]{4}", Page(html).text)
    answer = await site.client.get("/verify", params={"q": COMPANY})
    assert "没有查到" in answer.text
    assert str(FIRST) not in answer.text


async def _unlist(site: Site) -> None:
    now = (await site.services.arranging.arranged(await _id(site))).arrangement
    wanted = replace(now, shows=Shows(signatories=False))
    await site.services.arranging.arrange(await _id(site), wanted, seen=now.mark, by=BY)


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_unknown_mistyped_and_misshapen_numbers_are_told_apart(
    site: Site, delegate: Delegate, language: str
) -> None:
    await delegate.sign()
    words = {
        "zh": ("未查到该证书", "编号输入有误", "不是证书编号"),
        "en": ("No such certificate", "A digit is mistyped", "That is not a certificate"),
    }[language]
    written = str(FIRST)
    unknown = (
        CertificateNumber(1, "20230810", 2),
        CertificateNumber(1, "20230811", 1),
        CertificateNumber(2, "20230810", 1),
        CertificateNumber(999_999_999, "20230810", 10**17),
    )
    mistyped = written[:-1] + str((int(written[-1]) + 1) % 10)
    for number, said in (
        *((number, words[0]) for number in unknown),
        (mistyped, words[1]),
        ("0001", words[2]),
        ("<script>", words[2]),
        ("x" * 500, words[2]),
    ):
        html = await _get(site, number, 404, **{"accept-language": language})
        assert _void(html)
        assert said in html, number
        assert "<script>" not in html


async def test_a_draft_and_a_rehearsal_have_no_certificates(site: Site, delegate: Delegate) -> None:
    assert await site.services.rehearsing.start(await _id(site), "dujiangyan", by=OPERATOR)
    await delegate.sign()
    rehearsal = await site.services.publishing.by_slug(f"{SLUG}~dujiangyan")
    assert rehearsal is not None
    assert rehearsal.initiative.id < 0
    for number in (FIRST, f"CY{rehearsal.initiative.id}-20230810-0001-1"):
        assert "证书有效" not in await _get(site, number, 404)
    assert str(FIRST) not in (await site.client.get("/verify", params={"q": COMPANY})).text


async def test_other_spellings_lead_to_the_one_address(site: Site, delegate: Delegate) -> None:
    await delegate.sign()
    for typed in ("cy-20230810-0001-1", "CY2023081000011", "ＣＹ－２０２３０８１０－０００１－１"):
        typed = typed[:-1] + (
            str(FIRST)[-1] if typed.isascii() else chr(0xFEE0 + ord(str(FIRST)[-1]))
        )
        answer = await site.client.get(f"/v/{typed}?lang=en")
        assert answer.status_code == 308
        assert answer.headers["location"] == f"/v/{FIRST}?lang=en"
        searched = await site.client.get("/verify", params={"q": f" {typed} "})
        assert searched.status_code == 303
        assert searched.headers["location"] == f"/v/{FIRST}"


async def test_a_number_that_was_pasted_with_its_surroundings_is_found(
    site: Site, delegate: Delegate
) -> None:
    await delegate.sign()
    mistyped = str(FIRST)[:-1] + str((int(str(FIRST)[-1]) + 1) % 10)
    for number in (str(FIRST), mistyped):
        for pasted in (f"证书编号：{number}", f"https://sign.example.cn/v/{number}", f"{number}。"):
            searched = await site.client.get("/verify", params={"q": pasted})
            assert searched.status_code == 303
            assert searched.headers["location"] == f"/v/{number}"


@given(
    place=st.sampled_from([*range(3, 11), *range(12, 16), 17]), digit=st.sampled_from("0123456789")
)
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_no_mistyped_digit_leads_to_a_certificate(site: Site, place: int, digit: str) -> None:
    if not await site.items():
        await site.sign_many(1, 9)
    written = str(CertificateNumber(1, "20230810", 3))
    typed = written[:place] + digit + written[place + 1 :]
    answer = await site.client.get(f"/v/{typed}", follow_redirects=True)
    assert (answer.status_code == 200) == (typed == written)


async def test_the_search_finds_companies_with_their_numbers(
    site: Site, delegate: Delegate
) -> None:
    await delegate.sign(company="示例消防（四川）有限公司", **{**PRIVATE, "uscc": ""})
    await delegate.sign(company="示例消防")
    answer = await site.client.get("/verify", params={"q": "示例消防"})
    text = Page(answer.text).text
    assert text.index(str(CertificateNumber(1, "20230810", 2))) < text.index(str(FIRST))
    assert "查到 2 份证书" in text
    for q in ("消防(四川", " 消 防 （四", "（四川）有限公司"):
        assert str(FIRST) in (await site.client.get("/verify", params={"q": q})).text, q
    for q, said in (
        ("示", "至少输入企业名称中的两个字"),
        ("%%", "没有查到"),
        ("__", "没有查到"),
        ("李某某", "没有查到"),
        ("13900000000", "没有查到"),
        ("CY-2023", "没有查到"),
    ):
        answer = await site.client.get("/verify", params={"q": q})
        assert said in answer.text, q
        assert str(FIRST) not in answer.text


async def test_what_is_hidden_is_not_found_by_name(site: Site, delegate: Delegate) -> None:
    await delegate.sign()
    await site.services.moderating.hide(await _id(site), 1, by=OPERATOR)
    assert str(FIRST) not in (await site.client.get("/verify", params={"q": COMPANY})).text


async def test_the_first_of_many_are_given_and_that_there_are_more(site: Site) -> None:
    await site.sign_many(1, 25)
    text = Page((await site.client.get("/verify", params={"q": "示例"})).text).text
    assert text.count("CY-20230810-00") == 20 + 1  # one is how a number looks
    assert "还有更多结果" in text


async def test_the_page_names_the_keys_of_what_is_published(site: Site) -> None:
    answer = await site.client.get("/verify")
    keys = [str(key) for key in site.services.registering.verifiers(SLUG)]
    assert re.findall(r'data-key="([^"]+)"', answer.text) == keys
    policy = answer.headers["content-security-policy"]
    assert "connect-src 'none'" in policy
    assert "script-src 'self';" in policy


@pytest.mark.parametrize("path", ["/", f"/i/{SLUG}", f"/i/{SLUG}/signatories"])
async def test_pages_lead_to_it(site: Site, path: str) -> None:
    assert 'href="/verify"' in (await site.client.get(path)).text
