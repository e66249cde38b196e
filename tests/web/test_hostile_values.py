"""What nobody types: sent in every field of every form, and in every part of every address."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import cycle
from urllib.parse import urlencode, urljoin

import pytest
from starlette.routing import Route

from pledge.web.routes import ROUTES
from tests.delegate import Delegate
from tests.site import SLUG, Site
from tests.web.organizer import HOME, log_in

VALUES = {
    "a NUL": "a%00b",
    "half a surrogate pair": "%ED%A0%80%FF",
    "more than 32 bits": f"{2**31}",
    "more than 64 bits": f"{2**63}",
    "a great deal": "%F0%A0%AE%B7" * 1000,
    "a number that is none": "1e999'%22%5C%25_",
}
"""As they stand in an address or a form, percent-encoded."""

_QUERIES = ("q", "meeting", "page", "after", "limit", "action", "kind", "link", "seat", "sheet")
_SELDOM_ENDS = f"/i/{SLUG}/events"
_ARE_TYPESET = (".pdf", ".png")
_NOT_TYPED = ("hidden", "checkbox", "radio", "file", "submit")


@dataclass
class Form:
    """A form of a page, with what a browser would send of it untouched."""

    action: str
    typed: dict[str, str] = field(default_factory=dict)
    given: dict[str, str] = field(default_factory=dict)
    """What nobody types: buttons, boxes, choices, hidden fields."""


class Forms(HTMLParser):
    def __init__(self, address: str, html: str):
        super().__init__()
        self.found: list[Form] = []
        self._address = address
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attributes}
        if tag == "form" and said.get("method", "get").lower() == "post":
            self.found.append(Form(urljoin(self._address, said.get("action") or self._address)))
        elif self.found and "name" in said:
            form, name, value = self.found[-1], said["name"], said.get("value", "")
            if tag == "textarea" or (tag == "input" and said.get("type", "text") not in _NOT_TYPED):
                form.typed[name] = value
            elif tag in ("input", "select", "button"):
                form.given.setdefault(name, value)


@pytest.fixture
async def organized(site: Site) -> Site:
    await log_in(site)
    return site


async def _pages(site: Site) -> list[str]:
    """Every address that answers with little, by names that lead to something."""
    link = await site.link()
    signed = await Delegate(site.client, link).sign()
    values = {"slug": SLUG, "token": link.removeprefix("/s/"), "key": "jinan", "format": "csv"}
    values |= {"id": signed.headers["location"].removeprefix("/r/")}
    addresses = [
        re.sub(r"{(\w+)(:\w+)?}", lambda found: values.get(found[1], "1"), route.path)
        for route in _routes()
    ]
    return [address for address in addresses if address != _SELDOM_ENDS]


def _routes() -> list[Route]:
    return [
        route
        for route in ROUTES
        if isinstance(route, Route)
        and "GET" in (route.methods or ())
        and not route.path.endswith(_ARE_TYPESET)
    ]


async def test_every_field_refuses_it_or_keeps_it(organized: Site) -> None:
    """All typed fields at once, and each of the others alone."""
    pages = [(page, await organized.client.get(page)) for page in await _pages(organized)]
    forms = [
        form
        for page, shown in pages
        if shown.headers.get("content-type", "").startswith("text/html")
        for form in Forms(page, shown.text).found
        if not form.action.endswith("/logout")
    ]
    assert len(forms) > 20
    turns = cycle(VALUES.values())
    for form in forms:
        untouched = form.typed | form.given
        changes = [dict.fromkeys(form.typed, value) for value in VALUES.values() if form.typed]
        changes += [{name: next(turns)} for name in form.given if name != "token"]
        for change in changes:
            left = {name: said for name, said in untouched.items() if name not in change}
            hostile = [f"{name}={value}" for name, value in change.items()]
            answer = await organized.client.post(
                form.action,
                content="&".join([urlencode(left), *hostile]),
                headers={"content-type": "application/x-www-form-urlencoded"},
            )
            assert answer.status_code < 500, (form.action, hostile)
    assert (await organized.client.get(HOME)).status_code == 200


async def test_every_address_with_it_leads_somewhere_or_nowhere(organized: Site) -> None:
    turns = cycle(VALUES.values())
    queries = [
        f"{page}?{name}={next(turns)}" for page in await _pages(organized) for name in _QUERIES
    ]
    for address in [*_addresses(), *queries]:
        answer = await organized.client.get(address)
        assert answer.status_code < 500, address


def _addresses() -> Iterator[str]:
    """With each value in each of their parts."""
    for route in _routes():
        for part in re.findall(r"{[^}]+}", route.path):
            for value in VALUES.values():
                path = route.path.replace(part, value).replace("{slug}", SLUG)
                yield re.sub(r"{[^}]+}", "1", path)
