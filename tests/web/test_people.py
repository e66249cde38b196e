"""Who has which role: invited by one-time links, changed, taken away; never without an owner."""

import asyncio
import csv
import io
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from pledge.domain.rights import Role
from tests import databases
from tests.delegate import Page
from tests.mailbox import Mailbox, mailbox
from tests.organizer import EMAIL, PASSWORD, Organizer, organizer, set_up
from tests.site import SLUG, Site, open_site

TEAM = f"/organizer/settings/{SLUG}/team"
GUEST = "guest@example.org"


@pytest.fixture
async def owner(site: Site) -> Organizer:
    return await set_up(site)


async def _invite(owner: Organizer, email: str = GUEST, role: str = "editor", **typed: str) -> str:
    """The path of the link, as it is shown once."""
    answer = await owner.post(TEAM, email=email, role=role, **typed)
    assert answer.status_code == 303, answer.text
    shown = await owner.client.get(answer.headers["location"])
    assert shown.status_code == 200
    return _link(shown.text)


def _link(html: str) -> str:
    found = re.search(r"http://pledge\.test(/organizer/join/[\w-]+)", html)
    assert found
    return found[1]


async def _join(guest: Organizer, link: str, password: str = PASSWORD) -> httpx.Response:
    return await guest.post(link, password=password, again=password)


async def _role(site: Site, email: str) -> Role | None:
    accounts = await site.services.admitting.accounts()
    return next((roles.get(SLUG) for found, roles in accounts if found.email == email), None)


async def _id(site: Site, email: str) -> int:
    accounts = await site.services.admitting.accounts()
    return next(found.id for found, _roles in accounts if found.email == email)


async def _audited(owner: Organizer) -> list[tuple[str, str, str, str]]:
    """What, of whom, before and after."""
    text = (await owner.client.get(f"/organizer/audit/{SLUG}.csv")).content.decode("utf-8-sig")
    rows = csv.DictReader(io.StringIO(text, newline=""))
    return [(row["操作"], row["对象"], row["操作前"], row["操作后"]) for row in rows]


async def test_whoever_is_invited_chooses_a_password_and_is_in(
    site: Site, owner: Organizer
) -> None:
    link = await _invite(owner, role="editor")
    async with organizer(site) as guest:
        page = await guest.page(link)
        for shown in (EMAIL, "消防产品质量提升倡议书", "编辑"):
            assert shown in page.text
        assert page.value("email") == GUEST
        answer = await _join(guest, link)
        assert (answer.status_code, answer.headers["location"]) == (
            303,
            f"/organizer/initiatives/{SLUG}",
        )
        assert (await guest.client.get(f"/organizer/links/{SLUG}")).status_code != 403
        assert (await guest.client.get(TEAM)).status_code == 403
    assert await _role(site, GUEST) is Role.EDITOR
    audited = await _audited(owner)
    assert audited[-2:] == [
        ("发出邀请", GUEST, "", "角色：编辑"),
        ("接受邀请", GUEST, "", f"角色：编辑；邀请人：{EMAIL}"),
    ]


@pytest.mark.parametrize("role", list(Role))
async def test_everybody_begins_where_their_role_leads(
    site: Site, owner: Organizer, role: Role
) -> None:
    link = await _invite(owner, role=role)
    async with organizer(site) as guest:
        entered = await _join(guest, link)
        assert entered.headers["location"].startswith("/organizer/")
    assert await _role(site, GUEST) is role


async def test_a_link_is_shown_once_and_stored_nowhere(
    site: Site, owner: Organizer, tmp_path: Path
) -> None:
    answer = await owner.post(TEAM, email=GUEST, role="staff")
    shown = await owner.client.get(answer.headers["location"])
    token = _link(shown.text).rpartition("/")[2]
    assert "<svg" in shown.text
    again = await owner.client.get(answer.headers["location"])
    assert (again.status_code, again.headers["location"]) == (303, TEAM)
    assert token not in (await owner.client.get(TEAM)).text
    kept = [
        path.read_bytes()
        for folder in databases.folders(tmp_path / "data")
        for path in folder.rglob("*")
        if path.is_file()
    ]
    stored = b"".join(kept)
    assert GUEST.encode() in stored
    assert token.encode() not in stored


async def test_a_link_works_once(site: Site, owner: Organizer) -> None:
    link = await _invite(owner)
    async with organizer(site) as guest, organizer(site) as second:
        await _join(guest, link)
        answer = await second.client.get(link)
        assert answer.status_code == 410
        assert "已经用过" in Page(answer.text).text


