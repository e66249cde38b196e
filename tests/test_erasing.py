"""Erasing: of whom it was asked, nothing is found any more; all else verifies as before."""

import asyncio
import json
import random
import subprocess
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest

from pledge import sweeping
from pledge.certificate_files import FOLDER
from pledge.domain.audit import Action
from pledge.domain.erasures import (
    AlreadyErased,
    Erased,
    NoSuchEntry,
    ReasonNames,
    Rehearsed,
)
from pledge.domain.exports import JobState
from pledge.domain.ink import Ink
from pledge.domain.links import LinkKind
from pledge.domain.notices import Answer, NoticeEvent, Target, TargetKind
from pledge.domain.rights import OPERATOR
from pledge.domain.rosters import Invitation
from pledge.domain.signatures import Company, Person, Proposal, Signature, Signed, State
from pledge.register.receipts import Receipt
from pledge.store import audit, erasures, notices, signatures, stage, vacuuming
from pledge.store.database import Database
from tests import databases
from tests.register import verifier
from tests.site import SLUG, Site, open_site
from tests.test_cli import pledge
from tests.test_registering import _fetched

REASON = "本人申请"


@dataclass(frozen=True)
class Delegate:
    """Somebody of whom every field is found nowhere else."""

    number: int

    @property
    def company(self) -> Company:
        return Company(f"示例第{self.number:05}号消防有限公司")

    @property
    def person(self) -> Person:
        return Person(
            f"张{self.number:05}某", f"主任{self.number:05}", f"139{self.number:08}", publish=True
        )

    @property
    def mistyped(self) -> Person:
        return Person(f"章{self.number:05}某", f"主仼{self.number:05}", f"137{self.number:08}")

    @property
    def contact(self) -> tuple[str, ...]:
        """On the roster: contact, phone, note and a further column."""
        made = f"{self.number:05}"
        return f"联络{made}", f"136{self.number:08}", f"备注{made}", f"忌口{made}"

    @property
    def device(self) -> str:
        return sha256(f"browser {self.number}".encode()).hexdigest()

    @property
    def ink(self) -> str:
        hand = random.Random(self.number)
        points = [(hand.randrange(9000), hand.randrange(4000), 40) for _ in range(20)]
        return Ink((tuple(points[:10]), tuple(points[10:]))).encode()

    @property
    def words(self) -> tuple[str, ...]:
        """All that may not be found once this one is erased."""
        person, mistyped = self.person, self.mistyped
        return (
            *(person.name, person.title, person.phone),
            *(mistyped.name, mistyped.title, mistyped.phone),
            *(*self.contact, self.device, self.ink),
        )


async def _sign(site: Site, delegates: Iterable[Delegate]) -> None:
    """By their own links, those who have one; mistyped where `typed` says so."""
    services = site.services
    poster = await services.organizing.create_link(SLUG, LinkKind.POSTER)
    behind = await services.publishing.behind_link(poster.id)
    assert behind is not None
    invited = {one.company: one.link_id for one in await _invitations(site)}
    links = {poster.id: behind.link}
    for link_id in invited.values():
        found = await services.publishing.behind_link(link_id)
        assert found is not None
        links[link_id] = found.link
    outcomes = await asyncio.gather(
        *(
            services.signing.sign(
                Proposal(
                    links[invited.get(one.company, poster.id)],
                    f"attempt-{one.number:012}",
                    behind.initiative.text.digest,
                    one.company,
                    one.mistyped if _is_mistyped(one) else one.person,
                    f"receipt-{one.number}",
                    device=one.device,
                    ink=one.ink,
                )
            )
            for one in delegates
        )
    )
    assert all(isinstance(outcome, Signed) for outcome in outcomes)


def _is_mistyped(one: Delegate) -> bool:
    return one.number % 50 == 1


async def _invite(site: Site, delegates: Iterable[Delegate]) -> str:
    """All of them; the name of the same table, sent in once more and not taken over yet."""
    inviting = site.services.inviting
    initiative_id = await site.services.organizing.initiative_id(SLUG)
    lines = [",".join((one.company.name, *one.contact)) for one in delegates]
    table = "\n".join(["企业名称,联系人,手机,备注,忌口", *lines]).encode()
    name = await inviting.receive(initiative_id, "", "r.csv", table)
    checked = await inviting.check(initiative_id, name)
    assert checked is not None
    await inviting.invite(initiative_id, checked, by=OPERATOR)
    return await inviting.receive(initiative_id, "", "r.csv", table)


