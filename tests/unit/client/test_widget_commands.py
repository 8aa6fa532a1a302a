"""What the browser side of the review widget may ask through the kernel."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tandem_client import Tandem, TandemError
from tandem_client.notebook.commands import Ask, ReviewCommands

JOB, SCHEMA = "job1", "schema1"
REVIEW = "/verification/v1"


class Server:
    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.status = 200

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append((request.method, str(request.url)))
        return httpx.Response(self.status, json={"seen": request.headers["authorization"]})


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def commands(server: Server) -> ReviewCommands:
    tandem = Tandem("http://api", "secret", http=httpx.MockTransport(server))
    return ReviewCommands(tandem.transport, page="http://page/", job_id=JOB, label_schema_id=SCHEMA)


def ask(method: str, path: str) -> Ask:
    return Ask("1", method, path, {})


@pytest.mark.parametrize(
    ("method", "path", "base"),
    [
        ("GET", f"/api/v1/jobs/{JOB}", "http://api"),
        ("GET", f"/api/v1/label-schemas/{SCHEMA}", "http://api"),
        ("POST", f"{REVIEW}/jobs/{JOB}/reservations", "http://page"),
        ("POST", f"{REVIEW}/items/{JOB}%3A12/decision", "http://page"),
        ("POST", f"{REVIEW}/items/{JOB}:12/undo", "http://page"),
        ("GET", f"{REVIEW}/history?job_id={JOB}&limit=50", "http://page"),
    ],
)
def test_requests_of_the_review_card_pass(
    commands: ReviewCommands, server: Server, method: str, path: str, base: str
) -> None:
    answer = commands.answer(ask(method, path))
    assert server.asked == [(method, base + path)]
    assert answer == {"kind": "answer", "id": "1", "status": 200, "body": {"seen": "Bearer secret"}}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", f"/api/v1/jobs/{JOB}"),
        ("POST", "/api/v1/api-keys"),
        ("GET", "/api/v1/jobs/another"),
        ("POST", f"{REVIEW}/items/another:1/decision"),
        ("POST", f"{REVIEW}/items/{JOB}:1/../../../api/v1/api-keys"),
        ("GET", f"/api/v1/jobs/{JOB}/../../api-keys"),
        ("GET", f"{REVIEW}/history?job_id={JOB}&job_id=another"),
        ("GET", "http://elsewhere/"),
    ],
)
def test_nothing_else_passes(commands: ReviewCommands, server: Server, method: str, path: str) -> None:
    assert commands.answer(ask(method, path))["status"] == 403
    assert server.asked == []


@pytest.mark.parametrize("content", [None, "ask", {"kind": "other"}, {"kind": "ask", "id": 1, "method": "GET"}])
def test_other_messages_are_no_requests(content: Any) -> None:
    assert Ask.of(content) is None


def test_problems_and_silence_are_answered_as_problems(commands: ReviewCommands, server: Server) -> None:
    server.status = 409
    assert commands.answer(ask("GET", f"/api/v1/jobs/{JOB}"))["status"] == 409

    def silent(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    away = Tandem("http://api", "secret", http=httpx.MockTransport(silent))
    commands = ReviewCommands(away.transport, page="http://page", job_id=JOB, label_schema_id=SCHEMA)
    answer = commands.answer(ask("GET", f"/api/v1/jobs/{JOB}"))
    assert (answer["status"], answer["body"]["cure"]) == (
        503,
        "Check that Tandem runs there and that TANDEM_URL is right.",
    )


def test_an_address_without_a_review_page_is_told(commands: ReviewCommands, server: Server) -> None:
    server.status = 404
    with pytest.raises(TandemError, match="not the address of the review page") as told:
        commands.check()
    assert "page=" in told.value.cure
