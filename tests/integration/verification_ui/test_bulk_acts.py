"""Bulk acts: each record gets an opinion of its own, a restart changes nothing, one undo takes all of it back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tandem.people import Role
from tandem.store.database import Database
from tandem_verification_ui.bootstrap import make_services
from tandem_verification_ui.bulk import runner as running
from tandem_verification_ui.bulk.runner import BulkRunner
from tandem_verification_ui.review.giving import OpinionGiver
from tandem_verification_ui.review.publisher import DecisionPublisher

if TYPE_CHECKING:
    from integration.verification_ui.conftest import World

JOB = "job1"
ACTS = f"/verification/v1/jobs/{JOB}/acts"
SEQS = range(12)


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "BLOCK", 5)


@pytest.fixture
async def filled(world: World) -> World:
    """Records 0 to 11: 10 is invalid, 11 was not run; 0 to 4 wait for people, ben decided on 1 and ann on 2."""
    await world.add_records(SEQS)
    await world.annotate(
        *(world.annotation(seq, value=None if seq == 10 else "positive", needs_review=seq < 5) for seq in range(11))
    )
    await world.sweep.sweep_job(JOB)
    for name, seq in (("ben", 1), ("ann", 2)):
        answer = await give(world.client(name), seq, "neutral")
        assert answer.status_code == 200, answer.text
    return world


async def give(client: httpx.AsyncClient, seq: int, value: str) -> httpx.Response:
    body = {"values": {"sentiment": value}, "comment": "by hand"}
    return await client.post(f"/verification/v1/jobs/{JOB}/records/{seq}/opinions", json=body)


def runner(world: World, publisher: DecisionPublisher) -> BulkRunner:
    """The runner of a process that has just started."""
    return make_services(world.database, publisher=publisher, reservation_seconds=120)[0][BulkRunner]


async def begin(client: httpx.AsyncClient, **body: Any) -> dict[str, Any]:
    answer = await client.post(ACTS, json=body)
    assert answer.status_code == 202, answer.text
    act: dict[str, Any] = answer.json()
    return act


async def shown(client: httpx.AsyncClient, act: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = (await client.get(f"{ACTS}/{act['id']}")).json()
    return found


async def standing(world: World, person: str = "ann") -> dict[int, tuple[str | None, int]]:
    """Seq to what the person's newest opinion says, and how many revisions of theirs there are."""
    told: dict[int, tuple[str | None, int]] = {}
    for seq in SEQS:
        mine = [each for each in await world.opinions.history(JOB, seq) if each.person == f"key of {person}"]
        if mine:
            values = mine[-1].values
            told[seq] = (None if values is None else str(values["sentiment"]), len(mine))
    return told


async def test_a_label_is_set_on_all_that_match_and_one_undo_restores_what_was(
    filled: World, publisher: DecisionPublisher
) -> None:
    ann = filled.client("ann")
    ask = {"kind": "label", "values": {"sentiment": "negative"}, "where": "id exists"}
    check = (await ann.post(f"{ACTS}/check", json=ask)).json()
    assert (check["records"], check["exact"]) == (12, True)
    assert (check["would_give"], check["unchanged"]) == (10, 0)
    assert check["skipped"] == {"not_run": 1, "decided": 1}

    act = await begin(ann, **ask, id="one-act-of-ann", records=12)
    assert await begin(ann, **ask, id="one-act-of-ann", records=12) == act, "the same request is the same act"
    assert await runner(filled, publisher).run_next()
    done = await shown(ann, act)
    assert (done["state"], done["given"], done["share"]) == ("done", 10, 1)
    assert done["skipped"] == {"not_run": 1, "decided": 1}
    ten = {seq: ("negative", 1) for seq in range(11) if seq != 1}
    assert await standing(filled) == {**ten, 2: ("negative", 2)}
    items = await filled.items.get_many([f"{JOB}:{seq}" for seq in range(5)])
    assert {item.state.value for item in items.values()} == {"decided"}

    assert (await give(ann, 7, "neutral")).status_code == 200, "a later opinion is not the act's"
    answer = await filled.client("ben").post(f"{ACTS}/{act['id']}/undo")
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (409, "not-your-act")
    for _ in range(2):
        assert (await ann.post(f"{ACTS}/{act['id']}/undo")).status_code == 202
        await runner(filled, publisher).run_next()
    undone = await shown(ann, act)
    assert (undone["state"], undone["undone"], undone["kept"]) == ("undone", 9, {"changed_since": 1, "not_run": 1})
    after = await standing(filled)
    assert after.pop(2) == ("neutral", 3)
    assert after.pop(7) == ("neutral", 2)
    assert {value for value, _ in after.values()} == {None}
    [restored] = [each for each in await filled.opinions.history(JOB, 2) if each.revision == 3]
    assert (restored.comment, restored.act_id) == ("by hand", f"{act['id']}/undo")