async def _invitations(site: Site) -> list[Invitation]:
    return (await site.services.inviting.roster(await _id(site), None)).invitations


async def _by_company(site: Site, state: State = State.STANDING) -> dict[str, Signature]:
    async with _database(site).reading() as connection:
        found = await signatures.numbered_after(connection, await _id(site), 0, 5000)
    return {one.company.name: one for one in found if one.state is state}


def _database(site: Site) -> Database:
    return site.services.registering._database


async def _id(site: Site) -> int:
    return await site.services.organizing.initiative_id(SLUG)


async def _erase(site: Site, *numbers: int, company: bool = False) -> Erased:
    done = await site.services.erasing.erase(
        await _id(site), numbers, company=company, by=OPERATOR, reason=REASON
    )
    assert isinstance(done, Erased), done
    return done


async def _export(site: Site, format: str) -> Path:
    services, initiative_id = site.services, await _id(site)
    source = await services.exporting.source(initiative_id, {"format": [format]})
    assert await services.long_exports.begin(source, audit_too=True, by=OPERATOR)
    while True:
        [job, *_] = await services.long_exports.jobs(initiative_id)
        assert job.state is not JobState.FAILED
        if job.state is JobState.DONE and job.choice["format"] == [format]:
            file = services.long_exports.file(job)
            assert file is not None
            return file
        await asyncio.sleep(0.02)  # a row of the database says so, and no event


def _holding(data: Path, words: Iterable[str]) -> dict[str, list[str]]:
    """Which of these are in which files, as bytes: in UTF-8, or as JSON writes them.

    By grep, which looks for all of them at once. PostgreSQL's copy of its catalogue, which comes
    and goes, holds no rows.
    """
    written = {form: word for word in words for form in (word, json.dumps(word).strip('"'))}
    searched = subprocess.run(
        ["grep", "-raoHF", "--exclude=pg_internal.init*", "-f", "-", *databases.folders(data)],
        input="\n".join(written).encode(),
        capture_output=True,
        check=False,
        env={"LC_ALL": "C"},
    )
    assert searched.returncode in (0, 1), searched.stderr
    found: dict[str, list[str]] = {}
    for line in searched.stdout.decode().splitlines():
        path, _, form = line.partition(":")
        found.setdefault(Path(path).name, []).append(written[form])
    return found


async def _receipts(site: Site, found: Iterable[Signature]) -> list[Receipt]:
    made = []
    for signature in found:
        receipt = await site.services.registering.receipt(await _id(site), SLUG, signature)
        assert isinstance(receipt, Receipt)
        made.append(receipt)
    return made


