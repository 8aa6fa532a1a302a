"""`tandem people` and login links, against a server that is a dictionary."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tandem_client import Tandem, TandemError
from tandem_client.cli.people import the_person

WHEN = "2026-01-01T00:00:00Z"
PEOPLE = [
    {"id": "p1", "name": "Ada", "source": "local", "created_at": WHEN, "disabled_at": None},
    {"id": "p2", "name": "Ada", "source": "local", "created_at": WHEN, "disabled_at": WHEN},
    {"id": "p3", "name": "Ben", "source": "local", "created_at": WHEN, "disabled_at": None},
]


def client(answer: Callable[[httpx.Request], httpx.Response]) -> Tandem:
    return Tandem("http://tandem.test", "a key", http=httpx.MockTransport(answer), patience=0)


def listing(_: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={"items": PEOPLE, "next": None})


@pytest.mark.parametrize(("who", "found"), [("p1", "p1"), ("p2", "p2"), ("Ben", "p3")])
def test_a_person_is_found_by_id_or_by_a_name_that_only_one_has(who: str, found: str) -> None:
    with client(listing) as tandem:
        assert the_person(tandem, who).id == found


def test_a_name_that_several_have_is_never_guessed() -> None:
    with client(listing) as tandem:
        with pytest.raises(TandemError, match=r"2 people are called 'Ada': p1 .*, p2 .*Give the id"):
            the_person(tandem, "Ada")
        with pytest.raises(TandemError, match=r"There is no person 'Cem'.*tandem people list"):
            the_person(tandem, "Cem")


@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        ({"name": "Ada"}, {"name": "Ada"}),
        ({"name": "Ada", "new_person": True}, {"name": "Ada", "new_person": True}),
        ({"person_id": "p1"}, {"person_id": "p1"}),
        ({"as_caller": True}, {"as_caller": True}),
    ],
)
def test_a_link_names_its_person_in_the_way_that_was_asked_for(asked: dict[str, Any], sent: dict[str, Any]) -> None:
    bodies: list[Any] = []

    def answer(request: httpx.Request) -> httpx.Response:
        bodies.append(json.loads(request.content))
        return httpx.Response(201, json={"token": "t", "person_id": "p1", "name": "Ada", "expires_at": WHEN})

    with client(answer) as tandem:
        assert tandem.access.login_link(**asked).person_id == "p1"
    assert bodies == [{"role": "annotator", "ttl_seconds": 3600} | sent]


def test_people_and_keys_are_asked_for_where_they_are() -> None:
    seen: list[tuple[str, str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append((request.method, request.url.path.removeprefix("/api/v1")))
        if request.url.path.endswith("api-keys"):
            body = {"id": "k", "name": "n", "person_id": "p1", "person": "Ada", "role": "viewer", "project_ids": None}
            return httpx.Response(201, json=body | {"created_at": WHEN, "expires_at": None, "token": "t"})
        return httpx.Response(200, json=PEOPLE[0])

    with client(answer) as tandem:
        tandem.people.create("Ada")
        tandem.people.get("p1")
        tandem.people.rename("p1", "Ada L.")
        tandem.people.disable("p1")
        tandem.people.enable("p1")
        assert tandem.access.create_key("n", role="viewer", person_id="p1").person == "Ada"
    assert seen == [
        ("POST", "/people"),
        ("GET", "/people/p1"),
        ("PATCH", "/people/p1"),
        ("POST", "/people/p1/disable"),
        ("POST", "/people/p1/enable"),
        ("POST", "/api-keys"),
    ]
