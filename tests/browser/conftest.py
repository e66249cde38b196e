"""A real browser before a real server."""

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from tests.server import Server

PHONE = {"width": 390, "height": 844}
HALL = {"width": 1920, "height": 1080}

_NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    started = Server(tmp_path / "data")
    started.start()
    yield started
    started.stop()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    found = next(filter(None, map(shutil.which, _NAMES)))
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(
            executable_path=found,
            args=["--no-sandbox", "--disable-background-networking", "--disable-component-update"],
        )
        yield launched
        await launched.close()


@pytest.fixture
async def phone(browser: Browser) -> AsyncIterator[Page]:
    """A phone that speaks Chinese; whatever a page logs as an error fails the test."""
    context = await browser.new_context(
        viewport=PHONE, device_scale_factor=2, has_touch=True, is_mobile=True, locale="zh-CN"
    )
    async for page in _watched(context):
        yield page


@pytest.fixture
async def screen(browser: Browser) -> AsyncIterator[Page]:
    """Another browser, on a wide screen."""
    context = await browser.new_context(viewport=HALL, locale="zh-CN")
    async for page in _watched(context):
        yield page


async def _watched(context: BrowserContext) -> AsyncIterator[Page]:
    page = await context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "console",
        lambda message: (
            faults.append(message.text)
            if message.type == "error" and "Failed to load resource" not in message.text
            else None
        ),
    )
    yield page
    await context.close()
    assert faults == []