async def test_of_a_hundred_in_a_thousand_nothing_is_left_and_all_verifies(tmp_path: Path) -> None:
    everybody = [Delegate(number) for number in range(1, 1001)]
    going, staying = everybody[::10], [one for one in everybody if (one.number - 1) % 10]
    data = tmp_path / "data"
    async with open_site(data) as site:
        initiative_id, services = await _id(site), site.services
        await _invite(site, everybody[:200])
        await _sign(site, everybody)
        stood = await _by_company(site)
        for one in filter(_is_mistyped, everybody):
            number = stood[one.company.name].number
            await services.amending.correct(
                initiative_id,
                number,
                one.company,
                one.person,
                by=OPERATOR,
                reason=f"{one.mistyped.name}应为{one.person.name}",
            )
        stood = await _by_company(site)
        kept = await _receipts(site, [stood[one.company.name] for one in staying[::50]])
        held = await _receipts(site, [stood[one.company.name] for one in going[:5]])
        file = await _export(site, "json")
        numbers = [stood[one.company.name].number for one in going]
        for number in numbers:
            folder = data / FOLDER / str(initiative_id) / str(number)
            folder.mkdir(parents=True)
            (folder / "zh-pdf").write_text(f"证书{number:05}")
        words = [word for one in going for word in one.words]
        assert {word for found in _holding(data, words).values() for word in found} >= {
            word for one in going[:20] for word in (*one.contact, one.person.name, one.ink)
        }, "the search finds what is there"

        done = await _erase(site, *numbers)
        assert len(done.numbers) == 100 + len([one for one in going if _is_mistyped(one)])
        assert (done.withdrawn, done.exports) == ((), 1)
        assert await services.sweeping.finish(within=30) is None
        assert not file.exists()
        assert _holding(data, words) == {}, "while it runs"
        assert list((data / FOLDER).rglob("*.*")) == []

        key = str(services.registering.verifiers(SLUG)[0])
        entries = verifier.check_register((await _fetched(site)).__getitem__, key)
        assert len(entries) == len(everybody) + 2 * len([*filter(_is_mistyped, everybody)])
        for receipt in (*kept, *held):
            verifier.check_receipt(json.dumps(receipt.values).encode(), key)
        now = await _by_company(site)
        assert now.keys() == stood.keys()
        for receipt in await _receipts(site, [now[one.company.name] for one in going[:5]]):
            verifier.check_receipt(json.dumps(receipt.values).encode(), key)
            assert receipt.fields.keys() == {"company"}
        fresh = await _receipts(site, [now[one.company.name] for one in staying[::50]])
        assert [one.fields for one in fresh] == [one.fields for one in kept]
        for exported in ("json", "csv"):
            content = (await site.exported(exported)).decode()
            assert not [word for word in words if word in content]
            assert staying[0].person.name in content
    assert _holding(data, words) == {}, "and after it has stopped"
    others = {word for one in staying[-5:] for word in (one.person.name, one.ink)}
    assert {word for found in _holding(data, others).values() for word in found} == others


async def test_what_is_kept_for_a_while_goes_too(tmp_path: Path) -> None:
    one, data = Delegate(1), tmp_path / "data"
    async with open_site(data) as site:
        initiative_id = await _id(site)
        draft = await _invite(site, [one, Delegate(2)])
        await _sign(site, [one, Delegate(2)])
        async with _database(site).writing() as connection:
            await stage.put(connection, initiative_id, {"path": one.ink, "stage": 1}, site.clock())
        target = await _target(site, one)
        await _erase(site, (await _by_company(site))[one.company.name].number)
        assert await site.services.sweeping.finish(within=30) is None
        assert await site.services.inviting.check(initiative_id, draft) is None
        async with _database(site).reading() as connection:
            shown = (await stage.newest(connection, [initiative_id]))[initiative_id]
            answered = await notices.find(connection, initiative_id, target)
        assert (shown.sequence, shown.content) == (2, {})
        assert answered is not None
        assert answered.answer is not None
        assert (answered.answer.status, answered.answer.said) == (200, "")
        rosters = await _invitations(site)
        assert [bool(row.contact) for row in rosters] == [False, True]
        assert [row.company for row in rosters] == [one.company, Delegate(2).company]
    assert _holding(data, one.words) == {}


async def _target(site: Site, one: Delegate) -> int:
    """A target of notices that has repeated what it was told."""
    async with _database(site).writing() as connection:
        target_id = await notices.add(
            connection,
            Target(
                id=0,
                initiative_id=await _id(site),
                kind=TargetKind.STANDARD,
                name="",
                address="https://notices.example.org/hook",
                secret="",
                events=frozenset({NoticeEvent.OPENED}),
                language="zh",
                active=False,
                cursor=0,
            ),
            site.clock(),
        )
        said = f"taken: {one.person.name}"
        await notices.set_answer(
            connection, target_id, Answer(site.clock(), None, status=200, said=said)
        )
    return target_id


