"""Lists are in the same order whichever database it is, and whatever language its server has."""

from pledge.domain.rights import OPERATOR
from pledge.domain.seats import seat_key
from pledge.store import organizers, rosters
from tests.site import SLUG, Site

_WORDS = (
    "示例",
    "a-b",
    "aB",
    "Zug",
    "zug",
    "Äpfel",
    "äpfel",
    "éclair",
    "A b",
    "ａ",
    "𠮷",
    "1",
    "10",
)


async def test_accounts_are_in_the_order_of_their_bytes(site: Site) -> None:
    for address in {f"{word.replace(' ', '_')}@example.org".lower() for word in _WORDS}:
        await site.services.organizing.add_organizer(address, "a long enough password", [SLUG])
    async with site.services.organizing._database.reading() as connection:
        found = [one.email for one, _ in await organizers.every(connection)]
    assert len(found) > len(_WORDS) // 2
    assert found == sorted(found, key=str.encode)


async def test_rosters_are_in_the_order_of_their_tables(site: Site) -> None:
    inviting = site.services.inviting
    initiative_id = await site.services.organizing.initiative_id(SLUG)
    rows = [f"{word}公司,{word}" for word in _WORDS]
    table = "\n".join(["企业名称,桌号", *rows, "没有桌号公司,"])
    name = await inviting.receive(initiative_id, "jinan", "r.csv", table.encode())
    checked = await inviting.check(initiative_id, name)
    assert checked is not None
    await inviting.invite(initiative_id, checked, by=OPERATOR)
    roster = await inviting.roster(initiative_id)
    seats = [one.seat for one in roster.invitations]
    assert seats[-1] == ""
    keys = [seat_key(seat) for seat in seats[:-1]]
    assert keys == sorted(keys, key=str.encode)
    async with site.services.organizing._database.reading() as connection:
        names = await rosters.companies(connection, initiative_id)
    assert len(names) > len(_WORDS) // 2
    assert names == sorted(names, key=str.encode)
