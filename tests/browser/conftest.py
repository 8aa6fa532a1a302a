"""A real Chromium and watched pages in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tandem_verification_ui.static_files import BUILT
from tools import program
from watched_page import WatchedPage

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    executable = program("chromium")
    if not (BUILT / "index.html").is_file():
        pytest.fail("The page is not built; build it with `make web`.", pytrace=False)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def watched(chromium: Browser) -> Iterator[WatchedPage]:
    """A page of a desktop's size in a context of its own."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    context.set_default_timeout(20_000)
    watched = WatchedPage(context.new_page())
    watched.watch()
    yield watched
    context.close()
