"""A job in a cell: it follows its job beside the kernel, and what it leaves behind is static and tells no secret."""

from __future__ import annotations

from typing import Any

import httpx

from tandem_client import Job, Tandem
from tandem_client.notebook.job_view import follow, job_html

KEY = "tdm_a-key-that-nobody-may-see"
JOB = {
    "id": "j", "project_id": "p", "dataset_id": "d", "agent_id": "a", "label_schema_id": "s", "name": "<b>monday</b>",
    "state": "running", "size": 4, "counts": {"labeled": 1, "not_run": 3}, "created_at": "2026-01-01T00:00:00Z",
    "agent": {"name": "a", "version": 1, "provider": "p", "model": "m"}, "rate_per_second": 2.0, "eta_seconds": 90,
}  # fmt: skip


class Cell:
    """What a cell displays, one version after the other."""

    def __init__(self) -> None:
        self.shown: list[str] = []

    def update(self, bundle: dict[str, str], *, raw: bool) -> None:
        assert raw
        self.shown.append(bundle["text/html"])


def followed(*answers: httpx.Response | Exception, patience: float = 300) -> list[str]:
    left = list(answers)

    def answer(_: httpx.Request) -> httpx.Response:
        found = left.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    http = httpx.MockTransport(answer)
    job, cell = Job.model_validate(JOB), Cell()
    with Tandem("http://tandem.test", KEY, http=http, patience=0, sleep=lambda _: None) as tandem:
        job._tandem = tandem
        follow(job, cell, interval=0, patience=patience)
    assert left == []
    return cell.shown


def state(**changes: Any) -> httpx.Response:
    return httpx.Response(200, json=JOB | changes)


def test_a_job_is_followed_to_its_end_through_a_lost_connection() -> None:
    ended = state(state="completed", counts={"labeled": 3, "failed": 1})
    first, lost, last = followed(state(counts={"labeled": 2, "not_run": 2}), httpx.ConnectError("refused"), ended)
    assert "2 of 4" in first
    assert "2.0 records/s, about 1 min 30 s left" in first
    assert "No answer from http://tandem.test" in lost
    assert "It tries again." in lost
    assert "completed" in last
    assert "3 labeled, 0 invalid, 1 failed" in last
    for html in (first, lost, last):
        assert KEY not in html
        assert "<script" not in html
        assert "<b>monday" not in html, "a name is no markup"


def test_a_key_that_has_expired_ends_the_view_with_a_sentence() -> None:
    refused = httpx.Response(401, json={"title": "The API key has expired", "cure": "Ask for another one."})
    (html,) = followed(refused)
    assert (
        "The API key has expired. Ask for another one. It does not follow the job any more; run the cell again." in html
    )


def test_a_server_that_stays_away_is_given_up() -> None:
    (html,) = followed(httpx.ConnectError("refused"), patience=-1)
    assert "run the cell again" in html
    assert KEY not in job_html(Job.model_validate(JOB))
