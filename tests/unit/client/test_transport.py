"""How the SDK speaks HTTP: problems become errors that say what to do, and a server that restarts is waited for."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx
import pytest

from tandem_client import JobNotFinishedError, Tandem, TandemError, UnreachableError

Answer = Callable[[httpx.Request], httpx.Response]

JOB = {
    "id": "j",
    "project_id": "p",
    "dataset_id": "d",
    "agent_id": "a",
    "label_schema_id": "s",
    "name": "monday",
    "state": "running",
    "size": 4,
    "counts": {"labeled": 1, "invalid": 0, "failed": 0, "not_run": 3, "needs_review": 0},
    "agent": {"name": "a", "version": 1, "provider": "p", "model": "m"},
    "created_at": "2026-01-01T00:00:00Z",
    "something_a_newer_server_says": True,
}


def client(answer: Answer, *, patience: float = 10.0) -> Tandem:
    return Tandem(
        "http://tandem.test", "a key", patience=patience, http=httpx.MockTransport(answer), sleep=lambda _: None
    )


def test_a_problem_becomes_an_error_with_its_cure_and_its_other_members() -> None:
    problem = {
        "type": "urn:tandem:problem:bad-row",
        "title": "Bad row",
        "status": 422,
        "detail": "Row 7 has 3 cells.",
        "cure": "Quote the comma.",
        "row": 7,
    }
    with client(lambda _: httpx.Response(422, json=problem)) as tandem, pytest.raises(TandemError) as raised:
        tandem.projects.list()

    assert raised.value.type == "bad-row"
    assert raised.value.status == 422
    assert raised.value.extras == {"row": 7}
    assert str(raised.value) == "Row 7 has 3 cells. Quote the comma."


def test_an_answer_of_something_else_in_between_is_an_error_too() -> None:
    with (
        client(lambda _: httpx.Response(403, text="<html>forbidden</html>")) as tandem,
        pytest.raises(TandemError, match="answered 403"),
    ):
        tandem.projects.list()


def test_a_server_that_restarts_is_asked_again() -> None:
    answers: list[httpx.Response | Exception] = [
        httpx.ConnectError("refused"),
        httpx.Response(503),
        httpx.Response(200, json={"items": [], "next": None}),
    ]

    def answer(_: httpx.Request) -> httpx.Response:
        found = answers.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    with client(answer) as tandem:
        assert tandem.projects.list() == []


def test_what_may_have_had_an_effect_is_not_sent_again() -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.method)
        raise httpx.ReadError("connection reset")

    with client(answer) as tandem, pytest.raises(UnreachableError, match="TANDEM_URL"):
        tandem.projects.create("twice?")
    assert seen == ["POST"]


def test_lists_follow_their_pages_as_they_are_read() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        after = int(request.url.params.get("after", "0"))
        item = {"seq": after, "record_id": f"r{after}", "outcome": "labeled", "labels": []}
        return httpx.Response(200, json={"items": [item], "next": after + 1 if after < 2 else None})

    with client(answer) as tandem:
        assert [annotation.record_id for annotation in tandem.jobs.annotations("j")] == ["r0", "r1", "r2"]


def test_waiting_shows_progress_and_says_how_far_a_job_came_in_time() -> None:
    seen: list[float] = []
    with client(lambda _: httpx.Response(200, json=JOB)) as tandem:
        with pytest.raises(JobNotFinishedError, match="1 of 4 records ended"):
            tandem.jobs.wait("j", timeout=0, on_progress=lambda job: seen.append(job.progress))
        assert seen == [0.25]


def test_the_key_travels_in_the_header_alone() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["Authorization"] == "Bearer a key"
        assert "key" not in str(request.url)
        return httpx.Response(200, json={"items": [], "next": None})

    with client(answer) as tandem:
        tandem.projects.list()


def test_a_cookie_that_an_answer_sets_is_not_sent_with_the_next_request() -> None:
    seen: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get("Cookie"))
        return httpx.Response(200, json={"items": [], "next": None}, headers={"Set-Cookie": "session=somebody; Path=/"})

    with client(answer) as tandem:
        for _ in range(3):
            list(tandem.projects.list())
    assert seen == [None] * 3


@pytest.mark.parametrize("me", [True, False])
def test_a_login_link_is_the_callers_own_only_where_it_is_asked_for(me: bool) -> None:
    sent: list[dict[str, object]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(json.loads(request.content))
        return httpx.Response(201, json={"token": "t", "expires_at": "2026-01-01T00:00:00Z"})

    with client(answer) as tandem:
        link = tandem.access.login_link(name="Ada", as_caller=me)
    assert link.address("http://page.test/") == "http://page.test/login?token=t"
    assert sent[0].get("as_caller", False) is me
