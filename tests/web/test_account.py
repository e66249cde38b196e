"""One's own account: password, second factor, sessions; and the login with a second step."""

import asyncio
import re
from collections.abc import AsyncIterator

import httpx
import pytest
from pyotp import TOTP

from pledge.web.browsers import browser_words
from pledge.web.languages import translations
from tests.delegate import Page
from tests.organizer import EMAIL, PASSWORD, Organizer, organizer, set_up
from tests.site import ORIGIN, SLUG, Site

ACCOUNT = "/organizer/settings"
SECOND_FACTOR = "/organizer/second-factor"
CODE = "/organizer/login/code"
ANOTHER = "another long password"


@pytest.fixture
async def owner(site: Site) -> Organizer:
    return await set_up(site)


@pytest.fixture
async def guest(site: Site) -> AsyncIterator[Organizer]:
    """The same person, before another browser."""
    async with organizer(site, headers={"user-agent": "Mozilla/5.0 (iPhone) Safari/604"}) as made:
        yield made


class App:
    """An authenticator app with the key that the page has shown."""

    def __init__(self, site: Site, secret: str):
        self.site = site
        self.totp = TOTP(secret)

    def code(self, *, steps: int = 0) -> str:
        return self.totp.at(self.site.clock.now, counter_offset=steps)

    def next(self) -> str:
        """The code of a step that has not been used."""
        self.site.clock.pass_(seconds=30)
        return self.code()


async def _turn_on(site: Site, owner: Organizer) -> App:
    page = await owner.page(SECOND_FACTOR)
    app = App(site, page.value("secret"))
    sent = {**page.hidden, "code": app.code()}
    answer = await owner.client.post(SECOND_FACTOR, data=sent)
    assert answer.headers["location"] == f"{ACCOUNT}?done=second-factor-on"
    return app


async def _step(guest: Organizer, code: str) -> httpx.Response:
    """The second step; a session begins with it and not before."""
    assert not await guest.is_in()
    return await guest.post(CODE, code=code)


async def _sessions(owner: Organizer) -> list[str]:
    """The identifiers of those that can be ended."""
    return re.findall(r'name="session" value="(\w+)"', (await owner.client.get(ACCOUNT)).text)


@pytest.mark.parametrize("path", [ACCOUNT, SECOND_FACTOR])
async def test_an_account_is_its_owners_alone(site: Site, owner: Organizer, path: str) -> None:
    async with site.another_client() as stranger:
        for answer in (await stranger.get(path), await stranger.post(path, data={})):
            assert answer.headers["location"].startswith("/organizer/login")
    assert (await owner.client.post(path, data={"action": "end-others"})).status_code == 403


async def test_a_new_password_needs_the_old_one_and_ends_other_sessions(
    site: Site, owner: Organizer, guest: Organizer
) -> None:
    await guest.log_in()
    typed = {"action": "password", "password": ANOTHER, "again": ANOTHER}
    wrong = await owner.post(ACCOUNT, current="not this one", **typed)
    assert wrong.status_code == 422
    assert "当前密码不正确" in Page(wrong.text).text
    assert await guest.is_in()
    changed = await owner.post(ACCOUNT, current=PASSWORD, **typed)
    assert changed.status_code == 303
    assert await owner.is_in()
    assert not await guest.is_in()
    assert await _sessions(owner) == []
    assert (await guest.log_in()).status_code == 422
    assert (await guest.log_in(password=ANOTHER)).status_code == 303
    assert len(await _sessions(owner)) == 1


@pytest.mark.parametrize(
    ("password", "again", "says"),
    [("short", "short", "10"), ("x" * 201, "x" * 201, "200"), (ANOTHER, "other", "不一致")],
)
async def test_a_new_password_that_can_not_be_taken_is_said_at_its_field(
    owner: Organizer, password: str, again: str, says: str
) -> None:
    answer = await owner.post(
        ACCOUNT, action="password", current=PASSWORD, password=password, again=again
    )
    assert answer.status_code == 422
    assert says in Page(answer.text).text
    assert password not in answer.text


