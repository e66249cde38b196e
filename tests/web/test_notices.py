"""Notices: owners say to whom is told what happens, and a real receiver is told it."""

import asyncio
import hmac
import json
import re
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from pledge.domain.initiatives import Shows, Status
from pledge.domain.rights import OPERATOR
from pledge.store import notices
from tests.delegate import Page
from tests.receiver import Posted, Receiver, answer, receiving
from tests.site import SLUG, Site, open_site

EMAIL, PASSWORD = "organizer@example.org", "a long enough password"
LIST = f"/organizer/settings/{SLUG}/notices"
EVENTS = ("signed", "hidden", "withdrawn", "opened", "closed")
TAKEN = answer(200, '{"errcode":0,"errmsg":"ok"}')


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as opened:
        yield opened


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Site]:
    """An owner is logged in, and may send notices to this machine."""
    async with open_site(tmp_path / "data", PLEDGE_PRIVATE_NOTICES="1") as site:
        await _log_in(site)
        yield site


async def _log_in(site: Site) -> None:
    await site.services.organizing.add_organizer(EMAIL, PASSWORD)
    form = Page((await site.client.get("/organizer/login")).text)
    fields = {"email": EMAIL, "password": PASSWORD, **form.hidden}
    assert (await site.client.post("/organizer/login", data=fields)).status_code == 303


async def _press(site: Site, path: str, **fields: str) -> httpx.Response:
    token = Page((await site.client.get(LIST)).text).value("token")
    return await site.client.post(path, data={"token": token, **fields})


async def _add(site: Site, address: str, *events: str, **fields: str) -> httpx.Response:
    ticked = {f"event-{event}": "yes" for event in events or EVENTS}
    return await _press(
        site, LIST, **{"kind": "standard", "address": address, "language": "zh", **ticked, **fields}
    )


async def _added(site: Site, address: str, *events: str, **fields: str) -> str:
    """The address of a new target's page."""
    assert (await _add(site, address, *events, **fields)).status_code == 303
    return re.findall(rf'action="({LIST}/\d+)"', (await site.client.get(LIST)).text)[-1]


async def _secret(site: Site, target: str) -> str:
    return re.findall(r"whsec_[\w+/=]+", (await site.client.get(target)).text)[0]


async def _shown(site: Site) -> str:
    return " ".join(Page((await site.client.get(LIST)).text).text.split())


def _signature(secret: str, posted: Posted) -> str:
    """As the specification says it, apart from our own code."""
    key = b64decode(secret.removeprefix("whsec_"))
    name, at = posted.headers["webhook-id"], posted.headers["webhook-timestamp"]
    signed = b".".join([name.encode(), at.encode(), posted.body])
    return "v1," + b64encode(hmac.new(key, signed, sha256).digest()).decode()


def _numbers(posted: Any) -> list[int]:
    return [one.json["data"]["number"] for one in posted if one.json["type"] == "signed"]


async def _later(site: Site, **time: float) -> None:
    site.clock.pass_(**time)
    site.services.notifying.announce()


async def test_a_program_is_told_everything_in_order_and_signed(
    desk: Site, receiver: Receiver
) -> None:
    target = await _added(desk, receiver.address)
    initiative_id = await desk.services.organizing.initiative_id(SLUG)
    delegate = await desk.delegate()
    await delegate.sign()
    await desk.services.moderating.hide(initiative_id, 1, by=OPERATOR)
    await desk.services.moderating.restore(initiative_id, 1, by=OPERATOR)
    await desk.services.organizing.set_status(initiative_id, Status.CLOSED, by=OPERATOR)
    await desk.services.organizing.set_status(initiative_id, Status.OPEN, by=OPERATOR)
    # What was signed first is shown again at a newer place in the feed, and so told there; before,
    # only if that was quicker than hiding it.
    posted = await receiver.until(4)
    if posted[0].json["type"] == "signed":
        posted = (await receiver.until(5))[1:]
    assert [one.json["type"] for one in posted] == ["hidden", "signed", "closed", "opened"]
    secret = await _secret(desk, target)
    for one in posted:
        assert one.headers["webhook-signature"] == _signature(secret, one)
        assert one.headers["content-type"] == "application/json"
    assert len({one.headers["webhook-id"] for one in posted}) == 4
    data = posted[1].json["data"]
    assert data["company"] == "示例消防科技有限公司"
    assert data["initiative"] == {"slug": SLUG, "title": "消防产品质量提升倡议书"}
    assert data["total"] == 1


