"""The review page keeps what people decide, stands still, and can be used by everybody: real Chromium, real stack."""

from __future__ import annotations

import uuid

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from accessibility import serious_faults
from reviewing import act, eventually, press, record_of, shown
from stacks import RunningStack, queued
from tandem_client import Job

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

RECORDS = 120
OFFLINE = 20
"""Records that a page holds of a long queue, so that it can go on without the service."""
NODES = "document.getElementsByTagName('*').length"


@pytest.fixture(scope="module")
def job(running_stack: RunningStack) -> Job:
    """A finished job all of whose records wait for a person."""
    started = running_stack.start_job(limit=RECORDS, review_threshold=1.0)
    finished = running_stack.tandem.jobs.wait(started.id, timeout=120)
    eventually(lambda: queued(running_stack, finished) == finished.counts.needs_review, "the queue takes all in")
    return finished


def test_nothing_that_a_person_decided_is_lost(running_stack: RunningStack, job: Job, chromium: Browser) -> None:
    person = running_stack.tandem.people.create(f"Robin {uuid.uuid4().hex[:6]}").id
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    context.set_default_timeout(20_000)
    page = context.new_page()
    _open(running_stack, job, page, person)
    saved = page.get_by_role("status", name="What is saved")

    # Without a network, all that the page holds can be decided; nothing is lost, and it is sent in its order.
    page.wait_for_load_state("networkidle")
    context.set_offline(True)
    offline = [act(page, "Enter") for _ in range(OFFLINE - 1)]
    places = {_place_of_first_option(page)}
    press(page, "2")
    expect(page.get_by_text("No more records until the service is back")).to_be_visible()
    expect(saved).to_contain_text(f"{OFFLINE} kept here")
    assert _decided(running_stack, job, person) == []
    context.set_offline(False)
    expect(saved).to_contain_text("All saved")
    expect(shown(page)).to_be_visible()
    assert _decided(running_stack, job, person)[:-1] == offline

    # The service is away, the page is loaded again meanwhile: what was decided before is sent by the page that follows.
    page.route("**/verification/**", _away)
    kept = [act(page, key) for key in ("1", "Enter", "2")]
    expect(saved).to_contain_text("3 kept here")
    expect(page.get_by_text("The service does not answer")).to_be_visible()
    page.reload()
    expect(saved).to_contain_text("3 kept here")
    page.unroute("**/verification/**")
    expect(saved).to_contain_text("All saved")
    assert _decided(running_stack, job, person)[OFFLINE:] == kept

    # The session ends: the page says what is kept, over the record, and goes on for the same person.
    expect(shown(page)).to_be_visible()
    context.clear_cookies()
    late = record_of(shown(page))
    press(page, "Enter")
    dialog = page.get_by_role("alertdialog")
    expect(dialog).to_contain_text("1 decision and what you were writing are kept")
    entrance = context.new_page()
    _log_in(running_stack, entrance, person)
    entrance.close()
    dialog.get_by_role("button", name="I have logged in again").click()
    expect(dialog).to_have_count(0)
    expect(saved).to_contain_text("All saved")
    assert _decided(running_stack, job, person)[-1] == late

    # Answers stand at the same pixel for every record, and the document does not grow.
    counts = []
    for _ in range(48):
        act(page, "Enter")
        places.add(_place_of_first_option(page))
        counts.append(page.evaluate(NODES))
    assert len(places) == 1
    assert counts[-1] - counts[20] < 60  # twenty decisions are listed; each further one would add five nodes
    context.close()


def test_no_screen_shuts_anybody_out(running_stack: RunningStack, job: Job, chromium: Browser) -> None:
    found = []
    for scheme in ("light", "dark"):
        context = chromium.new_context(
            viewport={"width": 1280, "height": 900}, reduced_motion="reduce", color_scheme=scheme
        )
        page = context.new_page()
        page.goto(f"{running_stack.ui_url}/login")
        expect(page.get_by_label("API key")).to_be_visible()
        found += serious_faults(page, f"login, {scheme}")
        page.goto(running_stack.login_url(f"Ada {uuid.uuid4().hex[:6]}", "admin"))
        expect(page.get_by_role("heading", name="Jobs", exact=True)).to_be_visible()
        found += serious_faults(page, f"jobs, {scheme}")
        for path, landmark in (
            (f"/jobs/{job.id}", "Annotations"),
            ("/schemas", "Label schemas"),
            (f"/compare?jobs=%5B%22{job.id}%22%5D", "Compare"),
            (f"/review/{job.id}", "Your decisions"),
        ):
            page.goto(running_stack.ui_url + path)
            expect(page.get_by_role("heading", name=landmark).first).to_be_visible()
            page.wait_for_load_state("networkidle")
            found += serious_faults(page, f"{path}, {scheme}")
        expect(shown(page)).to_be_visible()
        for key, layer in (("g", "Guidelines"), ("?", "Keys")):
            press(page, key)
            expect(page.get_by_role("dialog", name=layer)).to_be_visible()
            found += serious_faults(page, f"{layer}, {scheme}")
            page.keyboard.press("Escape")
            expect(page.get_by_role("dialog")).to_have_count(0)
        context.close()
    assert found == []


def _log_in(running: RunningStack, page: Page, person: str) -> None:
    link = running.tandem.access.login_link(person_id=person, role="annotator")
    page.goto(link.address(running.ui_url))
    expect(page.get_by_role("heading", name="Jobs", exact=True)).to_be_visible()


def _open(running: RunningStack, job: Job, page: Page, person: str) -> None:
    _log_in(running, page, person)
    page.goto(f"{running.ui_url}/review/{job.id}")
    expect(shown(page)).to_be_visible()


def _away(route: Route) -> None:
    route.abort("connectionrefused")


def _decided(running: RunningStack, job: Job, person: str) -> list[str]:
    """The records that the person decided on, in the order in which the service took the decisions."""
    found = running.mongo["verifications"].find({"job_id": job.id, "decided_by_id": person}).sort("decided_at", 1)
    return [decision["record_id"] for decision in found]


def _place_of_first_option(page: Page) -> float:
    box = page.get_by_role("group", name="Labels").get_by_role("button").first.bounding_box()
    assert box is not None
    return box["y"]
