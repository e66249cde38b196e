"""`/organizer/print/{slug}`: from the choice to the sheet."""

import pytest

from tests.delegate import Delegate, Page
from tests.paper import codes, millimetres, page_words
from tests.site import SLUG, Site
from tests.test_glyphs import NOWHERE
from tests.test_printing import invite
from tests.web.test_roster import EMAIL, PASSWORD

PRINT = f"/organizer/print/{SLUG}"


@pytest.fixture
async def desk(site: Site) -> Site:
    await site.services.organizing.add_organizer(EMAIL, PASSWORD)
    form = Page((await site.client.get("/organizer/login")).text)
    fields = {"email": EMAIL, "password": PASSWORD, **form.hidden}
    assert (await site.client.post("/organizer/login", data=fields)).status_code == 303
    return site


async def test_the_page_says_how_many_cards_there_are(desk: Site) -> None:
    await invite(desk, [(f"示例{number}有限公司", f"A-{number}") for number in range(1, 10)])
    page = (await desk.client.get(PRINT, params={"sheet": "cards", "lang": "en"})).text
    assert "<b>9</b> companies" in page
    assert "2 pages of A4" in page
    await Delegate(desk.client, await desk.link()).sign(company="示例1有限公司")
    page = (
        await desk.client.get(PRINT, params={"sheet": "cards", "missing": "yes", "lang": "zh"})
    ).text
    assert "<b>8</b> 家企业" in page
    assert "A4 纸 1 页" in page


async def test_the_address_on_the_page_gives_what_the_page_says(desk: Site) -> None:
    await invite(desk, [("示例一有限公司", "A-1"), ("示例二有限公司", "B-1")])
    chosen = {"sheet": "cards", "table": "B", "language": "en", "meeting": "dujiangyan"}
    page = (await desk.client.get(PRINT, params=chosen)).text
    [address] = [part for part in page.split('"') if part.startswith(f"{PRINT}/cards.pdf?")]
    answer = await desk.client.get(address.replace("&amp;", "&"))
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-disposition"] == f'attachment; filename="{SLUG}-cards.pdf"'
    [text] = page_words(answer.content)
    assert "示例二有限公司" in text
    assert "示例一" not in text
    assert "Scantosign" in text
    preview = await desk.client.get(address.replace("&amp;", "&").replace(".pdf", ".png"))
    assert preview.headers["content-type"] == "image/png"
    assert len(preview.content) < 100_000


async def test_a_poster_is_of_the_chosen_meeting_and_size(desk: Site) -> None:
    for size, expected in (("a4", (210, 297)), ("a3", (297, 420))):
        query = {"meeting": "shanghai", "size": size}
        answer = await desk.client.get(f"{PRINT}/poster.pdf", params=query)
        assert millimetres(answer.content) == expected
    picture = await desk.client.get(f"{PRINT}/poster.png", params={"meeting": "shanghai"})
    [address] = codes(picture.content)
    form = await desk.client.get(address[address.index("/S/") :])
    assert "上海" in form.text


async def test_characters_that_no_font_has_are_shown_with_their_companies(desk: Site) -> None:
    await invite(desk, [(f"示例{NOWHERE}有限公司", "A-1")])
    page = (await desk.client.get(PRINT, params={"sheet": "cards"})).text
    assert "没有字体可用" in page
    assert f"示例{NOWHERE}有限公司" in page
    assert "U+10FFFD" in page


async def test_without_a_roster_the_page_leads_to_it_and_nothing_is_printed(desk: Site) -> None:
    page = (await desk.client.get(PRINT, params={"sheet": "labels"})).text
    assert f'href="/organizer/roster/{SLUG}"' in page
    assert "labels.pdf" not in page
    answer = await desk.client.get(f"{PRINT}/labels.pdf", params={"table": "A"})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"{PRINT}?sheet=labels&table=A")


async def test_a_table_at_which_nobody_sits_is_said(desk: Site) -> None:
    await invite(desk, [("示例一有限公司", "A-1")])
    page = (await desk.client.get(PRINT, params={"sheet": "cards", "table": "Z"})).text
    assert "1 家受邀企业中没有符合条件的" in page
    assert 'value="Z"' in page


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{PRINT}?meeting=nowhere", 404),
        (f"{PRINT}?sheet=cards&meeting=nowhere", 404),
        (f"{PRINT}/poster.pdf?meeting=nowhere", 404),
        (f"{PRINT}/cards.pdf?meeting=nowhere", 404),
        (f"{PRINT}/banner.pdf", 404),
        (f"{PRINT}/poster.svg", 404),
        (f"{PRINT}?sheet=banner&size=a0&language=xx&missing=maybe", 200),
        (f"{PRINT}/poster.pdf?size=a0&language=xx", 200),
        (f"{PRINT}?sheet=cards&table=%F0%9F%98%80" + "A" * 500, 200),
    ],
)
async def test_what_is_no_choice_is_answered_with_a_page(
    desk: Site, path: str, status: int
) -> None:
    assert (await desk.client.get(path)).status_code == status
