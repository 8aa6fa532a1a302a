"""What a table in a cell may ask of the kernel, and what becomes of it."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tandem_client import Job, Tandem
from tandem_client.expressions import field, verified
from tandem_client.notebook.table_commands import TableCommands

JOB = {
    "id": "j", "project_id": "p", "dataset_id": "d", "agent_id": "a", "label_schema_id": "s", "name": "monday",
    "state": "completed", "size": 4, "counts": {}, "created_at": "2026-01-01T00:00:00Z",
    "agent": {"name": "a", "version": 1, "provider": "p", "model": "m"},
}  # fmt: skip
REVIEW = "http://page/verification/v1/jobs/j"


class Server:
    """Keeps what it is asked; record "gone" is refused, and the key "expired" is none."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, Any]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        url, body = str(request.url), json.loads(request.content or b"null")
        self.asked.append((request.method, url, body))
        if "expired" in request.headers["authorization"]:
            return httpx.Response(401, json={"title": "The key has expired", "cure": "Connect with another one."})
        if "record_id=gone" in url:
            return httpx.Response(404, json={"title": "Not found", "detail": "There is no record gone."})
        if "/record" in url:
            return httpx.Response(200, json=OPENED)
        if url.endswith("/find"):
            return httpx.Response(200, json={"where": "", "items": [], "scanned": 0, "stopped": False})
        return httpx.Response(200, json={"tasks": [{"name": "mood"}]} if "label-schemas" in url else JOB)


OPENED = {
    "job_id": "j", "seq": 0, "record_id": "r", "hidden": False, "fields": {}, "attempt": 2, "blind": False,
    "tasks": [{"kind": "single_choice", "name": "mood", "options": [{"value": "good"}]}],
    "suggestions": [{"task": "mood", "value": "good"}],
}  # fmt: skip


@pytest.fixture
def server() -> Server:
    return Server()


def commands(server: Server, *, key: str = "good", where: Any = None) -> tuple[TableCommands, list[Any]]:
    tandem = Tandem("http://api", key, http=httpx.MockTransport(server))
    selected: list[Any] = []
    job = Job.model_validate(JOB)
    job._tandem = tandem
    return TableCommands(job, where=where, page="http://page", on_select=selected.append), selected


def said(table: TableCommands, name: str, **fields: Any) -> tuple[int, Any]:
    answer = table.answer({"kind": "command", "id": "7", "command": {"name": name, **fields}})
    assert answer is not None
    assert (answer["kind"], answer["id"]) == ("answer", "7")
    return answer["status"], answer["body"]


def test_rows_match_the_tables_condition_and_what_was_typed(server: Server) -> None:
    table, _ = commands(server, where=(field("confidence") < 0.9) & ~verified)
    assert said(table, "describe") == (
        200,
        {"name": "monday", "tasks": [{"name": "mood"}], "where": "confidence < 0.9 and not verified", "at_once": 50},
    )
    assert said(table, "rows", where='text contains "x" or verified', order="-confidence")[0] == 200
    assert server.asked[-1] == (
        "POST",
        "http://api/api/v1/jobs/j/find",
        {
            "where": '(confidence < 0.9 and not verified) and (text contains "x" or verified)',
            "order": "-confidence", "after": None, "limit": 50, "count": "quick",
        },
    )  # fmt: skip


def test_confirmations_are_opinions_on_what_was_shown_and_refusals_say_why(server: Server) -> None:
    table, _ = commands(server)
    status, body = said(table, "confirm", record_ids=["r", "gone"])
    assert (status, body) == (200, {"confirmed": ["r"], "refused": {"gone": "There is no record gone."}})
    given = [body for method, url, body in server.asked if (method, url) == ("POST", f"{REVIEW}/records/0/opinions")]
    assert [(each["values"], each["attempt"]) for each in given] == [({"mood": "good"}, 2)]
    assert said(table, "decide", record_ids=["r"], task="mood", value="bad")[1]["confirmed"] == ["r"]
    assert server.asked[-1][2]["values"] == {"mood": "bad"}


def test_a_key_that_has_expired_is_said_with_its_cure(server: Server) -> None:
    table, _ = commands(server, key="expired")
    for name, fields in (("rows", {}), ("confirm", {"record_ids": ["r"]})):
        status, body = said(table, name, **fields)
        assert (status, body["title"], body["cure"]) == (401, "The key has expired", "Connect with another one.")


def test_the_selection_goes_to_python_and_nothing_else_is_a_command(server: Server) -> None:
    table, selected = commands(server)
    assert said(table, "select", record_ids=["a", "b"]) == (200, None)
    assert selected == [["a", "b"]]
    for name, fields in (("delete", {}), ("rows", {"path": "/api-keys"}), ("confirm", {"record_ids": []})):
        assert said(table, name, **fields)[0] == 422
    assert table.answer({"kind": "ask", "id": "1", "path": "/api/v1/api-keys"}) is None
    assert server.asked == []
