"""`/organizer/settings/{slug}`: what is decided there holds on forms, lists, walls and feeds."""

import itertools
import json
from pathlib import Path
from secrets import token_hex

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pledge.content import read_content
from pledge.domain.initiatives import Ask, MoreThanTold, Shows
from pledge.domain.links import LinkKind
from pledge.domain.signatures import Company
from tests.console_forms import Organizer, organizer_of
from tests.delegate import FILLED_IN, Page
from tests.handwriting import handwriting, sent
from tests.site import SAMPLE, SLUG, Site

SETTINGS = f"/organizer/settings/{SLUG}"
FIELDS = ("uscc", "title", "phone", "ink")
FULL = {"uscc": "91510000MA0000001F", "ink": sent(handwriting(3)), "publish": "yes"}


@pytest.fixture
async def desk(site: Site) -> Organizer:
    return await organizer_of(site)


async def _frames(site: Site, after: int = 0) -> str:
    """What a reader of the events is told beyond a cursor, as it goes over the wire."""
    found = await site.services.publishing.by_slug(SLUG)
    assert found is not None
    newest = found.standing.cursor
    async for piece in site.services.feed.follow(found.initiative.id, after, newest=newest):
        return piece.decode()
    return ""


async def _audit(desk: Organizer) -> str:
    return await desk.text(f"/organizer/audit/{SLUG}")


async def test_the_page_shows_what_holds_and_saving_it_unchanged_changes_nothing(
    desk: Organizer,
) -> None:
    form = await desk.form(SETTINGS)
    assert form["organ-0-name-zh"] == "应急管理部消防产品合格评定中心"
    assert form["retention-zh"] == "会议结束后三年，期满删除"
    assert [form[f"ask-{name}"] for name in FIELDS] == ["optional"] * 4
    before = await desk.site.services.publishing.by_slug(SLUG)
    answer = await desk.send(SETTINGS)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{SETTINGS}?done=saved")
    assert await desk.site.services.publishing.by_slug(SLUG) == before


async def test_organizers_are_added_put_in_order_and_removed(desk: Organizer) -> None:
    answer = await desk.send(
        SETTINGS,
        **{
            "organ-0-place": "9",
            "organ-2-role-zh": "支持",
            "organ-2-name-zh": " 示例消防\n协会 ",
            "organ-2-place": "1",
            "organ-1-name-zh": "",
            "organ-1-role-zh": "",
            "organ-1-name-en": "",
            "organ-1-role-en": "",
        },
    )
    assert answer.status_code == 303
    found = await desk.site.services.publishing.by_slug(SLUG)
    assert found is not None
    names = [organ.name["zh"] for organ in found.initiative.organs]
    assert names == ["示例消防 协会", "应急管理部消防产品合格评定中心"]
    english = await desk.client.get(f"/i/{SLUG}", headers={"accept-language": "en"})
    assert "示例消防 协会" in english.text  # stands in for the translation that there is none of
    log = await _audit(desk)
    assert "修改表单与公开设置" in log
    assert "示例消防 协会" in log


async def test_words_of_the_notice_reach_the_form(desk: Organizer) -> None:
    answer = await desk.send(
        SETTINGS, **{"retention-zh": "会后一年", "contact-en": "the secretariat"}
    )
    assert answer.status_code == 303
    delegate = await desk.site.delegate()
    assert "会后一年" in (await delegate.open()).text
    assert "the secretariat" in (await delegate.open(**{"accept-language": "en"})).text


@pytest.mark.parametrize(
    ("typed", "field", "says"),
    [
        ({"contact-zh": "  "}, "contact-zh", "请填写此项"),
        ({"purpose-zh": "用" * 501}, "purpose-zh", "500"),
        ({"organ-0-name-zh": ""}, "organ-0-name-zh", "请填写此项"),
        ({"organ-0-name-zh": "示例\u200b协会"}, "organ-0-name-zh", "U+200B"),
        ({"organ-0-role-zh": "主" * 41}, "organ-0-role-zh", "40"),
        ({"ask-phone": "always"}, "ask-phone", "请选择一项"),
        ({"ask-phone": None}, "ask-phone", "请选择一项"),
        ({"note-zh": "\0"}, "note-zh", "U+FFFD"),
        ({f"organ-{n}-name-zh": "" for n in range(4)}, "organ-0-name-zh", "请填写此项"),
    ],
)
async def test_a_mistake_is_said_at_its_field_and_nothing_typed_is_lost(
    desk: Organizer, typed: dict[str, str | None], field: str, says: str
) -> None:
    answer = await desk.send(SETTINGS, **{"note-en": "kept as typed", **typed})
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert f'href="#{field}"' in answer.text
    assert says in Page(answer.text).text
    assert "kept as typed" in answer.text
    assert "kept as typed" not in (await desk.client.get(SETTINGS)).text