async def test_nothing_private_is_told(desk: Site, receiver: Receiver) -> None:
    await _added(desk, receiver.address)
    delegate = await desk.delegate()
    await delegate.sign(uscc="91510000MA0000001F", representative="张某某", phone="13800000000")
    [posted] = await receiver.until(1)
    data = posted.json["data"]
    [item] = await desk.items()
    assert data == {**item, "total": 1, "initiative": data["initiative"]}
    for private in ("13800000000", "91510000MA0000001F", "张某某", "质量负责人"):
        assert private not in posted.body.decode()


async def test_a_target_is_told_no_names_where_the_public_is_not(
    desk: Site, receiver: Receiver
) -> None:
    await _added(desk, receiver.address)
    initiative_id = await desk.services.organizing.initiative_id(SLUG)
    arranging = desk.services.arranging
    now = (await arranging.arranged(initiative_id)).arrangement
    wanted = replace(now, shows=Shows(signatories=False))
    await arranging.arrange(initiative_id, wanted, seen=now.mark, by=OPERATOR)
    await (await desk.delegate()).sign(company="示例甲有限公司", publish="yes")
    [posted] = await receiver.until(1)  # and nothing of what was arranged: it is no opening
    assert "示例甲" not in posted.body.decode()
    assert (posted.json["type"], posted.json["data"]["number"]) == ("signed", 1)


async def test_only_chosen_events_are_told(desk: Site, receiver: Receiver) -> None:
    await _added(desk, receiver.address, "closed")
    initiative_id = await desk.services.organizing.initiative_id(SLUG)
    await desk.sign_many(1, 3)
    await desk.services.organizing.set_status(initiative_id, Status.CLOSED, by=OPERATOR)
    [posted] = await receiver.until(1)
    assert posted.json["type"] == "closed"


async def test_a_rehearsal_tells_nobody(desk: Site, receiver: Receiver) -> None:
    await _added(desk, receiver.address)
    initiative_id = await desk.services.organizing.initiative_id(SLUG)
    await desk.services.rehearsing.start(initiative_id, "jinan", by=OPERATOR)
    await desk.services.rehearsing.end(initiative_id, "jinan", by=OPERATOR)
    await desk.services.organizing.set_status(initiative_id, Status.CLOSED, by=OPERATOR)
    [posted] = await receiver.until(1)
    assert posted.json["type"] == "closed"


async def test_what_was_not_taken_comes_again_and_nothing_overtakes_it(
    desk: Site, receiver: Receiver
) -> None:
    """It fails, breaks off, redirects, and comes back."""
    await _added(desk, receiver.address)
    receiver.answer(500, "out of order")
    receiver.answers.append("")
    receiver.answer(302, "", "Location: http://127.0.0.1/elsewhere")
    await desk.sign_many(1, 3)
    for failures, words in enumerate(["返回错误（500）", "无法连接", "转到其他地址（302）"], 1):
        await receiver.until(failures)
        await _until_shown(desk, words)
        assert "3 个事件" in await _shown(desk)
        await _later(desk, seconds=60)
    posted = await receiver.until(6)
    assert _numbers(posted) == [1, 1, 1, 1, 2, 3]
    assert len({one.headers["webhook-id"] for one in posted[:4]}) == 1
    await _until_shown(desk, "已接收（200）")
    assert "事件待" not in await _shown(desk)


async def _until_shown(site: Site, words: str) -> None:
    """The page says it, once what came of a message has been written down."""
    async with asyncio.timeout(10):
        while words not in await _shown(site):  # noqa: ASYNC110 -- there is no event to wait for
            await asyncio.sleep(0.02)