async def test_of_two_who_open_a_link_at_once_one_wins(site: Site, owner: Organizer) -> None:
    link = await _invite(owner)
    async with organizer(site) as first, organizer(site) as second:
        tokens = [(await one.page(link)).hidden["token"] for one in (first, second)]
        passwords = ("the first one's password", "the second one's password")
        answers = await asyncio.gather(
            *(
                one.client.post(
                    link, data={"token": token, "password": password, "again": password}
                )
                for one, token, password in zip((first, second), tokens, passwords, strict=True)
            )
        )
        entered = [answer.headers["location"] != link for answer in answers]
        assert sorted(entered) == [False, True]
        loser = second if entered[0] else first
        assert (await loser.client.get(link)).status_code == 410
        assert not await loser.is_in()
        assert (await loser.log_in(GUEST, passwords[entered.index(False)])).status_code == 422
        assert (await loser.log_in(GUEST, passwords[entered.index(True)])).status_code == 303


async def test_a_link_is_valid_for_seven_days(site: Site, owner: Organizer) -> None:
    link = await _invite(owner)
    async with organizer(site) as guest:
        site.clock.pass_(days=6.9)
        assert (await guest.client.get(link)).status_code == 200
        site.clock.pass_(days=0.2)
        answer = await guest.client.get(link)
        assert answer.status_code == 410
        assert "过期" in Page(answer.text).text
        assert (await guest.client.post(link, data={})).status_code == 410


async def test_a_revoked_link_admits_nobody(site: Site, owner: Organizer) -> None:
    link = await _invite(owner)
    [path] = re.findall(rf'action="({TEAM}/invitations/\d+)"', (await owner.client.get(TEAM)).text)
    async with organizer(site) as guest:
        token = (await guest.page(link)).hidden["token"]
        assert (await owner.post(path, at=TEAM)).status_code == 303
        sent = {"token": token, "password": PASSWORD, "again": PASSWORD}
        for answer in (await guest.client.get(link), await guest.client.post(link, data=sent)):
            assert answer.status_code == 410
            assert "已撤销" in Page(answer.text).text
    assert await _role(site, GUEST) is None
    assert (await _audited(owner))[-1] == ("撤销邀请", GUEST, "角色：编辑", "")


async def test_an_unknown_link_is_not_found(site: Site) -> None:
    for path in ("/organizer/join/x", "/organizer/reset/x"):
        assert (await site.client.get(path)).status_code == 404
        assert (await site.client.post(path, data={})).status_code == 404


async def test_invited_again_the_earlier_link_is_void(site: Site, owner: Organizer) -> None:
    first, second = await _invite(owner), await _invite(owner, role="viewer")
    assert (await site.client.get(first)).status_code == 410
    assert (await owner.client.get(TEAM)).text.count("/invitations/") == 1
    async with organizer(site) as guest:
        await _join(guest, second)
    assert await _role(site, GUEST) is Role.VIEWER


async def test_an_account_that_exists_logs_in_and_accepts(site: Site, owner: Organizer) -> None:
    await site.services.organizing.add_organizer(GUEST, PASSWORD, role=Role.VIEWER)
    await owner.post(f"{TEAM}/{await _id(site, GUEST)}", at=TEAM, action="remove")
    link = await _invite(owner, email="GUEST@example.org ")
    async with organizer(site) as guest:
        html = (await guest.client.get(link)).text
        assert 'type="password"' not in html
        token = Page((await guest.client.get("/organizer/login")).text).hidden["token"]
        stolen = {"token": token, "password": "another password", "again": "another password"}
        assert (await guest.client.post(link, data=stolen)).headers["location"] == link
        assert (await guest.log_in(GUEST, "another password")).status_code == 422
        [login] = re.findall(r'href="(/organizer/login\?next=[^"]+)"', html)
        entered = await guest.log_in(GUEST, next=httpx.URL(login).params["next"])
        assert entered.headers["location"] == link
        accepted = await guest.post(link)
        assert accepted.headers["location"] == f"/organizer/initiatives/{SLUG}"
        assert (await guest.client.get(link)).status_code == 410
    assert await _role(site, GUEST) is Role.EDITOR


async def test_nobody_else_can_accept(site: Site, owner: Organizer) -> None:
    link = await _invite(owner)
    page = await owner.page(link)
    assert GUEST in page.text
    assert EMAIL in page.text
    assert (await owner.post(link)).headers["location"] == link
    async with organizer(site) as guest:
        assert (await _join(guest, link)).status_code == 303
    assert await _role(site, EMAIL) is Role.OWNER


