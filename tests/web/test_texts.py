"""Texts in the console: drafts, previews, versions, and asking signatories again."""

import asyncio
import json
import re
from html import unescape

import httpx
import pytest

from pledge.content import read_content
from pledge.domain.links import LinkKind, Vouched
from pledge.domain.rights import OPERATOR
from pledge.domain.signatures import Company
from pledge.store import signatures
from tests.delegate import Delegate, Page
from tests.site import SAMPLE, SLUG, Site

EMAIL, PASSWORD = "organizer@example.org", "a long enough password"
TEXT = f"/organizer/initiatives/{SLUG}/text"


@pytest.fixture
async def desk(site: Site) -> Site:
    await site.services.organizing.add_organizer(EMAIL, PASSWORD)
    form = Page((await site.client.get("/organizer/login")).text)
    fields = {"email": EMAIL, "password": PASSWORD, **form.hidden}
    assert (await site.client.post("/organizer/login", data=fields)).status_code == 303
    return site


async def _form(site: Site) -> dict[str, str]:
    """Everything that the text's form holds, as a browser would send it."""
    html = (await site.client.get(TEXT)).text
    written = re.findall(r'<textarea id="(\w+)"[^>]*>\n(.*?)</textarea>', html, re.DOTALL)
    titles = Page(html).inputs
    return {
        **Page(html).hidden,
        **{name: titles[name].get("value") or "" for name in titles if name.startswith("title_")},
        **{name: unescape(text).replace("\n", "\r\n") for name, text in written},
    }


async def _send(site: Site, action: str, **typed: str) -> httpx.Response:
    fields = {**await _form(site), **typed, "action": action}
    return await site.client.post(TEXT, files={name: (None, v) for name, v in fields.items()})


async def _revise(site: Site, ask: str = "no", old: str = "郑重", new: str = "再次") -> None:
    """Publishes the Chinese text with a word changed."""
    form = await _form(site)
    assert old in form["text_zh"]
    saved = await _send(site, "publish", text_zh=form["text_zh"].replace(old, new))
    assert saved.headers["location"] == f"{TEXT}/publish"
    asked = await site.client.get(f"{TEXT}/publish")
    done = await site.client.post(f"{TEXT}/publish", data={**Page(asked.text).hidden, "ask": ask})
    assert done.headers["location"] == f"{TEXT}?done=published", done.text


async def _digest(site: Site) -> str:
    found = await site.services.publishing.by_slug(SLUG)
    assert found is not None
    return found.initiative.text.digest


async def test_a_draft_is_kept_and_nobody_sees_it(desk: Site, delegate: Delegate) -> None:
    before = await _digest(desk)
    done = await _send(desk, "save", title_zh="示例新标题", text_zh="只有一行")
    assert (done.status_code, done.headers["location"]) == (303, f"{TEXT}?done=saved")
    form = await _form(desk)
    assert (form["title_zh"], form["text_zh"]) == ("示例新标题", "只有一行\r\n")
    assert EMAIL in Page((await desk.client.get(TEXT)).text).text
    assert "示例新标题" not in (await delegate.open()).text
    assert await _digest(desk) == before


async def test_an_untouched_form_changes_nothing_and_publishes_nothing(desk: Site) -> None:
    before = await _digest(desk)
    assert (await _send(desk, "save")).status_code == 303
    assert (await _send(desk, "publish")).headers["location"] == f"{TEXT}?done=unchanged"
    assert (await desk.client.get(f"{TEXT}/publish")).status_code == 303
    writing = await desk.services.editing.writing(
        await desk.services.organizing.initiative_id(SLUG)
    )
    assert writing.draft is None
    assert [version.digest for version in writing.versions] == [before]


async def test_two_who_edit_at_once_are_told_and_lose_nothing(desk: Site) -> None:
    theirs, mine = await _form(desk), await _form(desk)
    sent = {**theirs, "text_zh": theirs["text_zh"] + "他们的一行", "action": "save"}
    assert (await desk.client.post(TEXT, data=sent)).status_code == 303
    mine |= {"text_zh": mine["text_zh"] + "我的一行", "action": "save"}
    told = await desk.client.post(TEXT, data=mine)
    assert told.status_code == 409
    assert "我的一行" in told.text
    assert "<del>他们</del><ins>我</ins>的一行" in told.text
    assert "他们的一行" in (await _form(desk))["text_zh"]
    again = {**mine, **Page(told.text).hidden}
    assert (await desk.client.post(TEXT, data=again)).status_code == 303
    assert "我的一行" in (await _form(desk))["text_zh"]


