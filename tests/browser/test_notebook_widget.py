"""People review in a cell of JupyterLab: the browser talks to the kernel, and the kernel's client to the stack."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from reviewing import act, eventually, press, shown
from stacks import RunningStack, queued
from tandem.runtime.processes import Process, free_port
from tandem_client import Job

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

RECORDS = 30
expect.set_options(timeout=20_000)
CELLS = (
    "from tandem_client import Tandem\n\nlab = Tandem.connect()\njob = lab.jobs.get('{job}')\njob.review()",
    "print('another cell')",
    "table = job.table('not verified')\ntable",
    "print('chosen:', *table.selected)",
)


class JupyterLab(Process):
    """JupyterLab on a directory of its own; its kernels have the environment's address and key."""

    def __init__(self, directory: Path, environment: dict[str, str | None]) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/lab"
        command = [
            sys.executable, "-m", "jupyterlab", "--no-browser", f"--port={self.port}", "--ServerApp.port_retries=0",
            "--IdentityProvider.token=", "--ServerApp.password=", "--allow-root", f"--ServerApp.root_dir={directory}",
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
            "--LabApp.collaborative=False",
        ]  # fmt: skip
        homes = {f"JUPYTER_{kind}_DIR": str(directory / f".{kind.lower()}") for kind in ("CONFIG", "DATA", "RUNTIME")}
        homes["IPYTHONDIR"] = str(directory / ".ipython")
        super().__init__("jupyterlab", command, log_file=directory / "lab.log", env=environment | homes)

    def is_ready(self) -> bool:
        return "is running at" in self.log_tail(200)