def dying_once(right: Callable[..., Any], failed: Counter[int]) -> Callable[..., Any]:
    """Fail the write of every record once, of every other record after it took effect."""

    async def dies(self: Any, caller: Any, subject: Any, *args: Any, **more: Any) -> Any:
        if failed[subject.seq]:
            return await right(self, caller, subject, *args, **more)
        failed[subject.seq] += 1
        if subject.seq % 2:
            await right(self, caller, subject, *args, **more)
        raise ConnectionResetError("the process died")

    return dies


async def test_a_process_that_dies_half_way_leaves_nothing_half_told(
    filled: World, publisher: DecisionPublisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails the write of every opinion once, in the act and in its undo; each time another process goes on."""
    ann = filled.client("ann")
    act = await begin(ann, kind="confirm", where="label = positive")
    for end, method in (("done", "give"), ("undone", "withdraw")):
        failed: Counter[int] = Counter()
        with monkeypatch.context() as patched:
            patched.setattr(OpinionGiver, method, dying_once(getattr(OpinionGiver, method), failed))
            for _ in range(40):
                try:
                    if not await runner(filled, publisher).run_next():
                        break
                except ConnectionResetError:
                    continue
        assert failed.total() >= 8
        assert (await shown(ann, act))["state"] == end
        values = "positive" if end == "done" else None
        revisions = 1 if end == "done" else 2
        of_act = {seq: told for seq, told in (await standing(filled)).items() if seq != 2}
        assert of_act == dict.fromkeys((0, 3, 4, 5, 6, 7, 8, 9), (values, revisions))
        await ann.post(f"{ACTS}/{act['id']}/undo")


async def test_a_process_that_lost_its_lease_writes_nothing_more(filled: World, publisher: DecisionPublisher) -> None:
    """An act that is undone while another process works on it: that one stops before the undo begins."""
    ann = filled.client("ann")
    act = await begin(ann, kind="confirm", where="outcome = labeled")
    late = runner(filled, publisher)
    times = iter([0.0] * 4)
    late._clock = lambda: next(times, 1000.0)
    assert await late.run_next()
    assert 0 < len(await standing(filled)) < 9
    assert (await shown(ann, act))["state"] == "running"
    await ann.post(f"{ACTS}/{act['id']}/undo")
    assert await runner(filled, publisher).run_next()
    assert {value for value, _ in (await standing(filled)).values()} == {None, "neutral"}


async def test_what_is_blind_reserved_or_others_is_left_alone_and_an_admin_may_overrule(
    filled: World, publisher: DecisionPublisher, database: Database
) -> None:
    ann, ben = filled.client("ann"), filled.client("ben")
    await database["review_items"].update_one({"_id": f"{JOB}:3"}, {"$set": {"blind": True}})
    reserved = (await ben.post(f"/verification/v1/jobs/{JOB}/reservations", json={"limit": 1})).json()["items"]
    held = reserved[0]["seq"]
    ask = {"kind": "confirm", "seqs": [0, 1, 2, 3, 4]}
    check = (await ann.post(f"{ACTS}/check", json=ask)).json()
    assert check["skipped"] == {"blind": 1, "decided": 1, **({"reserved": 1} if held != 3 else {})}
    found = (await ann.post(f"{ACTS}/check", json={"kind": "confirm", "where": "label = positive"})).json()
    assert (found["blind"], found["records"]) == (1, 9), "whether a blind record matches is not told"

    answer = await ann.post(f"{ACTS}/check", json={**ask, "overrule": True})
    assert answer.status_code == 403
    async with filled.client_with(await filled.add_person("ada", Role.ADMIN)) as ada:
        body = {"kind": "label", "values": {"sentiment": "negative"}, "seqs": [0, 1, 2, 3, 4], "overrule": True}
        act = await begin(ada, **body)
        assert await runner(filled, publisher).run_next()
        assert (await shown(ada, act))["skipped"] == {"blind": 1}
        told = (await ada.get(f"/verification/v1/jobs/{JOB}/records/1/opinions")).json()
    assert told["settled"]["values"] == {"sentiment": "negative"}
    assert [each["act_id"] for each in told["opinions"]] == [None, act["id"]]


async def test_what_cannot_be_done_is_told_with_its_field(filled: World) -> None:
    ann = filled.client("ann")
    wrong: list[tuple[dict[str, Any], int, str | None]] = [
        ({"kind": "confirm"}, 422, None),
        ({"kind": "confirm", "where": "", "seqs": [1]}, 422, None),
        ({"kind": "label", "where": ""}, 422, None),
        ({"kind": "label", "values": {"mood": "x"}, "where": ""}, 422, "values.mood"),
        ({"kind": "confirm", "where": "lable = a"}, 422, "where"),
        ({"kind": "confirm", "where": "id = nothing"}, 422, "where"),
        ({"kind": "confirm", "where": "", "records": 3}, 409, "records"),
    ]
    for body, status, field in wrong:
        answer = await ann.post(ACTS, json=body)
        assert (answer.status_code, answer.json().get("field")) == (status, field), answer.text
    assert (await filled.client("vera").post(ACTS, json={"kind": "confirm", "where": ""})).status_code == 403
    assert (await filled.client("otto").get(ACTS)).status_code == 404
    assert (await ann.get(ACTS)).json() == {"items": []}