async def test_a_company_goes_as_well_if_it_is_asked_for(tmp_path: Path) -> None:
    one, data = Delegate(1), tmp_path / "data"
    async with open_site(data) as site:
        initiative_id, services = await _id(site), site.services
        await _invite(site, [one, Delegate(2)])
        await _sign(site, [one, Delegate(2)])
        [personal] = [row.link_id for row in await _invitations(site) if row.company == one.company]
        number = (await _by_company(site))[one.company.name].number
        other = Person("替补某", "副主任", "13500000009")
        replaced = await services.amending.replace(
            initiative_id, number, other, by=OPERATOR, reason="人员变动"
        )
        link = f"/s/{services.tokens.link(personal)}"
        assert (await site.client.get(link)).status_code == 200
        done = await _erase(site, number, company=True)
        assert done.numbers == (number, replaced.number)  # type: ignore[union-attr]
        assert done.withdrawn == (replaced.number,)  # type: ignore[union-attr]
        assert await services.sweeping.finish(within=30) is None
        assert [item["company"] for item in await site.items()] == [Delegate(2).company.name]
        assert len(await _invitations(site)) == 1
        gone = await site.client.get(link)
        assert gone.status_code == 410
        again = await site.delegate()
        signed = await again.sign(company=one.company.name, representative="新某某")
        assert signed.status_code == 303, "it may sign anew"
        await _erase(site, 4, company=True)
        assert await services.sweeping.finish(within=30) is None
        for path in (f"/r/receipt-{one.number}", f"/i/{SLUG}", f"/i/{SLUG}/signatories"):
            assert (await site.client.get(path)).status_code == 200
    assert _holding(data, [*one.words, one.company.name, other.name, other.phone, "新某某"]) == {}


async def test_with_a_company_goes_what_it_had_withdrawn_and_what_it_signed_since(
    tmp_path: Path,
) -> None:
    """Nothing but its name leads from one of these to the other; what was signed in its name by
    mistake, and corrected, is of another company.
    """
    name, other, data = Delegate(7).company.name, Delegate(8).company, tmp_path / "data"
    async with open_site(data) as site:
        initiative_id, services = await _id(site), site.services

        async def sign(person: str) -> None:
            signed = await (await site.delegate()).sign(company=name, representative=person)
            assert signed.status_code == 303

        for number, person in ((1, "初某某"), (2, "再某某")):
            await sign(person)
            await services.amending.withdraw(
                initiative_id, number, by=OPERATOR, reason=f"{name}来函"
            )
        await sign("旁某某")
        await services.amending.correct(
            initiative_id, 3, other, Person("旁某某"), by=OPERATOR, reason="名称有误"
        )
        await sign("又某某")
        prospect = await services.erasing.prospect(initiative_id, 1)
        assert prospect is not None
        assert (prospect.person, prospect.company, prospect.stands) == ((1,), (1, 2, 5), 5)
        done = await _erase(site, 2, company=True)
        assert (done.numbers, done.withdrawn) == ((1, 2, 5), (5,))
        assert await services.sweeping.finish(within=30) is None
        assert [item["company"] for item in await site.items()] == [other.name]
    assert _holding(data, ["初某某", "再某某", "又某某", f"{name}来函"]) == {}


async def test_the_log_keeps_its_lines_and_names_nobody(site: Site) -> None:
    one = Delegate(1)
    initiative_id, services = await _id(site), site.services
    await _sign(site, [one])
    await services.amending.correct(
        initiative_id, 1, one.company, one.person, by=OPERATOR, reason="笔误"
    )
    successor = Person("李某某", "经理", "13500000009")
    reason = f"{one.person.name}离职"
    await services.amending.replace(initiative_id, 2, successor, by=OPERATOR, reason=reason)
    async with _database(site).reading() as connection:
        before = await audit.of_signatures(connection, initiative_id, [1, 2, 3])
    assert (await _erase(site, 2)).numbers == (1, 2)
    async with _database(site).reading() as connection:
        after = await audit.of_signatures(connection, initiative_id, [1, 2, 3])
    assert [(line.id, line.at, line.action) for line in after[:-1]] == [
        (line.id, line.at, line.action) for line in before
    ]
    corrected, replaced, last = after
    assert (corrected.before, corrected.after) == ({}, {"number": "2"})
    assert replaced.reason == "■■离职"
    assert replaced.subject == one.company.name
    assert replaced.before == {}
    assert replaced.after == {
        "representative": "李某某",
        "title": "经理",
        "phone": "13500000009",
        "number": "3",
    }
    assert (last.action, last.subject, last.number, last.reason) == (Action.ERASED, "", 2, REASON)