@dataclass
class Notebook:
    page: Page
    file: Path
    job: Job
    hosts: set[str]

    def run_first_cell(self) -> None:
        """Run it, as soon as the kernel takes it: before, JupyterLab lets the key pass without a word."""
        expect(self.page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible(timeout=60_000)
        self.page.locator(".jp-CodeCell .cm-content").first.click()
        self.page.keyboard.press("Shift+Enter")


@pytest.fixture(scope="module")
def job(running_stack: RunningStack) -> Job:
    """A finished job all of whose records wait for a person."""
    started = running_stack.start_job(limit=RECORDS, review_threshold=1.0)
    finished = running_stack.tandem.jobs.wait(started.id, timeout=120)
    eventually(lambda: queued(running_stack, finished) == finished.counts.needs_review, "the queue takes all in")
    return finished


@pytest.fixture
def notebook(running_stack: RunningStack, chromium: Browser, job: Job, tmp_path: Path) -> Iterator[Notebook]:
    file = tmp_path / "review.ipynb"
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    cells: list[dict[str, Any]] = [
        {"cell_type": "code", "id": f"c{n}", "metadata": {}, "outputs": [], "execution_count": None, "source": source}
        for n, source in enumerate(each.format(job=job.id) for each in CELLS)
    ]
    file.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": kernel, "cells": cells}))
    key = running_stack.tandem.access.create_key(name="notebook", role="annotator").token
    environment: dict[str, str | None] = {
        "TANDEM_URL": running_stack.ui_url,
        "TANDEM_TOKEN": key,
        "PATH": os.environ["PATH"],
    }
    with JupyterLab(tmp_path, environment) as lab:
        context = chromium.new_context(viewport={"width": 1280, "height": 1000}, reduced_motion="reduce")
        context.set_default_timeout(40_000)
        page = context.new_page()
        hosts: set[str] = set()
        page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
        page.goto(f"{lab.url}/tree/review.ipynb")
        yield Notebook(page, file, job, hosts)
        if os.environ.get("TANDEM_TEST_PICTURES"):
            page.screenshot(path=os.environ["TANDEM_TEST_PICTURES"])
        context.close()
    assert key not in file.read_text(), "no key is in the saved notebook"


def test_a_decision_made_in_a_cell_stands_in_the_database(running_stack: RunningStack, notebook: Notebook) -> None:
    page, job = notebook.page, notebook.job
    notebook.run_first_cell()
    expect(shown(page)).to_be_visible(timeout=60_000)
    shown(page).focus()
    expect(page.get_by_role("button", name="Confirm ")).to_be_in_viewport()  # within the cell, without scrolling it

    confirmed = act(page, "Enter")
    skipped = act(page, "s")
    undone = act(page, "3")

    def kinds(record: str) -> list[str]:
        found = running_stack.mongo["verifications"].find({"job_id": job.id, "record_id": record})
        return [each["kind"] for each in found.sort("revision")]

    eventually(lambda: len(kinds(undone)) == 1, "the decision is kept: one that still waits would leave no trace")
    press(page, "u")
    expect(shown(page)).to_have_attribute("aria-label", f"Record {undone}")

    eventually(lambda: kinds(confirmed) == ["confirmed"], "the confirmation is kept")
    eventually(lambda: kinds(undone)[1:] == ["undone"], "the undo is kept")
    assert kinds(skipped) == []

    # Keys that JupyterLab takes in command mode: insert a cell above, below, delete the cell, cut it.
    cells = page.locator(".jp-Notebook .jp-Cell")
    for key in ("a", "b", "d", "d", "x", "y"):
        page.keyboard.press(key)
    expect(cells).to_have_count(len(CELLS))

    ours = {urlsplit(running_stack.ui_url).netloc, urlsplit(running_stack.api_url).netloc}
    assert notebook.hosts.isdisjoint(ours), "the browser talks to the kernel alone"

    page.locator(".jp-CodeCell .cm-content").nth(1).click()
    page.keyboard.press("Control+s")
    eventually(lambda: "Run the cell to go on" in notebook.file.read_text(), "the notebook is saved with a sentence")
    outputs = json.loads(notebook.file.read_text())["cells"][0]["outputs"]
    assert confirmed not in json.dumps(outputs), "no record is in the saved notebook"

    chosen = choose_in_the_table(page)
    expect(page.get_by_text(f"chosen: {' '.join(chosen)}", exact=True)).to_be_visible()
    table = page.get_by_role("region", name="Records of")
    table.get_by_role("button", name="Confirm 2 records").click()
    expect(table.get_by_text("2 decisions kept.")).to_be_visible()
    assert all(kinds(record) == ["confirmed"] for record in chosen)
    expect(table.get_by_label(f"Select {chosen[0]}")).to_have_count(0)  # it is verified now
    # The card of the other cell goes on, through its own channel.
    shown(page).focus()
    assert act(page, "Enter") == undone
    eventually(lambda: len(kinds(undone)) == 3, "a decision after the table's is kept")


def choose_in_the_table(page: Page) -> list[str]:
    """Sort by most sure first and select two records by keyboard; return their ids."""
    run_cell(page, 2)
    table = page.get_by_role("region", name="Records of")
    expect(table.get_by_role("checkbox").nth(2)).to_be_visible()
    table.get_by_role("button", name="Confidence").click()
    expect(table.get_by_role("columnheader", name="Confidence")).to_have_attribute("aria-sort", "descending")
    expect(table).to_have_attribute("aria-busy", "false")
    shares = [int(text.rstrip("%").lstrip("<>")) for text in table.locator("td .tabular").all_inner_texts()]
    assert shares == sorted(shares, reverse=True)
    boxes = table.get_by_role("checkbox", name="Select ").and_(table.locator("tbody input"))
    boxes.first.focus()
    for key in (" ", "ArrowDown", " "):
        page.keyboard.press(key)
    expect(table.get_by_role("button", name="Confirm 2 records")).to_be_enabled()
    chosen = [str(boxes.nth(place).get_attribute("aria-label")).removeprefix("Select ") for place in (0, 1)]
    run_cell(page, 3)
    return chosen


def run_cell(page: Page, number: int) -> None:
    page.locator(".jp-CodeCell .cm-content").nth(number).click()
    page.keyboard.press("Shift+Enter")
