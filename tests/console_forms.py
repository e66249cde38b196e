"""An organizer with a browser, as tests of the console need one: fills in forms as they are."""

from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

import httpx

from tests.delegate import Page
from tests.site import Site

EMAIL, PASSWORD = "organizer@example.org", "a long enough password"


class Forms(HTMLParser):
    """The forms of a page, each by its action: what a browser would send of it, unchanged."""

    def __init__(self, html: str):
        super().__init__()
        self.by_action: dict[str, dict[str, str]] = {}
        self._fields: dict[str, str] = {}
        self._area = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attributes}
        name = found.get("name", "")
        if tag == "form":
            self._fields = self.by_action.setdefault(found.get("action", ""), {})
        elif tag == "textarea":
            self._area = name
            self._fields[name] = ""
        elif tag == "input" and name and found.get("type") != "file":
            choice = found.get("type") in ("radio", "checkbox")
            if not choice or "checked" in found:
                self._fields[name] = found.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self._fields[self._area] += data


@dataclass
class Organizer:
    site: Site
    client: httpx.AsyncClient

    async def form(self, page: str, to: str = "") -> dict[str, str]:
        answer = await self.client.get(page)
        assert answer.status_code == 200, answer.text
        return Forms(answer.text).by_action[to or page]

    async def send(
        self, page: str, to: str = "", /, *, files: Any = None, **changed: str | None
    ) -> httpx.Response:
        """Sends the form of a page with some of its fields changed; None leaves one out."""
        fields = {**await self.form(page, to), **changed}
        sent = {name: value for name, value in fields.items() if value is not None}
        return await self.client.post(to or page, data=sent, files=files)

    async def text(self, page: str) -> str:
        return Page((await self.client.get(page)).text).text


async def organizer_of(site: Site) -> Organizer:
    """Owner of the sample initiative, logged in."""
    await site.services.organizing.add_organizer(EMAIL, PASSWORD)
    form = Page((await site.client.get("/organizer/login")).text)
    fields = {"email": EMAIL, "password": PASSWORD, **form.hidden}
    assert (await site.client.post("/organizer/login", data=fields)).status_code == 303
    return Organizer(site, site.client)