async def test_walls_and_lists_show_the_company_alone_at_once(site: Site) -> None:
    one = Delegate(2)
    initiative_id, publishing = await _id(site), site.services.publishing
    await _sign(site, [one, Delegate(3)])
    number = (await _by_company(site))[one.company.name].number
    followed = site.services.feed.follow(initiative_id, 0, newest=2)
    told = await anext(followed)
    assert one.person.name in told.decode()
    await _erase(site, number)
    async with asyncio.timeout(10):
        hidden, signed = (await anext(followed)).decode().split("\n\n", 1)
    assert "event: hidden" in hidden
    item = json.loads(signed.partition("data: ")[2])
    assert item["company"] == one.company.name
    assert (item["representative"], item["ink"], item["total"]) == ("", None, 2)
    # Whoever comes back, with whatever cursor, is told from rows and not from memory.
    for cursor in range(5):
        resumed = site.services.feed.follow(initiative_id, cursor, newest=4)
        if cursor < 4:
            assert one.person.name not in (await anext(resumed)).decode()
    stored = b"".join(frame.data for frame in await publishing.frames(initiative_id, 0, 100))
    assert one.person.name not in stored.decode()
    items = {item["company"]: item for item in await site.items()}
    assert items[one.company.name]["representative"] == ""
    assert items[Delegate(3).company.name]["representative"] == Delegate(3).person.name


async def test_what_can_not_be_erased_is_said_and_nothing_is(site: Site) -> None:
    erasing, initiative_id = site.services.erasing, await _id(site)
    one = Delegate(2)
    await _sign(site, [one])

    async def refused(*numbers: int, reason: str = REASON, **how: bool) -> object:
        return await erasing.erase(initiative_id, numbers, by=OPERATOR, reason=reason, **how)

    assert await refused(1, 7) == NoSuchEntry(7)
    assert await refused(1, reason=f"{one.person.name}申请") == ReasonNames(1)
    assert (await _by_company(site))[one.company.name].person == one.person
    assert (await _erase(site, 1, 1)).numbers == (1,)
    assert await refused(1) == AlreadyErased(1)
    assert (await _erase(site, 1, company=True)).withdrawn == (1,)
    assert await refused(1, company=True) == AlreadyErased(1)
    assert await erasing.erase(-5, [1], by=OPERATOR, reason=REASON) == Rehearsed()


async def test_hidden_and_ended_entries_are_erased_without_a_word(site: Site) -> None:
    initiative_id, services = await _id(site), site.services
    await _sign(site, [Delegate(1), Delegate(2)])
    await services.moderating.hide(initiative_id, 1, by=OPERATOR)
    await services.amending.withdraw(initiative_id, 2, by=OPERATOR, reason="来函")
    before = await services.publishing.frames(initiative_id, 0, 100)
    assert (await _erase(site, 1, 2)).withdrawn == ()
    assert len(await services.publishing.frames(initiative_id, 0, 100)) == len(before)
    assert await services.moderating.restore(initiative_id, 1, by=OPERATOR)
    [item] = await site.items()
    assert item["representative"] == ""


async def test_what_was_not_swept_the_next_start_does(tmp_path: Path) -> None:
    """As after a crash between the commit and the sweeping."""
    data, one = tmp_path / "data", Delegate(1)
    async with open_site(data) as site:
        await _sign(site, [one])
        await site.services.sweeping.stop()
        await _erase(site, 1)
        found = await site.services.sweeping.of_entry(await _id(site), 1)
        assert found is not None
        assert found.swept_at is None
    async with open_site(data) as site:
        assert await site.services.sweeping.finish(within=20) is None
        assert _holding(data, one.words) == {}