async def test_one_that_hangs_holds_up_nobody_else(desk: Site, receiver: Receiver) -> None:
    async with receiving() as hanging:
        hanging.answers.append(None)
        await _added(desk, hanging.address)
        await _added(desk, receiver.address)
        await desk.sign_many(1, 2)
        await hanging.until(1)
        assert _numbers(await receiver.until(2)) == [1, 2]


async def test_nobody_who_signs_waits_for_a_receiver(desk: Site, receiver: Receiver) -> None:
    await _added(desk, receiver.address)
    receiver.answers.append(None)
    await desk.sign_many(1, 1)
    await receiver.until(1)
    delegate = await desk.delegate()
    assert (await delegate.sign()).status_code == 303
    assert not asyncio.iscoroutinefunction(desk.services.notifying.announce)
    assert len(receiver.posted) == 1, "the receiver has not answered yet"


async def test_a_receiver_is_left_alone_for_as_long_as_it_asks(
    desk: Site, receiver: Receiver
) -> None:
    await _added(desk, receiver.address)
    receiver.answer(503, "", "Retry-After: 600")
    await desk.sign_many(1, 1)
    await receiver.until(1)
    await _until_shown(desk, "503")
    await _later(desk, seconds=500)
    await desk.services.notifying._look()
    assert len(receiver.posted) == 1
    await _later(desk, seconds=101)
    await receiver.until(2)


async def test_whoever_is_gone_is_switched_off(desk: Site, receiver: Receiver) -> None:
    await _added(desk, receiver.address)
    receiver.answer(410)
    await desk.sign_many(1, 1)
    await receiver.until(1)
    await _until_shown(desk, "不再接收通知（410）")
    assert "已停用" in await _shown(desk)
    log = Page((await desk.client.get(f"/organizer/audit/{SLUG}")).text).text
    assert "定时任务" in log or "更改通知对象" in log


async def test_switched_on_again_it_is_told_what_is_new(desk: Site, receiver: Receiver) -> None:
    target = await _added(desk, receiver.address)
    await _press(desk, target, action="off")
    await desk.sign_many(1, 3)
    await _press(desk, target, action="on")
    await desk.sign_many(4, 4)
    assert _numbers(await receiver.until(1)) == [4]


async def test_events_chosen_later_are_told_from_then_on(desk: Site, receiver: Receiver) -> None:
    target = await _added(desk, receiver.address, "closed")
    await desk.sign_many(1, 3)
    both = {"event-closed": "yes", "event-signed": "yes"}
    fields = {"address": receiver.address, "language": "zh", **both}
    assert (await _press(desk, target, action="save", **fields)).status_code == 303
    await desk.sign_many(4, 4)
    assert _numbers(await receiver.until(1)) == [4]


@pytest.mark.parametrize("kind", ["wecom", "dingtalk"])
async def test_a_robot_is_told_what_has_gathered_in_one_message(
    desk: Site, receiver: Receiver, kind: str
) -> None:
    receiver.usual = TAKEN
    await _added(desk, receiver.address, kind=kind)
    await desk.sign_many(1, 1)
    await receiver.until(1)
    await desk.sign_many(2, 9)
    await _until_shown(desk, "8 个事件")
    await _later(desk, seconds=10)
    first, second = [one.json["text"]["content"].split("\n") for one in await receiver.until(2)]
    assert first == [
        "【消防产品质量提升倡议书】",
        "第 1 家：示例1有限公司（张）",
        "已签署企业：1 家",
    ]
    assert [line.partition("：")[0] for line in second[1:-1]] == [
        f"第 {number} 家" for number in range(2, 10)
    ]
    assert second[-1] == "已签署企业：9 家"


async def test_a_robots_refusal_with_status_200_is_a_failure(
    desk: Site, receiver: Receiver
) -> None:
    receiver.usual = TAKEN
    await _added(desk, receiver.address, kind="wecom")
    receiver.answer(200, '{"errcode":93000,"errmsg":"invalid webhook url"}')
    await desk.sign_many(1, 1)
    await _until_shown(desk, "机器人未接收消息")
    assert "invalid webhook url" in await _shown(desk)
    await _later(desk, seconds=60)
    await receiver.until(2)
    await _until_shown(desk, "已接收")


