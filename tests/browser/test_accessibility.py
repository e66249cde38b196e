"""axe finds nothing on any page, on a phone and on a wide screen, in both languages.

Each page is brought about once in each language, in Chinese on a phone and in English on a wide
screen, and then looked at in both sizes.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe, AxeResults
from playwright.async_api import Browser, Page, ViewportSize
from pyotp import TOTP

from tests.authority import Mood, stamping
from tests.browser.receipts import as_file, signed_receipt
from tests.ports import free_port
from tests.server import Server
from tests.site import SLUG

SIZES: dict[str, ViewportSize] = {
    "phone": {"width": 390, "height": 844},
    "screen": {"width": 1440, "height": 900},
}
LOGO = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 3"><path d="M0 0h9v3z"/></svg>'
_PATIENCE = 40.0
EMAIL, PASSWORD = "organizer@example.org", "a long enough password"


@pytest.fixture
async def stamped(tmp_path: Path) -> AsyncIterator[Server]:
    """Two authorities stamp its register, of which one fails; a key has been replaced."""
    async with stamping(tmp_path / "well") as well, stamping(tmp_path / "down") as down:
        down.mood = Mood.REJECTS
        roots = tmp_path / "roots.pem"
        roots.write_bytes(well.roots.read_bytes() + down.roots.read_bytes())
        started = Server(tmp_path / "data", free_port())
        started.settings = {
            "PLEDGE_TIMESTAMP_URLS": f"{well.address},{down.address}",
            "PLEDGE_TIMESTAMP_ROOTS": str(roots),
            "PLEDGE_PRIVATE_NOTICES": "1",
        }
        await started.start()
        for command in ("new-key", "retire-keys"):
            await started.command("register", command)
        yield started
        await started.stop()


@asynccontextmanager
async def opened(browser: Browser, locale: str, size: ViewportSize) -> AsyncIterator[Page]:
    """A page of somebody's own, which has axe in it whatever it shows."""
    context = await browser.new_context(viewport=size, locale=locale)
    await context.add_init_script(Axe().axe_script)
    yield await context.new_page()
    await context.close()


async def _check(page: Page) -> None:
    """In both sizes; leaves the page in the one that it had."""
    own = page.viewport_size
    for size in sorted(SIZES.values(), key=lambda size: size == own):
        await page.set_viewport_size(size)
        await _check_as_it_is(page)


async def _check_as_it_is(page: Page) -> None:
    violations = await page.evaluate(
        "axe.run({resultTypes: ['violations']}).then(found => found.violations)"
    )
    assert not violations, AxeResults({"violations": violations}).generate_report()
    beyond = await page.evaluate(
        "[...document.querySelectorAll('body *')].filter(e => {"
        " const box = e.getBoundingClientRect();"
        " const scrolls = e.closest('.table__scroll, .desk__list, .desk__tabs, .sessions,"
        " .hall, .vh');"
        " return box.right > innerWidth + 1 && !scrolls"
        "}).map(e => e.className || e.tagName)"
    )
    assert beyond == [], f"wider than {page.url} on this screen"


async def _sign(page: Page, server: Server, company: str) -> None:
    await page.goto(server.origin + server.link)
    await page.fill("[name=company]", company)
    await page.fill("[name=representative]", "张某某")
    await page.check("[name=consent]")
    await page.click(".dock button")


async def _send_too_often(page: Page, server: Server) -> None:
    """As a browser does that runs no script of ours."""
    await page.goto(server.origin + server.link)
    await page.fill("[name=company]", "示例再次有限公司")
    await page.fill("[name=representative]", "张某某")
    await page.check("[name=consent]")
    await page.evaluate(
        "async () => {"
        " const form = document.querySelector('#register');"
        " for (let n = 0; n < 30; n++) await fetch(form.action,"
        "  {method: 'POST', body: new URLSearchParams(new FormData(form)), redirect: 'manual'});"
        " HTMLFormElement.prototype.submit.call(form)"
        "}"
    )
    await page.wait_for_selector("form.actions")


