"""The register over HTTP, read by a verifier that knows only its description."""

import re
from base64 import b64decode
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text as sql

from pledge.domain.rights import OPERATOR
from pledge.register.notes import opened
from pledge.register_keys import (
    load_register_keys,
    new_seed,
    newest_alone,
    store_register_keys,
    with_new,
)
from tests.delegate import Page
from tests.register import verifier
from tests.site import SLUG, Site, open_site
from tests.web.organizer import log_in

REGISTER = f"/i/{SLUG}/register"
CONSOLE = f"/organizer/settings/{SLUG}/register"


async def _fetched(site: Site) -> Callable[[str], bytes]:
    """Everything that the checkpoint says there is, by its address below the register."""
    found: dict[str, bytes] = {}

    async def fetch(name: str) -> bytes:
        answer = await site.client.get(f"{REGISTER}/{name}")
        assert answer.status_code == 200, (name, answer.text)
        found[name] = answer.content
        return answer.content

    size = int((await fetch("checkpoint")).decode().split("\n")[1])
    for level in ("entries", "0"):
        for start in range(0, size, 256):
            width = min(256, size - start)
            await fetch(f"tile/{level}/{start // 256:03}" + (f".p/{width}" if width < 256 else ""))
    return found.__getitem__


async def _key(site: Site) -> str:
    return (await site.client.get(f"{REGISTER}/key")).text.splitlines()[0]


async def test_a_stranger_verifies_the_whole_register(site: Site) -> None:
    key = await _key(site)
    assert verifier.check_register(await _fetched(site), key) == []
    await site.sign_many(1, 300)
    entries = verifier.check_register(await _fetched(site), key)
    assert [entry["number"] for entry in entries] == list(range(1, 301))
    [digest] = {entry["text"]["zh"] for entry in entries}
    text = await site.client.get(f"/i/{SLUG}/texts/{digest}")
    assert sha256(text.content).hexdigest() == digest
    assert text.headers["content-type"] == "text/markdown; charset=utf-8"
    assert text.content.startswith(b"# ")


async def test_what_cannot_change_is_kept_and_the_rest_is_asked_for_anew(site: Site) -> None:
    await site.sign_many(1, 300)
    lasting = {
        "tile/0/000": "application/octet-stream",
        "tile/0/000.p/7": "application/octet-stream",
        "tile/0/001.p/44": "application/octet-stream",
        "tile/1/000.p/1": "application/octet-stream",
        "tile/entries/001.p/44": "application/octet-stream",
    }
    moving = dict.fromkeys(("checkpoint", "key", "growth/7"), "text/plain; charset=utf-8")
    for name, media_type in {**lasting, **moving}.items():
        for asked in ("gzip", "identity"):
            got = await site.client.get(f"{REGISTER}/{name}", headers={"accept-encoding": asked})
            assert got.status_code == 200
            assert got.headers["content-type"] == media_type
            cache = (
                "public, max-age=31536000, immutable" if name in lasting else "public, max-age=5"
            )
            assert got.headers["cache-control"] == cache
            assert got.headers["access-control-allow-origin"] == "*"
            assert got.headers["x-content-type-options"] == "nosniff"
            again = await site.client.get(
                f"{REGISTER}/{name}", headers={"if-none-match": f'"x", {got.headers["etag"]}'}
            )
            assert (again.status_code, again.content) == (304, b"")
            assert again.headers["cache-control"] == cache
        head = await site.client.head(f"{REGISTER}/{name}")
        assert (head.status_code, head.content) == (200, b"")
    old = (await site.client.get(f"{REGISTER}/checkpoint")).headers["etag"]
    await site.sign_many(301, 301)
    new = await site.client.get(f"{REGISTER}/checkpoint", headers={"if-none-match": old})
    assert new.status_code == 200


async def test_compression_leaves_tiles_as_they_are(site: Site) -> None:
    await site.sign_many(1, 256)
    for name in ("tile/0/000", "tile/entries/000"):
        plain = await site.client.get(f"{REGISTER}/{name}", headers={"accept-encoding": "identity"})
        assert "content-encoding" not in plain.headers
        packed = await site.client.get(f"{REGISTER}/{name}", headers={"accept-encoding": "gzip"})
        assert packed.content == plain.content
    assert packed.headers["content-encoding"] == "gzip", "bundles should be (tlog-tiles)"
    assert int(packed.headers["content-length"]) < len(plain.content)


