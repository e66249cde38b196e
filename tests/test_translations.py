"""Every message has its Chinese, and no page mixes the languages."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from pledge.paths import PACKAGE
from pledge.web.languages import translations
from pledge.web.problems import _words
from tests.delegate import Delegate
from tests.site import SLUG, Site

ROOT = PACKAGE.parent
CATALOGUE = PACKAGE / "locale/zh_CN/LC_MESSAGES/pledge.po"
HAN = re.compile("[\u3400-\u9fff]")


def _messages() -> Iterator[tuple[str, Any]]:
    methods = [("pledge/**.py", "python"), ("templates/**.html", "jinja2")]
    options = {"templates/**.html": {"silent": "false", "newstyle_gettext": "true", "trimmed": "1"}}
    for found in extract_from_dir(
        ROOT, methods, options, keywords=KEYWORDS, directory_filter=_ours
    ):
        yield found[0], found[2]


KEYWORDS: dict[str, Any] = {"_": None, "gettext": None, "ngettext": (1, 2)}


def _catalogue() -> Catalog:
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="zh_CN")


def _ours(folder: str | Path) -> bool:
    return Path(folder).name in {"work", "pledge", "templates", "web"} or any(
        part in ("pledge", "templates") for part in Path(folder).parts
    )


def test_every_message_has_its_chinese() -> None:
    catalogue = _catalogue()
    missing = []
    for file, message in _messages():
        entry = catalogue.get(message[0] if isinstance(message, tuple) else message)
        translated = entry and not entry.fuzzy and entry.string and all(entry.string)
        if not translated:
            missing.append(f"{file}: {message}")
    assert not missing


def test_no_message_is_used_both_with_and_without_a_number() -> None:
    """The catalogue keeps one of the two, and the other page would break."""
    counted = {message[0] for _, message in _messages() if isinstance(message, tuple)}
    plain = {message for _, message in _messages() if not isinstance(message, tuple)}
    assert not counted & plain


def test_no_chinese_message_is_left_over() -> None:
    used = {message[0] if isinstance(message, tuple) else message for _, message in _messages()}
    catalogue = _catalogue()
    assert {
        entry.id[0] if isinstance(entry.id, tuple) else entry.id for entry in catalogue if entry.id
    } <= used


def test_placeholders_survive_translation() -> None:
    catalogue = _catalogue()
    for entry in catalogue:
        if not entry.id:
            continue
        ids = entry.id if isinstance(entry.id, tuple) else (entry.id,)
        strings = entry.string if isinstance(entry.string, tuple) else (entry.string,)
        for string in strings:
            assert set(re.findall(r"%\(\w+\)[sd]", string)) <= set(
                re.findall(r"%\(\w+\)[sd]", ids[-1])
            ), entry.id


@pytest.mark.parametrize("status", [400, 403, 404, 405, 410, 413, 429, 500, 503])
def test_every_problem_is_worded_in_both_languages(status: int) -> None:
    chinese, english = (_words(status, "", translations(language)) for language in ("zh", "en"))
    for field in ("heading", "explanation", "advice"):
        assert HAN.search(getattr(chinese, field)), getattr(chinese, field)
        assert not HAN.search(getattr(english, field))


async def test_the_reader_chooses_the_language(site: Site, delegate: Delegate) -> None:
    assert (await delegate.open()).language == "zh-CN"
    assert (await delegate.open(**{"accept-language": "en-GB,en;q=0.9"})).language == "en"
    assert (await delegate.open(**{"accept-language": "zh-CN,en;q=0.9"})).language == "zh-CN"
    assert (await delegate.open(**{"accept-language": "fr,de;q=x"})).language == "zh-CN"
    await site.client.get(delegate.link + "?lang=en")
    assert (await delegate.open()).language == "en"
    assert (await delegate.open(**{"accept-language": "zh"})).language == "en"


@pytest.mark.parametrize(
    "path", ["/", f"/i/{SLUG}", f"/i/{SLUG}/signatories", f"/i/{SLUG}/wall", "/organizer/login"]
)
async def test_english_pages_are_english(site: Site, path: str) -> None:
    html = (await site.client.get(path, headers={"accept-language": "en"})).text
    without_marked = re.sub(r'<(\w+)[^>]*lang="zh-CN"[^>]*>.*?</\1>', "", html, flags=re.S)
    without_style = re.sub(r"<style>.*?</style>", "", without_marked, flags=re.S)
    assert HAN.findall(without_style) == []
