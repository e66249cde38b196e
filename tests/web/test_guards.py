"""What every request passes."""

import pytest

from pledge.access_lines import access_lines
from pledge.publishing import Publishing
from pledge.web.templating import static
from tests.delegate import Delegate
from tests.site import SLUG, Site

PAGES = ["/", f"/i/{SLUG}", f"/i/{SLUG}/signatories", f"/i/{SLUG}/wall", "/organizer/login", "/no"]


@pytest.mark.parametrize("path", PAGES)
async def test_pages_have_a_strict_policy(site: Site, path: str) -> None:
    headers = (await site.client.get(path)).headers
    directives = map(str.split, headers["content-security-policy"].split(";"))
    policy = {name: sources for name, *sources in directives}
    assert policy["default-src"] == ["'none'"]
    assert policy["script-src"] == ["'self'"]
    assert all(source.startswith("'sha256-") for source in policy["style-src"])
    assert policy["frame-ancestors"] == ["'none'"]
    assert policy["base-uri"] == ["'none'"]
    assert policy["form-action"] == ["'self'"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize(
    ("headers", "accepted"),
    [
        ({"origin": "http://pledge.test"}, True),
        ({"origin": "http://pledge.test", "sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"origin": "http://elsewhere.test"}, False),
        ({"origin": "null"}, False),
        ({"origin": "http://["}, False),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "same-site"}, False),
        ({"origin": "http://pledge.test", "sec-fetch-site": "cross-site"}, False),
    ],
)
async def test_another_site_can_post_nothing(
    site: Site, delegate: Delegate, headers: dict[str, str], accepted: bool
) -> None:
    form = await delegate.open()
    site.client.headers.update(headers)
    answer = await delegate.post(form)
    assert answer.status_code == (303 if accepted else 403)
    assert len(await site.items()) == (1 if accepted else 0)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/nothing", 404),
        ("/i/nothing", 404),
        ("/i/nothing/signatories", 404),
        ("/i/nothing/events", 404),
        ("/r/nothing", 404),
        ("/static/nothing.js", 404),
        ("/static/../pyproject.toml", 404),
        (f"/i/{SLUG}/signatories?meeting=nothing", 404),
        (f"/i/{SLUG}/signatories?page=x", 400),
        (f"/i/{SLUG}/signatories?page={'9' * 5000}", 400),
        (f"/i/{SLUG}/signatories?q=%00", 404),
        ("/i/%00", 404),
        ("/r/%00", 404),
        (f"/i/{SLUG}/", 404),
        (f"/i/{SLUG}/signatories?page=0", 400),
        (f"/i/{SLUG}/events?after=x", 400),
        (f"/i/{SLUG}/events?after=-1", 400),
        ("/organizer/setup/nothing", 404),
    ],
)
async def test_wrong_addresses_get_a_page_that_says_what_to_do(
    site: Site, path: str, status: int
) -> None:
    answer = await site.client.get(path)
    assert answer.status_code == status
    assert "<h1" in answer.text
    english = await site.client.get(path, headers={"accept-language": "en"})
    assert "Please" in english.text


async def test_a_fault_is_answered_like_everything_else(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("示例秘密公司")

    monkeypatch.setattr(Publishing, "receipt", broken)
    answer = await site.client.get("/r/whatever")
    assert answer.status_code == 500
    assert "系统出现故障" in answer.text
    assert "示例秘密公司" not in answer.text
    for header in ("content-security-policy", "x-content-type-options", "x-request-id"):
        assert header in answer.headers


async def test_an_address_knows_all_its_methods(site: Site, delegate: Delegate) -> None:
    answer = await site.client.request("DELETE", delegate.link)
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "POST"}


async def test_only_the_right_version_of_a_file_is_kept_for_ever(site: Site) -> None:
    right = static("js/feed.js")
    for address, kept in ((right, True), ("/static/js/feed.js?v=zzz", False)):
        cached = (await site.client.get(address)).headers["cache-control"]
        assert ("immutable" in cached) is kept


async def test_cookies_are_out_of_reach(site: Site, delegate: Delegate) -> None:
    answer = await site.client.get(delegate.link + "?lang=en")
    cookies = answer.headers.get_list("set-cookie")
    assert len(cookies) == 2
    for cookie in cookies:
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie


async def test_no_address_with_a_token_reaches_the_log(
    site: Site,
    delegate: Delegate,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    access_lines.configure("json")
    try:
        signed = await delegate.sign(company="示例秘密公司", phone="13700000000")
        await site.client.get(signed.headers["location"])
        access_lines.flush()
    finally:
        access_lines.configure("")
    logged = caplog.text + "".join(capsys.readouterr())
    assert "/s/{token}" in logged
    for secret in (delegate.link, signed.headers["location"], "示例秘密公司", "13700000000"):
        assert secret not in logged
