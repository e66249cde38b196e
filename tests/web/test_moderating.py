"""Hiding, showing again, approving: what walls and lists show of a signature that stands."""

import json

import pytest

from pledge.domain.initiatives import Approval
from pledge.domain.rights import OPERATOR
from tests.delegate import Delegate
from tests.handwriting import handwriting, sent
from tests.site import SLUG, Site

INK = sent(handwriting(5))


async def _id(site: Site) -> int:
    return await site.services.organizing.initiative_id(SLUG)


async def _events(site: Site, after: int = 0) -> list[tuple[str, dict[str, object]]]:
    """What a reader of the feed is told from a cursor on."""
    told = []
    for frame in await site.services.publishing.frames(await _id(site), after, 100):
        if frame.data:
            lines = dict(line.split(": ", 1) for line in frame.data.decode().strip().split("\n"))
            told.append((lines["event"], json.loads(lines["data"])))
    return told


async def test_hidden_ones_leave_every_list_and_keep_their_number(
    site: Site, delegate: Delegate
) -> None:
    for company in ("示例一公司", "示例二公司"):
        await delegate.sign(company=company)
    moderating, initiative_id = site.services.moderating, await _id(site)
    assert await moderating.hide(initiative_id, 1, by=OPERATOR)
    assert not await moderating.hide(initiative_id, 1, by=OPERATOR)
    assert [item["number"] for item in await site.items()] == [2]
    assert (await _events(site, 2)) == [("hidden", {"index": 1, "number": 1, "total": 1})]
    assert "示例一公司" not in json.dumps(await _events(site), ensure_ascii=False)
    again = await delegate.sign(company="示例一公司")
    assert again.status_code == 409  # hidden, it stands all the same


async def test_shown_again_it_is_news(site: Site, delegate: Delegate) -> None:
    await delegate.sign(company="示例一公司")
    moderating, initiative_id = site.services.moderating, await _id(site)
    await moderating.hide(initiative_id, 1, by=OPERATOR)
    assert await moderating.restore(initiative_id, 1, by=OPERATOR)
    [item] = await site.items()
    assert (item["number"], item["index"]) == (1, 3)
    assert [kind for kind, _ in await _events(site)] == ["hidden", "signed"]
    assert (await _events(site))[-1][1]["total"] == 1
    assert not await moderating.restore(initiative_id, 2, by=OPERATOR)


async def test_everything_waits_and_counts_at_once(site: Site, delegate: Delegate) -> None:
    moderating, initiative_id = site.services.moderating, await _id(site)
    await moderating.set_approval(initiative_id, Approval.ALL, by=OPERATOR)
    signed = await delegate.sign(company="示例待审公司", ink=INK, publish="yes")
    assert (await site.client.get(signed.headers["location"])).status_code == 200
    assert await site.items() == []
    assert await _events(site) == [("counted", {"total": 1})]
    listed = await site.client.get(f"/i/{SLUG}/signatories")
    assert "示例待审公司" not in listed.text
    assert await moderating.approve(initiative_id, 1, by=OPERATOR)
    [item] = await site.items()
    assert item["company"] == "示例待审公司"
    assert item["ink"]
    assert [kind for kind, _ in await _events(site)] == ["counted", "signed"]


async def test_ink_alone_waits(site: Site, delegate: Delegate) -> None:
    moderating, initiative_id = site.services.moderating, await _id(site)
    await moderating.set_approval(initiative_id, Approval.INK, by=OPERATOR)
    await delegate.sign(company="示例一公司", ink=INK, publish="yes")
    await delegate.sign(company="示例二公司", publish="yes")
    assert [item["ink"] for item in await site.items()] == [None, None]
    assert await moderating.approve(initiative_id, 1, by=OPERATOR)
    assert not await moderating.approve(initiative_id, 2, by=OPERATOR)
    drawn = {item["number"]: bool(item["ink"]) for item in await site.items()}
    assert drawn == {1: True, 2: False}


async def test_the_list_counts_what_it_shows_whatever_waits(site: Site, delegate: Delegate) -> None:
    moderating, initiative_id = site.services.moderating, await _id(site)
    await delegate.sign(company="示例一公司")
    await moderating.set_approval(initiative_id, Approval.ALL, by=OPERATOR)
    await delegate.sign(company="示例二公司")
    await moderating.set_approval(initiative_id, Approval.NOTHING, by=OPERATOR)
    published = await site.services.publishing.by_slug(SLUG)
    assert published is not None
    listing = await site.services.publishing.listing(published, q="", meeting_id=None, page=1)
    assert (listing.found, len(listing.signatures)) == (1, 1)


@pytest.mark.parametrize("first", ["hide", "approve"])
async def test_what_was_rejected_may_be_shown_later(
    site: Site, delegate: Delegate, first: str
) -> None:
    moderating, initiative_id = site.services.moderating, await _id(site)
    await moderating.set_approval(initiative_id, Approval.ALL, by=OPERATOR)
    await delegate.sign(company="示例待审公司")
    await moderating.hide(initiative_id, 1, by=OPERATOR)
    if first == "approve":
        await moderating.approve(initiative_id, 1, by=OPERATOR)
        await moderating.restore(initiative_id, 1, by=OPERATOR)
    else:
        await moderating.restore(initiative_id, 1, by=OPERATOR)
        assert await site.items() == []
        await moderating.approve(initiative_id, 1, by=OPERATOR)
    assert [item["number"] for item in await site.items()] == [1]