async def test_a_draft_that_others_have_saved_anew_is_not_given_up(desk: Site) -> None:
    await _send(desk, "save", text_zh="第一稿")
    seen = await _form(desk)
    await _send(desk, "save", text_zh="第二稿")
    await desk.client.post(TEXT, data={**seen, "action": "discard"})
    assert (await _form(desk))["text_zh"] == "第二稿\r\n"
    await _send(desk, "discard")
    assert (await _form(desk))["text_zh"].startswith("全国消防产品生产、销售企业：")


@pytest.mark.parametrize(
    ("typed", "field", "says"),
    [
        ({"title_zh": ""}, "title_zh", "请填写标题"),
        ({"text_zh": " \r\n "}, "text_zh", "请填写正文"),
        ({"title_zh": "长" * 101}, "title_zh", "101"),
        ({"text_en": "x" * 50_001}, "text_en", "50001"),
        ({"text_zh": "反向\u202e文字"}, "text_zh", "U+202E"),
        ({"text_zh": "乱码\x07"}, "text_zh", "U+0007"),
        ({"title_zh": "空\0字"}, "title_zh", "U+FFFD"),
        (dict.fromkeys(("title_zh", "text_zh", "title_en", "text_en"), ""), "title_zh", "标题"),
    ],
)
async def test_what_cannot_be_published_is_said_at_its_field(
    desk: Site, typed: dict[str, str], field: str, says: str
) -> None:
    answer = await _send(desk, "publish", **typed)
    assert answer.status_code == 422
    said = re.search(rf'id="{field}-error">(.*?)</p>', answer.text)
    assert said
    assert says in said[1]
    assert (await _form(desk))["text_zh"].startswith("全国")  # nothing was stored


async def test_what_editors_leave_in_a_text_is_left_out(desk: Site) -> None:
    await _send(
        desk, "save", title_zh=" 示例\u200b  标题 ", text_zh="\ufeff一行\r\n\r\n二行\u00ad  "
    )
    form = await _form(desk)
    assert (form["title_zh"], form["text_zh"]) == ("示例 标题", "一行\r\n\r\n二行\r\n")


async def test_a_language_that_is_emptied_is_left_out(desk: Site, delegate: Delegate) -> None:
    sent = await _send(desk, "publish", title_en="", text_en="")
    assert sent.status_code == 303
    asked = Page((await desk.client.get(f"{TEXT}/publish")).text)
    await desk.client.post(f"{TEXT}/publish", data=asked.hidden)
    shown = await delegate.open(**{"accept-language": "en"})
    assert "消防产品质量提升倡议书" in shown.text
    assert (
        "Add the text in English"
        in (await desk.client.get(TEXT, headers={"accept-language": "en"})).text
    )


async def test_the_preview_is_the_official_text(desk: Site) -> None:
    typed = {"title_zh": "示例<b>标题", "text_zh": "各企业：\n\n## 承诺\n\n<script>x</script>"}
    fields = {**await _form(desk), **typed}
    fragment = await desk.client.post(f"{TEXT}/preview", data=fields)
    page = await desk.client.post(TEXT, data={**fields, "action": "preview"})
    for answer in (fragment, page):
        assert answer.status_code == 200
        assert '<p class="pledge__to">各企业：</p>' in answer.text
        assert "<h2>承诺</h2>" in answer.text
        assert "示例&lt;b&gt;标题" in answer.text
        assert "<script>x" not in answer.text
    assert fragment.text.count("data-preview=") == 2
    assert "<svg" not in fragment.text  # it would draw the old title
    assert (await _form(desk))["title_zh"] == "消防产品质量提升倡议书"


async def test_publishing_shows_what_changes(desk: Site, delegate: Delegate) -> None:
    form = await _form(desk)
    await _send(desk, "publish", text_zh=form["text_zh"].replace("郑重发出", "再次发出"))
    asked = await desk.client.get(f"{TEXT}/publish")
    assert "<del>郑重</del><ins>再次</ins>" in asked.text
    assert 'name="ask"' not in asked.text  # nobody has signed yet
    done = await desk.client.post(f"{TEXT}/publish", data=Page(asked.text).hidden)
    assert done.status_code == 303
    assert "再次发出" in (await delegate.open()).text
    listed = Page((await desk.client.get(TEXT)).text).text
    assert "第 1 版" in listed
    assert "第 2 版" in listed
    compared = await desk.client.get(f"{TEXT}/2?with=1")
    assert "<del>郑重</del><ins>再次</ins>" in compared.text
    assert "再次发出" in (await desk.client.get(f"{TEXT}/2")).text
    assert "再次发出" not in (await desk.client.get(f"{TEXT}/1")).text