@pytest.mark.parametrize(("locale", "size"), [("zh-CN", "phone"), ("en-GB", "screen")])
async def test_axe_finds_nothing(server: Server, browser: Browser, locale: str, size: str) -> None:
    async with opened(browser, locale, SIZES[size]) as page:
        await page.goto(f"{server.origin}/i/{SLUG}")
        await _check(page)
        await page.goto(server.origin + server.link)
        await _check(page)
        await page.click(".dock button")
        await page.wait_for_selector("#errors")
        await _check(page)
        for company in ("示例消防科技有限公司", "示例" + "消防" * 44 + "股份有限公司"):
            await _sign(page, server, company)
            await page.wait_for_selector(".result__no")
            await _check(page)
        await _sign(page, server, "示例消防科技有限公司")
        await page.wait_for_selector(".record")
        await _check(page)
        await _send_too_often(page, server)
        await _check(page)
        for path in ("/", "/signatories", "/signatories?q=x", "/wall", "/register"):
            await page.goto(f"{server.origin}/i/{SLUG}{path}")
            await _check(page)
        await _check_verification(page, server)
        kiosk = await server.command("link", SLUG, "--kind", "kiosk", "--stage")
        await page.goto(kiosk.strip())
        await page.wait_for_selector("[data-pad]:not([hidden])")
        await _check(page)
        await page.fill("[name=company]", "示例台上有限公司")
        await page.fill("[name=representative]", "张某某")
        await page.check("[name=consent]")
        await page.click(".dock button")
        await page.wait_for_selector(".along")
        await _check(page)
        await page.goto(f"{server.origin}/nothing")
        await _check(page)
        await _check_console(page, server)


async def _check_verification(page: Page, server: Server) -> None:
    """Certificates found, genuine, unknown; a receipt's file accepted and refused."""
    for path in ("/verify?q=x1", "/v/CY-20230810-0921-1", "/v/0921", "/verify?q=示例"):
        await page.goto(server.origin + path)
        await _check(page)
    await page.click(".holder a")
    await page.click(".evidence summary")
    await _check(page)
    receipt = await signed_receipt(server, company="示例回执有限公司")
    await page.goto(f"{server.origin}/verify")
    for shown in (".record", ".ww--void"):
        file: Any = {"name": "r.json", "mimeType": "text/plain", "buffer": as_file(receipt)}
        await page.set_input_files("[type=file]", file)
        await page.wait_for_selector(f"[data-result] {shown}")
        await _check(page)
        receipt["fields"]["company"]["name"] = "示例仿冒有限公司"


@pytest.mark.parametrize(("locale", "size"), [("zh-CN", "phone"), ("en-GB", "screen")])
async def test_axe_finds_nothing_where_a_time_stamp_is_missing(
    stamped: Server, browser: Browser, locale: str, size: str
) -> None:
    async with opened(browser, locale, SIZES[size]) as page:
        await _sign(page, stamped, "示例消防科技有限公司")
        await page.wait_for_selector(".result__no")
        await page.goto(stamped.printed["Organizer set-up (works once)"])
        await page.fill("[name=email]", EMAIL)
        for name in ("password", "again"):
            await page.fill(f"[name={name}]", PASSWORD)
        await page.click("main .button--primary")
        await page.wait_for_selector(".desk")
        console = f"{stamped.origin}/organizer/settings/{SLUG}/register"
        await page.goto(console)
        async with asyncio.timeout(_PATIENCE):
            while not await page.evaluate(
                "document.querySelector('.stamps li') && document.querySelector('.alarm code')"
            ):
                await page.reload()
        for address in (
            console,
            f"{stamped.origin}/organizer/initiatives/{SLUG}",
            f"{stamped.origin}/i/{SLUG}/register",
            f"{stamped.origin}/i/{SLUG}",
        ):
            await page.goto(address)
            for summary in await page.query_selector_all(".keys summary"):
                await summary.click()
            await _check(page)


async def _check_texts(page: Page, home: str) -> None:
    """The list with its form, the text being written, published, compared; the schedule."""
    await page.goto(home.rpartition("/")[0])
    await page.click("#new .button--primary")
    await page.wait_for_selector("#slug-error")
    await _check(page)
    await page.goto(f"{home}/text")
    await _check(page)
    await page.fill("[name=title_en]", "A revised initiative, by way of trial")
    await page.click("button[value=publish]")
    await page.wait_for_selector("[name=ask]")
    await _check(page)
    await page.check("[name=ask][value=no]")
    await page.click(".take .button--primary")
    await page.wait_for_selector("#versions td")
    await _check(page)
    await page.goto(f"{home}/text/1?with=2")
    await _check(page)
    await page.goto(f"{home}/schedule")
    await page.fill("[name=closes_at]", "2001-01-01T10:00")
    await page.click(".take .button--primary")
    await page.wait_for_selector("#closes_at-error")
    await _check(page)


