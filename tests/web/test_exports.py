"""Exports in the console: choosing them, having them at once, or made in the background."""

import asyncio
import csv
import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import httpx
import pytest
from sqlalchemy import update
from sqlalchemy.exc import OperationalError

from pledge.checking import check
from pledge.content import read_content
from pledge.domain.exports import Job, JobState
from pledge.domain.rights import Role
from pledge.register.notes import VerifierKey
from pledge.store import exports, organizers
from pledge.store.schema import initiative
from tests.delegate import Page
from tests.site import SAMPLE, SLUG, Site, open_site

PAGE = f"/organizer/exports/{SLUG}"
PASSWORD = "a long enough password"
MEETINGS = ("jingjiang", "jinan", "shenyang", "tianjin", "yongkang", "guangzhou", "shanghai")


async def _enter(site: Site, role: Role = Role.OWNER, email: str = "o@example.org") -> str:
    """Logs in with a role; answers with the token of forms."""
    made = await site.services.organizing.add_organizer(email, PASSWORD, ["other"])
    initiative_id = await site.services.organizing.initiative_id(SLUG)
    async with site.services.organizing._database.writing() as connection:
        await organizers.grant(connection, made.id, initiative_id, role)
    form = Page((await site.client.get("/organizer/login")).text)
    entered = await site.client.post(
        "/organizer/login", data={"email": email, "password": PASSWORD, **form.hidden}
    )
    assert entered.status_code == 303
    return Page((await site.client.get(PAGE)).text).value("token")


@pytest.fixture
async def token(site: Site) -> str:
    await site.services.organizing.import_initiative(replace(read_content(SAMPLE), slug="other"))
    return await _enter(site)


def _everything(token: str, **chosen: str) -> dict[str, str]:
    boxes = {f"meeting-{key}": key for key in (*MEETINGS, "dujiangyan")}
    boxes |= {f"state-{state}": state for state in ("standing", "waiting", "hidden", "replaced")}
    boxes |= {f"column-{field}": field for field in ("number", "company", "phone")}
    return {"token": token, "extent": "full", "language": "zh", **boxes, **chosen}


async def _jobs(site: Site) -> list[Job]:
    initiative_id = await site.services.organizing.initiative_id(SLUG)
    return await site.services.long_exports.jobs(initiative_id)


async def _once(site: Site, holds: Callable[[Job], bool]) -> Job:
    """The newest export, once it is so; it is made by a process of its own."""
    async with asyncio.timeout(60):
        while True:
            found = await _jobs(site)
            if found and holds(found[0]):
                return found[0]
            await asyncio.sleep(0.05)


def _ended(job: Job) -> bool:
    return job.state in (JobState.DONE, JobState.FAILED)


async def test_the_page_offers_every_choice(site: Site, token: str) -> None:
    page = Page((await site.client.get(PAGE)).text)
    for words in ("Excel 工作簿", "签名册", "统一社会信用代码", "山东·济南", "待审核"):
        assert words in page.text
    assert "checked" in page.inputs["meeting-jinan"]


async def test_a_short_table_is_downloaded_at_once_as_chosen(site: Site, token: str) -> None:
    await (await site.delegate(meeting="jinan")).sign()
    await (await site.delegate()).sign(company="示例另一公司")
    form = _everything(token, format="csv", language="en")
    del form["meeting-dujiangyan"]
    sent = await site.client.post(PAGE, data=form)
    assert sent.status_code == 303
    answer = await site.client.get(sent.headers["location"])
    assert answer.headers["content-disposition"] == f'attachment; filename="{SLUG}.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
    assert [list(row.values()) for row in rows] == [["1", "示例消防科技有限公司", "13800000000"]]
    assert list(rows[0]) == ["Number", "Company", "Phone"]
    assert await _jobs(site) == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"format": ""}, "请选择格式"),
        ({"format": "doc"}, "doc"),
        ({"meeting-jinan": "nowhere"}, None),
        ({"column-device": "device"}, "device"),
        ({"language": "fr"}, "fr"),
        ({"meeting-nowhere": "x"}, "nowhere"),
    ],
)
async def test_what_can_not_be_chosen_is_said_and_the_rest_kept(
    site: Site, token: str, change: dict[str, str], says: str | None
) -> None:
    form = {**_everything(token, format="csv"), **change}
    answer = await site.client.post(PAGE, data=form)
    if says is None:  # the value of a box is its name's
        assert answer.status_code == 303
        return
    assert answer.status_code == 422
    page = Page(answer.text)
    assert says in page.text
    assert "checked" in page.inputs["column-phone"]
    assert "checked" not in page.inputs["column-title"]