async def test_messages_to_robots_are_in_their_language(desk: Site, receiver: Receiver) -> None:
    receiver.usual = answer(200, '{"code":0}')
    await _added(desk, receiver.address, kind="feishu", language="en")
    await desk.sign_many(1, 1)
    [posted] = await receiver.until(1)
    assert "No. 1: 示例1有限公司 (张)" in posted.json["content"]["text"]


async def test_the_test_button_shows_the_answer(desk: Site, receiver: Receiver) -> None:
    target = await _added(desk, receiver.address, name="组委会工作群")
    receiver.answer(418, "no <b>coffee</b>")
    sent = await _press(desk, target, action="test")
    assert sent.status_code == 303
    assert receiver.posted[0].json["type"] == "test"
    shown = await desk.client.get(sent.headers["location"])
    assert "测试已发送" in shown.text
    assert "418" in shown.text
    assert "no &lt;b&gt;coffee&lt;/b&gt;" in shown.text
    assert receiver.posted[0].headers["webhook-signature"] == _signature(
        await _secret(desk, target), receiver.posted[0]
    )
    log = Page((await desk.client.get(f"/organizer/audit/{SLUG}")).text).text
    assert "测试通知对象" in log
    assert "组委会工作群" in log


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"address": ""}, "请填写地址"),
        ({"address": "not an address"}, "地址格式不正确"),
        ({"address": "http://example.org/"}, "https://"),
        ({"address": "https://192.168.0.1/"}, "内部网络"),
        ({"kind": "pigeon"}, "请选择消息的接收类型"),
        ({"kind": "wecom", "address": "https://oapi.dingtalk.com/robot/send"}, "钉钉群机器人"),
        ({"kind": "wecom", "secret": "SEC1"}, "请留空"),
        ({"secret": "SEC1"}, "请留空"),
        ({"kind": "dingtalk", "secret": "有中文"}, "半角"),
        ({"name": "长" * 101}, "100"),
        ({"name": "a\u202eb"}, "U+202E"),
        ({"language": "fr"}, "请选择语言"),
        ({f"event-{event}": "" for event in EVENTS}, "至少选择一个事件"),
    ],
)
async def test_what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(
    site: Site, fields: dict[str, str], says: str
) -> None:
    await _log_in(site)
    refused = await _add(
        site, **{"address": "https://example.org/hook", "name": "组委会工作群", **fields}
    )
    assert refused.status_code == 422
    assert says in Page(refused.text).text
    form = Page(refused.text)
    assert form.value("name") == fields.get("name", "组委会工作群")
    assert form.value("address") == fields.get("address", "https://example.org/hook")


async def test_every_message_is_said_in_english_too(site: Site) -> None:
    await _log_in(site)
    token = Page((await site.client.get(LIST)).text).value("token")
    refused = await site.client.post(f"{LIST}?lang=en", data={"token": token})
    for words in ("Please enter the address", "Please choose at least one event"):
        assert words in Page(refused.text).text


async def test_private_addresses_are_refused_unless_the_operator_allows(site: Site) -> None:
    await _log_in(site)
    async with receiving() as receiver:
        target = await _added(site, f"https://localhost:{receiver.port}/hook")
        await _press(site, target, action="test")
        assert "该地址指向内部网络" in await _shown(site)
        assert receiver.posted == []


async def test_keys_and_secrets_are_in_no_list_and_no_log(desk: Site, receiver: Receiver) -> None:
    with capture_logs() as lines:
        address = f"{receiver.address}?access_token=aaaabbbbccccdddd1234"
        receiver.usual = answer(500, "bad token aaaabbbbccccdddd1234")
        target = await _added(desk, address, kind="dingtalk", secret="SECaaaabbbbcccc")
        await _press(desk, target, action="test")
        await desk.sign_many(1, 1)
        await receiver.until(2)
        await _until_shown(desk, "返回错误（500）")
        await _press(desk, target, action="remove")
        pages = [await desk.client.get(path) for path in (LIST, f"/organizer/audit/{SLUG}.csv")]
    for text in (*(one.text for one in pages), json.dumps(lines, default=str)):
        assert "aaaabbbb" not in text
    assert "127.0.0.1" in pages[1].text
    assert "SECaaaabbbbcccc" not in (await desk.client.get(LIST)).text