async def test_whoever_was_slower_is_told_and_loses_nothing(desk: Organizer) -> None:
    form = await desk.form(SETTINGS)
    assert (await desk.send(SETTINGS, **{"note-zh": "先保存的"})).status_code == 303
    answer = await desk.client.post(SETTINGS, data={**form, "note-zh": "后保存的"})
    assert answer.status_code == 422
    assert "其他人刚刚修改了本页" in answer.text
    assert "后保存的" in answer.text
    again = await desk.client.post(
        SETTINGS, data={**form, "seen": Page(answer.text).value("seen"), "note-zh": "后保存的"}
    )
    assert again.status_code == 303


async def test_a_required_field_is_marked_and_checked_in_both_languages(desk: Organizer) -> None:
    asks = {f"ask-{name}": "required" for name in FIELDS}
    assert (await desk.send(SETTINGS, **asks)).status_code == 303
    delegate = await desk.site.delegate()
    form = await delegate.open()
    assert all("required" in form.inputs[name] for name in ("uscc", "title", "phone"))
    for language, words in (
        ("zh", ("请填写统一社会信用代码", "请填写职务", "请填写手机号", "手写")),
        ("en", ("Unified Social Credit Code", "enter the position", "mobile number", "box")),
    ):
        answer = await delegate.client.post(
            delegate.link,
            data={**FILLED_IN, **form.hidden, "title": "", "phone": "", "uscc": " ", "ink": "[]"},
            headers={"accept-language": language},
        )
        assert answer.status_code == 422
        for name, said in zip(FIELDS, words, strict=True):
            assert f'id="{name}-error"' in answer.text
            assert said in answer.text
    wrong = await delegate.post(form, uscc="91510000MA0000001G", phone="abc", ink=FULL["ink"])
    assert "留空" not in wrong.text
    assert (await delegate.post(form, **FULL)).status_code == 303


async def test_what_is_switched_off_is_neither_shown_nor_read(desk: Organizer) -> None:
    form = await (await desk.site.delegate()).open()
    asks = {f"ask-{name}": "off" for name in FIELDS}
    assert (await desk.send(SETTINGS, **asks)).status_code == 303
    delegate = await desk.site.delegate()
    fresh = await delegate.open()
    assert not {*FIELDS} & set(fresh.inputs)
    assert "<canvas" not in (await delegate.client.get(delegate.link)).text
    typed = {**FULL, "uscc": "rubbish", "phone": "rubbish", "terms": fresh.value("terms")}
    assert (await delegate.post(form, **typed)).status_code == 303
    exported = await desk.client.get(f"/organizer/exports/{SLUG}.json")
    [item] = exported.json()["items"]
    assert [item[name] for name in ("uscc", "title", "phone")] == ["", "", ""]
    assert (await desk.site.items())[0]["ink"] is None


async def test_an_invited_company_keeps_its_code_where_codes_are_not_asked(
    desk: Organizer,
) -> None:
    assert (await desk.send(SETTINGS, **{"ask-uscc": "off"})).status_code == 303
    invited = Company("示例一有限公司", FULL["uscc"])
    delegate = await desk.site.delegate(kind=LinkKind.INVITATION, company=invited)
    assert (await delegate.sign(uscc="")).status_code == 303
    exported = await desk.client.get(f"/organizer/exports/{SLUG}.json")
    assert exported.json()["items"][0]["uscc"] == FULL["uscc"]


