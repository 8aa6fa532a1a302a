"""What a command makes on its way goes again when the command comes to nothing."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from tandem_client import Tandem, TandemError
from tandem_client.cli.rollback import rollback

MOMENT = "2026-11-27T00:00:00Z"


class Server:
    """Has the project `there` alone, and answers deletions of data sets with these statuses."""

    def __init__(self, *deletions: int) -> None:
        self.deletions = list(deletions)
        self.asked: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/api/v1")
        if request.method != "GET":
            self.asked.append(f"{request.method} {path}")
        match request.method, path:
            case "GET", "/projects":
                return httpx.Response(200, json={"items": [_thing("there")], "next": None})
            case "GET", _:
                return httpx.Response(200, json={"items": [], "next": None})
            case "POST", "/projects":
                return httpx.Response(201, json=_thing("p"))
            case "POST", _:
                return httpx.Response(201, json=_thing("d"))
            case _ if path == "/datasets/d" and self.deletions and (status := self.deletions.pop(0)) != 204:
                kind = "import-running" if status == 409 else "not-empty"
                return httpx.Response(409, json={"type": f"/problems/{kind}", "title": "", "status": 409, "detail": ""})
        return httpx.Response(204)


def _thing(name: str) -> dict[str, Any]:
    return {"id": name, "project_id": "p", "name": name, "created_at": MOMENT}


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    waits: list[float] = []
    # The name in this module alone: threads of other tests sleep too.
    monkeypatch.setattr("tandem_client.cli.rollback.time", SimpleNamespace(sleep=waits.append))
    return waits


def run(server: Server, project: str, ending: Callable[[], None]) -> None:
    with Tandem("http://test", None, http=httpx.MockTransport(server)) as tandem, rollback(tandem) as made:
        made.dataset(made.project(project), "new")
        ending()


def refused() -> None:
    raise TandemError("no")


def interrupted() -> None:
    raise KeyboardInterrupt


def test_what_comes_to_something_stays() -> None:
    server = Server()
    run(server, "new", lambda: None)
    assert server.asked == ["POST /projects", "POST /projects/p/datasets"]


@pytest.mark.parametrize("ending", [refused, interrupted])
def test_what_was_made_goes_in_turn_once_a_cut_upload_is_taken_back(
    ending: Callable[[], None], slept: list[float]
) -> None:
    server = Server(409, 409, 204)
    with pytest.raises((TandemError, KeyboardInterrupt)):
        run(server, "new", ending)
    assert server.asked[2:] == [*["DELETE /datasets/d"] * 3, "DELETE /projects/p"]
    assert len(slept) == 2


def test_what_was_there_before_and_what_holds_something_stays(slept: list[float]) -> None:
    there, holding = Server(), Server(500)
    for server, project in ((there, "there"), (holding, "new")):
        with pytest.raises(TandemError):
            run(server, project, refused)
    assert there.asked == ["POST /projects/there/datasets", "DELETE /datasets/d"]
    assert holding.asked[-1] == "DELETE /datasets/d"
    assert slept == []


def test_a_server_that_does_not_answer_any_more_is_not_waited_for_long(slept: list[float]) -> None:
    server = Server(*[409] * 9)
    with pytest.raises(TandemError):
        run(server, "new", refused)
    assert server.asked.count("DELETE /datasets/d") == len(slept) + 1 < 9
