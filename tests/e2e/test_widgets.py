"""The kernel's side of widgets on a running stack: what the browser asks by name is done on the server."""

from __future__ import annotations

from typing import Any

import pytest

from stacks import RunningStack
from tandem_client import TandemError
from tandem_client.notebook.cell_widget import CellWidget

pytestmark = pytest.mark.timeout(300)

RECORDS = 12


class Browser:
    """The browser's side of a widget: sends commands and takes the answers."""

    def __init__(self, widget: CellWidget) -> None:
        self._widget = widget
        self._answers: list[Any] = []
        widget.send = self._answers.append  # there is no kernel here

    def ask(self, name: str, **fields: Any) -> Any:
        self._widget._answer({"kind": "command", "id": "1", "command": {"name": name, **fields}})
        answer = self._answers.pop()
        assert answer["status"] == 200, answer
        return answer["body"]


def test_a_prompt_is_previewed_and_saved_and_a_project_is_seen_at_a_glance(running_stack: RunningStack) -> None:
    tandem = running_stack.tandem
    job = tandem.jobs.wait(running_stack.start_job(limit=RECORDS, review_threshold=1.0).id, timeout=120)
    agent = tandem.agents.get(job.agent_id)
    editor = agent.edit(limit=1)
    browser = Browser(editor)
    described = browser.ask("describe")
    templates = {"system_template": described["system_template"], "user_template": "Say: {{ fields.text }}"}
    (prompt,) = browser.ask("preview", **templates)
    segments = prompt["messages"][-1]["segments"]
    assert [(each["source"], each["text"]) for each in segments[:1]] == [("template", "Say: ")]
    assert segments[1]["source"] == "record"
    assert prompt["estimate"]["prompt_tokens"]["likely"] > 0
    saved = browser.ask("save", **templates)
    assert (saved["version"], editor.agent.version) == (agent.version + 1, agent.version + 1)
    kept = tandem.agents.get(editor.agent.id)
    assert kept.user_template == templates["user_template"]
    assert (kept.model, kept.label_schema_id, kept.parameters) == (agent.model, agent.label_schema_id, agent.parameters)

    again = kept.run(tandem.datasets.get(job.dataset_id), name="again", limit=RECORDS).wait(timeout=120)
    board = tandem.projects.get(job.project_id).dashboard()
    browser = Browser(board)
    assert [each["id"] for each in browser.ask("describe")["jobs"]][:2] == [again.id, job.id]
    looked = browser.ask("look", job_id=job.id)
    assert sum(looked["distribution"].values()) == job.counts.labeled
    assert [(each["job"], each["compared"]) for each in looked["agreement"]] == [("again", job.counts.labeled)]
    assert len(looked["points"]) == job.counts.ended
    with pytest.raises(TandemError, match="No record"):
        board.save("nothing")
    chosen = [each["id"] for each in looked["points"][:3]]
    browser.ask("select", job_id=job.id, record_ids=chosen)
    assert board.selected == tuple(chosen)
    assert board.save(f"points of {job.id}").size == 3
