"""Time stamps of checkpoints, from a real authority that OpenSSL plays."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate, load_pem_x509_certificate

from pledge.authorities import BadStamp, question, read_roots, stamped_at
from pledge.domain.initiatives import Status
from pledge.domain.rights import OPERATOR
from pledge.domain.stamps import Flaw
from pledge.outbound import Outbound
from tests.authority import Authority, Mood, openssl, stamping
from tests.delegate import Page
from tests.site import SLUG, Site, open_site
from tests.web.organizer import HOME, log_in

REGISTER = f"/i/{SLUG}/register"
CONSOLE = f"/organizer/settings/{SLUG}/register"


@pytest.fixture
async def authority(tmp_path: Path) -> AsyncIterator[Authority]:
    async with stamping(tmp_path / "authority") as opened:
        yield opened


@asynccontextmanager
async def stamped_site(folder: Path, *authorities: Authority) -> AsyncIterator[Site]:
    """A site that these stamp, when a test says so; one company has signed."""
    environment = {
        "PLEDGE_TIMESTAMP_URLS": ",".join(one.address for one in authorities),
        "PLEDGE_TIMESTAMP_ROOTS": str(_all_roots(folder, authorities)),
        "PLEDGE_PRIVATE_NOTICES": "1",
    }
    async with open_site(folder / "data", **environment) as site:
        timestamping = site.services.timestamping
        await timestamping.stop()
        timestamping._outbound = Outbound(allow_private=True, allow_plain=True, seconds=2)
        await site.sign_many(1, 1)
        yield site
        await timestamping.stop()


def _all_roots(folder: Path, authorities: tuple[Authority, ...]) -> Path:
    roots = folder / "roots.pem"
    roots.write_bytes(b"".join(one.roots.read_bytes() for one in authorities))
    return roots


@pytest.fixture
async def site(tmp_path: Path, authority: Authority) -> AsyncIterator[Site]:
    async with stamped_site(tmp_path, authority) as opened:
        yield opened


async def _listed(site: Site) -> list[str]:
    """Addresses of stamps on the register's page, newest first."""
    return re.findall(
        rf'href="({REGISTER}/stamps/\d+)\.tsr"', (await site.client.get(REGISTER)).text
    )


async def _flaw(site: Site) -> Flaw | None:
    [found] = await site.services.timestamping.authorities(await _id(site))
    waiting = found.stamped.waiting
    return waiting.fault.flaw if waiting and waiting.fault else None


async def _id(site: Site) -> int:
    return await site.services.organizing.initiative_id(SLUG)


async def test_openssl_accepts_what_is_served(
    site: Site, authority: Authority, tmp_path: Path
) -> None:
    await site.services.timestamping.carry_out()
    [stamp] = await _listed(site)
    response = await site.client.get(f"{stamp}.tsr")
    note = await site.client.get(f"{stamp}.checkpoint")
    assert response.headers["content-type"] == "application/timestamp-reply"
    assert note.headers["content-type"] == "text/plain; charset=utf-8"
    assert "immutable" in response.headers["cache-control"]
    assert note.content == (await site.client.get(f"{REGISTER}/checkpoint")).content
    (tmp_path / "n.tsr").write_bytes(response.content)
    (tmp_path / "n.checkpoint").write_bytes(note.content)
    said = await openssl(
        *("ts", "-verify", "-in", str(tmp_path / "n.tsr")),
        *("-data", str(tmp_path / "n.checkpoint"), "-CAfile", str(authority.roots)),
    )
    assert b"Verification: OK" in said
    for missing in (f"{REGISTER}/stamps/99.tsr", f"{REGISTER}/stamps/0.checkpoint"):
        assert (await site.client.get(missing)).status_code == 404


async def test_a_register_is_stamped_when_it_has_grown_and_not_more_often_than_set(
    site: Site, authority: Authority
) -> None:
    timestamping = site.services.timestamping
    for _ in range(3):
        await timestamping.carry_out()
    assert authority.asked == 1
    site.clock.pass_(hours=5)
    await timestamping.carry_out()
    assert authority.asked == 1, "it has not grown"
    await site.sign_many(2, 2)
    await timestamping.carry_out()
    assert authority.asked == 2
    await site.sign_many(3, 3)
    site.clock.pass_(minutes=59)
    await timestamping.carry_out()
    assert authority.asked == 2
    site.clock.pass_(minutes=1)
    await timestamping.carry_out()
    assert authority.asked == 3
    assert len(await _listed(site)) == 3


async def test_it_is_stamped_at_once_when_signing_is_closed(
    site: Site, authority: Authority
) -> None:
    timestamping, organizing = site.services.timestamping, site.services.organizing
    await timestamping.carry_out()
    await site.sign_many(2, 3)
    await timestamping.carry_out()
    assert authority.asked == 1
    await organizing.set_status(await _id(site), Status.CLOSED, by=OPERATOR)
    await timestamping.carry_out()
    await timestamping.carry_out()
    assert authority.asked == 2
    newest, *_ = await _listed(site)
    assert (await site.client.get(f"{newest}.checkpoint")).text.split("\n")[1] == "3"