async def _check_console(page: Page, server: Server) -> None:
    await page.goto(server.printed["Organizer set-up (works once)"])
    await _check(page)
    await page.fill("[name=email]", EMAIL)
    await page.fill("[name=password]", "short")
    await page.click("main .button--primary")
    await page.wait_for_selector("#errors")
    await _check(page)
    await page.fill("[name=password]", PASSWORD)
    await page.fill("[name=again]", PASSWORD)
    await page.click("main .button--primary")
    await page.wait_for_selector(".desk")
    await _check(page)
    await page.goto(f"{server.origin}/organizer/initiatives/{SLUG}")
    await _check(page)
    home = page.url
    await _check_texts(page, home)
    await page.goto(f"{home}/ceremony")
    await _check(page)
    for scene in ("standby", "text", "scan", "countdown", "launch", "closed"):
        await page.click(f"button[value={scene}]")
        await page.wait_for_selector(f"button[value={scene}][aria-pressed=true]")
        await _check(page)
        wall = await page.context.new_page()
        await wall.goto(f"{server.origin}/i/{SLUG}/wall")
        await wall.wait_for_selector(f"[data-scene={scene}]")
        await _check(wall)
        await wall.close()
    await _check_signatures(page, server)
    await _check_people(page, server)
    roster = f"{server.origin}/organizer/roster/{SLUG}"
    await page.goto(roster)
    await _check(page)
    table = "企业名称,手机,桌号\n示例一有限公司,2023-08-10,A1\n示例二有限公司,,A2\n"
    await page.set_input_files(
        "[name=file]", {"name": "r.csv", "mimeType": "text/csv", "buffer": table.encode()}
    )
    await page.click("form.take button")
    await page.wait_for_selector(".sheet__why")
    await _check(page)
    await page.click("button[value=import]")
    await page.wait_for_selector(".table__link")
    await _check(page)
    await _check_links(page, server)
    await page.goto(f"{home}?meeting=jinan&q=x")
    await _check(page)
    await _check_arrangement(page, server)
    for chosen in ("poster", "cards", "labels", "cards&table=nobody's"):
        await page.goto(f"{server.origin}/organizer/print/{SLUG}?sheet={chosen}")
        await _check(page)
    await page.goto(f"{server.origin}/organizer/settings/{SLUG}/register")
    await _check(page)
    await _check_notices(page, f"{server.origin}/organizer/settings/{SLUG}/notices")
    await _check_exports(page, f"{server.origin}/organizer/exports/{SLUG}")
    await page.goto(home)
    await page.click("button[value=start]")
    await page.click("text=/结束彩排|End rehearsal/")
    await page.wait_for_selector("button[value=end]")
    await _check(page)
    await page.click("button[value=end]")
    await page.wait_for_selector("button[value=hide]")
    await page.click("button[value=hide]")
    await page.wait_for_selector("button[value=restore]")
    await _check(page)
    await page.click("button[value=closed]")
    await page.wait_for_selector("button[value=open]")
    await _check(page)
    await page.goto(server.origin + server.link)
    await _check(page)
    await page.goto(f"{server.origin}/")
    await _check(page)
    await page.goto(f"{server.origin}/organizer/login")
    await _check(page)


async def _check_links(page: Page, server: Server) -> None:
    links = f"{server.origin}/organizer/links/{SLUG}"
    for kind, name in (("poster", "入口海报"), ("screen", "主会场")):
        await page.goto(links)
        await _check(page)
        await page.check(f"[name=kind][value={kind}]")
        await page.fill("[name=most]", "0")
        await page.click("form.take button")
        await page.wait_for_selector("#most-error")
        await _check(page)
        await page.fill("[name=most]", "1")
        await page.fill("[name=name]", name)
        await page.click("form.take button")
        await page.wait_for_selector(".link__facts")
        await _check(page)
    await page.click(".button--stop")
    await page.wait_for_selector("button[value=revoke]")
    await _check(page)
    await page.click("button[value=revoke]")
    await page.wait_for_selector(".link__state--revoked")
    await _check(page)


async def _check_arrangement(page: Page, server: Server) -> None:
    """Form and publication, the logo, the meetings: as they are, and with mistakes in them."""
    await page.goto(f"{server.origin}/organizer/settings/{SLUG}")
    await _check(page)
    await page.fill("#contact-zh", "")
    await page.click(".lines__end button")
    await page.wait_for_selector("#contact-zh-error")
    await _check(page)
    for logo in (b"GIF89a", LOGO):
        await page.set_input_files(
            "#logo", {"name": "logo.svg", "mimeType": "image/svg+xml", "buffer": logo}
        )
        await page.click("form.take button:not([value])")
        await page.wait_for_selector("#logo-error" if logo != LOGO else ".logo-box")
        await _check(page)
    for address in (f"/i/{SLUG}", server.link, f"/i/{SLUG}/wall"):
        await page.goto(server.origin + address)
        await _check(page)
    meetings = f"{server.origin}/organizer/meetings/{SLUG}"
    for address in (meetings, f"{meetings}/at/dujiangyan"):
        await page.goto(address)
        await _check(page)
        await page.fill("#zone", "Mars/Base")
        await page.click("form.narrow .button--primary")
        await page.wait_for_selector("#zone-error")
        await _check(page)
    await page.click("button[value=remove]")
    await page.wait_for_selector(".take__error")


