"""Deciding: bound to the item that was shown, once, undoable; people outrank models."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tandem.store.opinions.documents import DecisionKind
from tandem.store.review_items.documents import ItemState, QueueCounts
from tandem_verification_ui.review import counts, giving

if TYPE_CHECKING:
    from integration.verification_ui.conftest import World

JOB = "job1"
SHOWN = {"sentiment": "positive"}


async def take(client: httpx.AsyncClient, exclude: list[str] | None = None) -> dict[str, Any]:
    answer = await client.post(f"/verification/v1/jobs/{JOB}/reservations", json={"exclude": exclude or []})
    item: dict[str, Any] = answer.json()["items"][0]
    return item


async def decide(client: httpx.AsyncClient, item: dict[str, Any], value: str, **more: Any) -> httpx.Response:
    body = {
        "reservation": item["reservation"],
        "attempt": item["attempt"],
        "values": {"sentiment": value},
        "shown_values": SHOWN,
        **more,
    }
    return await client.post(f"/verification/v1/items/{item['item_id']}/decision", json=body)


async def undo(client: httpx.AsyncClient, item_id: str) -> httpx.Response:
    return await client.post(f"/verification/v1/items/{item_id}/undo", json={})


async def aborted_transactions(world: World) -> int:
    """Of the server, so far."""
    status = await world.database.raw.command("serverStatus")
    aborted: int = status["transactions"]["totalAborted"]
    return aborted


@pytest.mark.parametrize(("value", "kind"), [("positive", "confirmed"), ("negative", "corrected")])
async def test_a_decision_is_kept_with_what_was_shown_and_closes_the_item(world: World, value: str, kind: str) -> None:
    await world.queue(range(2))
    answer = await decide(world.client(), await take(world.client()), value)
    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "item_id": "job1:0",
        "revision": 1,
        "kind": kind,
        "values": {"sentiment": value},
        "state": "settled",
        "opinions": 1,
        "open": 1,
        "decided": 1,
    }
    kept = await world.opinions.get(JOB, 0)
    assert kept is not None
    assert (kept.kind, kept.values, kept.shown_values, kept.shown_attempt) == (kind, {"sentiment": value}, SHOWN, 1)
    assert kept.decided_by == "ann"
    item = await world.items.get("job1:0")
    assert item is not None
    assert (item.state, item.decided_by, item.reserved_by) == (ItemState.DECIDED, "ann", None)


async def test_the_counts_of_a_large_queue_follow_ones_decisions_without_counting_anew(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counts, "LARGE", 2)
    await world.queue(range(3))
    item = await take(world.client())
    await world.database["review_items"].delete_one({"_id": "job1:2"})  # would be seen by counting
    decided = (await decide(world.client(), item, "neutral")).json()
    assert (decided["open"], decided["decided"]) == (2, 1)
    await undo(world.client(), "job1:0")
    queue = (await world.client().get("/verification/v1/jobs")).json()["items"][0]
    assert (queue["open"], queue["decided"]) == (3, 0)
    monkeypatch.setattr(counts, "KEPT_SECONDS", 0)
    queue = (await world.client().get("/verification/v1/jobs")).json()["items"][0]
    assert (queue["open"], queue["decided"]) == (2, 0)


async def test_what_was_shown_is_what_the_service_served_whatever_the_client_says(world: World) -> None:
    await world.queue([0])
    answer = await decide(world.client(), await take(world.client()), "positive", shown_values={}, attempt=None)
    assert answer.json()["kind"] == "confirmed"
    kept = await world.opinions.get(JOB, 0)
    assert kept is not None
    assert (kept.shown, kept.shown_attempt, kept.shown_values) == (True, 1, SHOWN)


async def test_the_same_request_again_gives_the_same_answer_and_one_decision(world: World) -> None:
    await world.queue([0])
    item = await take(world.client())
    answers = await asyncio.gather(*(decide(world.client(), item, "neutral") for _ in range(8)))
    answers.append(await decide(world.client(), item, "neutral"))
    assert {answer.status_code for answer in answers} == {200}, [answer.text for answer in answers]
    assert {(answer.json()["revision"], answer.json()["kind"]) for answer in answers} == {(1, "corrected")}
    assert await world.opinions.count(JOB) == 1


async def test_two_different_decisions_with_one_reservation_keep_the_first(world: World) -> None:
    await world.queue([0])
    item = await take(world.client())
    await decide(world.client(), item, "neutral")
    second = await decide(world.client(), item, "negative")
    assert second.status_code == 409
    assert second.json()["type"] == "/problems/already-decided"
    assert "Undo" in second.json()["cure"]
    kept = await world.opinions.get(JOB, 0)
    assert kept is not None
    assert kept.values == {"sentiment": "neutral"}


async def test_of_two_people_with_the_same_item_the_later_holder_decides(world: World) -> None:
    await world.queue([0])
    mine = await take(world.client("ann"))
    await world.expire("job1:0")
    theirs = await take(world.client("ben"))
    lost = await decide(world.client("ann"), mine, "neutral")
    assert (lost.status_code, lost.json()["type"]) == (409, "/problems/reservation-lost")
    assert (await decide(world.client("ben"), theirs, "negative")).status_code == 200
    late = await decide(world.client("ann"), mine, "neutral")
    assert (late.status_code, late.json()["decided_by"]) == (409, "ben")
    assert await world.opinions.count(JOB) == 1


async def test_an_expired_reservation_that_nobody_took_still_decides(world: World) -> None:
    await world.queue([0])
    mine = await take(world.client())
    await world.expire("job1:0")
    assert (await decide(world.client(), mine, "neutral")).status_code == 200


async def test_a_decision_on_an_older_attempt_is_refused(world: World) -> None:
    await world.queue([0])
    mine = await take(world.client())
    await world.annotate(world.annotation(0, attempt=2, value="negative"))
    await world.sweep.sweep_job(JOB)
    stale = await decide(world.client(), mine, "positive")
    assert stale.status_code == 409
    fresh = await take(world.client())
    assert (fresh["attempt"], fresh["suggestions"][0]["value"]) == (2, "negative")
    mixed = await decide(world.client(), fresh, "positive", attempt=1)
    assert (mixed.status_code, mixed.json()["type"]) == (409, "/problems/item-changed")
    assert await world.opinions.count(JOB) == 0


async def test_a_key_press_meant_for_another_item_is_refused(world: World) -> None:
    await world.queue([0])
    answer = await decide(world.client(), await take(world.client()), "neutral", shown_values={"sentiment": "negative"})
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/item-changed")


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"sentiment": "Positive"}, "values.sentiment"),
        ({}, "values.sentiment"),
        ({"sentiment": "positive", "topic": "x"}, "values.topic"),
    ],
)
async def test_values_outside_the_schema_are_refused_by_name(world: World, values: dict[str, str], field: str) -> None:
    await world.queue([0])
    answer = await decide(world.client(), await take(world.client()), "", values=values)
    assert answer.status_code == 422
    assert answer.json()["field"] == field
    assert answer.json()["cure"]
    assert await world.items.counts(JOB) == QueueCounts(open=1)


async def test_undo_takes_the_decision_back_and_the_item_is_mine_again(world: World) -> None:
    await world.queue(range(2))
    item = await take(world.client())
    await decide(world.client(), item, "neutral")
    answer = await undo(world.client(), "job1:0")
    assert answer.status_code == 200, answer.text
    reopened = answer.json()
    assert (reopened["item_id"], reopened["fields"]) == ("job1:0", {"text": "text of record 0"})
    assert reopened["reservation"] not in ("", item["reservation"])
    latest = await world.opinions.get(JOB, 0)
    assert latest is not None
    assert (latest.revision, latest.kind, latest.values) == (2, DecisionKind.UNDONE, None)
    assert await world.items.counts(JOB) == QueueCounts(open=2)

    again = await undo(world.client(), "job1:0")
    assert again.json()["reservation"] == reopened["reservation"], "a repeated undo changes nothing"
    late = await decide(world.client(), item, "neutral")
    assert late.status_code == 409, "the old reservation died with the decision"
    anew = await decide(world.client(), reopened, "negative")
    assert (anew.status_code, anew.json()["revision"]) == (200, 3)


async def test_nobody_undoes_anothers_decision_or_what_was_never_decided(world: World) -> None:
    await world.queue(range(2))
    await decide(world.client("ann"), await take(world.client("ann")), "neutral")
    other = await undo(world.client("ben"), "job1:0")
    assert (other.status_code, other.json()["decided_by"]) == (409, "ann")
    nothing = await undo(world.client("ann"), "job1:1")
    assert (nothing.status_code, nothing.json()["type"]) == (409, "/problems/nothing-to-undo")
    assert await world.opinions.count(JOB) == 1


async def test_an_undo_and_its_repetitions_at_once_write_one_revision(world: World) -> None:
    await world.queue([0])
    await decide(world.client(), await take(world.client()), "neutral")
    answers = await asyncio.gather(*(undo(world.client(), "job1:0") for _ in range(6)))
    assert {answer.status_code for answer in answers} == {200}, [answer.text for answer in answers]
    assert len({answer.json()["reservation"] for answer in answers}) == 1
    assert await world.opinions.count(JOB) == 2


async def test_an_undo_waits_for_a_slow_write_on_the_same_item(world: World) -> None:
    await world.queue([0])
    await decide(world.client(), await take(world.client()), "neutral")
    before = await aborted_transactions(world)
    async with world.database.transaction() as session:
        await world.database["review_items"].update_one({"_id": "job1:0"}, {"$inc": {"skips": 1}}, session=session)
        undoing = asyncio.ensure_future(undo(world.client(), "job1:0"))
        while await aborted_transactions(world) < before + 3:
            assert not undoing.done(), undoing.result().text
            await asyncio.sleep(0.005)
        await session.abort_transaction()
    answer = await undoing
    assert answer.status_code == 200, answer.text
    assert await world.opinions.count(JOB) == 2


async def test_a_write_that_is_always_in_the_way_is_told_as_such(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(giving, "TRIES", 2)
    await world.queue([0])
    await decide(world.client(), await take(world.client()), "neutral")
    async with world.database.transaction() as session:
        await world.database["review_items"].update_one({"_id": "job1:0"}, {"$inc": {"skips": 1}}, session=session)
        answer = await undo(world.client(), "job1:0")
        await session.abort_transaction()
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/store-busy")
    assert answer.headers["Retry-After"]
    assert await world.opinions.count(JOB) == 1, "nothing was taken back"


async def test_the_history_is_ones_own_newest_first_and_says_what_can_be_undone(world: World) -> None:
    await world.queue(range(3))
    for value in ("neutral", "positive"):
        await decide(world.client("ann"), await take(world.client("ann")), value)
    await decide(world.client("ben"), await take(world.client("ben")), "neutral")
    await undo(world.client("ann"), "job1:0")
    history = (await world.client("ann").get("/verification/v1/history", params={"job_id": JOB})).json()["items"]
    assert [(entry["seq"], entry["kind"], entry["undoable"]) for entry in history] == [
        (0, "undone", False),
        (1, "confirmed", True),
        (0, "corrected", False),
    ]
    assert history[1]["fields"] == {"text": "text of record 1"}
    other = await world.client("otto").get("/verification/v1/history", params={"job_id": JOB})
    assert other.status_code == 404
    misspelt = await world.client("ann").get("/verification/v1/history", params={"job_id": JOB, "limt": 1})
    assert (misspelt.status_code, misspelt.json()["field"]) == (422, "limt")
    assert misspelt.json()["cure"] == "Did you mean limit?"


async def test_a_newer_attempt_leaves_a_decision_and_shows_after_an_undo(world: World) -> None:
    await world.queue([0])
    await decide(world.client(), await take(world.client()), "neutral")
    await world.annotate(world.annotation(0, attempt=2, value="negative"))
    await world.sweep.sweep_job(JOB)
    assert await world.items.counts(JOB) == QueueCounts(decided=1)
    reopened = (await undo(world.client(), "job1:0")).json()
    assert (reopened["attempt"], reopened["suggestions"][0]["value"]) == (2, "negative")


async def test_of_several_decisions_in_one_request_each_stands_or_falls_for_itself(world: World) -> None:
    await world.queue(range(4))
    client = world.client()
    taken = await client.post(f"/verification/v1/jobs/{JOB}/reservations", json={"limit": 3})
    held = taken.json()["items"]
    bodies: list[dict[str, Any]] = [
        {"item_id": item["item_id"], "reservation": item["reservation"], "values": {"sentiment": "negative"}}
        for item in held
    ]
    await client.post(
        f"/verification/v1/items/{held[1]['item_id']}/release", json={"reservation": held[1]["reservation"]}
    )
    bodies.append({"item_id": "job2:0", "reservation": "r", "values": {"sentiment": "negative"}})
    bodies[2]["values"] = {"sentiment": "sad"}
    answer = await client.post(f"/verification/v1/jobs/{JOB}/decisions", json={"decisions": bodies})
    assert answer.status_code == 200, answer.text
    outcomes = answer.json()["items"]
    assert [outcome["item_id"] for outcome in outcomes] == ["job1:0", "job1:1", "job1:2", "job2:0"]
    assert [(outcome["problem"] or {}).get("status") for outcome in outcomes] == [None, 409, 422, 404]
    assert outcomes[0]["result"]["values"] == {"sentiment": "negative"}
    assert [await world.opinions.history(JOB, seq) for seq in (1, 2, 3)] == [[], [], []]

    again = await client.post(f"/verification/v1/jobs/{JOB}/decisions", json={"decisions": bodies[:1]})
    assert again.json()["items"][0]["result"]["revision"] == 1, "the same decision again changes nothing"