async def test_an_old_invitation_lowers_nobodys_role(site: Site, owner: Organizer) -> None:
    link = await _invite(owner, role="viewer")
    await site.services.organizing.add_organizer(GUEST, PASSWORD, [SLUG])
    async with organizer(site) as guest:
        await guest.log_in(GUEST)
        assert (await guest.post(link)).headers["location"] == f"/organizer/initiatives/{SLUG}"
    assert await _role(site, GUEST) is Role.OWNER


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"email": "nobody", "role": "staff"}, "电子邮箱"),
        ({"email": GUEST, "role": ""}, "请选择角色"),
        ({"email": GUEST, "role": "emperor"}, "请选择角色"),
        ({"email": EMAIL.upper(), "role": "staff"}, "已有角色"),
        ({"email": f"{'x' * 300}@example.org", "role": "staff"}, "电子邮箱"),
    ],
)
async def test_a_wrong_invitation_is_said_at_its_field(
    owner: Organizer, typed: dict[str, str], says: str
) -> None:
    answer = await owner.post(TEAM, **typed)
    assert answer.status_code == 422
    page = Page(answer.text)
    assert says in page.text
    assert page.value("email") == typed["email"]


@pytest.mark.parametrize(
    ("password", "again", "says"), [("short", "short", "10"), (PASSWORD, "other", "不一致")]
)
async def test_a_wrong_password_does_not_use_the_link_up(
    site: Site, owner: Organizer, password: str, again: str, says: str
) -> None:
    link = await _invite(owner)
    async with organizer(site) as guest:
        answer = await guest.post(link, password=password, again=again)
        assert answer.status_code == 422
        assert says in Page(answer.text).text
        assert (await _join(guest, link)).headers["location"] != link


async def test_making_initiatives_is_handed_on_by_those_alone_who_may(
    site: Site, owner: Organizer
) -> None:
    def creates() -> dict[str, bool]:
        return {found.email: found.creates for found, _roles in accounts}

    async with organizer(site) as guest, organizer(site) as third:
        await _join(guest, await _invite(owner, role="owner"))
        accounts = await site.services.admitting.accounts()
        assert creates() == {EMAIL: True, GUEST: False}
        assert "creates" not in (await guest.page(TEAM)).inputs
        await _join(third, await _invite(guest, "third@example.org", "viewer", creates="yes"))
        accounts = await site.services.admitting.accounts()
        assert creates()["third@example.org"] is False
        third_id = await _id(site, "third@example.org")
        await owner.post(f"{TEAM}/{third_id}", at=TEAM, action="remove")
        again = await _invite(owner, "third@example.org", "viewer", creates="yes")
        assert (await third.post(again)).status_code == 303
        accounts = await site.services.admitting.accounts()
        assert creates()["third@example.org"] is True


async def test_a_role_is_changed_and_taken_away_at_once(site: Site, owner: Organizer) -> None:
    async with organizer(site) as guest:
        await _join(guest, await _invite(owner, role="editor"))
        member = f"{TEAM}/{await _id(site, GUEST)}"
        exports = f"/organizer/exports/{SLUG}.csv"
        assert (await guest.client.get(exports)).status_code == 200
        await owner.post(member, at=TEAM, action="change", role="staff")
        assert (await guest.client.get(exports)).status_code == 403
        await owner.post(member, at=TEAM, action="remove")
        assert (await guest.client.get(exports)).status_code == 404
    assert (await _audited(owner))[-2:] == [
        ("调整角色", GUEST, "角色：编辑", "角色：会务人员"),
        ("取消角色", GUEST, "角色：会务人员", ""),
    ]


async def test_the_last_owner_stays(site: Site, owner: Organizer) -> None:
    own = f"{TEAM}/{await _id(site, EMAIL)}"
    for typed in ({"action": "remove"}, {"action": "change", "role": "viewer"}):
        answer = await owner.post(own, at=TEAM, **typed)
        assert answer.status_code == 422
        assert "负责人" in Page(answer.text).text
    assert own not in (await owner.client.get(TEAM)).text
    async with organizer(site) as guest:
        await _join(guest, await _invite(owner, role="owner"))
        left = await owner.post(own, at=TEAM, action="change", role="viewer")
        assert left.headers["location"] == "/organizer/initiatives"
        assert (await owner.client.get(TEAM)).status_code == 403
        assert (await guest.client.get(TEAM)).status_code == 200


