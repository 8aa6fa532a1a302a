"""Review by keyboard alone in a cell of JupyterLab: key to paint over the kernel, and decisions on a wrong record.

    TANDEM_URL=http://127.0.0.1:8080 TANDEM_TOKEN=... python bench/notebook_review.py --job NAME --keys 50

`TANDEM_URL` is the address of the page. The job needs as many records that wait for a person as keys are pressed. Each
key is pressed when the record before it has been replaced; what was pressed on is compared with what the server kept.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright
from review_page import WATCH

from tandem.runtime.processes import Process, free_port
from tandem_client import Tandem

CELL = "from tandem_client import Tandem\nTandem.connect().jobs.get({job!r}).review()"
RECORD = 'article[aria-label^="Record "]'


class JupyterLab(Process):
    """JupyterLab on a directory of its own."""

    def __init__(self, directory: Path) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}/lab/tree/review.ipynb"
        command = [
            sys.executable, "-m", "jupyterlab", "--no-browser", f"--port={port}", "--allow-root",
            "--IdentityProvider.token=", "--ServerApp.password=", f"--ServerApp.root_dir={directory}",
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        ]  # fmt: skip
        homes = {f"JUPYTER_{kind}_DIR": str(directory / kind.lower()) for kind in ("CONFIG", "DATA", "RUNTIME")}
        kept = {name: os.environ[name] for name in ("PATH", "TANDEM_URL", "TANDEM_TOKEN")}
        environment = {**kept, **homes, "IPYTHONDIR": str(directory / "ipython")}
        super().__init__("jupyterlab", command, log_file=directory / "lab.log", env=environment)

    def is_ready(self) -> bool:
        return "is running at" in self.log_tail(200)


def main() -> int:
    """Measure, print one line of JSON; status 1 where a decision stands on a wrong record."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--job", required=True, help="name or id of the job")
    parser.add_argument("--keys", type=int, default=50)
    arguments = parser.parse_args()
    with Tandem.connect() as tandem, tempfile.TemporaryDirectory() as name:
        jobs = [job for project in tandem.projects.list() for job in project.jobs.list()]
        job = next(job for job in jobs if arguments.job in (job.name, job.id))
        _write_notebook(Path(name) / "review.ipynb", CELL.format(job=job.id))
        with JupyterLab(Path(name)) as lab, sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--headless", "--no-sandbox"]
            )
            page = browser.new_context(viewport={"width": 1280, "height": 1000}).new_page()
            page.add_init_script(WATCH.replace('querySelector("article")', f"querySelector('{RECORD}')"))
            pressed = _review(page, lab.url, arguments.keys)
            painted: list[float] = page.evaluate("window.painted")
            browser.close()
        kept = [each for each in tandem.review_queues.history(job.id, limit=200) if each.record_id in set(pressed)]
    confirmed = [each.record_id for each in reversed(kept) if each.kind == "confirmed"]
    shares = statistics.quantiles(painted, n=100, method="inclusive")
    wrong = len(set(pressed) ^ set(confirmed))
    result = {"keys": len(pressed), "wrong": wrong, "p50_ms": round(shares[49], 1), "p95_ms": round(shares[94], 1)}
    print(json.dumps(result))
    return 1 if wrong else 0


def _write_notebook(file: Path, source: str) -> None:
    cell: dict[str, Any] = {
        "cell_type": "code", "id": "a", "metadata": {}, "outputs": [], "execution_count": None, "source": source,
    }  # fmt: skip
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    file.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": kernel, "cells": [cell]}))


def _review(page: Page, url: str, keys: int) -> list[str]:
    """Press Enter on so many records by keyboard alone; return their ids in the order in which they were shown."""
    page.goto(url)
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=120_000)
    page.locator(".jp-CodeCell .cm-content").first.click()
    page.keyboard.press("Shift+Enter")
    page.wait_for_selector(RECORD, timeout=120_000)
    page.locator(RECORD).focus()
    page.evaluate("window.painted.length = 0")
    pressed: list[str] = []
    for _ in range(keys):
        label = page.locator(RECORD).get_attribute("aria-label") or ""
        page.keyboard.press("Enter")
        page.wait_for_function(
            "([css, before]) => document.querySelector(css)?.ariaLabel !== before", arg=[RECORD, label]
        )
        pressed.append(label.removeprefix("Record "))
    page.wait_for_timeout(3_000)  # the last decisions are on their way
    return pressed


if __name__ == "__main__":
    sys.exit(main())
