"""Sheets read back as a reader and a camera do."""

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from pledge import printing
from pledge.domain.rights import OPERATOR
from pledge.printing import Choice, NothingToPrint, Sheet, leads_nowhere
from pledge.typesetting import Document
from tests import databases
from tests.delegate import Delegate
from tests.paper import codes, fonts, millimetres, page_words, words
from tests.site import ORIGIN, SLUG, Site
from tests.test_cli import data, imported, pledge, told
from tests.test_glyphs import NOWHERE

__all__ = ["data", "imported"]

MEETING = "dujiangyan"
HARD_NAMES = (
    "#panic() 示例有限公司",
    "*粗* _斜_ $x^2$ `码` <标> @引 \\ // 示例公司",
    "示例（北京）国际消防安全技术装备工程咨询与检测认证服务集团股份有限公司",
    "某" * 96 + "有限公司",
    "Example Fire Protection Systems International (Shanghai) Co., Ltd.",
    "示例𠮷野𬭸㛃有限责任公司",
)


async def invite(site: Site, companies: Sequence[tuple[str, str]]) -> int:
    """Companies and their seats, by way of a file; the initiative's id."""
    file = "企业名称,桌号\n" + "".join(f'"{name}",{seat}\n' for name, seat in companies)
    inviting = site.services.inviting
    initiative_id = await site.services.organizing.initiative_id(SLUG)
    name = await inviting.receive(initiative_id, MEETING, "roster.csv", file.encode())
    checked = await inviting.check(initiative_id, name)
    assert checked is not None
    assert checked.wrong == []
    await inviting.invite(initiative_id, checked, by=OPERATOR)
    return initiative_id


async def printed(site: Site, choice: Choice, *, picture: int = 0) -> Document:
    initiative_id = await site.services.organizing.initiative_id(SLUG)
    return await site.services.printing.sheet(initiative_id, choice, ORIGIN, picture=picture)


@pytest.mark.parametrize("sheet", [Sheet.CARDS, Sheet.LABELS])
async def test_every_code_leads_its_own_company_to_its_form(site: Site, sheet: Sheet) -> None:
    await invite(site, [(f"示例{number}有限公司", f"A-{number}") for number in range(1, 9)])
    page = await printed(site, Choice(sheet), picture=150)
    found = codes(page.content)
    assert len(found) == 8
    for number, address in enumerate(found, start=1):
        assert address.startswith(ORIGIN.upper() + "/S/")
        form = await site.client.get(address[len(ORIGIN) :])
        assert f"示例{number}" in form.text, "cards are in the order of the seats"


async def test_cards_are_in_the_order_of_the_seats_however_many_digits(site: Site) -> None:
    seats = ["A-10", "", "A-2", "B-1", "A-1"]
    await invite(site, [(f"示例{place}号公司", seat) for place, seat in enumerate(seats)])
    text = words((await printed(site, Choice(Sheet.LABELS))).content)
    assert [text.index(f"示例{place}号") for place in (4, 2, 0, 3, 1)] == sorted(
        text.index(f"示例{place}号") for place in range(5)
    )


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("sheet", [Sheet.CARDS, Sheet.LABELS])
async def test_names_are_printed_in_full_as_they_were_typed(
    site: Site, sheet: Sheet, language: str
) -> None:
    await invite(site, [(name, "A-01") for name in HARD_NAMES])
    document = await printed(site, Choice(sheet, language=language))
    text = words(document.content)
    for name in HARD_NAMES:
        assert "".join(name.split()) in text
    assert document.unset == ()


@pytest.mark.parametrize("sheet", list(Sheet))
async def test_fonts_are_ours_embedded_and_subset(site: Site, sheet: Sheet) -> None:
    await invite(site, [("示例消防科技有限公司", "A-01")])
    document = await printed(site, Choice(sheet))
    found = fonts(document.content)
    assert found
    for name, embedded in found.items():
        assert embedded, name
        assert name[6:7] == "+", f"{name} is not a subset"
        assert name[7:].startswith("Pledge"), name
    assert len(document.content) < 300_000


async def test_only_those_who_have_not_signed_and_only_a_table(site: Site) -> None:
    await invite(site, [("示例一有限公司", "A-1"), ("示例二有限公司", "A-2"), ("示例三公司", "B")])
    await Delegate(site.client, await site.link()).sign(company="示例一有限公司")
    text = words((await printed(site, Choice(Sheet.CARDS, missing=True))).content)
    assert ("示例一" in text, "示例二" in text, "示例三" in text) == (False, True, True)
    text = words((await printed(site, Choice(Sheet.CARDS, table="a"))).content)
    assert ("示例一" in text, "示例二" in text, "示例三" in text) == (True, True, False)
    with pytest.raises(NothingToPrint, match="none of the 3 invited companies"):
        await printed(site, Choice(Sheet.CARDS, table="C"))


async def test_a_link_that_has_ended_is_not_printed(site: Site, tmp_path: Path) -> None:
    initiative_id = await invite(site, [("示例一有限公司", "A"), ("示例二有限公司", "B")])
    databases.sql(
        tmp_path / "data",
        "UPDATE signing_link SET revoked_at = created_at WHERE company = :company",
        company="示例一有限公司",
    )
    outlook = await site.services.printing.outlook(initiative_id, Choice(Sheet.CARDS))
    assert (outlook.cards, outlook.ended, outlook.invited) == (1, 1, 2)
    text = words((await printed(site, Choice(Sheet.CARDS))).content)
    assert ("示例一" in text, "示例二" in text) == (False, True)


