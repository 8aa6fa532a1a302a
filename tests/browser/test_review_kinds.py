"""People review records with tasks of several kinds by keyboard: a real browser against the real stack."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from reviewing import act, eventually, press, record_of, shown
from stacks import RunningStack, queued
from tandem_client import Job
from tandem_client.tasks import LabelOption, MultipleChoice, SingleChoice, Spans, Text
from watched_page import WatchedPage

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

RECORDS = 10  # each person holds three at a time
# Emoji and combining accents before each span: the browser counts them otherwise than spans are stored.
TEXT = "👩‍🚀 Anais flew to Zu\u0308rich with Zoe\u0308 Ling on Monday."
ANSWER = {"tone": "warm", "topics": ["travel"], "names": [{"text": "Anais", "label": "person"}], "summary": "A flight"}
IN_SIGHT = """() => {
  const { left, right, bottom } = document.activeElement.getBoundingClientRect();
  return document.elementFromPoint((left + right) / 2, bottom - 4) === document.activeElement;
}"""


@pytest.fixture(scope="module")
def job(running_stack: RunningStack, tmp_path_factory: pytest.TempPathFactory) -> Job:
    """A finished job of three tasks, all of whose records wait for a person with the model's labels."""
    tandem = running_stack.tandem
    project = tandem.projects.create(f"project {uuid.uuid4().hex[:8]}")
    schema = tandem.label_schemas.create(
        project.id,
        name="mails",
        tasks=[
            SingleChoice(name="tone", options=(LabelOption(value="warm"), LabelOption(value="cold", key="c"))),
            MultipleChoice(name="topics", options=tuple(LabelOption(value=v) for v in ("travel", "work", "family"))),
            Spans(name="names", options=(LabelOption(value="person"), LabelOption(value="place"))),
            Text(name="summary", max_length=80),
        ],
    )
    records: Path = tmp_path_factory.mktemp("mails") / "mails.jsonl"
    records.write_text("".join(json.dumps({"id": f"mail-{n}", "text": TEXT}) + "\n" for n in range(RECORDS)))
    dataset = tandem.datasets.create(project.id, name="mails")
    tandem.datasets.import_jsonl(dataset.id, records, text_columns=["text"], id_column="id")
    agent = tandem.agents.create(
        project.id,
        name="simulated",
        provider=running_stack.stack.model.provider,
        model=running_stack.stack.model.name,
        label_schema_id=schema.id,
    )
    running_stack.behave(says=json.dumps(ANSWER))
    try:
        started = tandem.jobs.create(project.id, dataset_id=dataset.id, agent_id=agent.id, name="mails")
        finished = tandem.jobs.wait(started.id, timeout=120)
    finally:
        running_stack.behave(says=None)
    assert finished.counts.labeled == RECORDS
    eventually(lambda: queued(running_stack, finished) == RECORDS, "the queue takes all in")
    return finished


def test_a_person_reviews_several_tasks_of_a_record_by_keyboard(
    running_stack: RunningStack, job: Job, watched: WatchedPage
) -> None:
    page = watched.page
    open_review(running_stack, job, page)
    confirmed = act(page, "Enter")

    corrected = record_of(shown(page))
    press(page, "c")  # another tone
    press(page, "ArrowDown")
    press(page, "3")  # one more topic
    press(page, "ArrowDown")
    press(page, ".")  # the model's span: a place
    press(page, "2")
    press(page, "Escape")
    for key in ("ArrowRight", "ArrowRight", "ArrowRight", "ArrowRight", "ArrowRight", "ArrowRight"):
        press(page, key)  # emoji, Anais, flew, to, Zürich, with
    press(page, "ArrowRight")
    press(page, "Shift+ArrowRight")
    press(page, "1")  # Zoë Ling: a person
    expect(page.get_by_role("list", name="Spans")).to_contain_text("Zoe\u0308 Ling")
    below = page.get_by_role("textbox", name="Summary").bounding_box()
    assert below is not None
    page.set_viewport_size({"width": 1280, "height": int(below["y"] + below["height"]) + 20})  # under the bar
    press(page, "ArrowDown")
    assert page.evaluate(IN_SIGHT)
    page.keyboard.type(" with Ling")
    act(page, "Enter")
    expect(page.get_by_role("heading", name="Your decisions")).to_be_visible()

    eventually(lambda: decision(running_stack, job, confirmed).get("kind") == "confirmed", "the confirmation is kept")
    eventually(lambda: decision(running_stack, job, corrected).get("kind") == "corrected", "the correction is kept")
    values = decision(running_stack, job, corrected)["values"]
    assert (values["tone"], values["topics"]) == ("cold", ["travel", "family"])
    assert values["summary"] == "A flight with Ling"
    assert [(span["text"], span["label"]) for span in values["names"]] == [
        ("Anais", "place"),
        ("Zoe\u0308 Ling", "person"),
    ]
    for span in values["names"]:
        assert TEXT[span["start"] : span["end"]] == span["text"]
    assert watched.complaints == []


def test_a_span_is_made_by_dragging_and_taken_back_by_undo(
    running_stack: RunningStack, job: Job, watched: WatchedPage
) -> None:
    page = watched.page
    open_review(running_stack, job, page)
    record = record_of(shown(page))
    drag(page, "lew", "ric")  # within "flew" and "Zürich": whole words are marked
    page.get_by_role("group", name="Labels of spans").get_by_role("button", name="place").click()
    expect(page.get_by_role("list", name="Spans")).to_contain_text("flew to Zu\u0308rich")
    act(page, "Enter")
    eventually(lambda: decision(running_stack, job, record).get("kind") == "corrected", "the correction is kept")
    assert [span["text"] for span in decision(running_stack, job, record)["values"]["names"]] == [
        "Anais",
        "flew to Zu\u0308rich",
    ]
    press(page, "u")
    expect(shown(page)).to_have_attribute("aria-label", f"Record {record}")
    expect(page.get_by_role("list", name="Spans")).to_contain_text("flew to Zu\u0308rich")
    eventually(lambda: decision(running_stack, job, record).get("kind") == "undone", "the undo is kept")
    assert watched.complaints == []


def open_review(running: RunningStack, job: Job, page: Page) -> None:
    page.goto(running.login_url(uuid.uuid4().hex[:6], "annotator"))
    expect(page.get_by_role("heading", name="Jobs", exact=True)).to_be_visible()
    page.goto(f"{running.ui_url}/review/{job.id}")
    expect(shown(page)).to_be_visible()


def drag(page: Page, start: str, end: str) -> None:
    """Press in the middle of the first text, let go in the middle of the second."""
    places: list[list[float]] = page.evaluate(
        """([...parts]) => parts.map((part) => {
            const texts = document.createTreeWalker(document.querySelector("article p[dir]"), NodeFilter.SHOW_TEXT);
            while (texts.nextNode()) {
                const at = texts.currentNode.data.indexOf(part);
                if (at < 0) continue;
                const range = document.createRange();
                range.setStart(texts.currentNode, at);
                range.setEnd(texts.currentNode, at + part.length);
                const box = range.getBoundingClientRect();
                return [box.left + box.width / 2, box.top + box.height / 2];
            }
        })""",
        [start, end],
    )
    page.mouse.move(*places[0])
    page.mouse.down()
    page.mouse.move(*places[1], steps=5)
    page.mouse.up()


def decision(running: RunningStack, job: Job, record: str) -> dict[str, Any]:
    """The last decision on a record; empty while there is none."""
    found = running.mongo["verifications"].find_one({"job_id": job.id, "record_id": record}, sort=[("revision", -1)])
    return found or {}
