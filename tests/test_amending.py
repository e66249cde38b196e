"""Whatever is done to entries, in whatever order, the rules of the domain hold after it."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pledge.domain.amendments import Amended, Doubtful, NotStanding, Taken, Unchanged
from pledge.domain.initiatives import Approval
from pledge.domain.ink import ink
from pledge.domain.links import LinkKind
from pledge.domain.rights import Actor
from pledge.domain.signatures import Company, Person, Proposal, Signature
from pledge.store import audit, feed
from tests import databases
from tests.handwriting import handwriting, sent
from tests.site import SLUG, Site, open_site

INK = ink(sent(handwriting(5))).encode()
BY = Actor("organizer@example.org")
CODES = ("", "91510000MA0000001F", "91510000MA0000002J")
COMPANIES = [
    Company(name, code) for name in ("示例一公司", "示例（一）公司", "示例二厂") for code in CODES
]
NUMBERS = st.integers(1, 7)
ACTIONS = st.one_of(
    st.tuples(st.just("sign"), st.sampled_from(COMPANIES)),
    st.tuples(st.just("correct"), NUMBERS, st.sampled_from(COMPANIES)),
    st.tuples(st.just("replace"), NUMBERS),
    st.tuples(st.just("merge"), NUMBERS, NUMBERS, st.booleans()),
    st.tuples(st.sampled_from(("withdraw", "hide", "restore", "approve")), NUMBERS),
    st.tuples(st.just("wait for"), st.sampled_from(Approval)),
)


async def _id(site: Site) -> int:
    return await site.services.organizing.initiative_id(SLUG)


async def _sign(site: Site, company: Company, drawn: str = "") -> None:
    link = await site.services.organizing.standing_link(SLUG, LinkKind.POSTER)
    found = await site.services.publishing.behind_link(link.id)
    assert found is not None
    await site.services.signing.sign(
        Proposal(
            link=found.link,
            attempt=f"attempt {site.clock.now.timestamp()}",
            text=found.initiative.text.digest,
            company=company,
            person=Person("张某某", "经理", "13800000000", publish=True),
            receipt=f"receipt {site.clock.now.timestamp()}"[:32],
            device="a browser",
            ink=drawn,
        )
    )


async def _entry(site: Site, number: int) -> Signature:
    dossier = await site.services.reviewing.dossier(await _id(site), number)
    assert dossier is not None
    return dossier.entry


@pytest.fixture(scope="module")
def prepared() -> Iterator[Path]:
    """The folder of a site that nobody has signed at: each example begins with a copy."""

    async def open_once(folder: Path) -> None:
        async with open_site(folder):
            pass

    with TemporaryDirectory() as folder:
        asyncio.run(open_once(Path(folder) / "data"))
        yield Path(folder) / "data"


@given(actions=st.lists(ACTIONS, min_size=3, max_size=16))
@settings(max_examples=25, deadline=None)
def test_any_sequence_of_actions_keeps_the_rules(prepared: Path, actions: list[tuple]) -> None:  # type: ignore[type-arg]
    async def play(folder: Path) -> None:
        async with open_site(folder) as site:  # it holds the database against its rules at the end
            initiative_id = await _id(site)
            amending, moderating = site.services.amending, site.services.moderating
            for action, *what in actions:
                match action:
                    case "sign":
                        await _sign(site, what[0])
                    case "correct":
                        await amending.correct(
                            initiative_id, what[0], what[1], Person("李某某"), by=BY
                        )
                    case "replace":
                        await amending.replace(
                            initiative_id, what[0], Person("王某某"), by=BY, reason="换人"
                        )
                    case "merge":
                        await amending.merge(
                            initiative_id, what[0], what[1], sure=what[2], by=BY, reason="同一家"
                        )
                    case "withdraw":
                        await amending.withdraw(initiative_id, what[0], by=BY, reason="撤回")
                    case "wait for":
                        await moderating.set_approval(initiative_id, what[0], by=BY)
                    case _:
                        await getattr(moderating, action)(initiative_id, what[0], by=BY)

    with TemporaryDirectory() as folder:
        databases.copy(prepared, Path(folder) / "data")
        asyncio.run(play(Path(folder) / "data"))


async def test_a_correction_is_a_new_entry_of_the_same_act(site: Site) -> None:
    await _sign(site, Company("示例消防科技有限公可"), drawn=INK)
    old = await _entry(site, 1)
    right = Company("示例消防科技有限公司", CODES[1])
    person = Person("张某某", "总经理", "13800000000", publish=True)
    done = await site.services.amending.correct(
        await _id(site), 1, right, person, by=BY, reason="错别字"
    )
    assert done == Amended(2)
    new = await _entry(site, 2)
    assert (new.company, new.person) == (right, person)
    kept = ("signed_at", "ink", "device", "meeting_id", "link_id", "vouched", "text", "assisted")
    assert all(getattr(new, name) == getattr(old, name) for name in kept)
    assert new.receipt != old.receipt
    assert (new.replaces, (await _entry(site, 1)).replaced_by) == (1, 2)
    assert [item["number"] for item in await site.items()] == [2]
    async with site.services.organizing._database.reading() as connection:
        [line] = await audit.of_signatures(connection, await _id(site), [1])
    assert (line.who, line.reason) == (BY.name, "错别字")
    assert line.before == {"company": "示例消防科技有限公可", "uscc": "", "title": "经理"}
    assert line.after == {
        "number": "2",
        "company": right.name,
        "uscc": right.uscc,
        "title": "总经理",
    }


async def test_a_correction_to_a_name_that_is_taken_is_refused(site: Site) -> None:
    for company in (Company("示例一公司"), Company("示例二公司", CODES[1])):
        await _sign(site, company)
    amending, initiative_id = site.services.amending, await _id(site)
    person = (await _entry(site, 1)).person
    for taken in (Company("示例 二公司"), Company("示例三公司", CODES[1])):
        refused = await amending.correct(initiative_id, 1, taken, person, by=BY)
        assert refused == Taken(2)
    same = await amending.correct(initiative_id, 1, Company("示例一公司"), person, by=BY)
    assert same == Unchanged()
    namesake = await amending.correct(
        initiative_id, 1, Company("示例二公司", CODES[2]), person, by=BY
    )
    assert namesake == Amended(3)  # two companies of one name, each with its own code
    again = await amending.correct(initiative_id, 1, Company("示例四公司"), person, by=BY)
    assert again == NotStanding()


async def test_another_representative_takes_nothing_of_the_first_along(site: Site) -> None:
    await _sign(site, Company("示例一公司"), drawn=INK)
    old = await _entry(site, 1)
    site.clock.pass_(hours=1)
    done = await site.services.amending.replace(
        await _id(site), 1, Person("李某某", "总经理"), by=BY, reason="企业来函"
    )
    assert done == Amended(2)
    new = await _entry(site, 2)
    assert (new.company, new.meeting_id, new.text) == (old.company, old.meeting_id, old.text)
    assert (new.person, new.ink, new.device) == (Person("李某某", "总经理"), "", "")
    assert new.signed_at > old.signed_at
    assert new.assisted


async def test_what_is_withdrawn_may_be_signed_anew(site: Site) -> None:
    await _sign(site, Company("示例一公司"))
    amending, initiative_id = site.services.amending, await _id(site)
    assert await amending.withdraw(initiative_id, 1, 1, 9, by=BY, reason="企业要求") == 1
    assert await amending.withdraw(initiative_id, 1, by=BY, reason="企业要求") == 0
    assert await site.items() == []
    await _sign(site, Company("示例一公司"))
    assert [item["number"] for item in await site.items()] == [2]


async def test_merging_leaves_one_and_asks_twice_where_the_codes_differ(site: Site) -> None:
    for company in (
        Company("示例一公司", CODES[1]),
        Company("示例一（四川）公司"),
        Company("示例一有限公司", CODES[2]),
    ):
        await _sign(site, company)
    amending, initiative_id = site.services.amending, await _id(site)
    assert await amending.merge(initiative_id, 2, 1, by=BY, reason="同一家") == Amended(1)
    doubtful = await amending.merge(initiative_id, 3, 1, by=BY, reason="同一家")
    assert isinstance(doubtful, Doubtful)
    assert await amending.merge(initiative_id, 3, 1, sure=True, by=BY, reason="同一家") == Amended(
        1
    )
    for number, stays in ((1, 1), (1, 2), (1, 9), (9, 1)):
        refused = await amending.merge(initiative_id, number, stays, by=BY, reason="同一家")
        assert isinstance(refused, NotStanding | Unchanged)
    assert [item["number"] for item in await site.items()] == [1]
    dossier = await site.services.reviewing.dossier(initiative_id, 1)
    assert dossier is not None
    assert sorted(dossier.chain) == [1, 2, 3]


async def test_hidden_ones_stay_hidden_when_they_are_corrected(site: Site) -> None:
    await _sign(site, Company("示例一公可"))
    amending, moderating, initiative_id = (
        site.services.amending,
        site.services.moderating,
        await _id(site),
    )
    await moderating.hide(initiative_id, 1, by=BY)
    person = (await _entry(site, 1)).person
    await amending.correct(initiative_id, 1, Company("示例一公司"), person, by=BY)
    assert await site.items() == []
    assert await moderating.restore(initiative_id, 2, by=BY)
    assert [item["company"] for item in await site.items()] == ["示例一公司"]


async def test_the_roster_follows_what_was_said_to_be_a_companys(site: Site) -> None:
    """An invited company that an organizer has matched with an entry under another name."""
    await _sign(site, Company("示例消防集团"))
    initiative_id, inviting = await _id(site), site.services.inviting
    name = await inviting.receive(initiative_id, "", "r.csv", "企业名称\n样本有限公司\n".encode())
    checked = await inviting.check(initiative_id, name)
    assert checked is not None
    await inviting.invite(initiative_id, checked, by=BY)
    [invited] = (await inviting.roster(initiative_id)).invitations
    await inviting.confirm(initiative_id, invited.id, 1, by=BY)
    person = (await _entry(site, 1)).person
    await site.services.amending.correct(
        initiative_id, 1, Company("示例消防集团有限公司"), person, by=BY
    )
    assert (await inviting.roster(initiative_id)).signed[invited.id].number == 2
    await site.services.amending.withdraw(initiative_id, 2, by=BY, reason="撤回")
    assert (await inviting.roster(initiative_id)).signed == {}


async def _told(site: Site, after: int) -> list[tuple[str, dict[str, object]]]:
    """What a reader of the feed is told from a cursor on."""
    told = []
    for frame in await site.services.publishing.frames(await _id(site), after, 100):
        if frame.data:
            lines = dict(line.split(": ", 1) for line in frame.data.decode().strip().split("\n"))
            told.append((lines["event"], json.loads(lines["data"])))
    return told


async def test_the_feed_tells_that_one_is_gone_and_another_is_there(site: Site) -> None:
    await _sign(site, Company("示例一公可"))
    amending, initiative_id = site.services.amending, await _id(site)
    person = (await _entry(site, 1)).person
    await amending.correct(initiative_id, 1, Company("示例一公司"), person, by=BY)
    gone, there = await _told(site, 1)
    assert gone == ("hidden", {"index": 1, "number": 1, "total": 0})
    assert (there[0], there[1]["number"], there[1]["total"]) == ("signed", 2, 1)
    await amending.withdraw(initiative_id, 2, by=BY, reason="撤回")
    assert await _told(site, 3) == [("hidden", {"index": 3, "number": 2, "total": 0})]
    everything = json.dumps(await _told(site, 0), ensure_ascii=False)
    assert "示例一" not in everything  # whoever comes later is never told of what has gone
    async with site.services.organizing._database.reading() as connection:
        events = await feed.after(connection, initiative_id, 0, 10)
    causes = [event.cause for event in events if event.kind is feed.Kind.HIDDEN]
    assert causes == [feed.Cause.REPLACED, feed.Cause.WITHDRAWN]


async def test_of_several_who_amend_one_entry_at_once_one_does(site: Site) -> None:
    await _sign(site, Company("示例一公可"))
    amending, initiative_id = site.services.amending, await _id(site)
    person = (await _entry(site, 1)).person
    outcomes = await asyncio.gather(
        *(
            amending.correct(initiative_id, 1, Company(f"示例{number}公司"), person, by=BY)
            for number in range(5)
        ),
        amending.replace(initiative_id, 1, Person("李某某"), by=BY, reason="企业来函"),
        _sign(site, Company("示例3公司")),
    )
    assert sum(isinstance(outcome, Amended) for outcome in outcomes) == 1
    assert NotStanding() in outcomes
