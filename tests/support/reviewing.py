"""What tests do on the review page, and how they wait for what follows."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect


def shown(page: Page) -> Locator:
    return page.get_by_role("article", name=re.compile("^Record "))


def record_of(card: Locator) -> str:
    expect(card).to_be_visible()
    return (card.get_attribute("aria-label") or "").removeprefix("Record ")


def act(page: Page, key: str) -> str:
    """Press a key on the record shown, wait for the next one; returns the id of the record it was pressed on."""
    record = record_of(shown(page))
    press(page, key)
    expect(shown(page)).not_to_have_attribute("aria-label", f"Record {record}")
    return record


def press(page: Page, key: str) -> None:
    """Press a key once the browser has painted: what is pressed before is not meant for what is shown."""
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    page.keyboard.press(key)


def eventually(holds: Callable[[], bool], what: str, *, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(0.05)