async def test_a_witness_is_shown_that_nothing_was_changed(site: Site) -> None:
    """Growth is what a witness is posted (C2SP, tlog-witness); here it is verified by hand."""
    key = await _key(site)
    roots = {}
    for size in (1, 6, 7):
        await site.sign_many((len(roots) and max(roots) + 1) or 1, size)
        note = (await site.client.get(f"{REGISTER}/checkpoint")).text
        roots[size] = verifier.checkpoint_of(note, key)[1]
    body = (await site.client.get(f"{REGISTER}/growth/6")).text
    head, _, note = body.partition("\n\n")
    old, *hashes = head.split("\n")
    assert old == "old 6"
    assert verifier.checkpoint_of(note, key) == (7, roots[7])
    # 7 leaves beside 6: the roots of 4, of 2 (leaves 4 and 5), and the new leaf.
    third, fresh, four = (b64decode(one) for one in hashes)
    assert verifier.sha(b"\x01", four, third) == roots[6]
    assert verifier.sha(b"\x01", four, verifier.sha(b"\x01", third, fresh)) == roots[7]
    assert (await site.client.get(f"{REGISTER}/growth/7")).text.startswith("old 7\n\n")
    assert (await site.client.get(f"{REGISTER}/growth/0")).text.startswith("old 0\n\n")


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("tile/0/0", "tlog-tiles"),
        ("tile/00/000", "tlog-tiles"),
        ("tile/0/x000/000", "tlog-tiles"),
        ("tile/0/000.p/0", "tlog-tiles"),
        ("tile/0/000.p/256", "tlog-tiles"),
        ("tile/64/000", "tlog-tiles"),
        ("tile/entries/000/", "tlog-tiles"),
        ("tile/0/" + "x999/" * 2000 + "999", "tlog-tiles"),
        ("tile/data/000", "tlog-tiles"),
        ("tile/0/000", "so many entries"),
        ("tile/0/000.p/4", "so many entries"),
        ("tile/1/000.p/1", "so many entries"),
        ("tile/63/000", "so many entries"),
        ("tile/entries/x999/x999/x999/x999/x999/x999/999", "so many entries"),
        ("growth/4", "so many entries"),
        ("growth/999999999999999999", "so many entries"),
        ("growth/9999999999999999999", "size of a register"),
        ("growth/-1", "size of a register"),
        ("growth/07", "size of a register"),
        ("growth/٣", "size of a register"),
        ("stamps/1.tsr", "time stamp"),
        ("stamps/1.der", "nothing at this address"),
        ("nothing", "nothing at this address"),
        ("../texts/" + "0" * 64, "No text"),
        ("../texts/x", "No text"),
    ],
)
async def test_bad_addresses_are_told_in_plain_words(site: Site, path: str, says: str) -> None:
    await site.sign_many(1, 3)
    address = f"/i/{SLUG}/{path[3:]}" if path.startswith("../") else f"{REGISTER}/{path}"
    answer = await site.client.get(address, headers={"accept-language": "en"})
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert says in answer.text
    assert "Please" in answer.text
    assert (await site.client.get(address)).text != answer.text, "in Chinese first"


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    path=st.text(max_size=40) | st.from_regex(r"\A(entries|\d{1,3})/(x?\d{1,3}/){0,9}\d{3}.{0,6}\Z")
)
async def test_no_address_of_a_tile_is_a_fault(site: Site, path: str) -> None:
    answer = await site.client.get(f"{REGISTER}/tile/{quote(path, safe='/')}")
    assert answer.status_code == 404


async def test_drafts_and_rehearsals_have_no_register_to_be_seen(site: Site) -> None:
    initiative_id = await site.services.organizing.initiative_id(SLUG)
    assert await site.services.rehearsing.start(initiative_id, "dujiangyan", by=OPERATOR)
    await _set_draft(site, initiative_id)
    rehearsal = f"{SLUG}~dujiangyan"
    await log_in(site)  # whoever may see a rehearsal
    assert (await site.client.get(f"/i/{rehearsal}")).status_code == 200
    for slug in (rehearsal, SLUG, "nothing"):
        for path in ("checkpoint", "key", "tile/0/000", "growth/0", "stamps/1.tsr"):
            answer = await site.client.get(f"/i/{slug}/register/{path}")
            assert answer.status_code == 404, (slug, path)
            assert answer.headers["content-type"].startswith("text/plain")
        page = await site.client.get(f"/i/{slug}/register")
        assert page.status_code == 404
        assert "<h1" in page.text


async def _set_draft(site: Site, initiative_id: int) -> None:
    """As it is before its text is published; no console leads back there."""
    async with site.services.registering._database.writing() as connection:
        await connection.execute(
            sql("UPDATE head SET status = 'draft' WHERE initiative_id = :id"),
            {"id": initiative_id},
        )


