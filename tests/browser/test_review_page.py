"""People follow a job and review it by keyboard: a real browser against the real stack."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from reviewing import act, eventually, press, record_of, shown
from stacks import RunningStack, queued
from tandem_client import Job
from watched_page import WatchedPage

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

RECORDS = 30


@pytest.fixture(scope="module")
def job(running_stack: RunningStack) -> Job:
    """A finished job all of whose records wait for a person."""
    started = running_stack.start_job(limit=RECORDS, review_threshold=1.0)
    finished = running_stack.tandem.jobs.wait(started.id, timeout=120)
    assert finished.counts.needs_review > 5
    eventually(lambda: queued(running_stack, finished) == finished.counts.needs_review, "the queue takes all in")
    return finished


def test_a_person_logs_in_by_link_and_reviews_by_keyboard(
    running_stack: RunningStack, job: Job, watched: WatchedPage
) -> None:
    page = watched.page
    link = running_stack.login_url("Robin", "annotator")
    page.goto(link)
    expect(page.get_by_role("heading", name="Jobs", exact=True)).to_be_visible()
    assert "token" not in page.url

    page.locator(f'a[href="/jobs/{job.id}"]').first.click()
    expect(page.get_by_text(f"of {RECORDS} records", exact=True)).to_be_visible()
    page.get_by_role("link", name=f"Review {job.counts.needs_review}").click()

    confirmed = act(page, "Enter")
    suggested = options(page).locator("[aria-keyshortcuts*=Enter]")
    other = "1" if suggested.count() == 0 or "1" not in (suggested.get_attribute("aria-keyshortcuts") or "") else "2"
    corrected = act(page, other)
    skipped = act(page, "s")
    undone = act(page, "3")
    expect(page.get_by_role("heading", name="Your decisions")).to_be_visible()
    expect(page.get_by_role("status", name="What is saved")).to_contain_text("All saved")
    press(page, "u")
    expect(shown(page)).to_have_attribute("aria-label", f"Record {undone}")
    assert act(page, "Enter") == undone

    eventually(lambda: kinds_of(running_stack, job, confirmed) == ["confirmed"], "the confirmation is kept")
    eventually(lambda: kinds_of(running_stack, job, corrected) == ["corrected"], "the correction is kept")
    eventually(lambda: len(kinds_of(running_stack, job, undone)) == 3, "the undo is kept")
    first, taken_back, again = kinds_of(running_stack, job, undone)
    assert (taken_back, again) == ("undone", first)  # Enter confirms what the person had picked
    assert kinds_of(running_stack, job, skipped) == []
    item = running_stack.mongo["review_items"].find_one({"job_id": job.id, "record_id": skipped})
    assert item is not None
    assert (item["state"], item["skips"]) == ("open", 1)
    eventually(lambda: verified(running_stack, job) == {confirmed, corrected, undone}, "the annotations tell")

    assert watched.complaints == []
    assert watched.hosts == {urlsplit(running_stack.ui_url).netloc}


def test_a_reload_shows_the_same_record(running_stack: RunningStack, job: Job, watched: WatchedPage) -> None:
    page = watched.page
    page.goto(running_stack.login_url("Noor", "annotator"))
    expect(page.get_by_role("heading", name="Jobs", exact=True)).to_be_visible()
    page.goto(f"{running_stack.ui_url}/review/{job.id}")
    before = record_of(shown(page))
    page.reload()
    assert record_of(shown(page)) == before


def test_a_login_link_works_once_and_says_what_to_do_then(running_stack: RunningStack, watched: WatchedPage) -> None:
    page = watched.page
    link = running_stack.login_url("Robin", "viewer")
    page.goto(link)
    expect(page.get_by_role("heading", name="Jobs", exact=True)).to_be_visible()
    page.context.clear_cookies()
    page.goto(link)
    expect(page.get_by_text("This login link no longer works")).to_be_visible()
    expect(page.get_by_label("API key")).to_be_visible()


def test_the_page_fits_a_phone_and_follows_a_dark_system(
    running_stack: RunningStack, job: Job, chromium: Browser
) -> None:
    context = chromium.new_context(
        viewport={"width": 375, "height": 740}, color_scheme="dark", is_mobile=True, has_touch=True
    )
    page = context.new_page()
    page.goto(running_stack.login_url("Kim", "annotator"))
    expect(page.get_by_role("heading", name="Jobs", exact=True)).to_be_visible()
    for path, landmark in (("/", "Jobs"), (f"/jobs/{job.id}", "Annotations"), (f"/review/{job.id}", "Your decisions")):
        page.goto(running_stack.ui_url + path)
        expect(page.get_by_role("heading", name=landmark)).to_be_visible()
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{path} scrolls sideways"
    context.close()


def options(page: Page) -> Locator:
    return page.get_by_role("group", name="Labels")


def kinds_of(running: RunningStack, job: Job, record: str) -> list[str]:
    """The kinds of the decisions on a record, in their order."""
    found = running.mongo["verifications"].find({"job_id": job.id, "record_id": record}).sort("revision", 1)
    return [decision["kind"] for decision in found]


def verified(running: RunningStack, job: Job) -> set[str]:
    """The records whose annotation carries a person's decision."""
    found = running.mongo["annotations"].find({"job_id": job.id, "verification.values": {"$exists": True}})
    return {annotation["record_id"] for annotation in found}
