"""Content files: what a copied and edited one may hold, and what is said of a wrong one."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pledge.content import read_content
from pledge.domain.initiatives import Ask, Asks, Shows
from pledge.errors import InvalidContent
from pledge.organizing import Organizing
from tests.site import SAMPLE, SLUG, Site


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The sample, copied to be edited."""
    for path in SAMPLE.parent.iterdir():
        shutil.copy(path, tmp_path)
    return tmp_path / SAMPLE.name


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_venue_and_time_are_read_in_every_language(copy: Path) -> None:
    told = "date: 2023-08-10, venue: 示例会议中心, time: 10:30, event: 示例交流会}"
    edit(copy, "date: 2023-08-10}", told)
    translation = copy.with_name("fire-product-quality.en.md")
    edit(
        translation,
        "dujiangyan: Dujiangyan, Sichuan",
        "dujiangyan: {place: Dujiangyan, venue: A Conference Centre, event: An Exchange}",
    )
    meeting = read_content(copy).meetings[-1]
    assert meeting.time == "10:30"
    assert meeting.place == {"zh": "四川·都江堰", "en": "Dujiangyan"}
    assert meeting.venue == {"zh": "示例会议中心", "en": "A Conference Centre"}
    assert meeting.event == {"zh": "示例交流会", "en": "An Exchange"}
    edit(translation, "event: An Exchange", "hall: A")
    with pytest.raises(InvalidContent, match=r"meetings\.dujiangyan\.hall"):
        read_content(copy)


def test_what_is_asked_and_shown_is_read_where_a_file_speaks_of_it(copy: Path) -> None:
    content = read_content(copy)
    assert (content.asks, content.shows) == (None, None)
    said = "asks: {uscc: required, phone: off}\nshows: {ink: no}\ncontact:"
    edit(copy, "contact:", said)
    content = read_content(copy)
    assert content.asks == Asks(uscc=Ask.REQUIRED, phone=Ask.OFF)
    assert content.shows == Shows(ink=False)


def test_the_sample_is_that_of_the_eight_stops() -> None:
    content = read_content(SAMPLE)
    places = [meeting.place["zh"].split("·")[-1] for meeting in content.meetings]
    assert places == ["靖江", "济南", "沈阳", "天津", "永康", "广州", "上海", "都江堰"]
    assert content.meetings[-1].date == "2023-08-10"
    for text in content.texts.values():
        assert text.markdown.count("\n## ") in (6, 7)
    assert set(content.texts) == {"zh", "en"}


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("slug: fire-product-quality", "slug: Fire Quality", "slug"),
        ("slug: fire-product-quality", "", "slug"),
        ("title: 消防产品质量提升倡议书", "", "title"),
        ("status: open", "status: maybe", "status"),
        ("language: zh", "language: fr", "language"),
        ("date: 2023-08-10", "date: 2023-08-32", "day is out of range"),
        ("date: 2023-08-10", "date: 2023-13", "meetings[7].date"),
        ("date: 2023-08-10", "date: soon", "meetings[7].date"),
        ("key: shanghai", "key: guangzhou", "same key"),
        ("date: 2023-08-10}", "date: 2023-08-10, zone: Mars/Base}", "meetings[7].zone"),
        ("date: 2023-08-10}", "date: 2023-08-10, hall: x}", "meetings[7].hall"),
        ("date: 2023-08-10}", "date: 2023-08-10, time: 25:00}", "meetings[7].time"),
        ("date: 2023-08-10}", "date: 2023-08-10, venue: [x]}", "meetings[7].venue"),
        ("contact:", "asks: {fax: required}\ncontact:", "asks"),
        ("contact:", "asks: {phone: maybe}\ncontact:", "asks.phone"),
        ("contact:", "ink: perhaps\ncontact:", "asks.ink"),
        ("contact:", "shows: {ink: sometimes}\ncontact:", "shows.ink"),
        ("contact:", "shows: {phones: yes}\ncontact:", "shows"),
        ("key: shanghai", "key: pudong", "meetings.pudong"),
        ("contact:", "contakt:", "conta"),
        ("retention:", "keep:", "privacy.retention"),
        ("fire-product-quality.en.md", "missing.md", "missing.md"),
        ("fire-product-quality.stack.svg", "missing.svg", "missing.svg"),
        ("  stack:", "  heap:", "lettering"),
        ("---\nslug", "slug", "front matter"),
        ("slug: fire", "slug: [", "YAML"),
        ("重要物质基础", "重要\0物质基础", "text: holds a character that can't be shown (U+0000)"),
        ("place: 山东·济南", 'place: "a\\0b"', "meetings[1].place: holds"),
        ("place: 山东·济南", 'place: "a\\ud800b"', "YAML"),
        ("  - role: 承办\n    name: 应急管理部四川消防研究所\n", "", "organizers"),
    ],
)
def test_a_mistake_is_said_with_its_place(copy: Path, old: str, new: str, says: str) -> None:
    edit(copy, old, new)
    with pytest.raises(InvalidContent) as refused:
        read_content(copy)
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "svg",
    [
        "rubbish",
        "<svg viewBox='0 0 1 1'/>",
        "<svg viewBox='0 0 1 1'><path d='M0 0\"/><script>'/></svg>",
        "<svg viewBox='0 0 1 1 onload'><path d='M0 0'/></svg>",
        "<!DOCTYPE x [<!ENTITY a 'a'>]><svg viewBox='0 0 1 1'><path d='&a;'/></svg>",
    ],
)
def test_lettering_takes_outlines_and_nothing_else(copy: Path, svg: str) -> None:
    (copy.parent / "fire-product-quality.stack.svg").write_text(svg, encoding="utf-8")
    with pytest.raises(InvalidContent, match=r"stack\.svg"):
        read_content(copy)