async def test_two_owners_who_demote_each_other_leave_one(site: Site, owner: Organizer) -> None:
    async with organizer(site) as guest:
        await _join(guest, await _invite(owner, role="owner"))
        ids = {email: await _id(site, email) for email in (EMAIL, GUEST)}
        pairs = ((owner, ids[GUEST]), (guest, ids[EMAIL]))
        tokens = [(await one.page(TEAM)).hidden["token"] for one, _other in pairs]
        await asyncio.gather(
            *(
                one.client.post(f"{TEAM}/{other}", data={"token": token, "action": "remove"})
                for (one, other), token in zip(pairs, tokens, strict=True)
            )
        )
    roles = [await _role(site, email) for email in (EMAIL, GUEST)]
    assert roles.count(Role.OWNER) == 1


async def test_whoever_governs_no_more_has_no_invitations_open(
    site: Site, owner: Organizer
) -> None:
    async with organizer(site) as guest:
        await _join(guest, await _invite(owner, role="owner"))
        link = await _invite(guest, "third@example.org", "owner")
        member = f"{TEAM}/{await _id(site, GUEST)}"
        await owner.post(member, at=TEAM, action="change", role="editor")
    assert (await site.client.get(link)).status_code == 410


@pytest.mark.parametrize(
    ("path", "typed", "status"),
    [
        ("999", {"action": "remove"}, 404),
        ("999999999999999999999", {"action": "remove"}, 404),
        ("1", {"action": "change", "role": "emperor"}, 400),
        ("invitations/999", {}, 303),
        ("invitations/999999999999999999999", {}, 404),
    ],
)
async def test_what_is_not_there_is_said(
    owner: Organizer, path: str, typed: dict[str, str], status: int
) -> None:
    assert (await owner.post(f"{TEAM}/{path}", at=TEAM, **typed)).status_code == status


@pytest.fixture
async def post(tmp_path: Path) -> AsyncIterator[tuple[Mailbox, Site]]:
    """A site with a mail server."""
    async with (
        mailbox() as opened,
        open_site(
            tmp_path / "data", PLEDGE_SMTP_URL=opened.url, PLEDGE_MAIL_FROM="会务组 <a@example.org>"
        ) as site,
    ):
        yield opened, site


async def test_an_invitation_goes_out_by_mail(post: tuple[Mailbox, Site]) -> None:
    box, site = post
    owner = await set_up(site)
    answer = await owner.post(TEAM, email=GUEST, role="staff")
    shown = await owner.client.get(answer.headers["location"])
    assert f"已发送邮件至 {GUEST}" in Page(shown.text).text
    [letter] = box.letters
    assert (letter["to"], letter["from"]) == (GUEST, "会务组 <a@example.org>")
    assert letter["subject"] == "邀请：消防产品质量提升倡议书"
    text = letter.get_content()
    assert "会务人员" in text
    assert _link(text) == _link(shown.text)


async def test_a_mail_that_fails_loses_no_invitation(post: tuple[Mailbox, Site]) -> None:
    box, site = post
    box.refuses = True
    owner = await set_up(site)
    answer = await owner.post(TEAM, email=GUEST, role="staff")
    shown = await owner.client.get(answer.headers["location"])
    assert "邮件未能发出" in Page(shown.text).text
    assert (await site.client.get(_link(shown.text))).status_code == 200
    assert box.letters == []


async def test_without_a_mail_server_in_reach_the_link_is_shown(tmp_path: Path) -> None:
    async with open_site(
        tmp_path / "data", PLEDGE_SMTP_URL="smtp://127.0.0.1:1", PLEDGE_MAIL_FROM="a@example.org"
    ) as site:
        owner = await set_up(site)
        answer = await owner.post(TEAM, email=GUEST, role="staff")
        shown = await owner.client.get(answer.headers["location"])
        assert "邮件未能发出" in Page(shown.text).text
        assert _link(shown.text)


async def test_a_password_is_never_sent_in_the_clear(tmp_path: Path) -> None:
    async with mailbox() as box:
        url = box.url.replace("//", "//name:secret@")
        async with open_site(
            tmp_path / "data", PLEDGE_SMTP_URL=url, PLEDGE_MAIL_FROM="a@example.org"
        ) as site:
            owner = await set_up(site)
            answer = await owner.post(TEAM, email=GUEST, role="staff")
            assert httpx.URL(answer.headers["location"]).params["mail"] == "failed"
        assert not any(command.startswith("AUTH") for command in box.commands)
        assert box.letters == []
