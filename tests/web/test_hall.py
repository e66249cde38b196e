"""The hall: the wall and its codes, the ceremony, the stage."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from pledge.codes import drawn_code, signing_address
from pledge.content import read_content
from pledge.domain.initiatives import Approval, Status
from pledge.domain.links import LinkKind
from pledge.domain.rights import OPERATOR
from pledge.domain.scenes import Scene
from tests.codes import read_path
from tests.delegate import Delegate, Page
from tests.handwriting import handwriting, sent
from tests.site import ORIGIN, SAMPLE, SLUG, Site

WALL = f"/i/{SLUG}/wall"
INK = sent(handwriting(2))


async def _screen(site: Site, slug: str = SLUG) -> httpx.AsyncClient:
    """A browser that opened the wall with its key."""
    link = await site.services.organizing.standing_link(slug, LinkKind.SCREEN)
    client = site.another_client()
    answer = await client.get(f"/i/{slug}/wall?key={site.services.tokens.link(link.id)}")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/i/{slug}/wall")
    return client


async def _state(client: httpx.AsyncClient, query: str = "", slug: str = SLUG) -> dict[str, Any]:
    answer = await client.get(f"/i/{slug}/wall.json{query}")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    return dict(answer.json())


def _scanned(state: dict[str, Any]) -> str:
    """The path that the code on the wall leads to."""
    return urlsplit(read_path(state["code"]["view_box"], state["code"]["path"])).path


async def _initiative_id(site: Site) -> int:
    return await site.services.organizing.initiative_id(SLUG)


async def test_a_code_of_the_screen_admits_for_ninety_seconds(site: Site) -> None:
    screen = await _screen(site)
    code = _scanned(await _state(screen))
    site.clock.pass_(seconds=60)
    async with site.another_client() as phone:
        assert (await Delegate(phone, code).sign()).status_code == 303
    site.clock.pass_(seconds=140)
    async with site.another_client() as outside:
        answer = await outside.get(code)
        assert answer.status_code == 410
        assert "重新扫描" in answer.text
        fields = {"company": "示例照片公司", "representative": "张某某", "consent": "1"}
        assert (await outside.post(code, data=fields)).status_code == 410
    assert [item["company"] for item in await site.items()] == ["示例消防科技有限公司"]


async def test_a_form_opened_in_time_still_signs_after_twenty_minutes(site: Site) -> None:
    code = _scanned(await _state(await _screen(site)))
    async with site.another_client() as phone, site.another_client() as no_cookies:
        form = await Delegate(phone, code).open()
        site.clock.pass_(minutes=20)
        assert (await Delegate(no_cookies, code).post(form)).status_code == 303
        reloaded = await Delegate(phone, code).open()
        assert reloaded.value("opened") == form.value("opened")
        site.clock.pass_(minutes=11)
        late = await Delegate(phone, code).post(reloaded, company="示例迟到公司")
        assert late.status_code == 410


async def test_a_retry_finds_its_receipt_although_the_code_has_gone(site: Site) -> None:
    code = _scanned(await _state(await _screen(site)))
    async with site.another_client() as phone:
        delegate = Delegate(phone, code)
        form = await delegate.open()
        signed = await delegate.post(form)
        site.clock.pass_(hours=2)
        again = await delegate.post(form)
    assert again.headers["location"] == signed.headers["location"]


async def test_whoever_signs_by_the_screen_is_present(site: Site) -> None:
    code = _scanned(await _state(await _screen(site)))
    await Delegate(site.client, code).sign()
    exported = (await site.exported("json")).decode()
    assert '"vouched": "present"' in exported


async def test_the_code_changes_every_thirty_seconds_for_all_screens_alike(site: Site) -> None:
    one, other = await _screen(site), await _screen(site)
    first = await _state(one)
    assert (await _state(other))["code"]["path"] == first["code"]["path"]
    assert 0 < first["code"]["next"] <= 30
    assert first["code"]["admits"] == pytest.approx(first["code"]["next"] + 60, abs=0.01)
    site.clock.pass_(seconds=first["code"]["next"] + 0.01)
    second = await _state(one)
    assert second["code"]["path"] != first["code"]["path"]
    assert (await site.client.get(_scanned(first))).status_code == 200


async def test_without_its_key_the_wall_gives_no_code_of_the_screen(site: Site) -> None:
    assert (await _state(site.client))["code"] is None
    link = await site.link()
    state = await _state(site.client)
    assert _scanned(state).lower() == link.lower()
    assert "next" not in state["code"]
    for key in ("AAAA", link.removeprefix("/s/"), "%00"):
        assert (await site.client.get(f"{WALL}?key={key}")).status_code == 404


async def test_the_key_of_a_screen_signs_nothing(site: Site) -> None:
    link = await site.services.organizing.standing_link(SLUG, LinkKind.SCREEN)
    answer = await site.client.get(f"/s/{site.services.tokens.link(link.id)}")
    assert answer.status_code == 410


def test_the_screens_code_is_small_for_an_origin_of_thirty_characters(site: Site) -> None:
    origin = "https://sign.example-fire.org.cn"[:30]
    assert len(origin) == 30
    tokens = site.services.tokens
    screen = drawn_code(signing_address(origin, tokens.code(2**30, site.clock())))
    poster = drawn_code(signing_address(origin, tokens.link(2**30)))
    assert (screen.version, poster.version) == (4, 3)
    assert read_path(screen.view_box, screen.path, size=123) == screen.address


async def test_the_wall_is_led_through_its_scenes(site: Site) -> None:
    initiative_id = await _initiative_id(site)
    directing = site.services.directing
    assert (await _state(site.client))["scene"] == "signing"
    await directing.show(initiative_id, Scene.TEXT, page=2, by=OPERATOR)
    state = await _state(site.client)
    assert (state["scene"], state["page"]) == ("text", 2)
    wall = await site.client.get(WALL)
    assert 'data-scene="text"' in wall.text
    await site.services.organizing.set_status(initiative_id, Status.CLOSED, by=OPERATOR)
    state = await _state(site.client)
    assert (state["scene"], state["code"]["kind"]) == ("closed", "list")


async def test_a_countdown_ends_in_the_launch_and_freezes_what_stands(
    site: Site, delegate: Delegate
) -> None:
    await delegate.sign(company="示例一公司")
    initiative_id = await _initiative_id(site)
    await site.services.directing.show(initiative_id, Scene.COUNTDOWN, seconds=10, by=OPERATOR)
    state = await _state(site.client)
    assert state["scene"] == "countdown"
    assert 9 < state["left"] <= 10
    site.clock.pass_(seconds=11)
    await site.services.directing.launch_what_is_due()
    await site.services.directing.launch_what_is_due()
    await delegate.sign(company="示例二公司")
    state = await _state(site.client)
    assert (state["scene"], state["launch"]["total"], state["total"]) == ("launch", 1, 2)
    text = (await site.services.publishing.by_slug(SLUG)).initiative.text.digest  # type: ignore[union-attr]
    assert state["launch"]["text"] == text
    assert len(state["launch"]["list"]) == 64


async def test_a_draft_is_for_the_halls_screens_alone(site: Site) -> None:
    content = replace(read_content(SAMPLE), slug="draft", status=Status.DRAFT)
    await site.services.organizing.import_initiative(content)
    assert (await site.client.get("/i/draft/wall")).status_code == 404
    screen = await _screen(site, "draft")
    assert 'data-scene="standby"' in (await screen.get("/i/draft/wall")).text
    assert (await _state(screen, slug="draft"))["code"]["kind"] == "read"


async def test_a_launch_pressed_twice_freezes_once(site: Site, delegate: Delegate) -> None:
    initiative_id = await _initiative_id(site)
    await site.services.directing.show(initiative_id, Scene.LAUNCH, by=OPERATOR)
    await delegate.sign()
    await site.services.directing.show(initiative_id, Scene.LAUNCH, by=OPERATOR)
    assert (await _state(site.client))["launch"]["total"] == 0


async def test_a_countdown_that_is_called_off_costs_nothing(site: Site) -> None:
    initiative_id, directing = await _initiative_id(site), site.services.directing
    await directing.show(initiative_id, Scene.COUNTDOWN, seconds=5, by=OPERATOR)
    await directing.show(initiative_id, Scene.SIGNING, by=OPERATOR)
    site.clock.pass_(seconds=6)
    await directing.launch_what_is_due()
    assert directing._due == {}
    assert (await _state(site.client))["scene"] == "signing"


async def test_scanning_again_gives_another_thirty_minutes(site: Site) -> None:
    screen = await _screen(site)
    async with site.another_client() as phone:
        await Delegate(phone, _scanned(await _state(screen))).open()
        site.clock.pass_(minutes=29)
        again = Delegate(phone, _scanned(await _state(screen)))
        form = await again.open()
        site.clock.pass_(minutes=5)
        assert (await again.post(form)).status_code == 303


async def test_a_kiosk_shows_the_receipt_and_then_the_next_form(site: Site) -> None:
    kiosk = await site.delegate(kind=LinkKind.KIOSK)
    answer = await site.client.get(kiosk.link)
    assert answer.headers["cache-control"] == "no-store"
    assert 'data-station="kiosk"' in answer.text
    signed = await kiosk.sign(company="示例一公司")
    receipt = await site.client.get(signed.headers["location"])
    assert f'href="{kiosk.link}"' in receipt.text
    async with site.another_client() as phone:
        own = await phone.get(signed.headers["location"])
        assert kiosk.link not in own.text
    site.clock.pass_(minutes=3)
    later = await site.client.get(signed.headers["location"])
    assert (later.status_code, later.headers["location"]) == (303, kiosk.link)
    again = await kiosk.sign(company="示例一公司")
    assert again.status_code == 409
    assert "/r/" not in again.text
    assert f'href="{kiosk.link}"' in again.text


async def test_strokes_are_shown_with_consent_and_cleared_by_signing(site: Site) -> None:
    link = await site.services.organizing.create_link(SLUG, LinkKind.KIOSK, stage=True)
    path = f"/s/{site.services.tokens.link(link.id)}"
    initiative_id = await _initiative_id(site)
    sent_so_far = {"ink": INK, "width": "320", "height": "180", "company": "示例台上公司"}

    async def shown() -> str:
        found = await site.services.staging.newest([initiative_id])
        return found[initiative_id][1].decode() if found else ""

    assert (await site.client.post(f"{path}/strokes", data=sent_so_far)).status_code == 204
    assert '"path"' not in await shown()
    consented = {**sent_so_far, "publish": "yes"}
    assert (await site.client.post(f"{path}/strokes", data=consented)).status_code == 204
    assert "示例台上公司" in await shown()
    assert '"view_box":"0 0 1000 562"' in await shown()
    wrong = {**consented, "ink": "[[[-1,2]]]"}
    assert (await site.client.post(f"{path}/strokes", data=wrong)).status_code == 422
    assert (await Delegate(site.client, path).sign(ink=INK)).status_code == 303
    assert '"path"' not in await shown()


async def test_the_stage_waits_for_approval_too_and_takes_no_nonsense(site: Site) -> None:
    link = await site.services.organizing.create_link(SLUG, LinkKind.KIOSK, stage=True)
    path = f"/s/{site.services.tokens.link(link.id)}/strokes"
    initiative_id = await _initiative_id(site)
    await site.services.moderating.set_approval(initiative_id, Approval.INK, by=OPERATOR)
    drawn = {"ink": INK, "width": "320", "height": "180", "publish": "yes"}
    assert (await site.client.post(path, data=drawn)).status_code == 204
    assert await site.services.staging.newest([initiative_id]) == {}
    for size in ("1e-310", "nan", "inf", "x", "-1"):
        answer = await site.client.post(path, data={**drawn, "width": size, "height": size})
        assert answer.status_code in (204, 422), size


async def test_one_tablet_does_not_clear_what_is_drawn_on_another(site: Site) -> None:
    paths = []
    for _ in range(2):
        link = await site.services.organizing.create_link(SLUG, LinkKind.KIOSK, stage=True)
        paths.append(f"/s/{site.services.tokens.link(link.id)}")
    drawn = {"ink": INK, "width": "320", "height": "180", "publish": "yes"}
    await site.client.post(f"{paths[0]}/strokes", data=drawn)
    await site.client.post(f"{paths[1]}/strokes", data={"ink": ""})
    initiative_id = await _initiative_id(site)
    assert b'"path"' in (await site.services.staging.newest([initiative_id]))[initiative_id][1]


async def test_only_the_stage_draws_live(site: Site, delegate: Delegate) -> None:
    answer = await site.client.post(f"{delegate.link}/strokes", data={"ink": INK})
    assert answer.status_code == 404


@pytest.mark.parametrize("kind", ["sign", "list"])
async def test_every_code_on_the_wall_can_be_read(site: Site, kind: str) -> None:
    await site.link()
    if kind == "list":
        await site.services.organizing.set_status(
            await _initiative_id(site), Status.CLOSED, by=OPERATOR
        )
    state = await _state(site.client)
    assert state["code"]["kind"] == kind
    address = read_path(state["code"]["view_box"], state["code"]["path"])
    assert address.lower().startswith(ORIGIN)
    assert (await site.client.get(urlsplit(address).path)).status_code == 200


async def test_the_same_page_behind_capitals(site: Site, delegate: Delegate) -> None:
    capitals = delegate.link.replace("/s/", "/S/")
    page = Page((await site.client.get(capitals)).text)
    assert (await Delegate(site.client, capitals).post(page)).status_code == 303
