"""Every page's template compiles, gets what it needs, and is well-formed."""

import re
from html.parser import HTMLParser

import pytest

from pledge.paths import STATIC, TEMPLATES
from pledge.web import contexts
from pledge.web.templating import LAYOUTS, company, event
from tests.delegate import Delegate
from tests.site import SLUG, Site

VOID = {"meta", "link", "input", "hr", "br", "wbr", "img", "path", "rect", "line"}


class Balanced(HTMLParser):
    """Fails on a tag that is not closed where it was opened."""

    def __init__(self, html: str):
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.titled = False
        self.feed(html)
        assert self.open == []
        assert len(self.ids) == len(set(self.ids))
        assert self.titled

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attributes:
            if name == "id":
                self.ids.append(str(value))
            assert name != "style", "inline styles are refused by the policy"
            assert not name.startswith("on"), "inline handlers are refused by the policy"

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        assert tag in VOID

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.titled = self.titled or (self.open[-1:] == ["title"] and bool(data.strip()))


def test_every_page_has_a_template_and_every_template_a_page() -> None:
    pages = {
        value
        for name, value in vars(contexts).items()
        if name.endswith("Page") and isinstance(value, type)
    }
    assert pages == set(LAYOUTS)
    shown = {layout.template for layout in LAYOUTS.values()}
    extended = {
        name
        for path in TEMPLATES.rglob("*.html")
        for name in re.findall(r'{% (?:extends|import) "([^"]+)"', path.read_text("utf-8"))
    }
    there = {str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html")}
    assert there == shown | extended


def test_every_stylesheet_is_used() -> None:
    used = {name for layout in LAYOUTS.values() for name in layout.components}
    assert used == {path.stem for path in (STATIC / "css").glob("*.css")}


def test_every_field_of_a_page_is_used_by_its_template() -> None:
    for page, layout in LAYOUTS.items():
        text = _with_parents(layout.template)
        for field in page.__dataclass_fields__:
            assert re.search(rf"\bpage\.{field}\b", text), f"{page.__name__}.{field}"


def _with_parents(template: str) -> str:
    text = (TEMPLATES / template).read_text(encoding="utf-8")
    parent = re.search(r'{% extends "([^"]+)"', text)
    return text + (_with_parents(parent[1]) if parent else "")


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_pages_are_well_formed(site: Site, delegate: Delegate, language: str) -> None:
    site.client.headers["accept-language"] = language
    wrong = await delegate.post(await delegate.open(), company="", uscc="x")
    signed = await delegate.sign()
    answers = [wrong, await delegate.sign(), await site.client.get("/nothing")]
    for path in (
        delegate.link,
        signed.headers["location"],
        "/",
        f"/i/{SLUG}",
        f"/i/{SLUG}/signatories",
        f"/i/{SLUG}/signatories?q=x&meeting=jinan",
        f"/i/{SLUG}/wall?meeting=dujiangyan",
        "/organizer/login",
        f"/organizer/setup/{site.services.tokens.setup()}",
    ):
        answers.append(await site.client.get(path))
    for answer in answers:
        Balanced(answer.text)


def test_names_break_before_their_legal_form() -> None:
    assert company("示例消防科技有限公司") == "示例消防科技<wbr>有限公司"
    assert company("示例股份有限公司") == "示例<wbr>股份有限公司"
    assert company("示例有限责任公司") == "示例<wbr>有限责任公司"
    assert company("有限公司") == "有限公司"
    assert company("<b>有限公司") == "&lt;b&gt;<wbr>有限公司"
    assert event("推进会暨交流会") == "推进会<wbr>暨交流会"