async def test_whoever_was_told_otherwise_is_asked_again(desk: Organizer) -> None:
    """A form that was opened before says what held then; its consent is to that and no more."""
    delegate = await desk.site.delegate()
    form = await delegate.open()
    assert (await desk.send(SETTINGS, **{"retention-zh": "永久"})).status_code == 303
    answer = await delegate.post(form)
    assert answer.status_code == 422
    assert "收集或公开的内容已调整" in answer.text
    page = Page(answer.text)
    signed = await delegate.post(page)
    assert signed.status_code == 303
    assert (await desk.send(SETTINGS, **{"retention-zh": "三年"})).status_code == 303
    again = await delegate.post(page)  # the same attempt gets the same receipt (rule 2)
    assert again.headers["location"] == signed.headers["location"]


async def test_without_the_companies_the_public_sees_how_many_there_are(desk: Organizer) -> None:
    site = desk.site
    delegate = await site.delegate()
    before = await delegate.sign(company="示例甲有限公司", **FULL)
    watched = await _frames(site)
    assert "示例甲有限公司" in watched  # and so it is in the feed's memory
    assert (await desk.send(SETTINGS, **{"show-signatories": None})).status_code == 303
    assert (await delegate.sign(company="示例乙有限公司", publish="yes")).status_code == 303
    async with site.another_client() as public:
        listed = (await public.get(f"/i/{SLUG}/signatories.json?q=甲")).json()
        assert listed == {"total": 2, "items": [], "next": None}
        told = await _frames(site)
        assert "event: state" in told
        assert told.count("event: counted") == 2
        pages = [told]
        for path in ("", "/signatories", "/signatories?q=示例", "/wall"):
            answer = await public.get(f"/i/{SLUG}{path}")
            assert answer.status_code == 200
            pages.append(answer.text)
        assert "只公布签署企业数量" in pages[1]
        state = (await public.get(f"/i/{SLUG}/wall.json")).json()
    for text in pages:
        for name in ("示例甲", "示例乙", "张某某"):
            assert name not in text
    assert state["total"] == 2
    assert state["code"]["kind"] == "sign"
    receipt = await site.client.get(before.headers["location"])
    assert "示例甲有限公司" in receipt.text.replace("<wbr>", "")
    assert f"/i/{SLUG}/signatories" not in receipt.text
    form = await delegate.open()
    assert "publish" not in form.inputs
    assert "只公开签署企业数量" in form.text
    exported = (await desk.client.get(f"/organizer/exports/{SLUG}.csv")).text
    assert "示例乙有限公司" in exported
    assert "张某某" in exported


async def test_names_and_handwriting_are_held_back_each_by_itself(desk: Organizer) -> None:
    delegate = await desk.site.delegate()
    await delegate.sign(**FULL)
    assert (await desk.send(SETTINGS, **{"show-representatives": None})).status_code == 303
    [item] = await desk.site.items()
    assert (item["representative"], item["ink"] is None) == ("", False)
    form = await delegate.open()
    assert "我同意公示手写签名。" in form.text
    fields = await desk.form(SETTINGS)
    assert "show-representatives" not in fields
    changed = {"show-representatives": "yes", "show-ink": None}
    assert (await desk.send(SETTINGS, **changed)).status_code == 303
    [item] = await desk.site.items()
    assert (item["representative"], item["ink"]) == ("张某某", None)
    assert "我同意公示代表姓名全名。" in (await delegate.open()).text


async def test_what_was_signed_unseen_stays_unseen(desk: Organizer) -> None:
    """Rule 8: whoever signed was told that nothing of it becomes public."""
    delegate = await desk.site.delegate()
    assert (await desk.send(SETTINGS, **{"show-signatories": None})).status_code == 303
    assert (await desk.send(SETTINGS, **{"show-signatories": "yes"})).status_code == 303
    assert (await desk.send(SETTINGS, **{"show-signatories": None})).status_code == 303
    await delegate.sign(**FULL)
    refused = await desk.send(SETTINGS, **{"show-signatories": "yes"})
    assert refused.status_code == 422
    assert 'id="show-signatories-error"' in refused.text
    assert (await desk.site.client.get(f"/i/{SLUG}/signatories.json")).json()["items"] == []


