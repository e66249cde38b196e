"""Signing opens and closes by itself, to the microsecond, whoever notes it."""

from datetime import UTC, datetime

import httpx
import pytest

from pledge.domain.initiatives import Status
from pledge.domain.rights import OPERATOR
from tests.delegate import Delegate, Page
from tests.site import SLUG, Site

EMAIL, PASSWORD = "organizer@example.org", "a long enough password"
HOME = f"/organizer/initiatives/{SLUG}"
TEN = datetime(2023, 8, 10, 2, 0, tzinfo=UTC)  # in the morning, at the meeting


@pytest.fixture
async def desk(site: Site) -> Site:
    """The test's clock stands at ten in the morning; signing is closed."""
    await site.services.organizing.add_organizer(EMAIL, PASSWORD)
    form = Page((await site.client.get("/organizer/login")).text)
    fields = {"email": EMAIL, "password": PASSWORD, **form.hidden}
    assert (await site.client.post("/organizer/login", data=fields)).status_code == 303
    await site.services.organizing.set_status(await _id(site), Status.CLOSED, by=OPERATOR)
    return site


async def _id(site: Site) -> int:
    return await site.services.organizing.initiative_id(SLUG)


async def _set(site: Site, opens: str = "", closes: str = "") -> httpx.Response:
    token = Page((await site.client.get(HOME)).text).value("token")
    fields = {"token": token, "opens_at": opens, "closes_at": closes}
    return await site.client.post(f"{HOME}/schedule", data=fields)


async def _status(site: Site) -> Status:
    """As it is stored."""
    found = await site.services.publishing.by_slug(SLUG)
    assert found is not None
    return found.standing.status


async def test_it_opens_and_closes_by_itself(desk: Site, delegate: Delegate) -> None:
    await _set(desk, "2023-08-10T10:30", "2023-08-10T12:00")
    shown = await desk.client.get(delegate.link)
    assert shown.status_code == 410
    assert "签署将于2023年8月10日 10:30开放" in shown.text
    assert "8月10日 10:30" in (await desk.client.get(HOME)).text
    desk.clock.pass_(minutes=30)
    await desk.services.scheduling.carry_out()
    assert await _status(desk) is Status.OPEN
    assert (await delegate.sign()).status_code == 303
    assert "8月10日 12:00" in (await desk.client.get(HOME)).text
    desk.clock.pass_(minutes=90)
    await desk.services.scheduling.carry_out()
    await desk.services.scheduling.carry_out()
    assert await _status(desk) is Status.CLOSED
    log = Page((await desk.client.get(f"/organizer/audit/{SLUG}")).text).text
    assert log.partition("变更内容")[2].count("开放或结束签署") == 3
    planned = Page((await desk.client.get(f"{HOME}/schedule")).text)
    assert (planned.value("opens_at"), planned.value("closes_at")) == ("", "")


async def test_it_holds_before_anybody_has_noted_it(desk: Site, delegate: Delegate) -> None:
    await _set(desk, "2023-08-10T10:30", "2023-08-10T12:00")
    desk.clock.now = TEN.replace(minute=30)
    form = await delegate.open()
    desk.clock.now = TEN.replace(hour=4, minute=0)
    late = await delegate.post(form)
    assert late.status_code == 410
    assert "签署已结束" in Page(late.text).text
    assert (await desk.client.get(delegate.link)).status_code == 410
    assert await desk.items() == []


async def test_the_last_moment_counts(desk: Site, delegate: Delegate) -> None:
    await _set(desk, "2023-08-10T10:30", "2023-08-10T12:00")
    desk.clock.now = TEN.replace(minute=30)
    form = await delegate.open()
    desk.clock.now = TEN.replace(hour=3, minute=59, second=59)
    assert (await delegate.post(form)).status_code == 303


async def test_what_happened_by_itself_does_not_happen_twice(desk: Site) -> None:
    await _set(desk, "2023-08-10T10:30", "2023-08-10T12:00")
    organizing, scheduling = desk.services.organizing, desk.services.scheduling
    assert await organizing.set_status(await _id(desk), Status.OPEN, by=OPERATOR)
    await organizing.set_status(await _id(desk), Status.CLOSED, by=OPERATOR)
    desk.clock.pass_(minutes=40)
    await scheduling.carry_out()
    assert await _status(desk) is Status.CLOSED  # opened by hand before, it does not open again
    desk.clock.pass_(hours=2)
    assert await organizing.set_status(await _id(desk), Status.OPEN, by=OPERATOR)
    await scheduling.carry_out()
    assert await _status(desk) is Status.OPEN  # opened by hand after the end, it stays open


async def test_opened_and_closed_while_nobody_looked(desk: Site) -> None:
    await _set(desk, "2023-08-10T10:30", "2023-08-10T12:00")
    desk.clock.pass_(hours=3)
    await desk.services.scheduling.carry_out()
    assert await _status(desk) is Status.CLOSED
    desk.clock.pass_(hours=3)
    await desk.services.scheduling.carry_out()
    assert await _status(desk) is Status.CLOSED


@pytest.mark.parametrize(
    ("opens", "closes", "field", "says"),
    [
        ("2023-08-10T09:59", "", "opens_at", "已经过去"),
        ("", "2023-08-10T10:00", "closes_at", "已经过去"),
        ("2023-08-10T12:00", "2023-08-10T12:00", "closes_at", "须晚于"),
        ("2023-02-30T12:00", "", "opens_at", "真实存在"),
        ("morgen", "", "opens_at", "真实存在"),
        ("9999-12-31T23:59", "", "opens_at", "真实存在"),
        ("", "２０２３-08-11T10:00", "closes_at", "真实存在"),
    ],
)
async def test_wrong_times_are_said_at_their_fields(
    desk: Site, opens: str, closes: str, field: str, says: str
) -> None:
    answer = await _set(desk, opens, closes)
    assert answer.status_code == 422
    message = answer.text.partition(f'id="{field}-error">')[2].partition("</p>")[0]
    assert says in message
    assert f'value="{opens}"' in answer.text


async def test_what_is_open_does_not_open(desk: Site) -> None:
    await desk.services.organizing.set_status(await _id(desk), Status.OPEN, by=OPERATOR)
    answer = await _set(desk, "2023-08-10T10:30")
    assert "已经开放" in answer.text


async def test_empty_fields_leave_it_to_people(desk: Site) -> None:
    await _set(desk, "2023-08-10T10:30")
    assert (await _set(desk)).status_code == 303
    desk.clock.pass_(hours=1)
    await desk.services.scheduling.carry_out()
    assert await _status(desk) is Status.CLOSED
    log = Page((await desk.client.get(f"/organizer/audit/{SLUG}")).text).text
    assert log.partition("变更内容")[2].count("修改开放时间") == 2