async def test_guessing_the_current_password_is_throttled(owner: Organizer) -> None:
    typed = {"action": "password", "password": ANOTHER, "again": ANOTHER}
    answers = [await owner.post(ACCOUNT, current="wrong", **typed) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [422] * 10 + [429]


@pytest.mark.parametrize("typed", [{}, {"action": "rubbish"}])
async def test_an_unknown_action_is_a_mistake(owner: Organizer, typed: dict[str, str]) -> None:
    assert (await owner.post(ACCOUNT, **typed)).status_code == 400


async def test_nothing_counts_before_a_code_has_come_back(
    site: Site, owner: Organizer, guest: Organizer
) -> None:
    page = await owner.page(SECOND_FACTOR)
    secret = page.value("secret")
    assert " ".join(page.text.split()).replace(" ", "").count(secret) == 1
    wrong = await owner.client.post(SECOND_FACTOR, data={**page.hidden, "code": "000000"})
    assert wrong.status_code == 422
    assert Page(wrong.text).value("secret") == secret
    assert (await guest.log_in()).headers["location"] == "/organizer/initiatives"
    weak = await owner.client.post(SECOND_FACTOR, data={**page.hidden, "secret": "A", "code": "1"})
    assert weak.status_code == 400


async def test_a_login_takes_both_factors(site: Site, owner: Organizer, guest: Organizer) -> None:
    app = await _turn_on(site, owner)
    first = await guest.log_in(next=f"/organizer/initiatives/{SLUG}")
    where = httpx.URL(first.headers["location"])
    assert where.path == CODE
    assert "session" not in guest.client.cookies
    code = app.next()
    page = await guest.page(str(where))
    entered = await guest.client.post(CODE, data={**page.hidden, "code": f"{code[:3]} {code[3:]}"})
    assert entered.headers["location"] == f"/organizer/initiatives/{SLUG}"
    assert await guest.is_in()


async def test_a_code_is_good_for_one_login(site: Site, owner: Organizer, guest: Organizer) -> None:
    app = await _turn_on(site, owner)
    await guest.log_in()
    confirmed = await _step(guest, app.code())
    assert confirmed.status_code == 422  # it has turned the second factor on
    code = app.next()
    assert (await _step(guest, code)).status_code == 303
    async with organizer(site) as thief:
        await thief.log_in()
        assert (await _step(thief, code)).status_code == 422
        assert (await _step(thief, app.code(steps=-1))).status_code == 422
        assert not await thief.is_in()


async def test_of_two_logins_with_one_code_at_once_one_is_in(
    site: Site, owner: Organizer, guest: Organizer
) -> None:
    app = await _turn_on(site, owner)
    code = app.next()
    async with organizer(site) as thief:
        pairs = []
        for one in (guest, thief):
            await one.log_in()
            pairs.append((one, (await one.page(CODE)).hidden))
        answers = await asyncio.gather(
            *(one.client.post(CODE, data={**hidden, "code": code}) for one, hidden in pairs)
        )
        assert sorted(answer.status_code for answer in answers) == [303, 422]
        assert [await one.is_in() for one, _hidden in pairs].count(True) == 1


@pytest.mark.parametrize(("steps", "status"), [(-2, 422), (-1, 303), (1, 303), (2, 422)])
async def test_a_clock_may_be_one_step_off(
    site: Site, owner: Organizer, guest: Organizer, steps: int, status: int
) -> None:
    app = await _turn_on(site, owner)
    site.clock.pass_(minutes=5)
    await guest.log_in()
    assert (await _step(guest, app.code(steps=steps))).status_code == status


@pytest.mark.parametrize("code", ["", "abcdef", "１２３", "9" * 2000, "\0", "12345é"])
async def test_what_is_no_code_is_refused(
    site: Site, owner: Organizer, guest: Organizer, code: str
) -> None:
    await _turn_on(site, owner)
    await guest.log_in()
    assert (await _step(guest, code)).status_code == 422


async def test_codes_are_throttled_and_passwords_do_not_give_them_back(
    site: Site, owner: Organizer, guest: Organizer
) -> None:
    app = await _turn_on(site, owner)
    statuses = []
    for _attempt in range(11):
        await guest.log_in()
        statuses.append((await _step(guest, "000000")).status_code)
    assert statuses == [422] * 10 + [429]
    assert (await _step(guest, app.next())).status_code == 429
    site.clock.pass_(minutes=16)
    await guest.log_in()
    assert (await _step(guest, app.code())).status_code == 303


async def test_codes_are_throttled_across_addresses_too(site: Site, owner: Organizer) -> None:
    await _turn_on(site, owner)
    statuses = []
    for host in range(7):
        transport = httpx.ASGITransport(site.app, client=(f"10.0.0.{host}", 1))
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
            thief = Organizer(client)
            await thief.log_in()
            sent = {**(await thief.page(CODE)).hidden, "code": "000000"}
            statuses += [(await client.post(CODE, data=sent)).status_code for _ in range(9)]
    assert statuses == [422] * 60 + [429] * 3


async def test_the_second_step_opens_to_nobody_without_the_first(
    site: Site, owner: Organizer, guest: Organizer
) -> None:
    app = await _turn_on(site, owner)
    for stolen in ("", "rubbish", "a.b.c"):
        guest.client.cookies.set("passed", stolen)
        assert (await guest.client.get(CODE)).headers["location"] == "/organizer/login"
    guest.client.cookies.clear()
    await guest.log_in()
    passed = guest.client.cookies["passed"]
    async with organizer(site) as thief:
        await thief.page("/organizer/login")
        thief.client.cookies.set("passed", passed)
        assert (await thief.client.get(CODE)).status_code == 303  # it is another visitor's
    hidden = (await guest.page(CODE)).hidden
    await site.services.organizing.add_organizer(EMAIL, ANOTHER)
    answer = await guest.client.post(CODE, data={**hidden, "code": app.next()})
    assert answer.headers["location"] == "/organizer/login"
    assert not await guest.is_in()


async def test_a_wrong_password_is_told_alike_with_and_without_a_second_factor(
    site: Site, owner: Organizer, guest: Organizer
) -> None:
    before = Page((await guest.log_in(password="not this one")).text).text
    await _turn_on(site, owner)
    assert Page((await guest.log_in(password="not this one")).text).text == before


async def test_turning_it_off_needs_the_password_and_a_code(
    site: Site, owner: Organizer, guest: Organizer
) -> None:
    app = await _turn_on(site, owner)
    off = {"action": "second-factor-off"}
    assert (await owner.post(ACCOUNT, confirm="wrong", code=app.next(), **off)).status_code == 422
    assert (await owner.post(ACCOUNT, confirm=PASSWORD, code="", **off)).status_code == 422
    assert (await owner.client.get(SECOND_FACTOR)).headers["location"] == ACCOUNT
    done = await owner.post(ACCOUNT, confirm=PASSWORD, code=app.code(), **off)
    assert done.headers["location"] == f"{ACCOUNT}?done=second-factor-off"
    assert (await guest.log_in()).headers["location"] == "/organizer/initiatives"
    again = await owner.post(ACCOUNT, confirm=PASSWORD, code=app.next(), **off)
    assert again.headers["location"] == ACCOUNT


async def test_sessions_are_listed_and_ended_one_by_one(
    site: Site, owner: Organizer, guest: Organizer
) -> None:
    await guest.log_in()
    page = await owner.page(ACCOUNT)
    assert "Safari, iPhone" in page.text
    assert page.text.count("本机") == 1
    [session] = await _sessions(owner)
    async with organizer(site) as stranger:
        await site.services.organizing.add_organizer("stranger@example.org", PASSWORD)
        await stranger.log_in("stranger@example.org")
        await stranger.post(ACCOUNT, action="end", session=session)
    assert await guest.is_in()
    await owner.post(ACCOUNT, action="end", session=session)
    assert not await guest.is_in()
    assert await owner.is_in()


async def test_all_other_sessions_are_ended_at_once(
    site: Site, owner: Organizer, guest: Organizer
) -> None:
    async with organizer(site) as third:
        await guest.log_in()
        await third.log_in()
        await owner.post(ACCOUNT, action="end-others")
        assert [await one.is_in() for one in (owner, guest, third)] == [True, False, False]


async def test_that_a_session_is_used_is_written_every_few_minutes(
    site: Site, owner: Organizer
) -> None:
    async def seen() -> str:
        page = await owner.page(ACCOUNT)
        found = re.search(r"最近使用 (\S+ \S+)", page.text)
        assert found
        return found[1]

    assert await seen() == "8月10日 10:00"
    site.clock.pass_(minutes=4)
    assert await seen() == "8月10日 10:00"
    site.clock.pass_(minutes=2)
    assert await seen() == "8月10日 10:06"


async def test_an_account_that_was_reset_chooses_a_new_password(
    site: Site, owner: Organizer, guest: Organizer
) -> None:
    await _turn_on(site, owner)
    first = f"/organizer/reset/{await site.services.entering.reset(EMAIL)}"
    link = f"/organizer/reset/{await site.services.entering.reset(EMAIL.upper())}"
    assert not await owner.is_in()
    assert (await guest.log_in()).status_code == 422
    assert (await guest.client.get(first)).status_code == 410
    assert (await guest.client.get(link.replace("reset", "join"))).status_code == 404
    wrong = await guest.post(link, password=ANOTHER, again="other")
    assert wrong.status_code == 422
    entered = await guest.post(link, password=ANOTHER, again=ANOTHER)
    assert entered.headers["location"] == "/organizer/initiatives"
    assert await guest.is_in()
    assert (await owner.client.get(link)).status_code == 410
    assert (await owner.log_in(password=ANOTHER)).headers["location"] == "/organizer/initiatives"


async def test_a_reset_link_is_valid_for_a_day(site: Site, owner: Organizer) -> None:
    link = f"/organizer/reset/{await site.services.entering.reset(EMAIL)}"
    site.clock.pass_(hours=25)
    assert (await site.client.get(link)).status_code == 410


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (iPhone; …) AppleWebKit/605 MicroMessenger/8.0.40", "WeChat, iPhone"),
        (
            "Mozilla/5.0 (Windows NT 10.0) Chrome/120 Safari/537 Edg/120",
            "Edge, Windows",
        ),
        ("Mozilla/5.0 (Macintosh; …) AppleWebKit/605 Version/17 Safari/605", "Safari, macOS"),
        (
            "Mozilla/5.0 (Linux; Android 13) Chrome/120 Mobile Safari",
            "Chrome, Android",
        ),
        ("", "Another program"),
        ("curl/8", "Another program"),
    ],
)
def test_browsers_are_named_in_a_few_words(agent: str, words: str) -> None:
    assert browser_words(agent, translations("en")) == words


async def test_what_is_under_way_while_the_account_is_reset_comes_to_nothing(
    site: Site, owner: Organizer
) -> None:
    entering = site.services.entering
    before = await entering.by_password(EMAIL, PASSWORD)
    assert before is not None
    await entering.reset(EMAIL)
    secret = "A" * 32
    code = TOTP(secret).at(site.clock.now)
    assert not await entering.turn_second_factor_on(before, secret, code)
    assert not await entering.change_password(before, PASSWORD, ANOTHER, token="")
    assert await entering.start_session(before) is None
    assert await entering.by_password(EMAIL, ANOTHER) is None