async def test_an_import_does_not_show_more_than_was_told_either(
    desk: Organizer, tmp_path: Path
) -> None:
    organizing = desk.site.services.organizing
    assert (await desk.send(SETTINGS, **{"show-ink": None, "ask-phone": "off"})).status_code == 303
    await (await desk.site.delegate()).sign(**FULL)
    content = read_content(SAMPLE)
    await organizing.import_initiative(content)  # says nothing of either, and leaves both
    found = await desk.site.services.publishing.by_slug(SLUG)
    assert found is not None
    assert (found.initiative.asks.phone, found.initiative.shows.ink) == (Ask.OFF, False)
    path = tmp_path / SAMPLE.name
    for file in SAMPLE.parent.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    told = path.read_text("utf-8").replace("contact:", "shows: {ink: yes}\ncontact:", 1)
    path.write_text(told, "utf-8")
    with pytest.raises(MoreThanTold, match="ink"):
        await organizing.import_initiative(read_content(path))
    path.write_text(told.replace("shows: {ink: yes}", "shows: {ink: no}"), "utf-8")
    assert await organizing.import_initiative(read_content(path)) == "unchanged"


async def test_nothing_is_drawn_live_where_no_handwriting_is_shown(desk: Organizer) -> None:
    assert (await desk.send(SETTINGS, **{"show-ink": None})).status_code == 303
    organizing = desk.site.services.organizing
    from_stage = await organizing.create_link(SLUG, LinkKind.KIOSK, stage=True)
    path = f"/s/{desk.site.services.tokens.link(from_stage.id)}/strokes"
    drawn = {"ink": FULL["ink"], "width": "320", "height": "180", "publish": "yes"}
    assert (await desk.client.post(path, data=drawn)).status_code == 204
    initiative_id = await organizing.initiative_id(SLUG)
    assert await desk.site.services.staging.newest([initiative_id]) == {}


@pytest.mark.parametrize("steps", list(itertools.product([True, False], repeat=4)))
def test_shown_again_only_if_nobody_was_told_otherwise(steps: tuple[bool, ...]) -> None:
    """A company signs after each step; what is shown never grows over what it was told."""
    shows = Shows()
    told: list[bool] = []
    for number, wanted in enumerate(steps):
        try:
            shows = shows.changed_to(Shows(signatories=wanted), number)
        except MoreThanTold:
            assert False in told
        told.append(shows.signatories)
        assert not shows.signatories or all(told)


CHOICES = st.fixed_dictionaries({name: st.sampled_from(list(Ask)) for name in FIELDS})
TYPED = st.fixed_dictionaries(
    {
        "uscc": st.sampled_from(["", "91510000MA0000001F"]),
        "title": st.sampled_from(["", "质量负责人"]),
        "phone": st.sampled_from(["", "13800000000"]),
        "ink": st.sampled_from(["", "[]", FULL["ink"]]),
    }
)


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(chosen=CHOICES, several=st.lists(TYPED, min_size=1, max_size=3))
async def test_any_form_takes_exactly_what_it_asks_for(
    desk: Organizer, chosen: dict[str, Ask], several: list[dict[str, str]]
) -> None:
    """Required is never missed, off is never kept, and what is given is kept as it was typed."""
    asked = {f"ask-{name}": str(ask) for name, ask in chosen.items()}
    assert (await desk.send(SETTINGS, **asked)).status_code == 303
    for typed in several:
        delegate = await desk.site.delegate()
        answer = await delegate.sign(company=f"示例{token_hex(8)}有限公司", **typed)
        missing = {
            name
            for name, ask in chosen.items()
            # A browser that can't draw sends nothing, and signs without.
            if ask is Ask.REQUIRED and typed[name] == ("[]" if name == "ink" else "")
        }
        if answer.status_code == 409:  # the code has signed before
            continue
        assert answer.status_code == (422 if missing else 303), (chosen, typed)
        assert {name for name in FIELDS if f'id="{name}-error"' in answer.text} == missing
        if not missing:
            kept = await _kept(desk.site)
            for name in ("uscc", "title", "phone"):
                assert kept[name] == ("" if chosen[name] is Ask.OFF else typed[name])


async def _kept(site: Site) -> dict[str, str]:
    """The newest signature, as it is exported."""
    answer = await site.client.get(f"/organizer/exports/{SLUG}.json")
    items: list[dict[str, str]] = json.loads(answer.content)["items"]
    return items[-1]
