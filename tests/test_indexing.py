"""Names that have been indexed are found as those that have not; what is erased is in no index."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pledge.domain.rights import OPERATOR
from pledge.store import name_index
from tests import databases
from tests.delegate import Page
from tests.site import SLUG, Site

PATH = f"/i/{SLUG}/signatories"


@pytest.fixture
async def indexed(monkeypatch: pytest.MonkeyPatch, site: Site) -> Site:
    """A site with blocks of eight numbers, in which twenty companies have signed at two meetings;
    sixteen are indexed.
    """
    monkeypatch.setattr(name_index, "BLOCK", 8)
    monkeypatch.setattr("pledge.indexing.BLOCK", 8)
    monkeypatch.setattr(name_index, "STEP", 3)
    here, there = await site.delegate(), await site.delegate(meeting="jinan")
    for number in range(1, 17):
        delegate = there if number % 4 == 0 else here
        await delegate.sign(company=_company(number), representative=f"张{number}")
    await site.services.indexing.index()
    for number in range(17, 21):
        await here.sign(company=_company(number), representative=f"张{number}")
    return site


def _company(number: int) -> str:
    kind = "消防" if number % 2 else "阀门"
    return f"示例{number:02}{kind}有限公司" if number != 5 else "𠮷野𠮷野（四川）有限公司"


async def _found(site: Site, q: str, **query: str) -> list[int]:
    """By the page and by cursor alike."""
    by_cursor = [item["number"] for item in await site.items(q=q, **query)]
    page = (await site.client.get(PATH, params={"q": q, **query})).text
    assert f"找到 {len(by_cursor)} 家" in page or f"{len(by_cursor)} " in page
    return by_cursor


@pytest.mark.parametrize(
    ("q", "numbers"),
    [
        ("消防", [*range(1, 5, 2), *range(7, 21, 2)]),
        ("示例05", []),
        ("示例07消防有限公司", [7]),
        ("07消", [7]),
        ("防有", [*range(1, 5, 2), *range(7, 21, 2)]),
        ("阀", list(range(2, 21, 2))),
        ("司", list(range(1, 21))),
        ("𠮷", [5]),
        ("野𠮷野", [5]),
        ("(四川)", [5]),
        ("（四", [5]),
        ("%", []),
        ("公司示例", []),
        ("限公司有", []),
        ("示例2", [20]),
    ],
)
async def test_what_is_indexed_is_found_with_what_is_not(
    indexed: Site, q: str, numbers: list[int]
) -> None:
    assert await _found(indexed, q) == numbers


async def test_a_search_is_narrowed_to_a_meeting(indexed: Site) -> None:
    assert await _found(indexed, "阀门", meeting="jinan") == [4, 8, 12, 16]
    assert await _found(indexed, "阀", meeting="jinan") == [4, 8, 12, 16]
    assert await _found(indexed, "消", meeting="jinan") == []


async def test_what_is_hidden_is_not_found(indexed: Site) -> None:
    initiative_id = await indexed.services.organizing.initiative_id(SLUG)
    await indexed.services.moderating.hide(initiative_id, 7, by=OPERATOR, reason="")
    assert await _found(indexed, "07消防") == []
    await indexed.services.moderating.restore(initiative_id, 7, by=OPERATOR, reason="")
    assert await _found(indexed, "07消防") == [7]


async def test_nothing_of_what_is_erased_stays_in_the_index(indexed: Site, tmp_path: Path) -> None:
    initiative_id = await indexed.services.organizing.initiative_id(SLUG)
    await indexed.services.erasing.erase(
        initiative_id, [5], company=True, by=OPERATOR, reason="申请"
    )
    await indexed.services.erasing.erase(
        initiative_id, [19], company=True, by=OPERATOR, reason="申请"
    )
    await indexed.services.indexing.index()
    await indexed.services.sweeping.finish(within=5)
    data = tmp_path / "data"
    grams = {bytes(gram).decode() for [gram] in databases.sql(data, "SELECT gram FROM name_gram")}
    assert databases.sql(data, "SELECT indexed FROM name_index") == [(20,)]
    assert not [gram for gram in grams if "𠮷" in gram or "19" in gram]
    for folder in databases.folders(data):
        for file in folder.rglob("*"):
            assert file.is_dir() or "𠮷".encode() not in file.read_bytes(), file


async def test_what_is_erased_while_it_is_read_is_not_indexed(
    indexed: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The index is written of what was read before; the fixture holds it against the entries."""
    initiative_id = await indexed.services.organizing.initiative_id(SLUG)
    read = name_index.names

    async def read_and_erase(*given: object) -> list[tuple[int, int, str, str]]:
        rows = await read(*given)  # type: ignore[arg-type]
        monkeypatch.setattr(name_index, "names", read)
        await indexed.services.erasing.erase(
            initiative_id, [18], company=True, by=OPERATOR, reason="申请"
        )
        return rows

    monkeypatch.setattr(name_index, "names", read_and_erase)
    await indexed.services.indexing.index()
    assert await _found(indexed, "18阀门") == []


async def test_a_search_that_finds_very_many_says_so(
    indexed: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pledge.store.listing.matching.__kwdefaults__", {"most": 6})
    page = (await indexed.client.get(PATH, params={"q": "公司"})).text
    assert "超过 6 家" in page
    answer = (await indexed.client.get(f"{PATH}.json", params={"q": "公司"})).json()
    assert (answer["total"], answer["more"], len(answer["items"])) == (6, True, 20)


async def test_a_certificate_is_found_by_an_indexed_name(indexed: Site) -> None:
    page = Page((await indexed.client.get("/verify", params={"q": "𠮷野"})).text)
    assert "𠮷野𠮷野（四川）有限公司" in page.text


async def test_every_page_shows_what_stands_on_it(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Spans are passed over in which nothing is shown, and counted where something is."""
    monkeypatch.setattr("pledge.store.listing._NEWEST", 10)
    await site.sign_many(1, 620)
    initiative_id = await site.services.organizing.initiative_id(SLUG)
    hidden = [*range(520, 621), *range(100, 110), 3]
    for number in hidden:
        await site.services.moderating.hide(initiative_id, number, by=OPERATOR, reason="")
    shown = [number for number in range(620, 0, -1) if number not in hidden]
    for page in (1, 2, 5, 11, 99):
        text = (await site.client.get(PATH, params={"page": page})).text
        first = min(page - 1, (len(shown) - 1) // 50) * 50
        numbers = [int(one) for one in re.findall(r"示例(\d+)<wbr>", text)]
        assert numbers == shown[first : first + 50], page


def test_grams_are_appended_byte_by_byte() -> None:
    """Numbers hold zero bytes, which SQLite must not take for the end of a text."""
    with closing(sqlite3.connect(":memory:")) as connection:
        [[joined]] = connection.execute("SELECT CAST(x'0100' || x'0002' AS BLOB)")
    assert joined == b"\x01\x00\x00\x02"
