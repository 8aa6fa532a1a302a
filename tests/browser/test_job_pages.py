"""People read a report, compare agents and look at label schemas: a real browser against the real stack."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from stacks import RunningStack
from watched_page import WatchedPage

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

RECORDS = 40


def test_a_report_leads_to_a_comparison_and_that_to_the_records_that_differ(
    running_stack: RunningStack, watched: WatchedPage
) -> None:
    tandem, page = running_stack.tandem, watched.page
    project, dataset_id, agent_id = running_stack.project_with_tweets()
    jobs = []
    for name, seed in (("monday", 0), ("tuesday", 1)):
        running_stack.behave(seed=seed)
        job = tandem.jobs.create(project.id, dataset_id=dataset_id, agent_id=agent_id, name=name, limit=RECORDS)
        jobs.append(tandem.jobs.wait(job.id, timeout=120))
    running_stack.behave(seed=0)

    page.goto(running_stack.login_url("Vera", "viewer"))
    page.get_by_role("link", name="monday", exact=True).click()
    for panel in ("Labels", "Confidence", "How right the labels are", "Confusion", "Reliability", "Time and price"):
        expect(page.get_by_role("heading", name=panel, exact=True)).to_be_visible()
    expect(page.get_by_role("region", name="Gold against Model")).to_be_visible()

    page.get_by_role("link", name="Compare").click()
    page.get_by_role("button", name="Add a job").click()
    page.get_by_role("menuitem", name="tuesday").click()
    expect(page.get_by_text("Krippendorff", exact=False)).to_be_visible()
    expect(page.get_by_role("region", name="A against B")).to_be_visible()
    page.get_by_role("region", name="Where they differ").get_by_role("link").first.click()
    sheet = page.get_by_role("dialog")
    expect(sheet.get_by_text("Raw answer of the model")).to_be_visible()
    assert f"/jobs/{jobs[0].id}" in page.url
    assert "record=" in page.url
    page.reload()
    expect(sheet.get_by_text("Raw answer of the model")).to_be_visible()
    assert watched.complaints == []


def test_the_records_that_differ_are_sent_to_people_by_the_keyboard_alone(
    running_stack: RunningStack, watched: WatchedPage
) -> None:
    tandem, page = running_stack.tandem, watched.page
    project, dataset_id, agent_id = running_stack.project_with_tweets()
    jobs = []
    for name, seed in (("north", 0), ("south", 1)):
        running_stack.behave(seed=seed)
        job = tandem.jobs.create(
            project.id, dataset_id=dataset_id, agent_id=agent_id, name=name, limit=RECORDS, review_threshold=0
        )
        jobs.append(tandem.jobs.wait(job.id, timeout=120))
    running_stack.behave(seed=0)
    (task,) = tandem.comparisons.get([job.id for job in jobs]).tasks
    assert task.differing > 1
    address = f"/compare?jobs=%5B%22{jobs[0].id}%22%2C%22{jobs[1].id}%22%5D"

    page.goto(running_stack.login_url("Ada", "admin"))
    expect(page.get_by_role("heading", name="Jobs", exact=True)).to_be_visible()
    page.goto(running_stack.ui_url + address)
    button = page.get_by_role("button", name=f"Send {task.differing} records to review")
    button.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("alertdialog")
    expect(dialog).to_contain_text("the queue of north")
    dialog.get_by_role("button", name="Send to review").focus()
    page.keyboard.press("Enter")
    said = page.get_by_role("status").filter(has_text="sent to review")
    expect(said).to_contain_text(f"{task.differing} records differ: {task.differing} sent to review.")
    page.reload()
    expect(said).to_be_visible()
    again = page.get_by_role("button", name="Look again")
    again.focus()
    page.keyboard.press("Enter")
    expect(again).to_be_focused()
    expect(said).to_contain_text(f"{task.differing} records differ")
    page.get_by_role("link", name="Review north").click()
    expect(page.get_by_text("Agents differ")).to_be_visible()
    expect(page.get_by_text(f"{task.differing} open")).to_be_visible()

    page.goto(running_stack.login_url("Vera", "viewer"))
    expect(page.get_by_role("heading", name="Jobs", exact=True)).to_be_visible()
    page.goto(running_stack.ui_url + address)
    expect(page.get_by_text(f"{task.differing} sent to review", exact=False)).to_be_visible()
    expect(again).to_have_count(0)
    assert watched.complaints == []


def test_a_label_schema_is_made_from_what_is_pasted(running_stack: RunningStack, watched: WatchedPage) -> None:
    running_stack.project_with_tweets()
    page = watched.page
    page.goto(running_stack.login_url("Ada", "admin"))
    page.get_by_role("link", name="Label schemas").click()
    expect(page.get_by_role("heading", name="Label schemas")).to_be_visible()
    page.get_by_role("button", name="New version").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("YAML or JSON").fill("name: places\ntasks:\n  - name: where\n    kind: spam\n")
    dialog.get_by_role("button", name="Make it").click()
    expect(dialog.get_by_text("is no kind of task")).to_be_visible()
    dialog.get_by_label("YAML or JSON").fill(
        "name: places\ntasks:\n  - name: where\n    kind: span\n    options: [city, country]\n"
    )
    dialog.get_by_role("button", name="Make it").click()
    made = page.get_by_role("article", name="places, version 1")
    expect(made).to_be_visible()
    expect(made).to_contain_text("country")
