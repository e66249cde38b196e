"""The signature book, read back."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pypdf import PdfReader

from pledge import books
from pledge.books import ROWS_A_PAGE, Entry, book
from pledge.domain.initiatives import Initiative
from pledge.domain.ink import ink
from tests.handwriting import handwriting, sent
from tests.paper import fonts, page_words, words
from tests.site import SLUG, Site
from tests.test_glyphs import NOWHERE

FIRST = datetime(2023, 8, 10, 10, 42, tzinfo=ZoneInfo("Asia/Shanghai"))
DRAWN = ink(sent(handwriting(1)))
assert DRAWN is not None


@pytest.fixture
async def initiative(site: Site) -> Initiative:
    found = await site.services.publishing.by_slug(SLUG)
    assert found is not None
    return found.initiative


def entry(number: int, company: str = "", ink: str = "") -> Entry:
    return Entry(
        number,
        company or f"示例{number:04}有限公司",
        "张某某",
        "质量负责人",
        FIRST + timedelta(minutes=number),
        "四川·都江堰",
        ink,
    )


async def each(entries: list[Entry]) -> AsyncIterator[Entry]:
    for one in entries:
        yield one


async def test_what_stands_no_longer_is_marked_and_not_counted(
    initiative: Initiative, tmp_path: Path
) -> None:
    path = tmp_path / "book.pdf"
    entries = [entry(1), replace(entry(2), ended="已撤回"), replace(entry(3), ended="已更换")]
    assert await book(initiative, each(entries), "zh", path) == []
    title, _text, *listed = page_words(path.read_bytes())
    assert "1家企业签署" in title
    assert "".join(listed).count("已撤回") == 1
    assert "".join(listed).count("已更换") == 1


async def test_a_book_has_title_text_and_signatories_in_order(
    initiative: Initiative, tmp_path: Path
) -> None:
    path = tmp_path / "book.pdf"
    entries = [entry(number) for number in range(1, 31)]
    assert await book(initiative, each(entries), "zh", path) == []
    title, text, *listed = page_words(path.read_bytes())
    assert "30家企业签署" in title
    assert title.endswith("二〇二三年八月十日")
    assert "一、依法合规生产" in text
    assert "六、推进技术创新与优质服务" in text
    assert re.findall(r"示例(\d{4})", "".join(listed)) == [f"{n:04}" for n in range(1, 31)]
    assert [page.count("张某某") for page in listed] == [ROWS_A_PAGE, ROWS_A_PAGE, 2]
    assert "第1页共4页" in text
    assert "第4页共4页" in listed[-1]
    assert "2023-08-1010:43" in listed[0]


async def test_a_book_in_english(initiative: Initiative, tmp_path: Path) -> None:
    path = tmp_path / "book.pdf"
    await book(initiative, each([entry(1)]), "en", path)
    text = words(path.read_bytes())
    for said in ("1signatory", "1.Producelawfully", "Page1of", "10August2023"):
        assert said in text, said


async def test_the_ink_is_drawn_as_lines_and_not_as_dots(
    initiative: Initiative, tmp_path: Path
) -> None:
    with_ink, without = tmp_path / "1.pdf", tmp_path / "2.pdf"
    await book(initiative, each([entry(1, ink=DRAWN.encode())]), "zh", with_ink)
    await book(initiative, each([entry(1)]), "zh", without)
    assert with_ink.stat().st_size > without.stat().st_size + 500
    assert b"/Subtype/Image" not in with_ink.read_bytes()


async def test_a_short_book_is_tagged_and_names_its_language(
    initiative: Initiative, tmp_path: Path
) -> None:
    path = tmp_path / "book.pdf"
    await book(initiative, each([entry(1)]), "zh", path)
    found = PdfReader(path)
    assert found.metadata
    assert found.metadata.title == "《消防产品质量提升倡议书》签名册"
    assert str(found.trailer["/Root"]["/Lang"]).startswith("zh")
    assert found.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert all(name[6] == "+" and embedded for name, embedded in fonts(path.read_bytes()).items())


async def test_the_same_signatures_give_the_same_book(
    initiative: Initiative, tmp_path: Path
) -> None:
    for name in ("1.pdf", "2.pdf"):
        await book(initiative, each([entry(1), entry(2)]), "zh", tmp_path / name)
    assert (tmp_path / "1.pdf").read_bytes() == (tmp_path / "2.pdf").read_bytes()


async def test_a_long_book_is_joined_of_volumes_and_reads_as_one(
    initiative: Initiative, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(books, "ROWS_A_VOLUME", 2 * ROWS_A_PAGE)
    monkeypatch.setattr(books, "MOST_IN_ONE_PIECE", 2 * ROWS_A_PAGE)
    path, steps = tmp_path / "book.pdf", []
    entries = [entry(number) for number in range(1, 62)]
    assert await book(initiative, each(entries), "zh", path, progress=steps.append) == []
    assert steps == [28, 56, 61]
    _title, *numbered = page_words(path.read_bytes())
    assert len(numbered) == 6
    for number, page in enumerate(numbered, start=1):
        assert f"第{number}页共6页" in page
    assert re.findall(r"示例(\d{4})", "".join(numbered)) == [f"{n:04}" for n in range(1, 62)]
    found = PdfReader(path)
    assert found.metadata
    assert found.metadata.title == "《消防产品质量提升倡议书》签名册"
    assert found.trailer["/Root"]["/Lang"] == "zh-CN"


async def test_what_no_font_has_is_told_once_for_all_volumes(
    initiative: Initiative, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(books, "ROWS_A_VOLUME", ROWS_A_PAGE)
    monkeypatch.setattr(books, "MOST_IN_ONE_PIECE", ROWS_A_PAGE)
    names = {1: f"示例{NOWHERE}甲公司", 20: f"示例{NOWHERE}乙公司"}
    entries = [entry(number, names.get(number, "")) for number in range(1, 21)]
    warnings = await book(initiative, each(entries), "zh", tmp_path / "book.pdf")
    assert warnings == [f"{NOWHERE} (U+10FFFD): 示例{NOWHERE}甲公司; 示例{NOWHERE}乙公司"]


async def test_a_book_of_nobody_still_holds_the_text(
    initiative: Initiative, tmp_path: Path
) -> None:
    path = tmp_path / "book.pdf"
    assert await book(initiative, each([]), "zh", path) == []
    title, *text = page_words(path.read_bytes())
    assert "0家企业签署" in title
    assert "依法合规生产" in "".join(text)


async def test_hostile_names_are_text_and_stay_in_their_row(
    initiative: Initiative, tmp_path: Path
) -> None:
    names = [
        "#panic()有限公司",
        "$x$*y*_z_`w`公司",
        "]{}\\#let公司",
        "某" * 100,
        "W" * 100,
        "<p>&公司",
    ]
    entries = [entry(place, name) for place, name in enumerate(names * 3, start=1)]
    path = tmp_path / "book.pdf"
    await book(initiative, each(entries), "zh", path)
    _title, _text, first, second = page_words(path.read_bytes())
    assert [page.count("张某某") for page in (first, second)] == [ROWS_A_PAGE, 4]
    for name in names:
        assert name in first
