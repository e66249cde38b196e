"""A delegate with a phone, as tests need one: opens a link, fills in the form, signs."""

from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

import httpx

FILLED_IN = {
    "company": "示例消防科技有限公司",
    "uscc": "",
    "representative": "张某某",
    "title": "质量负责人",
    "phone": "13800000000",
    "consent": "yes",
}


class Page(HTMLParser):
    """What a test looks for in a page: its form fields, its visible text, its messages."""

    def __init__(self, html: str):
        super().__init__()
        self.inputs: dict[str, dict[str, str | None]] = {}
        self.text = ""
        self.language = ""
        self._hidden_depth = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = dict(attributes)
        if tag == "html":
            self.language = found.get("lang") or ""
        if tag == "input" and found.get("name"):
            self.inputs[str(found["name"])] = found
        if tag in ("style", "script", "template"):
            self._hidden_depth += 1

    def handle_endtag(self, tag: str) -> None:
        if tag in ("style", "script", "template"):
            self._hidden_depth -= 1

    def handle_data(self, data: str) -> None:
        if not self._hidden_depth:
            self.text += data

    def value(self, name: str) -> str:
        return self.inputs[name].get("value") or ""

    @property
    def hidden(self) -> dict[str, str]:
        return {
            name: found.get("value") or ""
            for name, found in self.inputs.items()
            if found.get("type") == "hidden"
        }


@dataclass
class Delegate:
    client: httpx.AsyncClient
    link: str
    """Path of the signing link."""

    async def open(self, **headers: str) -> Page:
        response = await self.client.get(self.link, headers=headers)
        assert response.status_code == 200, response.text
        return Page(response.text)

    async def post(self, page: Page, **typed: Any) -> httpx.Response:
        """Sends the form of that page as it is now: again with the same attempt, if repeated."""
        fields = {**FILLED_IN, **page.hidden, **typed}
        return await self.client.post(
            self.link, data={name: value for name, value in fields.items() if value is not None}
        )

    async def sign(self, **typed: Any) -> httpx.Response:
        return await self.post(await self.open(), **typed)