@pytest.mark.parametrize("group", ["meeting", "state", "column"])
async def test_a_form_without_any_box_of_a_group_is_sent_back(
    site: Site, token: str, group: str
) -> None:
    form = _everything(token, format="csv")
    form = {name: value for name, value in form.items() if not name.startswith(f"{group}-")}
    answer = await site.client.post(PAGE, data=form)
    assert answer.status_code == 422
    assert f'id="{group}-error"' in answer.text


@pytest.mark.parametrize(
    "query", ["state=lost", "column=device", "meeting=nowhere", "extent=all", "language=x"]
)
async def test_an_address_with_a_wrong_choice_is_refused(
    site: Site, token: str, query: str
) -> None:
    assert (await site.client.get(f"{PAGE}.csv?{query}")).status_code == 400
    assert (await site.client.get(f"{PAGE}.doc")).status_code == 404


async def test_the_public_export_by_its_address(site: Site, token: str) -> None:
    await (await site.delegate()).sign(representative="张某某", phone="13800000009")
    answer = await site.client.get(f"{PAGE}.json?extent=public")
    assert answer.headers["content-disposition"] == f'attachment; filename="{SLUG}-public.json"'
    [item] = json.loads(answer.content)["items"]
    assert item["representative"] == "张"
    assert "13800000009" not in answer.text


async def test_what_was_exported_stands_in_the_audit_log(site: Site, token: str) -> None:
    await (await site.delegate()).sign()
    await site.client.get(f"{PAGE}.csv?extent=public&meeting=dujiangyan")
    log = (await site.client.get(f"/organizer/audit/{SLUG}.csv")).text
    assert re.search(r"o@example\.org,.*csv,.*1.*仅公开内容.*dujiangyan", log)


async def test_a_bundle_is_made_in_the_background_and_fetched(site: Site, token: str) -> None:
    await (await site.delegate()).sign()
    sent = await site.client.post(PAGE, data=_everything(token, format="bundle"))
    assert sent.headers["location"] == f"{PAGE}#jobs"
    job = await _once(site, _ended)
    assert (job.state, job.rows) == (JobState.DONE, 1)
    shown = Page((await site.client.get(PAGE)).text).text
    assert job.sha256 in shown
    fetched = await site.client.get(f"{PAGE}/files/{job.name}")
    assert fetched.headers["content-disposition"] == f'attachment; filename="{SLUG}.zip"'
    assert len(fetched.content) == job.size
    assert sha256(fetched.content).hexdigest() == job.sha256
    with ZipFile(io.BytesIO(fetched.content)) as archive:
        assert {"signatories.pdf", "audit.csv", "SHA256SUMS"} <= set(archive.namelist())
    path = site.services.settings.data / "exports" / job.name
    assert path.stat().st_mode & 0o777 == 0o600
    key = (await site.client.get(f"/i/{SLUG}/register/key")).text.strip()
    assert check(path, [VerifierKey.parse(key)]).differences == []
    log = (await site.client.get(f"/organizer/audit/{SLUG}.csv")).text
    assert log.count("bundle") == 2  # begun, and fetched
    await _press(site, token, job, "remove")
    assert not path.exists()
    assert (await site.client.get(f"{PAGE}/files/{job.name}")).status_code == 404


async def _press(site: Site, token: str, job: Job, action: str) -> httpx.Response:
    answer = await site.client.post(
        f"{PAGE}/files/{job.name}/state", data={"token": token, "action": action}
    )
    assert answer.status_code == 303
    return answer


async def test_a_long_download_comes_from_a_process_of_its_own(site: Site, token: str) -> None:
    await (await site.delegate()).sign()
    answer = await site.client.get(f"{PAGE}.pdf")
    assert answer.content.startswith(b"%PDF")
    assert answer.headers["content-type"] == "application/pdf"


async def test_a_role_that_may_not_see_the_audit_log_gets_none(site: Site, token: str) -> None:
    token = await _enter(site, Role.VIEWER, "v@example.org")
    await site.client.post(PAGE, data=_everything(token, format="bundle"))
    job = await _once(site, _ended)
    fetched = await site.client.get(f"{PAGE}/files/{job.name}")
    with ZipFile(io.BytesIO(fetched.content)) as archive:
        assert "audit.csv" not in archive.namelist()


