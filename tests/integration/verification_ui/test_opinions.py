"""Opinions of several people on one record: the policy decides when it is settled, and nothing is ever lost."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tandem.people import Role
from tandem.review import OpinionPolicy
from tandem.store.opinions.documents import decided_event, settlement_of
from tandem.store.review_items.documents import ItemState, QueueCounts

if TYPE_CHECKING:
    from integration.verification_ui.conftest import World

JOB = "two readers"


@pytest.fixture
async def admin(world: World) -> AsyncIterator[httpx.AsyncClient]:
    client = world.client_with(await world.add_person("ada", Role.ADMIN))
    yield client
    await client.aclose()


async def queue(world: World, policy: OpinionPolicy, seqs: range = range(1), **more: Any) -> None:
    await world.add_job(JOB, policy=policy)
    await world.queue(seqs, job_id=JOB, **more)


async def take(client: httpx.AsyncClient) -> dict[str, Any] | None:
    answer = await client.post(f"/verification/v1/jobs/{JOB}/reservations", json={})
    assert answer.status_code == 200, answer.text
    items = answer.json()["items"]
    return items[0] if items else None


async def read(client: httpx.AsyncClient, value: str, **more: Any) -> httpx.Response:
    """Take the next item and decide on it."""
    item = await take(client)
    assert item is not None
    body = {"reservation": item["reservation"], "values": {"sentiment": value}, **more}
    return await client.post(f"/verification/v1/items/{item['item_id']}/decision", json=body)


async def give(client: httpx.AsyncClient, value: str, *, seq: int = 0, **more: Any) -> httpx.Response:
    body = {"values": {"sentiment": value}, **more}
    return await client.post(f"/verification/v1/jobs/{JOB}/records/{seq}/opinions", json=body)


async def told(client: httpx.AsyncClient, path: str = "/opinions") -> dict[str, Any]:
    answer = await client.get(f"/verification/v1/jobs/{JOB}/records/0{path}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_two_readers_who_agree_settle_a_record_and_neither_sees_the_others_answer_before(
    world: World,
) -> None:
    ann, ben = world.client("ann"), world.client("ben")
    await queue(world, OpinionPolicy(readers=2))
    first = await read(ann, "neutral", active_seconds=3.5, idle_seconds=1, comment="hm", flags=["not_covered"])
    assert (first.json()["state"], first.json()["opinions"], first.json()["open"]) == ("open", 1, 1)
    assert await take(ann) is None, "a reader gets an item once"

    hidden = await told(ben)
    assert (hidden["hidden"], hidden["settled"], hidden["opinions"]) == (True, None, [])
    second = await read(ben, "neutral")
    assert (second.json()["state"], second.json()["opinions"], second.json()["open"]) == ("settled", 2, 0)

    opinions = await told(ben)
    assert opinions["settled"]["values"] == {"sentiment": "neutral"}
    assert opinions["settled"]["settled_by"] == ["key of ann", "key of ben"]
    assert [(each["person"], each["kind"], each["stands"]) for each in opinions["opinions"]] == [
        ("ann", "corrected", True),
        ("ben", "corrected", True),
    ]
    of_ann = opinions["opinions"][0]
    assert (of_ann["active_seconds"], of_ann["idle_seconds"], of_ann["comment"]) == (3.5, 1, "hm")
    assert (of_ann["flags"], of_ann["shown"], of_ann["shown_values"]) == (
        ["not_covered"],
        True,
        {"sentiment": "positive"},
    )


async def test_readers_who_differ_leave_the_item_to_a_third_and_a_revision_counts_instead_of_the_older_one(
    world: World, admin: httpx.AsyncClient
) -> None:
    ann, ben = world.client("ann"), world.client("ben")
    await queue(world, OpinionPolicy(readers=2))
    await read(ann, "neutral")
    assert (await read(ben, "negative")).json()["state"] == "disputed"
    assert await take(ann) is None
    assert await take(ben) is None
    assert (await take(admin)) is not None, "who has not read it is the third reader"
    item = await world.items.get(f"{JOB}:0")
    assert item is not None
    await admin.post(f"/verification/v1/items/{item.item_id}/release", json={"reservation": item.reservation})

    changed = await give(ann, "negative")
    assert changed.json()["settled"]["values"] == {"sentiment": "negative"}
    assert [each["stands"] for each in changed.json()["opinions"]] == [False, True, True]
    again = await give(ann, "negative")
    assert again.json() == changed.json(), "the same opinion again is no revision"
    assert await world.items.counts(JOB) == QueueCounts(decided=1)


async def test_a_withdrawn_opinion_opens_the_record_again_and_stays_in_the_history(world: World) -> None:
    ann, ben = world.client("ann"), world.client("ben")
    await queue(world, OpinionPolicy(readers=2))
    await read(ann, "neutral")
    await read(ben, "neutral")
    undone = await ann.post(f"/verification/v1/items/{JOB}:0/undo", json={})
    assert undone.status_code == 200, undone.text
    assert undone.json()["reservation"]
    assert await world.items.counts(JOB) == QueueCounts(open=1)
    assert [each.kind for each in await world.opinions.history(JOB, 0)] == ["corrected", "corrected", "undone"]
    assert (await read(ann, "neutral")).json()["state"] == "settled"
    withdrawn = await ben.post(f"/verification/v1/jobs/{JOB}/records/0/opinions/withdraw", json={})
    assert withdrawn.json()["settled"]["state"] == "open"
    repeated = await ben.post(f"/verification/v1/jobs/{JOB}/records/0/opinions/withdraw", json={})
    assert repeated.json() == withdrawn.json()
    assert await world.items.counts(JOB) == QueueCounts(open=1)
    again = await take(ben)
    assert again is not None, "who withdrew is a reader again"


async def test_a_dispute_waits_for_an_admin_whose_opinion_settles_it(world: World, admin: httpx.AsyncClient) -> None:
    await queue(world, OpinionPolicy(readers=2, adjudicated=True))
    await read(world.client("ann"), "neutral")
    await read(world.client("ben"), "negative")
    third = world.client_with(await world.add_person("cleo"))
    assert await take(third) is None
    assert (await told(admin))["settled"]["waits_for_adjudicator"]
    settled = await read(admin, "positive")
    assert settled.json()["state"] == "settled"
    found = (await told(third))["settled"]
    assert (found["values"], found["tasks"]["sentiment"]["why"]) == ({"sentiment": "positive"}, "overruled")
    assert found["settled_by"] == ["key of ada"]
    await third.aclose()


async def test_any_record_takes_an_opinion_and_an_admin_overrules_with_the_history_kept(
    world: World, admin: httpx.AsyncClient
) -> None:
    ann, ben = world.client("ann"), world.client("ben")
    await world.add_job(JOB)
    await world.add_records(range(2))
    await world.annotate(world.annotation(0, job_id=JOB, needs_review=False))
    opened = await told(ann, "")
    assert (opened["queue"], opened["suggestions"][0]["value"], opened["fields"]) == (
        None,
        "positive",
        {"text": "text of record 0"},
    )
    assert (await give(ann, "neutral", attempt=opened["attempt"])).json()["settled"]["values"] == {
        "sentiment": "neutral"
    }
    second = (await give(ben, "negative")).json()
    assert second["settled"]["values"] == {"sentiment": "neutral"}, "the first reader's holds"
    refused = await give(ben, "negative", overrule=True)
    assert refused.status_code == 403
    overruled = (await give(admin, "positive", overrule=True)).json()
    assert overruled["settled"]["values"] == {"sentiment": "positive"}
    assert [(each["person"], each["stands"]) for each in overruled["opinions"]] == [
        ("ann", True),
        ("ben", True),
        ("ada", True),
    ]
    opinions = await world.opinions.history(JOB, 0)
    event = decided_event(opinions, settlement_of(opinions, OpinionPolicy()))
    assert (event.values, event.decided_by_id, event.revision) == ({"sentiment": "positive"}, "key of ada", 3)
    stale = await give(ann, "negative", attempt=2)
    assert (stale.status_code, stale.json()["type"], stale.json()["field"]) == (
        409,
        "/problems/attempt-changed",
        "attempt",
    )
    not_run = await give(ann, "negative", seq=1)
    assert (not_run.status_code, not_run.json()["type"]) == (409, "/problems/not-run-yet")
    found = await ann.get(f"/verification/v1/jobs/{JOB}/record", params={"record_id": "r0"})
    assert found.json()["seq"] == 0
    outside = await world.client("otto").get(f"/verification/v1/jobs/{JOB}/records/0")
    assert outside.status_code == 404


async def test_nobody_decides_a_record_that_somebody_reads_but_an_admin_who_overrules(
    world: World, admin: httpx.AsyncClient
) -> None:
    await queue(world, OpinionPolicy())
    mine = await take(world.client("ann"))
    assert mine is not None
    refused = await give(world.client("ben"), "negative")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/record-reserved")
    assert "ann" in refused.json()["detail"]
    assert (await give(admin, "neutral", overrule=True)).status_code == 200
    late = await world.client("ann").post(
        f"/verification/v1/items/{mine['item_id']}/decision",
        json={"reservation": mine["reservation"], "values": {"sentiment": "negative"}},
    )
    assert (late.status_code, late.json()["decided_by"]) == (409, "ada")


async def test_people_who_write_at_once_get_a_revision_each(world: World) -> None:
    await world.add_job(JOB)
    await world.add_records([0])
    await world.annotate(world.annotation(0, job_id=JOB, needs_review=False))
    names = [f"reader {number}" for number in range(5)]
    clients = [world.client_with(await world.add_person(name)) for name in names]
    answers = await asyncio.gather(*(give(client, "neutral") for client in clients))
    assert {answer.status_code for answer in answers} == {200}, [answer.text for answer in answers]
    history = await world.opinions.history(JOB, 0)
    assert [each.revision for each in history] == [1, 2, 3, 4, 5]
    assert {each.decided_by for each in history} == set(names)
    await asyncio.gather(*(client.aclose() for client in clients))


async def test_a_blind_item_shows_no_value_of_the_model_before_ones_own_opinion(world: World) -> None:
    ann, ben = world.client("ann"), world.client("ben")
    await queue(world, OpinionPolicy(readers=2), range(1), value="negative")
    await world.database["review_items"].update_one({"_id": f"{JOB}:0"}, {"$set": {"blind": True}})
    item = await take(ann)
    assert item is not None
    assert (item["blind"], item["suggestions"], item["raw"]) == (True, [], None)
    opened = await told(ann, "")
    assert (opened["blind"], opened["suggestions"], opened["raw"], opened["outcome"]) == (True, [], None, None)
    assert "negative" not in json.dumps([opened["suggestions"], opened["opinions"], opened["settled"]])
    decided = await read(ann, "negative")
    assert decided.json()["kind"] == "corrected", "what was not shown cannot be confirmed"
    kept = await world.opinions.get(JOB, 0)
    assert kept is not None
    assert (kept.blind, kept.shown, kept.shown_values) == (True, False, {})
    assert (await told(ann, ""))["suggestions"][0]["value"] == "negative", "it is revealed by the opinion"
    other = await told(ben, "")
    assert (other["blind"], other["hidden"], other["suggestions"], other["opinions"]) == (True, True, [], [])

    await ann.post(f"/verification/v1/items/{JOB}:0/undo", json={})
    await read(ann, "neutral")
    kept = await world.opinions.get(JOB, 0)
    assert kept is not None
    assert (kept.blind, kept.shown) == (False, True), "who has seen the value is not blind any more"


async def test_a_rebuilt_queue_knows_what_people_said(world: World) -> None:
    ann = world.client("ann")
    await queue(world, OpinionPolicy(readers=2))
    await read(ann, "neutral")
    await world.database["review_items"].delete_many({})
    await world.sweep.sweep_job(JOB)
    item = await world.items.get(f"{JOB}:0")
    assert item is not None
    assert (item.state, item.opinion_by) == (ItemState.OPEN, ("key of ann",))
    assert await take(ann) is None
    await read(world.client("ben"), "neutral")
    await world.database["review_items"].delete_many({})
    await world.sweep.sweep_job(JOB)
    assert await world.items.counts(JOB) == QueueCounts(decided=1)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"active_seconds": -1}, "active_seconds"),
        ({"idle_seconds": 1e9}, "idle_seconds"),
        ({"comment": "x" * 2001}, "comment"),
        ({"flags": ["odd"]}, "flags[0]"),
    ],
)
async def test_remarks_beyond_their_bounds_are_refused_by_name(world: World, more: dict[str, Any], field: str) -> None:
    await world.add_job(JOB)
    await world.add_records([0])
    await world.annotate(world.annotation(0, job_id=JOB))
    answer = await give(world.client("ann"), "neutral", **more)
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert await world.opinions.count(JOB) == 0