async def test_texts_are_published_ones_alone(site: Site) -> None:
    await log_in(site)
    here = f"/organizer/initiatives/{SLUG}/text"
    form = Page((await site.client.get(here)).text)
    typed = {"title_zh": "未发布的标题", "text_zh": "未发布。", "action": "save"}
    answer = await site.client.post(here, data={**form.hidden, **typed})
    assert answer.status_code == 303, "the draft is kept"
    draft = "# 未发布的标题\n\n未发布。".encode()
    for content in (draft, draft + b"\n"):
        answer = await site.client.get(f"/i/{SLUG}/texts/{sha256(content).hexdigest()}")
        assert answer.status_code == 404


async def test_texts_stay_when_newer_ones_are_published(site: Site) -> None:
    await site.sign_many(1, 1)
    initiative_id = await site.services.organizing.initiative_id(SLUG)
    old = (await site.services.editing.writing(initiative_id)).initiative.text.texts["zh"]
    await log_in(site)
    here = f"/organizer/initiatives/{SLUG}/text"
    form = Page((await site.client.get(here)).text)
    typed = {"title_zh": "新的标题", "text_zh": "## 一条\n\n内容。", "action": "publish"}
    asked = await site.client.post(here, data={**form.hidden, **typed}, follow_redirects=True)
    said = {**Page(asked.text).hidden, "ask": "no"}
    assert (await site.client.post(f"{here}/publish", data=said)).status_code == 303
    new = (await site.services.editing.writing(initiative_id)).initiative.text.texts["zh"]
    assert new.title == "新的标题"
    for text in (old, new):
        answer = await site.client.get(f"/i/{SLUG}/texts/{text.sha256}")
        assert (answer.status_code, answer.content) == (200, text.source)


async def test_whoever_has_the_old_key_verifies_while_a_new_one_is_published(
    tmp_path: Path,
) -> None:
    """Replacement with overlap, in a site that runs on."""
    data = tmp_path / "data"
    async with open_site(data) as site:
        await site.sign_many(1, 3)
        old = await _key(site)
        store_register_keys(with_new(load_register_keys((), data), new_seed()), (), data)
        new, second = (await site.client.get(f"{REGISTER}/key")).text.splitlines()
        assert second == old != new
        await site.sign_many(4, 4)
        fetch = await _fetched(site)
        for key in (old, new):
            assert len(verifier.check_register(fetch, key)) == 4
        store_register_keys(newest_alone(load_register_keys((), data)), (), data)
        assert (await site.client.get(f"{REGISTER}/key")).text == f"{new}\n"
        fetch = await _fetched(site)
        assert len(verifier.check_register(fetch, new)) == 4
        with pytest.raises(verifier.Refused, match="unsigned"):
            verifier.check_register(fetch, old)
        shown = Page((await site.client.get(REGISTER)).text).text
        assert old in shown, "receipts that it signed are still recognised"
        note = (await site.client.get(f"{REGISTER}/checkpoint")).text
        assert opened(note, site.services.registering.verifiers(SLUG))


async def test_a_key_file_that_is_lost_or_spoilt_changes_nothing_while_the_site_runs(
    tmp_path: Path,
) -> None:
    data = tmp_path / "data"
    async with open_site(data) as site:
        key = await _key(site)
        file = data / "register.key"
        kept = file.read_text()
        file.write_text("rubbish\n")
        assert await _key(site) == key
        file.unlink()
        assert await _key(site) == key
        assert not file.exists(), "another key would be taken for the register's own"
        file.write_text(kept)
        assert await _key(site) == key


async def test_the_page_says_what_it_is(site: Site) -> None:
    await site.sign_many(1, 3)
    page = (await site.client.get(REGISTER)).text
    note = (await site.client.get(f"{REGISTER}/checkpoint")).text
    assert note in page
    assert await _key(site) in page
    for path in re.findall(rf'href="({REGISTER}/[^"]+)"', page):
        assert (await site.client.get(path)).status_code == 200
    front = (await site.client.get(f"/i/{SLUG}")).text
    assert await _key(site) in front
    assert f'href="{REGISTER}"' in front


async def test_the_console_warns_while_the_name_is_not_for_good(tmp_path: Path) -> None:
    for base, warned in (("", True), ("http://sign.example.cn", False)):
        async with open_site(tmp_path / f"data-{warned}", PLEDGE_BASE_URL=base) as site:
            await log_in(site)
            shown = (await site.client.get(CONSOLE)).text
            assert ("PLEDGE_BASE_URL" in shown) is warned
            if base:
                assert f"sign.example.cn/i/{SLUG}/register\n0\n" in shown