@pytest.mark.parametrize("path", ["/9", "/0", "/1?with=9", "/1?with=x", "/99999999999999999999"])
async def test_versions_that_there_are_not(desk: Site, path: str) -> None:
    assert (await desk.client.get(TEXT + path)).status_code == 404


async def test_where_companies_have_signed_it_must_be_chosen(
    desk: Site, delegate: Delegate
) -> None:
    await delegate.sign()
    await _send(desk, "publish", text_zh="新文本")
    asked = await desk.client.get(f"{TEXT}/publish")
    assert "1 家" in asked.text
    hidden = Page(asked.text).hidden
    refused = await desk.client.post(f"{TEXT}/publish", data=hidden)
    assert refused.status_code == 422
    assert "请选择已签署企业" in refused.text
    stale = await desk.client.post(f"{TEXT}/publish", data={**hidden, "edition": "", "ask": "no"})
    assert stale.status_code == 422
    done = await desk.client.post(f"{TEXT}/publish", data={**hidden, "ask": "no"})
    assert done.status_code == 303
    repeated = await desk.client.post(f"{TEXT}/publish", data={**hidden, "ask": "no"})
    assert repeated.headers["location"] == TEXT


async def test_the_first_signature_overtakes_whoever_was_not_asked(
    desk: Site, delegate: Delegate
) -> None:
    await _send(desk, "publish", text_zh="新文本")
    hidden = Page((await desk.client.get(f"{TEXT}/publish")).text).hidden
    await delegate.sign()
    assert (await desk.client.post(f"{TEXT}/publish", data=hidden)).status_code == 422


async def test_a_phone_with_the_old_text_is_shown_the_new_one(
    desk: Site, delegate: Delegate
) -> None:
    opened = await delegate.open()
    await _revise(desk)
    told = await delegate.post(opened)
    assert told.status_code == 422
    assert "文本已更新" in told.text or "再次发出" in told.text
    assert (await delegate.post(Page(told.text))).status_code == 303


async def test_lettering_goes_with_the_title_that_it_draws(desk: Site, delegate: Delegate) -> None:
    await _send(desk, "publish", title_zh="示例新标题")
    asked = await desk.client.get(f"{TEXT}/publish")
    assert "原标题字形图不再使用" in asked.text
    await desk.client.post(f"{TEXT}/publish", data=Page(asked.text).hidden)
    page = await desk.client.get(f"/i/{SLUG}")
    assert 'class="lockup__words">示例新标题' in page.text


async def test_not_asked_again_they_have_signed_already(desk: Site, delegate: Delegate) -> None:
    await delegate.sign()
    await _revise(desk, ask="no")
    again = await delegate.sign()
    assert again.status_code == 409
    assert "文本已修订" not in again.text


async def test_asked_again_a_new_signature_takes_the_place_of_the_old_one(
    desk: Site, delegate: Delegate
) -> None:
    old = await delegate.sign()
    await delegate.sign(company="示例另一公司")
    await _revise(desk, ask="yes")
    new = await delegate.sign(representative="李某某")
    assert new.status_code == 303
    assert new.headers["location"] != old.headers["location"]
    listed = await desk.items()
    assert [(item["number"], item["company"]) for item in listed] == [
        (2, "示例另一公司"),
        (3, "示例消防科技有限公司"),
    ]
    initiative_id = await desk.services.organizing.initiative_id(SLUG)
    told = [
        (frame.data.decode().split("\n")[1], json.loads(frame.data.decode().split("data: ")[1]))
        for frame in await desk.services.publishing.frames(initiative_id, 3, 10)
    ]
    assert [(kind, data["number"], data["total"]) for kind, data in told] == [
        ("event: hidden", 1, 1),
        ("event: signed", 3, 2),
    ]
    async with desk.services.editing._database.reading() as connection:
        stored = await signatures.by_numbers(connection, initiative_id, [1, 3])
    assert (stored[1].state, stored[1].replaced_by) == ("replaced", 3)
    assert (stored[3].replaces, stored[3].text) == (1, await _digest(desk))
    assert (await delegate.sign()).status_code == 409  # once


async def test_the_same_attempt_still_gives_the_same_receipt(
    desk: Site, delegate: Delegate
) -> None:
    opened = await delegate.open()
    first = await delegate.post(opened)
    await _revise(desk, ask="yes")
    assert (await delegate.post(opened)).headers["location"] == first.headers["location"]
    anew = await delegate.open()
    second = await delegate.post(anew)
    assert (await delegate.post(anew)).headers["location"] == second.headers["location"]
    assert second.headers["location"] != first.headers["location"]