@pytest.mark.parametrize(
    ("mood", "flaw"),
    [
        (Mood.DOWN, Flaw.STATUS),
        (Mood.HANGS, Flaw.TIMEOUT),
        (Mood.REJECTS, Flaw.REJECTED),
        (Mood.RUBBISH, Flaw.GARBLED),
        (Mood.ENDLESS, Flaw.GARBLED),
        (Mood.OTHER_QUESTION, Flaw.OTHER_QUESTION),
        (Mood.OTHER_THING, Flaw.OTHER_CHECKPOINT),
    ],
)
async def test_a_bad_answer_is_a_fault_until_there_is_a_good_one(
    site: Site, authority: Authority, mood: Mood, flaw: Flaw
) -> None:
    """It is told on both pages of the console, and nothing is listed meanwhile."""
    await log_in(site)
    timestamping = site.services.timestamping
    authority.mood = mood
    await timestamping.carry_out()
    assert await _flaw(site) is flaw
    assert await _listed(site) == []
    for page in (HOME, CONSOLE):
        shown = await site.client.get(page)
        assert 'class="alarm"' in shown.text
        assert f"127.0.0.1:{authority.port}" in shown.text
    await timestamping.carry_out()
    assert authority.asked == 1, "it is not asked again at once"
    site.clock.pass_(seconds=31)
    await timestamping.carry_out()
    assert authority.asked == 2
    authority.mood = Mood.WELL
    await site.sign_many(2, 2)
    site.clock.pass_(seconds=61)
    await timestamping.carry_out()
    assert await _flaw(site) is None
    [stamp] = await _listed(site)
    newest = (await site.client.get(f"{stamp}.checkpoint")).text
    assert newest.split("\n")[1] == "2", "the newest checkpoint is what it is asked for"
    assert 'class="alarm"' not in (await site.client.get(HOME)).text


async def test_an_expired_certificate_is_not_believed(site: Site, authority: Authority) -> None:
    authority.certify(valid=False)
    site.services.timestamping._roots = _certificates(authority)
    await site.services.timestamping.carry_out()
    assert await _flaw(site) is Flaw.UNTRUSTED


async def test_a_root_that_is_not_trusted_is_not_believed(site: Site, authority: Authority) -> None:
    authority.certify()  # anew: another root than the one that the site has read
    await site.services.timestamping.carry_out()
    assert await _flaw(site) is Flaw.UNTRUSTED
    assert await _listed(site) == []


async def test_an_authority_that_is_gone_is_a_fault(site: Site) -> None:
    site.services.timestamping._authorities = ("http://127.0.0.1:1/",)
    await site.services.timestamping.carry_out()
    assert await _flaw(site) is Flaw.UNREACHABLE


async def test_private_addresses_are_for_whoever_allows_them(site: Site) -> None:
    site.services.timestamping._outbound = Outbound(allow_private=False, allow_plain=True)
    await site.services.timestamping.carry_out()
    assert await _flaw(site) is Flaw.PRIVATE


async def test_none_stands_in_for_another(tmp_path: Path, authority: Authority) -> None:
    async with (
        stamping(tmp_path / "other") as other,
        stamped_site(tmp_path, authority, other) as site,
    ):
        await log_in(site)
        other.mood = Mood.DOWN
        await site.services.timestamping.carry_out()
        assert len(await _listed(site)) == 1
        shown = Page((await site.client.get(HOME)).text).text
        assert f"127.0.0.1:{other.port}" in shown
        assert f"127.0.0.1:{authority.port}" not in shown


async def test_several_processes_ask_once(site: Site, authority: Authority) -> None:
    timestamping = site.services.timestamping
    await asyncio.gather(*(timestamping.carry_out() for _ in range(8)))
    assert authority.asked == 1
    assert len(await _listed(site)) == 1


async def test_what_a_restart_has_broken_off_is_asked_again(
    site: Site, authority: Authority
) -> None:
    timestamping = site.services.timestamping
    authority.mood = Mood.HANGS
    asking = asyncio.create_task(timestamping.carry_out())
    await authority.until_asked(1)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    authority.mood = Mood.WELL
    await timestamping.carry_out()
    assert authority.asked == 1, "somebody may still be asking"
    site.clock.pass_(seconds=61)
    await timestamping.carry_out()
    assert len(await _listed(site)) == 1


async def test_a_running_site_asks_by_itself(tmp_path: Path, authority: Authority) -> None:
    async with open_site(tmp_path / "data") as site:
        await site.sign_many(1, 1)
    async with open_site(
        tmp_path / "data",
        PLEDGE_TIMESTAMP_URLS=authority.address,
        PLEDGE_TIMESTAMP_ROOTS=str(authority.roots),
        PLEDGE_PRIVATE_NOTICES="1",
    ):
        await authority.until_asked(1)


async def test_certificates_may_come_in_any_order(authority: Authority) -> None:
    """As OpenSSL sends them: the signer's own, then further ones."""
    asked = question(b"a checkpoint\n")
    answer = await authority._reply(asked.encoded)
    own, between = (
        load_pem_x509_certificate((authority.folder / name).read_bytes()).public_bytes(Encoding.DER)
        for name in ("tsa.pem", "between.pem")
    )
    assert own + between in answer or between + own in answer
    for first, second in ((own, between), (between, own)):
        turned = answer.replace(own + between, first + second).replace(
            between + own, first + second
        )
        assert stamped_at(asked, turned, _certificates(authority))


async def test_an_altered_answer_is_never_believed(authority: Authority) -> None:
    """Each byte of a good one matters, or is not signed and changes nothing of what is told."""
    asked = question(b"a checkpoint\n")
    roots = _certificates(authority)
    answer = await authority._reply(asked.encoded)
    told = stamped_at(asked, answer, roots)
    refused = 0
    for place in range(len(answer)):
        altered = bytearray(answer)
        altered[place] ^= 1 + place % 255
        try:
            assert stamped_at(asked, bytes(altered), roots) == told
        except BadStamp:
            refused += 1
    assert refused > len(answer) // 2


def _certificates(authority: Authority) -> tuple[Certificate, ...]:
    return read_roots(authority.roots)