async def test_the_log_in_an_owners_bundle_is_not_for_whoever_may_fetch_exports(
    site: Site, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await site.client.post(PAGE, data=_everything(token, format="bundle"))
    owners = await _once(site, _ended)
    with monkeypatch.context() as broken:
        broken.setattr("pledge.long_exports.MAKER", "pledge.no_such_maker")
        site.clock.pass_(seconds=1)
        await site.client.post(PAGE, data=_everything(token, format="bundle"))
        failed = await _once(site, _ended)
    token = await _enter(site, Role.VIEWER, "v@example.org")
    assert (await site.client.get(f"{PAGE}/files/{owners.name}")).status_code == 403
    assert owners.name not in re.findall(r'href="[^"]*/files/([^"]+)"', await _html(site))
    site.clock.pass_(seconds=1)
    await _press(site, token, failed, "again")
    again = await _once(site, _ended)
    fetched = await site.client.get(f"{PAGE}/files/{again.name}")
    with ZipFile(io.BytesIO(fetched.content)) as archive:
        assert "audit.csv" not in archive.namelist()


async def _html(site: Site) -> str:
    return (await site.client.get(PAGE)).text


async def test_what_may_no_longer_be_told_to_the_public_is_not_fetched(
    site: Site, token: str
) -> None:
    await site.client.post(PAGE, data=_everything(token, format="pdf", extent="public"))
    job = await _once(site, _ended)
    await _show(site, signatories=False)
    assert (await site.client.get(f"{PAGE}/files/{job.name}")).status_code == 404


async def test_an_export_is_of_its_initiative_alone(site: Site, token: str) -> None:
    await site.client.post(PAGE, data=_everything(token, format="bundle"))
    job = await _once(site, _ended)
    elsewhere = f"/organizer/exports/other/files/{job.name}"
    assert (await site.client.get(elsewhere)).status_code == 404
    data = {"token": token, "action": "remove"}
    await site.client.post(f"{elsewhere}/state", data=data)
    assert (await site.client.get(f"{PAGE}/files/{job.name}")).status_code == 200


async def test_an_export_that_is_called_off_leaves_nothing(site: Site, token: str) -> None:
    await site.sign_many(1, 3000)
    form = _everything(token, format="bundle")
    await site.client.post(PAGE, data=form)
    job = await _once(site, lambda job: job.state is JobState.RUNNING)
    page = Page((await site.client.get(PAGE)).text)
    assert "取消" in page.text
    await _press(site, token, job, "remove")
    assert await _jobs(site) == []
    folder = site.services.settings.data / "exports"
    async with asyncio.timeout(30):
        while any(folder.iterdir()):  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def test_a_maker_that_fell_silent_has_failed_and_can_be_replaced(
    site: Site, token: str
) -> None:
    """As after a power cut: the row says that it is being made, and nobody makes it."""
    await (await site.delegate()).sign()
    await _abandon(site, "abandoned")
    site.clock.pass_(seconds=30)
    [job] = await _jobs(site)
    assert job.state is JobState.FAILED
    assert "中断" in Page((await site.client.get(PAGE)).text).text
    await site.services.long_exports.tidy_up()
    await _press(site, token, job, "again")
    again = await _once(site, _ended)
    assert (again.state, again.rows) == (JobState.DONE, 1)
    assert [job.name for job in await _jobs(site)] == [again.name]


async def _abandon(site: Site, name: str) -> None:
    initiative_id = await site.services.organizing.initiative_id(SLUG)
    now = site.clock()
    job = Job(
        name=name,
        initiative_id=initiative_id,
        who="o@example.org",
        choice={"format": ["csv"]},
        audit=False,
        origin="",
        state=JobState.RUNNING,
        created_at=now,
    )
    async with site.services.organizing._database.writing() as connection:
        await exports.add(connection, job)
        await exports.beat(connection, name, done=1, total=2, at=now)


async def test_files_go_after_a_day_and_orphans_at_once(site: Site, token: str) -> None:
    await site.client.post(PAGE, data=_everything(token, format="bundle"))
    job = await _once(site, _ended)
    folder = site.services.settings.data / "exports"
    orphans = [folder / "orphan", folder / "orphan.making", folder / f"{job.name}.making"]
    _leave(orphans)
    await site.services.long_exports.tidy_up()
    assert [path.name for path in folder.iterdir()] == [job.name]
    site.clock.pass_(hours=25)
    await site.services.long_exports.tidy_up()
    assert list(folder.iterdir()) == []
    assert await _jobs(site) == []


async def test_a_file_is_kept_while_its_row_is_about_to_say_that_it_is_done(
    site: Site, token: str
) -> None:
    """What another process sees that tidies up in this very moment."""
    await _abandon(site, "just-made")
    folder = site.services.settings.data / "exports"
    folder.mkdir(exist_ok=True)
    (folder / "just-made").write_bytes(b"x")
    await site.services.long_exports.tidy_up()
    assert (folder / "just-made").exists()


async def test_whatever_goes_wrong_exports_are_made_afterwards(
    site: Site, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(_path: Path) -> None:
        raise PermissionError

    with monkeypatch.context() as broken:
        broken.setattr("pledge.long_exports._remove", unreadable)
        folder = site.services.settings.data / "exports"
        folder.mkdir(exist_ok=True)
        (folder / "orphan").write_bytes(b"x")
        site.services.long_exports._wanted.set()
        await asyncio.sleep(0.1)
    await site.client.post(PAGE, data=_everything(token, format="pdf"))
    assert (await _once(site, _ended)).state is JobState.DONE


async def test_a_maker_ends_when_told_to_although_the_database_is_away(
    site: Site, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    making = asyncio.Event()

    async def make(*_given: object) -> None:
        making.set()
        await asyncio.sleep(60)

    async def away(*_given: object) -> None:
        raise OperationalError("", {}, Exception())

    await _abandon(site, "under-way")
    [job] = await _jobs(site)
    monkeypatch.setattr(site.services.long_exports, "_follow", make)
    monkeypatch.setattr(site.services.long_exports, "_fail", away)
    task = asyncio.create_task(site.services.long_exports._make(job))
    await making.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def _leave(orphans: list[Path]) -> None:
    orphans[0].write_bytes(b"x")
    for folder in orphans[1:]:
        folder.mkdir()
        (folder / "export").write_bytes(b"x")


async def test_an_export_that_fails_says_so(
    site: Site, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pledge.long_exports.MAKER", "pledge.no_such_maker")
    await site.client.post(PAGE, data=_everything(token, format="bundle"))
    job = await _once(site, _ended)
    assert job.state is JobState.FAILED
    page = Page((await site.client.get(PAGE)).text)
    assert "重试" in page.text
    assert (await site.client.get(f"{PAGE}/files/{job.name}")).status_code == 404


async def test_what_is_being_made_when_the_site_stops_has_failed(tmp_path: Path) -> None:
    async with open_site(tmp_path / "data") as site:
        await site.services.organizing.import_initiative(
            replace(read_content(SAMPLE), slug="other")
        )
        token = await _enter(site)
        await site.sign_many(1, 3000)
        await site.client.post(PAGE, data=_everything(token, format="bundle"))
        await _once(site, lambda job: job.state is JobState.RUNNING)
    async with open_site(tmp_path / "data") as site:
        [job] = await _jobs(site)
        assert (job.state, job.fault) == (JobState.FAILED, "interrupted")
        assert not any((tmp_path / "data" / "exports").iterdir())


async def test_no_more_than_so_many_are_under_way(
    site: Site, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pledge.long_exports.MOST_UNDER_WAY", 1)
    await _abandon(site, "under-way")
    answer = await site.client.post(PAGE, data=_everything(token, format="pdf"))
    assert answer.status_code == 422


async def test_the_public_can_not_be_told_what_it_does_not_see(site: Site, token: str) -> None:
    await _show(site, signatories=False)
    assert (await site.client.get(f"{PAGE}.csv?extent=public")).status_code == 400
    answer = await site.client.post(PAGE, data=_everything(token, format="csv", extent="public"))
    assert answer.status_code == 422


async def _show(site: Site, **shows: Any) -> None:
    async with site.services.organizing._database.writing() as connection:
        shown = {"signatories": True, "representatives": True, "ink": True, **shows}
        await connection.execute(
            update(initiative).where(initiative.c.slug == SLUG).values(shows=shown)
        )