async def _check_signatures(page: Page, server: Server) -> None:
    listed = f"{server.origin}/organizer/signatures/{SLUG}"
    for path in ("", "?duplicates=yes", "?q=x", "?all=yes"):
        await page.goto(listed + path)
        await _check(page)
    await page.click("button[value=withdraw]")
    await page.wait_for_selector("#reason-error")
    await _check(page)
    await page.goto(f"{listed}/1")
    for act in await page.query_selector_all(".act summary"):
        await act.click()
    await _check(page)
    await page.click("button[value=replace]")
    await page.wait_for_selector("#replace-reason-error")
    await _check(page)
    await page.goto(f"{listed}/1/erase")
    await _check(page)
    await page.click("button[value=erase]")
    await page.wait_for_selector("#erase-reason-error")
    await _check(page)
    await page.goto(f"{listed}/2")
    await page.click(".act:last-of-type summary")
    await page.fill("#withdraw-reason", "企业来函")
    await page.click("button[value=withdraw]")
    await page.click("button[value=invite]")
    await page.wait_for_selector(".linkbox")
    await _check(page)
    await page.goto(f"{listed}/assist")
    await page.wait_for_selector("[data-pad]:not([hidden])")
    await _check(page)
    await page.click("main .button--primary")
    await page.wait_for_selector("#errors")
    await _check(page)


async def _check_notices(page: Page, address: str) -> None:
    await page.goto(address)
    await _check(page)
    await page.fill("[name=address]", "https://192.168.0.1/")
    await page.click(".cells .button--primary")
    await page.wait_for_selector(".attention")
    await _check(page)
    await page.fill("[name=address]", "https://localhost/hook")
    await page.click(".cells .button--primary")
    await page.wait_for_selector(".target")
    await page.click("button[value=test]")
    await page.wait_for_selector(".answer--not")
    await _check(page)
    await page.click(".target__acts a")
    await page.click("summary")
    await _check(page)
    await page.click("button[value=remove]")
    await page.wait_for_selector(".cells")


async def _check_people(page: Page, server: Server) -> None:
    team = f"{server.origin}/organizer/settings/{SLUG}/team"
    guests = ("guest@example.org", "a-rather-long-address.of-a-guest@association.example.org")
    for email in guests:
        await page.goto(team)
        await page.fill("#email", email)
        await page.select_option("#role", "editor")
        await page.click("form.entry .button--primary")
        await page.wait_for_selector(".invited__address")
        await _check(page)
    link = await page.inner_text(".invited__address a")
    await page.goto(link)
    await _check(page)
    await page.goto(team)
    await page.click("form.entry .button--primary")
    await page.wait_for_selector(".is-error")
    await _check(page)
    async with opened(
        page.context.browser,
        await page.evaluate("navigator.language"),
        page.viewport_size,
    ) as guest:
        await guest.goto(link)
        await _check(guest)
        await guest.fill("[name=password]", PASSWORD)
        await guest.click("main .button--primary")
        await guest.wait_for_selector("#errors")
        await _check(guest)
        for name in ("password", "again"):
            await guest.fill(f"[name={name}]", PASSWORD)
        await guest.click("main .button--primary")
        await guest.wait_for_selector(".desk")
        await page.goto(team)
        await _check(page)
        await _check_account(guest, server, guests[1])


async def _check_account(page: Page, server: Server, email: str) -> None:
    account = f"{server.origin}/organizer/settings"
    await page.goto(account)
    await _check(page)
    await page.goto(f"{server.origin}/organizer/second-factor")
    await _check(page)
    secret = await page.get_attribute("[name=secret]", "value")
    await page.fill("[name=code]", TOTP(secret or "").now())
    await page.click("form.entry .button--primary")
    await page.wait_for_selector("[name=confirm]")
    await _check(page)
    await page.context.clear_cookies()
    await page.goto(f"{server.origin}/organizer/login")
    await page.fill("[name=email]", email)
    await page.fill("[name=password]", PASSWORD)
    await page.click("main .button--primary")
    await page.wait_for_selector("[name=code]")
    await _check(page)
    await page.fill("[name=code]", "000000")
    await page.click("main .button--primary")
    await page.wait_for_selector(".errors")
    await _check(page)
    reset = await server.command("organizer", "reset", email)
    await page.goto(reset.strip())
    await _check(page)


async def _check_exports(page: Page, exports: str) -> None:
    await page.goto(exports)
    for summary in await page.query_selector_all("summary"):
        await summary.click()
    await _check(page)
    for box in await page.query_selector_all("[name^=state-]"):
        await box.uncheck()
    await page.click(".export__end button")
    await page.wait_for_selector("#state-error")
    await _check(page)
    await page.goto(exports)
    await page.check("[value=bundle]")
    await page.click(".export__end button")
    await page.wait_for_selector("progress, .jobs__acts a")
    await _check(page)
    await page.wait_for_selector(".jobs__acts a")
    await _check(page)