async def test_while_somebody_reads_it_is_said_to_be_undone_and_done_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, one = tmp_path / "data", Delegate(1)
    async with open_site(data) as site:
        swept = site.services.sweeping
        await _sign(site, [one])
        await swept.stop()
        monkeypatch.setattr(vacuuming, "_PATIENCE", 0.2)
        async with _database(site).reader.connect() as reader:
            await reader.exec_driver_sql("BEGIN")
            await reader.exec_driver_sql("SELECT count(*) FROM signature")
            await _erase(site, 1)
            assert await swept.finish(within=1) == vacuuming.Fault.BUSY
            await reader.exec_driver_sql("ROLLBACK")
        found = await swept.of_entry(await _id(site), 1)
        assert found is not None
        assert (found.swept_at, found.fault) == (None, "busy")
        site.clock.pass_(seconds=61)
        await swept.sweep()
        assert await swept.finish(within=1) is None
        assert _holding(data, one.words) == {}


async def test_several_erasures_are_swept_together(site: Site) -> None:
    await _sign(site, [Delegate(number) for number in (1, 2, 3)])
    await site.services.sweeping.stop()
    for number in (1, 2, 3):
        await _erase(site, number)
    await asyncio.gather(*(site.services.sweeping.finish(within=20) for _ in range(3)))
    async with _database(site).reading() as connection:
        assert await erasures.unswept(connection) == []
        found = await erasures.after(connection, 0)
    assert len({one.swept_at for one in found}) == 1
    with suppress(asyncio.CancelledError):
        await site.services.sweeping.stop()


async def test_the_command_waits_until_nothing_is_left(tmp_path: Path) -> None:
    data = tmp_path / "data"
    async with open_site(data) as site:
        await _sign(site, [Delegate(1), Delegate(2)])
        await site.services.sweeping.stop()  # so that nobody else does it
        words = ("erase", SLUG, "1", "--company", "--reason", REASON, "--yes")
        done = await asyncio.to_thread(pledge, data, *words)
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        assert done.stdout == "1 erased, 1 of them withdrawn, 0 exports removed\n"
        assert _holding(data, Delegate(1).words) == {}
        again = await asyncio.to_thread(pledge, data, *words)
        assert again.returncode == 1
        assert again.stderr == "Error: nothing was erased: of No. 1 nothing is left to be erased\n"
        assert [item["number"] for item in await site.items()] == [2]


async def test_a_large_database_waits_until_nobody_signs(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For an hour at most; whoever waits for it, as the command does, need not."""
    monkeypatch.setattr(sweeping, "_QUICK", 0)
    await site.services.sweeping.stop()
    await _sign(site, [Delegate(1), Delegate(2)])
    await _erase(site, 1)
    assert await site.services.sweeping.sweep(when_quiet=True) is None
    site.clock.pass_(minutes=3)
    swept = await site.services.sweeping.sweep(when_quiet=True)
    assert swept is not None
    assert swept.fault is None
    await _sign(site, [Delegate(3)])
    await _erase(site, 2)
    assert await site.services.sweeping.sweep(when_quiet=True) is None
    assert await site.services.sweeping.sweep() is not None
    await _erase(site, 3)
    site.clock.pass_(minutes=59)
    await _sign(site, [Delegate(4)])
    assert await site.services.sweeping.sweep(when_quiet=True) is None
    site.clock.pass_(minutes=2)
    await _sign(site, [Delegate(5)])
    assert await site.services.sweeping.sweep(when_quiet=True) is not None


async def test_a_large_database_is_written_anew_by_one_process_alone(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes minutes; who comes second would have everybody wait once more."""
    services, begun, may_end = site.services, asyncio.Event(), asyncio.Event()

    async def slow(_database: Database) -> None:
        begun.set()
        await may_end.wait()

    async def large(_database: Database) -> int:
        return 4_000_000_000

    await services.sweeping.stop()
    await _sign(site, [Delegate(1)])
    await _erase(site, 1)
    monkeypatch.setattr(sweeping, "vacuum", slow)
    monkeypatch.setattr(sweeping, "size", large)
    first = asyncio.create_task(services.sweeping.sweep())
    await begun.wait()
    site.clock.pass_(minutes=5)
    assert await asyncio.wait_for(services.sweeping.sweep(), 10) is None
    may_end.set()
    swept = await first
    assert swept is not None
    async with _database(site).writing() as connection:
        [done] = await erasures.after(connection, 0)
        late = site.clock.now
        await erasures.fail(connection, [done.id], vacuuming.Fault.BUSY, again_at=late)
        assert await erasures.after(connection, 0) == [done]