def test_a_file_that_is_not_utf_8_is_refused(copy: Path) -> None:
    copy.write_bytes("---\ntitle: 倡议\n---\n".encode("gb18030"))
    with pytest.raises(InvalidContent, match="UTF-8"):
        read_content(copy)


Edit = Callable[[Path], None]


@pytest.mark.parametrize(
    ("change", "done"),
    [
        (lambda path: None, "unchanged"),
        (lambda path: edit(path, "全面负责", "负总责"), "updated"),
        (lambda path: edit(path, "承办", "协办"), "updated"),
        (lambda path: edit(path, "date: 2023-08-10", "date: 2023-08-11"), "updated"),
        (lambda path: edit(path, "note: 本页", "note: 此页"), "updated"),
        (lambda path: edit(path, "status: open", "status: closed"), "unchanged"),
    ],
)
async def test_loading_again_brings_up_to_date_what_has_changed(
    site: Site, copy: Path, change: Edit, done: str
) -> None:
    change(copy)
    organizing: Organizing = site.services.organizing
    assert await organizing.import_initiative(read_content(copy)) == done
    assert await organizing.import_initiative(read_content(copy)) == "unchanged"
    assert (await site.client.get(f"/i/{SLUG}")).status_code == 200


async def test_a_dropped_meeting_stays_but_is_never_the_latest(site: Site, copy: Path) -> None:
    edit(copy, "  - {key: dujiangyan, place: 四川·都江堰, date: 2023-08-10}\n", "")
    await site.services.organizing.import_initiative(read_content(copy))
    found = await site.services.publishing.by_slug(SLUG)
    assert found is not None
    assert found.initiative.latest_meeting.key == "shanghai"
    assert found.initiative.meetings[0].key == "dujiangyan"


async def test_earlier_signatures_keep_their_text(site: Site, copy: Path) -> None:
    delegate = await site.delegate()
    await delegate.sign(company="示例一公司")
    edit(copy, "全面负责", "负总责")
    await site.services.organizing.import_initiative(read_content(copy))
    await delegate.sign(company="示例二公司")
    exported = (await site.exported("json")).decode()
    assert exported.count('"text": 1,') == exported.count('"text": 2,') == 1
