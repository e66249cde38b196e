"""A real browser before a real server."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from tests.ports import free_port
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
_ARGUMENTS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]


def chromium_path() -> str:
    return next(filter(None, map(shutil.which, _NAMES)))


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    started = Server(tmp_path / "data", free_port())
    await started.start()
    yield started
    await started.stop()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(
            executable_path=chromium_path(), args=_ARGUMENTS
        )
        yield launched
        await launched.close()


@pytest.fixture
async def phone(browser: Browser) -> AsyncIterator[Page]:
    """A phone that speaks Chinese."""
    context = await browser.new_context(
        viewport=PHONE, device_scale_factor=2, has_touch=True, is_mobile=True, locale="zh-CN"
    )
    async for page in _watched(context):
        yield page


@pytest.fixture
async def phone_without_scripts(browser: Browser) -> AsyncIterator[Page]:
    context = await browser.new_context(
        viewport=PHONE, has_touch=True, is_mobile=True, locale="zh-CN", java_script_enabled=False
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
    """A page whose script faults, policy violations and requests to elsewhere fail the test."""
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
    page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith(("http://127.0.0.1:", "data:"))
            else faults.append(request.url)
        ),
    )
    yield page
    await context.close()
    assert faults == []
