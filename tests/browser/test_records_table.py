"""People find records of a job in its table, decide one and many, and take it back: a real browser, the real stack."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from accessibility import serious_faults
from stacks import RunningStack
from watched_page import WatchedPage

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

RECORDS = 40


def test_records_are_found_decided_and_taken_back_in_the_table(
    running_stack: RunningStack, watched: WatchedPage
) -> None:
    tandem, page = running_stack.tandem, watched.page
    project, dataset_id, agent_id = running_stack.project_with_tweets()
    running_stack.behave(seed=0)
    job = tandem.jobs.create(project.id, dataset_id=dataset_id, agent_id=agent_id, name="table", limit=RECORDS)
    job = tandem.jobs.wait(job.id, timeout=120)

    page.goto(running_stack.login_url("Ada", "admin"))
    page.get_by_role("link", name="table", exact=True).click()
    page.get_by_role("link", name="Records", exact=True).click()
    grid = page.get_by_role("grid", name="Records")
    expect(page.get_by_text(f"{RECORDS} records", exact=True).last).to_be_visible()
    page.wait_for_url(re.compile("/records"))
    confidence = grid.get_by_role("columnheader").filter(has_text="Confidence")
    rows = grid.get_by_role("row")
    expect(rows.nth(1)).to_be_visible()

    # A filter is in the address as the expression of the API, and survives a reload.
    page.get_by_role("toolbar", name="Filters").get_by_role("button", name="Label", exact=True).click()
    page.get_by_role("menuitemcheckbox", name=re.compile("positive", re.IGNORECASE)).click()
    page.keyboard.press("Escape")
    expect(page).to_have_url(re.compile(r"where=label\.sentiment"))
    matching = tandem.finding.in_job(job.id, "label = positive", dataset_id=dataset_id).count().records
    expect(page.get_by_text(f"{matching} of {RECORDS}")).to_be_visible()
    grid.get_by_role("button", name="Confidence", exact=True).click()
    expect(confidence).to_have_attribute("aria-sort", "ascending")
    page.reload()
    expect(page.get_by_text(f"{matching} of {RECORDS}")).to_be_visible()
    expect(confidence).to_have_attribute("aria-sort", "ascending")

    # Any record is opened and decided, by the keyboard.
    grid.focus()
    page.keyboard.press("Enter")
    panel = page.get_by_role("complementary", name="Record")
    panel.get_by_role("radio", name=re.compile("negative", re.IGNORECASE)).click()
    panel.get_by_role("button", name="Save", exact=True).click()
    expect(panel.get_by_text("Ada")).to_be_visible()
    panel.get_by_role("button", name="Close the record").click()

    # All that match: counted, begun, undone as one.
    page.get_by_role("checkbox", name="Select all that match").check()
    page.get_by_role("button", name="Set label").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("combobox").select_option("negative")
    dialog.get_by_role("button", name=re.compile(r"Set label on \d+")).click()
    said = page.get_by_role("status").filter(has_text="labeled")
    expect(said).to_be_visible(timeout=60_000)
    expect(said).to_contain_text(re.compile(rf"({matching}|{matching - 1}) records labeled"))
    page.get_by_role("button", name="Undo all").click()
    expect(page.get_by_role("status").filter(has_text="taken back")).to_be_visible(timeout=60_000)

    for theme in ("light", "dark"):
        page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
        assert serious_faults(page, theme) == []
    assert watched.complaints == []
