"""The public list, as a page and by cursor."""

import pytest

from pledge.publishing import PAGE_SIZE
from tests.delegate import Delegate, Page
from tests.site import SLUG, Site

PATH = f"/i/{SLUG}/signatories"


async def _sign(delegate: Delegate, count: int) -> None:
    for number in range(1, count + 1):
        assert (await delegate.sign(company=f"示例{number:03}有限公司")).status_code == 303


async def test_items_are_worded_as_the_contract_says(site: Site, delegate: Delegate) -> None:
    await delegate.sign(publish="yes")
    [item] = await site.items()
    assert item == {
        "index": 1,
        "number": 1,
        "company": "示例消防科技有限公司",
        "representative": "张某某",
        "meeting": "四川·都江堰",
        "signed_at": item["signed_at"],
        "ink": None,
    }
    assert item["signed_at"].startswith("2023-08-10T10:00:00.")
    assert item["signed_at"].endswith("+08:00")


async def test_the_list_is_read_by_cursor_without_loss_or_repeat(
    site: Site, delegate: Delegate
) -> None:
    await _sign(delegate, 7)
    seen, after = [], 0
    while after is not None:
        answer = (await site.client.get(f"{PATH}.json", params={"after": after, "limit": 3})).json()
        assert answer["total"] == 7
        seen += [item["number"] for item in answer["items"]]
        after = answer["next"]
    assert seen == [1, 2, 3, 4, 5, 6, 7]


async def test_at_most_500_come_at_once(site: Site) -> None:
    await site.sign_many(1, 501)
    answer = (await site.client.get(f"{PATH}.json?limit=9999")).json()
    assert (len(answer["items"]), answer["total"]) == (500, 501)
    rest = (await site.client.get(f"{PATH}.json?after={answer['next']}")).json()
    assert (len(rest["items"]), rest["next"]) == (1, None)


@pytest.mark.parametrize("query", ["after=x", "after=-1", "limit=0", "limit=1e9", "after=1.5"])
async def test_a_wrong_query_is_said_in_json(site: Site, query: str) -> None:
    answer = await site.client.get(f"{PATH}.json?{query}")
    assert answer.status_code == 400
    assert set(answer.json()) == {"error", "advice"}


async def test_nothing_private_is_public(site: Site, delegate: Delegate) -> None:
    signed = await delegate.sign(
        representative="李某某", title="厂长秘书", phone="13900000000", uscc="91510000MA0000001F"
    )
    for path in ("/", f"/i/{SLUG}", PATH, f"{PATH}.json", f"/i/{SLUG}/wall"):
        text = (await site.client.get(path)).text
        assert "示例消防科技" in text
        for private in (
            "李某某",
            "厂长秘书",
            "13900000000",
            "91510000MA0000001F",
            signed.headers["location"],
        ):
            assert private not in text, path


async def test_pages_are_newest_first_and_keep_the_search(site: Site, delegate: Delegate) -> None:
    await _sign(delegate, PAGE_SIZE + 3)
    first = (await site.client.get(PATH, params={"q": "示例"})).text
    assert first.index(f"示例{PAGE_SIZE + 3:03}") < first.index("示例004")
    assert "示例003" not in Page(first).text
    second = (await site.client.get(PATH, params={"q": "示例", "page": 2})).text
    assert "示例003" in Page(second).text
    beyond = (await site.client.get(PATH, params={"page": 99})).text
    assert "示例003" in Page(beyond).text


async def test_search_finds_any_spelling_and_takes_nothing_for_a_pattern(
    site: Site, delegate: Delegate
) -> None:
    await delegate.sign(company="示例消防（四川）有限公司")
    await delegate.sign(company="示例100%公司")
    for q, found in (
        ("（四川）", 1),
        ("(四川)", 1),
        ("消防 (四", 1),
        ("%", 1),
        ("_", 0),
        ("无此", 0),
    ):
        answer = (await site.client.get(f"{PATH}.json", params={"q": q})).json()
        assert (answer["total"], len(answer["items"])) == (found, found), q


async def test_the_list_is_filtered_by_meeting(site: Site) -> None:
    for meeting, company in (("jinan", "示例济南公司"), ("dujiangyan", "示例都江堰公司")):
        delegate = await site.delegate(meeting=meeting)
        assert (await delegate.sign(company=company)).status_code == 303
    assert [item["company"] for item in await site.items(meeting="jinan")] == ["示例济南公司"]
    page = Page((await site.client.get(PATH, params={"meeting": "jinan"})).text)
    assert "示例济南公司" in page.text
    assert "示例都江堰公司" not in page.text