async def test_a_robots_secret_stays_when_its_field_is_left_empty(
    desk: Site, receiver: Receiver
) -> None:
    receiver.usual = TAKEN
    target = await _added(desk, receiver.address, kind="dingtalk", secret="SECaaaabbbbcccc")
    fields = {"address": f"{receiver.address}?new", "language": "zh", "event-signed": "yes"}
    assert (await _press(desk, target, action="save", **fields)).status_code == 303
    await _press(desk, target, action="test")
    assert "sign=" in receiver.posted[0].path
    assert "new" in receiver.posted[0].path


async def test_a_new_secret_takes_the_place_of_the_old_one(desk: Site, receiver: Receiver) -> None:
    target = await _added(desk, receiver.address)
    before = await _secret(desk, target)
    assert (await _press(desk, target, action="renew")).status_code == 303
    after = await _secret(desk, target)
    assert after != before
    await _press(desk, target, action="test")
    assert receiver.posted[0].headers["webhook-signature"] == _signature(after, receiver.posted[0])


async def test_removing_a_target_ends_it(desk: Site, receiver: Receiver) -> None:
    target = await _added(desk, receiver.address)
    assert (await _press(desk, target, action="remove")).status_code == 303
    assert (await desk.client.get(target)).status_code == 404
    for action in ("save", "test", "on", "renew", "remove"):
        assert (await _press(desk, target, action=action)).status_code == 404
    assert "移除通知对象" in Page((await desk.client.get(f"/organizer/audit/{SLUG}")).text).text


async def test_an_unknown_button_is_refused(desk: Site, receiver: Receiver) -> None:
    target = await _added(desk, receiver.address)
    assert (await _press(desk, target, action="explode")).status_code == 400
    assert (await _press(desk, f"{LIST}/99999999999999999999", action="test")).status_code == 404


async def test_there_is_an_end_to_targets(desk: Site, receiver: Receiver) -> None:
    for _ in range(20):
        assert (await _add(desk, receiver.address)).status_code == 303
    refused = await _add(desk, receiver.address)
    assert refused.status_code == 422
    assert "已达上限" in Page(refused.text).text


async def test_a_restart_goes_on_where_it_was(tmp_path: Path, receiver: Receiver) -> None:
    receiver.usual = answer(500)
    async with open_site(tmp_path / "data", PLEDGE_PRIVATE_NOTICES="1") as site:
        await _log_in(site)
        await _added(site, receiver.address)
        receiver.answer(200)
        await site.sign_many(1, 3)
        await receiver.until(2)
        await _until_shown(site, "500")
    receiver.usual = answer(200)
    receiver.posted.clear()
    async with open_site(tmp_path / "data", PLEDGE_PRIVATE_NOTICES="1") as site:
        await _later(site, minutes=1)
        assert _numbers(await receiver.until(2)) == [2, 3]


async def test_of_several_processes_one_tells(desk: Site, receiver: Receiver) -> None:
    await _added(desk, receiver.address, "opened")
    database, clock = desk.services.organizing._database, desk.clock
    async with database.reading() as connection:
        initiative_id = await desk.services.organizing.initiative_id(SLUG)
        [target] = await notices.of_initiative(connection, initiative_id)

    async def claim(seconds: int) -> bool:
        async with database.writing() as connection:
            now = clock()
            until = now.replace(microsecond=seconds)
            until = now if seconds == 0 else until.replace(year=now.year + 1)
            return bool(await notices.claim(connection, target.id, now=now, until=until))

    assert await claim(1)
    assert not await claim(2)
    clock.pass_(days=400)
    assert await claim(3)