COMPANY = Company("示例消防科技有限公司")
LINKS = {
    Vouched.INVITED: {"kind": LinkKind.INVITATION, "company": COMPANY},
    Vouched.PRESENT: {"kind": LinkKind.KIOSK},
    Vouched.OPEN: {"kind": LinkKind.POSTER},
}


@pytest.mark.parametrize("before", Vouched)
@pytest.mark.parametrize("after", Vouched)
async def test_nobody_less_vouched_for_signs_in_its_place(
    desk: Site, before: Vouched, after: Vouched
) -> None:
    first = await desk.delegate(**LINKS[before])
    assert (await first.sign()).status_code == 303
    await _revise(desk, ask="yes")
    async with desk.another_client() as client:
        second = Delegate(client, await desk.link(**LINKS[after]))
        answer = await second.sign()
    if after.at_least(before):
        assert answer.status_code == 303
    else:
        assert answer.status_code == 409
        assert "签署后文本已修订" in answer.text


async def test_an_invitation_shows_the_form_again_and_says_why(desk: Site) -> None:
    invited = await desk.delegate(kind=LinkKind.INVITATION, company=COMPANY)
    await invited.sign()
    assert "已经签署" in (await invited.open()).text
    await _revise(desk, ask="yes")
    opened = await invited.open()
    assert "贵单位" in opened.text
    assert (await invited.post(opened)).status_code == 303
    assert "attempt" not in (await invited.open()).inputs


async def test_what_is_hidden_stays_hidden_when_it_is_signed_anew(
    desk: Site, delegate: Delegate
) -> None:
    await delegate.sign()
    initiative_id = await desk.services.organizing.initiative_id(SLUG)
    await desk.services.moderating.hide(initiative_id, 1, by=OPERATOR)
    await _revise(desk, ask="yes")
    assert (await delegate.sign()).status_code == 303
    assert await desk.items() == []
    assert await desk.services.moderating.restore(initiative_id, 2, by=OPERATOR)
    assert [item["number"] for item in await desk.items()] == [2]


async def test_two_signatures_of_one_company_never_become_one_by_the_way(
    desk: Site, delegate: Delegate
) -> None:
    code = "91510000MA0000001F"
    await delegate.sign(company="示例原名公司", uscc=code)
    await delegate.sign(company="示例现名公司")
    await _revise(desk, ask="yes")
    both = await delegate.sign(company="示例现名公司", uscc=code)
    assert both.status_code == 409
    assert len(await desk.items()) == 2


async def test_many_sign_anew_at_once_and_each_once(desk: Site) -> None:
    await desk.sign_many(1, 40)
    await _revise(desk, ask="yes")
    poster = await desk.link()

    async def sign(number: int) -> int:
        async with desk.another_client() as client:
            answer = await Delegate(client, poster).sign(company=f"示例{number}有限公司")
            return answer.status_code

    # Every company twice at once, and ten that have not signed before.
    answers = await asyncio.gather(*(sign(number) for number in [*range(1, 51), *range(1, 41)]))
    assert sorted(answers) == [303] * 50 + [409] * 40
    assert sorted(item["number"] for item in await desk.items()) == list(range(41, 91))


async def test_a_text_in_force_again_is_the_one_that_they_signed(
    desk: Site, delegate: Delegate
) -> None:
    await delegate.sign()
    await _revise(desk, ask="yes")
    await _revise(desk, ask="yes", old="再次", new="郑重")
    assert (await delegate.sign()).status_code == 409


async def test_it_stands_in_the_audit_log(desk: Site, delegate: Delegate) -> None:
    await delegate.sign()
    await _send(desk, "save", text_zh="第一稿")
    await _send(desk, "save", text_zh="第二稿")  # of the same spell
    await _send(desk, "discard")
    await _revise(desk, ask="yes")
    log = Page((await desk.client.get(f"/organizer/audit/{SLUG}")).text).text
    entries = log.partition("变更内容")[2]
    assert entries.count("起草文本") == 2
    assert entries.count("放弃文本草稿") == 1
    assert entries.count("发布文本") == 1
    assert await _digest(desk) in entries


async def test_importing_still_replaces_what_is_published(desk: Site) -> None:
    from_file = await _digest(desk)
    await _revise(desk)
    await _send(desk, "save", text_zh="草稿")
    assert await desk.services.organizing.import_initiative(read_content(SAMPLE)) == "updated"
    assert await _digest(desk) == from_file
    assert (await _form(desk))["text_zh"] == "草稿\r\n"
