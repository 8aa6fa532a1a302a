"""Taking items: who gets which, for how long, and what is shown."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tandem.people import Role

if TYPE_CHECKING:
    from integration.verification_ui.conftest import World

JOB = "job1"


async def reserve(client: httpx.AsyncClient, limit: int = 1, exclude: list[str] | None = None) -> list[dict[str, Any]]:
    answer = await client.post(
        f"/verification/v1/jobs/{JOB}/reservations", json={"limit": limit, "exclude": exclude or []}
    )
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_an_item_shows_the_record_the_question_and_the_suggestion(world: World) -> None:
    await world.queue([7])
    answer = await world.client().post(f"/verification/v1/jobs/{JOB}/reservations", json={})
    shown = answer.json()["items"][0]
    assert shown["reservation"]
    assert shown["fields"] == {"text": "text of record 7"}
    assert (shown["item_id"], shown["record_id"], shown["attempt"]) == ("job1:7", "r7", 1)
    [suggestion], [task] = shown["suggestions"], shown["tasks"]
    assert (suggestion["task"], suggestion["value"]) == ("sentiment", "positive")
    assert suggestion["probabilities"]["neutral"] == 0.35
    assert (task["kind"], task["name"]) == ("single_choice", "sentiment")
    assert [option["value"] for option in task["options"]] == ["positive", "neutral", "negative"]
    assert (shown["raw"], shown["detail"]) == (None, None)
    assert answer.json()["open"] == 1
    assert answer.json()["reservation_seconds"] == 120


async def test_an_item_says_which_task_a_person_is_asked_for(world: World) -> None:
    causes = [{"task": "sentiment", "reason": "disagreement"}]
    await world.add_records([7])
    annotation = world.annotation(7)
    annotation["review_causes"], annotation["review_reason"] = causes, "disagreement"
    await world.annotate(annotation)
    await world.sweep.sweep_job(JOB)
    [shown] = await reserve(world.client())
    assert (shown["reason"], shown["causes"]) == ("disagreement", causes)


async def test_an_answer_without_a_label_is_shown_as_it_was(world: World) -> None:
    await world.queue([7], value=None)
    [shown] = await reserve(world.client())
    assert shown["suggestions"] == []
    assert (shown["outcome"], shown["reason"]) == ("invalid", "invalid")
    assert shown["raw"] == "I would rather not say."
    assert shown["detail"] == "The answer names none of the labels."


async def test_a_reload_shows_the_same_item_and_the_next_ones_are_fetched_beside_it(world: World) -> None:
    await world.queue(range(5))
    [first] = await reserve(world.client())
    [again] = await reserve(world.client())
    assert (again["item_id"], again["reservation"]) == (first["item_id"], first["reservation"])
    ahead = await reserve(world.client(), 2, exclude=[first["item_id"]])
    assert [item["seq"] for item in ahead] == [1, 2]


async def test_two_people_at_the_same_time_get_different_items(world: World) -> None:
    await world.queue(range(40))
    taken = await asyncio.gather(*(reserve(world.client(name), 5) for name in ("ann", "ben")))
    ids = [item["item_id"] for items in taken for item in items]
    assert len(ids) == len(set(ids)) == 10


async def test_a_hundred_requests_of_ten_people_never_share_an_item(world: World) -> None:
    await world.queue(range(60))
    names = [f"person {number}" for number in range(10)]
    tokens = [await world.add_person(name) for name in names]
    holders: dict[str, set[str]] = {}

    async def take(name: str, token: str) -> None:
        async with world.client_with(token) as client:
            held: list[str] = []
            for _ in range(10):
                held += [item["item_id"] for item in await reserve(client, 1, exclude=held)]
            for item_id in held:
                holders.setdefault(item_id, set()).add(name)

    await asyncio.gather(*(take(name, token) for name, token in zip(names, tokens, strict=True)))
    assert len(holders) == 60
    assert all(len(people) == 1 for people in holders.values())


async def test_an_expired_item_goes_to_the_next_person_and_the_first_one_is_told(world: World) -> None:
    await world.queue([0])
    [mine] = await reserve(world.client("ann"))
    assert await reserve(world.client("ben")) == []
    await world.expire("job1:0")
    [theirs] = await reserve(world.client("ben"))
    assert theirs["item_id"] == mine["item_id"]

    answer = await world.client("ann").post(
        "/verification/v1/items/job1:0/renew", json={"reservation": mine["reservation"]}
    )
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "/problems/reservation-lost"
    assert answer.json()["cure"] == "Take the next item."


async def test_renewing_keeps_an_item(world: World) -> None:
    await world.queue([0])
    [mine] = await reserve(world.client("ann"))
    await world.expire("job1:0")
    answer = await world.client("ann").post(
        "/verification/v1/items/job1:0/renew", json={"reservation": mine["reservation"]}
    )
    assert answer.status_code == 200
    assert await reserve(world.client("ben")) == []


async def test_a_released_item_is_free_at_once_and_releasing_again_is_no_error(world: World) -> None:
    await world.queue([0])
    [mine] = await reserve(world.client("ann"))
    release = {"json": {"reservation": mine["reservation"]}}
    first = await world.client("ann").post("/verification/v1/items/job1:0/release", **release)  # type: ignore[arg-type]  # a mapping of keyword arguments
    again = await world.client("ann").post("/verification/v1/items/job1:0/release", **release)  # type: ignore[arg-type]  # a mapping of keyword arguments
    assert (first.json()["released"], again.json()["released"]) == (True, False)
    assert len(await reserve(world.client("ben"))) == 1


async def test_a_skipped_item_comes_back_at_the_end_and_a_repeated_skip_counts_once(world: World) -> None:
    await world.queue(range(3))
    [first] = await reserve(world.client())
    for _ in range(2):
        answer = await world.client().post(
            f"/verification/v1/items/{first['item_id']}/skip", json={"reservation": first["reservation"]}
        )
        assert answer.status_code == 200, answer.text
        assert answer.json()["open"] == 3
    assert [item["seq"] for item in await reserve(world.client(), 3)] == [1, 2, 0]
    item = await world.items.get("job1:0")
    assert item is not None
    assert item.skips == 1


async def test_the_queues_tell_how_much_waits_in_each_job_of_ones_projects(world: World) -> None:
    await world.add_job("job2", "another project", state="running")
    await world.queue(range(3))
    await world.annotate(world.annotation(99))
    answer = await world.client("vera").get("/verification/v1/jobs")
    assert {queue["job_id"]: queue for queue in answer.json()["items"]} == {
        "job1": {
            "job_id": "job1",
            "project_id": "project1",
            "name": "name of job1",
            "state": "completed",
            "open": 3,
            "decided": 0,
            "needs_review": 4,
        },
        "job2": {
            "job_id": "job2",
            "project_id": "another project",
            "name": "name of job2",
            "state": "running",
            "open": 0,
            "decided": 0,
            "needs_review": 0,
        },
    }
    answer = await world.client("otto").get("/verification/v1/jobs")
    assert [queue["job_id"] for queue in answer.json()["items"]] == ["job2"]


@pytest.mark.parametrize(
    ("who", "status", "code"),
    [
        ("nobody", 401, "not-authenticated"),
        ("vera", 403, "not-allowed"),
        ("otto", 404, "not-found"),
    ],
)
async def test_only_annotators_of_the_project_take_items(world: World, who: str, status: int, code: str) -> None:
    await world.queue([0])
    client = world.client(who)
    reserved = await client.post(f"/verification/v1/jobs/{JOB}/reservations", json={})
    acts = [
        await client.post(f"/verification/v1/items/job1:0/{act}", json=body)
        for act, body in (
            ("skip", {"reservation": "x"}),
            ("renew", {"reservation": "x"}),
            ("release", {"reservation": "x"}),
            ("undo", {}),
            ("decision", {"reservation": "x", "attempt": 1, "values": {"sentiment": "neutral"}}),
        )
    ]
    for answer in (reserved, *acts):
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["type"] == f"/problems/{code}"


async def test_a_cookie_needs_the_header_that_no_foreign_page_sends(world: World) -> None:
    await world.queue([0])
    token = await world.add_person("cora", Role.ANNOTATOR, session=True)
    async with world.client_with(None) as client:
        client.cookies.set("tandem_session", token)
        assert (await client.get("/verification/v1/jobs")).status_code == 200
        refused = await client.post(f"/verification/v1/jobs/{JOB}/reservations", json={})
        assert refused.status_code == 403
        client.headers["X-Tandem-Request"] = "1"
        assert len(await reserve(client)) == 1


async def test_what_does_not_fit_the_request_is_named(world: World) -> None:
    answer = await world.client().post(f"/verification/v1/jobs/{JOB}/reservations", json={"limit": 11})
    assert answer.status_code == 422
    assert answer.json()["field"] == "limit"
    assert (await world.client().post("/verification/v1/jobs/none/reservations", json={})).status_code == 404
    assert (await world.client().post("/verification/v1/nowhere", json={})).status_code in (404, 405)
    assert (await world.client().get("/verification/v1/nowhere")).json()["type"].endswith("no-such-route")


async def test_a_try_out_has_no_queue_and_nothing_of_it_can_be_taken(world: World) -> None:
    await world.add_job("tried")
    await world.database["jobs"].update_one({"_id": "tried"}, {"$set": {"hidden": True}})
    await world.queue([1], job_id="tried")
    queues = (await world.client().get("/verification/v1/jobs")).json()["items"]
    assert [queue["job_id"] for queue in queues] == [JOB]
    assert (await world.client().post("/verification/v1/jobs/tried/reservations", json={})).status_code == 404