async def test_a_character_that_no_font_has_is_told_and_aborts_nothing(site: Site) -> None:
    initiative_id = await invite(site, [(f"示例{NOWHERE}有限公司", "A"), ("示例二公司", "B")])
    choice = Choice(Sheet.CARDS)
    document = await printed(site, choice)
    [unset] = document.unset
    assert (unset.character, unset.lines) == (NOWHERE, (f"示例{NOWHERE}有限公司",))
    assert "示例〓有限公司" in words(document.content)
    assert (await site.services.printing.outlook(initiative_id, choice)).unset == document.unset


async def test_the_poster_says_who_calls_for_what_and_where_to_sign(site: Site) -> None:
    document = await printed(site, Choice(Sheet.POSTER, MEETING))
    text = words(document.content)
    for said in ("应急管理部消防产品合格评定中心", "微信扫码签署", "手写签名并提交"):
        assert said in text
    [address] = codes((await printed(site, Choice(Sheet.POSTER, MEETING), picture=150)).content)
    token = address.rpartition("/")[2]
    assert f"{ORIGIN}/s/{token}" in text
    assert (await site.client.get(f"/s/{token}")).status_code == 200


@pytest.mark.parametrize(("size", "expected"), [("a4", (210, 297)), ("a3", (297, 420))])
async def test_posters_have_two_sizes_and_one_page(
    site: Site, size: str, expected: tuple[int, int]
) -> None:
    for language in ("zh", "en"):
        choice = Choice(Sheet.POSTER, size=size, language=language)
        document = await printed(site, choice)
        assert millimetres(document.content) == expected
        assert len(page_words(document.content)) == 1
        assert len(codes((await printed(site, choice, picture=150)).content)) == 1


async def test_eight_cards_and_twenty_four_labels_fill_a_page(site: Site) -> None:
    await invite(site, [(f"示例{number}有限公司", f"{number}") for number in range(1, 26)])
    assert len(page_words((await printed(site, Choice(Sheet.CARDS))).content)) == 4
    assert len(page_words((await printed(site, Choice(Sheet.LABELS))).content)) == 2


@pytest.mark.parametrize(
    ("origin", "nowhere"),
    [
        ("http://127.0.0.1:8000", True),
        ("http://localhost:8000", True),
        ("http://[::1]:8000", True),
        ("http://0.0.0.0", True),
        ("http://192.168.1.10:8000", False),
        ("https://sign.example.cn", False),
    ],
)
def test_codes_that_no_phone_can_follow_are_known(origin: str, nowhere: bool) -> None:
    assert leads_nowhere(origin) == nowhere


async def test_many_cards_are_joined_of_volumes_and_read_as_one(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(printing, "A_VOLUME", 24)
    monkeypatch.setattr(printing, "MOST_IN_ONE_PIECE", 24)
    companies = [(f"示例{number:03}有限公司", f"{number}") for number in range(1, 51)]
    await invite(site, [*companies, (f"示例{NOWHERE}公司", ""), (f"示例{NOWHERE}二公司", "0")])
    for sheet, count in ((Sheet.CARDS, 7), (Sheet.LABELS, 3)):
        document = await printed(site, Choice(sheet))
        assert len(page_words(document.content)) == count
        found = re.findall(r"示例(\d{3})", words(document.content))
        assert found == [f"{number:03}" for number in range(1, 51)]
        [unset] = document.unset
        assert len(unset.lines) == 2


def test_the_command_prints_to_a_file_and_warns_on_standard_error(
    data: Path, tmp_path: Path
) -> None:
    file, roster = tmp_path / "cards.pdf", tmp_path / "roster.csv"
    nobody = pledge(data, "print", SLUG, "cards", "-o", str(file))
    assert (nobody.returncode, nobody.stdout) == (1, "")
    assert nobody.stderr.startswith(f"Error: {SLUG} has no roster yet: ")
    assert not file.exists()
    roster.write_text(f"企业名称\n示例{NOWHERE}有限公司\n", encoding="utf-8")
    assert pledge(data, "roster", "import", SLUG, str(roster)).returncode == 0
    done = pledge(data, "print", SLUG, "cards", "-o", str(file))
    assert (done.returncode, done.stdout) == (0, "")
    assert f"示例{NOWHERE}有限公司" in done.stderr
    assert "U+10FFFD" in done.stderr
    assert "no phone can reach" in done.stderr
    quiet = pledge(
        *(data, "print", SLUG, "poster", "-o", str(file)), PLEDGE_BASE_URL="https://x.example.cn"
    )
    assert (quiet.returncode, quiet.stderr) == (0, "")
    assert file.read_bytes().startswith(b"%PDF-")


@pytest.mark.parametrize(
    ("words_", "code", "reason"),
    [
        (("poster", "--meeting", "nowhere"), 1, "has no meeting nowhere"),
        (("poster", "--missing"), 2, "go with cards and labels"),
        (("poster", "--table", "A"), 2, "go with cards and labels"),
        (("cards", "--size", "a3"), 2, "goes with posters"),
        (("banner",), 2, "banner"),
    ],
)
def test_the_command_refuses_in_one_line(
    data: Path, tmp_path: Path, words_: tuple[str, ...], code: int, reason: str
) -> None:
    done = told(data, "print", SLUG, *words_, "-o", str(tmp_path / "out.pdf"))
    assert (done.exit_code, done.stdout) == (code, "")
    assert reason in done.stderr.splitlines()[-1]
    assert not (tmp_path / "out.pdf").exists()


def test_the_command_says_where_it_cannot_write(data: Path, tmp_path: Path) -> None:
    done = pledge(data, "print", SLUG, "poster", "-o", str(tmp_path / "nowhere" / "out.pdf"))
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
