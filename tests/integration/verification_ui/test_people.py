"""Who an item, a decision and a history belong to: a person's credentials, never a name."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from integration.verification_ui.conftest import World

JOB = "job1"


@dataclass
class Namesakes:
    """Two people called ann with API keys of their own, and a browser of the first one's."""

    ann: httpx.AsyncClient
    other: httpx.AsyncClient
    browser: httpx.AsyncClient


@pytest.fixture
async def named_ann(world: World) -> AsyncIterator[Namesakes]:
    await world.add_credential("another key", "tdm_another_ann", "ann")
    await world.add_credential(
        "a session", "tdm_session", "ann", kind="session", parent_id="key of ann", person_id="key of ann"
    )
    async with AsyncExitStack() as stack:
        other = await stack.enter_async_context(world.client_with("tdm_another_ann"))
        browser = await stack.enter_async_context(world.client_with(None))
        browser.cookies.set("tandem_session", "tdm_session")
        browser.headers["X-Tandem-Request"] = "1"
        yield Namesakes(world.client("ann"), other, browser)


async def take(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    answer = await client.post(f"/verification/v1/jobs/{JOB}/reservations", json={})
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def act(client: httpx.AsyncClient, item: dict[str, Any], name: str) -> httpx.Response:
    body: dict[str, Any] = {} if name == "undo" else {"reservation": item["reservation"]}
    if name == "decision":
        body |= {"attempt": item["attempt"], "values": {"sentiment": "neutral"}}
        body |= {"shown_values": {"sentiment": "positive"}}
    return await client.post(f"/verification/v1/items/{item['item_id']}/{name}", json=body)


async def history(client: httpx.AsyncClient) -> list[int]:
    answer = await client.get("/verification/v1/history", params={"job_id": JOB})
    return [entry["seq"] for entry in answer.json()["items"]]


@pytest.mark.parametrize("name", ["decision", "skip", "renew"])
@pytest.mark.parametrize("who", ["ben", "another ann"])
async def test_nobody_acts_with_the_reservation_of_somebody_else(
    world: World, named_ann: Namesakes, name: str, who: str
) -> None:
    await world.queue([0])
    [item] = await take(named_ann.ann)
    before = await world.items.get("job1:0")
    refused = await act(world.client("ben") if who == "ben" else named_ann.other, item, name)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/reservation-lost")
    assert refused.json()["cure"] == "Take the next item."
    assert await world.items.get("job1:0") == before
    assert await world.opinions.count(JOB) == 0
    assert (await act(named_ann.ann, item, name)).status_code == 200, "its holder still can"


async def test_an_item_is_given_back_by_its_holder_alone(world: World, named_ann: Namesakes) -> None:
    await world.queue([0])
    [item] = await take(named_ann.ann)
    assert (await act(named_ann.other, item, "release")).json()["released"] is False
    assert await take(named_ann.other) == []
    assert (await act(named_ann.ann, item, "release")).json()["released"] is True


async def test_a_retry_of_a_decision_is_known_by_its_person(world: World, named_ann: Namesakes) -> None:
    await world.queue([0])
    [item] = await take(named_ann.ann)
    assert (await act(named_ann.ann, item, "decision")).status_code == 200
    assert (await act(named_ann.browser, item, "decision")).status_code == 200, "the same person, sent again"
    refused = await act(named_ann.other, item, "decision")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/already-decided")


async def test_two_people_of_one_name_share_neither_items_nor_history_nor_undo(
    world: World, named_ann: Namesakes
) -> None:
    await world.queue(range(2))
    [mine], [theirs] = await take(named_ann.ann), await take(named_ann.other)
    assert mine["item_id"] != theirs["item_id"]
    await act(named_ann.ann, mine, "decision")
    assert await history(named_ann.other) == []
    assert await history(named_ann.ann) == [0]

    refused = await act(named_ann.other, mine, "undo")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/not-your-decision")
    assert "another key or login" in refused.json()["detail"]
    assert (await act(named_ann.ann, mine, "undo")).status_code == 200
    again = await act(named_ann.other, mine, "undo")
    assert (again.status_code, again.json()["type"]) == (409, "/problems/nothing-to-undo")


async def test_a_person_goes_on_in_the_browser_with_what_began_with_the_key(world: World, named_ann: Namesakes) -> None:
    await world.queue(range(2))
    [item] = await take(named_ann.ann)
    [shown] = await take(named_ann.browser)
    assert shown["reservation"] == item["reservation"]
    assert (await act(named_ann.browser, shown, "decision")).status_code == 200
    kept = await world.opinions.get(JOB, 0)
    assert kept is not None
    assert (kept.decided_by, kept.decided_by_id) == ("ann", "key of ann")
    assert await history(named_ann.ann) == await history(named_ann.browser) == [0]
    assert (await act(named_ann.ann, item, "undo")).status_code == 200


async def test_what_an_older_version_wrote_with_a_name_alone_is_nobodys(world: World, named_ann: Namesakes) -> None:
    await world.queue(range(2))
    [decided] = await take(named_ann.ann)
    await act(named_ann.ann, decided, "decision")
    [held] = await take(named_ann.ann)
    ids = {"decided_by_id": "", "reserved_by_id": ""}
    for collection in ("review_items", "verifications"):
        await world.database[collection].update_many({}, {"$unset": ids})

    assert await history(named_ann.ann) == []
    undo = await act(named_ann.ann, decided, "undo")
    assert (undo.status_code, undo.json()["type"]) == (409, "/problems/not-your-decision")
    assert (await act(named_ann.ann, held, "decision")).json()["type"] == "/problems/reservation-lost"
    await world.expire(held["item_id"])
    assert [item["item_id"] for item in await take(named_ann.ann)] == [held["item_id"]], "it is free when it runs out"


async def test_a_queue_made_anew_knows_who_decided(world: World, named_ann: Namesakes) -> None:
    await world.queue([0])
    [item] = await take(named_ann.ann)
    await act(named_ann.ann, item, "decision")
    await world.database["review_items"].delete_many({})
    await world.sweep.sweep_job(JOB)
    assert (await act(named_ann.other, item, "undo")).status_code == 409
    assert (await act(named_ann.ann, item, "undo")).status_code == 200
