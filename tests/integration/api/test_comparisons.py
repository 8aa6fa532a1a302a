"""Two or more agents over the same records."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tandem.store.annotations.writer import AnnotationWriter, AppliedDecision
from tandem.store.database import Database, utcnow

from .conftest import import_csv, made
from .labeled import annotation

LABELS = ("negative", "neutral", "positive")


async def answer(database: Database, job: Any, labels: str, confidences: dict[int, float] | None = None) -> None:
    """One record a letter: n, u, p for the labels; a dash for an invalid answer."""
    by_letter = dict(zip("nup", LABELS, strict=True))
    documents = []
    for seq, letter in enumerate(labels):
        document = annotation(job, seq, "invalid" if letter == "-" else "labeled")
        for label in document["labels"]:
            label["value"] = by_letter[letter]
            label["confidence"] = (confidences or {}).get(seq, 0.9)
        documents.append(document)
    await AnnotationWriter(database).insert_first(documents)


@pytest.fixture
async def jobs(admin: httpx.AsyncClient, project: Any, filled: Any, agent: Any) -> list[Any]:
    body = {"dataset_id": filled["id"], "agent_id": agent["id"]}
    return [await made(admin, f"/projects/{project['id']}/jobs", body | {"name": name}) for name in ("one", "other")]


def params(jobs: list[Any], **more: Any) -> list[tuple[str, Any]]:
    return [*(("job", job["id"]) for job in jobs), *more.items()]


async def compared(client: httpx.AsyncClient, jobs: list[Any]) -> Any:
    found = await client.get("/comparisons", params=params(jobs))
    assert found.status_code == 200, found.text
    return found.json()


async def test_agreement_is_over_the_records_that_both_labeled(
    admin: httpx.AsyncClient, jobs: list[Any], database: Database
) -> None:
    await answer(database, jobs[0], "nupnupnup-")
    await answer(database, jobs[1], "nupnnnnu-u")
    comparison = await compared(admin, jobs)
    assert (comparison["records"], comparison["share"]) == (10, 1)
    (task,) = comparison["tasks"]
    assert (task["compared"], task["by_all"], task["unanimous"], task["differing"]) == (8, 8, 6, 2)
    (pair,) = task["pairs"]
    assert (pair["same"], pair["agreement"]) == (6, 0.75)
    # Rows n 3, u 3, p 2; columns n 5, u 2, p 1: by chance (15 + 6 + 2) / 64.
    assert pair["kappa"] == pytest.approx((6 / 8 - 23 / 64) / (1 - 23 / 64))
    assert comparison["jobs"][0]["outcomes"] == {"labeled": 9, "invalid": 1, "failed": 0}


async def test_the_better_agent_is_told_with_how_sure_that_is(
    admin: httpx.AsyncClient, jobs: list[Any], database: Database
) -> None:
    await answer(database, jobs[0], "nupnupnupn")  # the gold labels
    await answer(database, jobs[1], "nunnunnunn")
    comparison = await compared(admin, jobs)
    (task,) = comparison["tasks"]
    assert [agent["gold"]["accuracy"] for agent in task["agents"]] == [1.0, 0.7]
    contest = task["pairs"][0]["gold"]
    assert (contest["first_alone"], contest["second_alone"], contest["both_right"]) == (3, 0, 7)
    assert contest["difference"] == pytest.approx(0.3)
    assert contest["p_value"] == pytest.approx(0.25)  # 2 * (1/2)^3
    assert contest["difference_low"] < 0.3 < contest["difference_high"]


async def test_what_people_decided_in_either_job_counts_for_both(
    admin: httpx.AsyncClient, jobs: list[Any], database: Database
) -> None:
    await answer(database, jobs[0], "nup")
    await answer(database, jobs[1], "nuu")
    decision = AppliedDecision(jobs[0]["id"], 2, 1, {"sentiment": "neutral"}, 1, {}, False, "Ada", utcnow())
    await AnnotationWriter(database).apply_decisions([decision])
    (task,) = (await compared(admin, jobs))["tasks"]
    assert [(agent["verified"]["right"], agent["verified"]["compared"]) for agent in task["agents"]] == [(0, 1), (1, 1)]


@pytest.mark.parametrize("shown", [None, 0, 1])
async def test_a_difference_that_people_were_led_to_is_told_as_such(
    admin: httpx.AsyncClient, jobs: list[Any], database: Database, shown: int | None
) -> None:
    said = {0: "nup", 1: "nuu"}
    for index, values in said.items():
        await answer(database, jobs[index], values)
    saw = {} if shown is None else {"sentiment": "neutral" if shown else "positive"}
    decision = AppliedDecision(jobs[shown or 0]["id"], 2, 1, {"sentiment": "neutral"}, 1, saw, False, "Ada", utcnow())
    await AnnotationWriter(database).apply_decisions([decision])
    comparison = await compared(admin, jobs)
    contest = comparison["tasks"][0]["pairs"][0]["verified"]
    assert (contest["shown_first"], contest["shown_second"]) == (int(shown == 0), int(shown == 1))
    if shown is None:
        assert (contest["warning"], contest["p_value"]) == (None, 1.0)
    else:
        name = comparison["jobs"][shown]["name"]
        assert contest["warning"].startswith(f"People decided 1 with the label of {name} on the screen, of 1 records.")
        assert contest["p_value"] is None


async def test_uniform_labels_agree_fully_and_have_no_kappa(
    admin: httpx.AsyncClient, jobs: list[Any], database: Database
) -> None:
    for job in jobs:
        await answer(database, job, "nnnn")
    (task,) = (await compared(admin, jobs))["tasks"]
    assert (task["agreement"], task["alpha"], task["pairs"][0]["kappa"]) == (1.0, None, None)


async def test_differences_come_in_pages_the_most_useful_first(
    admin: httpx.AsyncClient, jobs: list[Any], database: Database
) -> None:
    await answer(database, jobs[0], "nnnn-", {1: 0.4, 2: 0.99})
    await answer(database, jobs[1], "nuuun", {2: 0.95, 3: 0.7})
    seen: list[tuple[int, float]] = []
    after = None
    while True:
        more = {"limit": 2} | ({"after": after} if after else {})
        page = (await admin.get("/comparisons/differences", params=params(jobs, **more))).json()
        seen += [(item["seq"], item["usefulness"]) for item in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert seen == [(2, 0.95), (3, 0.7), (1, 0.4)]
    in_order = (await admin.get("/comparisons/differences", params=params(jobs, order="seq"))).json()
    assert [item["seq"] for item in in_order["items"]] == [1, 2, 3]
    first = in_order["items"][0]
    assert (first["excerpt"], first["gold"], first["record_id"]) == ("this is text 1", "neutral", "t1")
    assert [(said["value"], said["confidence"]) for said in first["said"]] == [("negative", 0.4), ("neutral", 0.9)]


async def test_jobs_that_cannot_be_compared_say_why(
    admin: httpx.AsyncClient, jobs: list[Any], project: Any, agent: Any
) -> None:
    alone = await admin.get("/comparisons", params=params(jobs[:1]))
    assert (alone.status_code, alone.json()["field"]) == (422, "job")
    other = await made(admin, f"/projects/{project['id']}/datasets", {"name": "other"})
    await import_csv(admin, other, "id,text\nt0,a\n")
    elsewhere = await made(
        admin, f"/projects/{project['id']}/jobs", {"dataset_id": other["id"], "agent_id": agent["id"]}
    )
    refused = await admin.get("/comparisons", params=params([jobs[0], elsewhere]))
    assert refused.json()["detail"] == "The jobs run over different data sets."
    unknown = await admin.get("/comparisons/differences", params=params(jobs, task="mood"))
    assert (unknown.status_code, unknown.json()["cure"]) == (422, "They have: sentiment.")


async def test_a_comparison_follows_the_annotations(
    admin: httpx.AsyncClient, jobs: list[Any], database: Database
) -> None:
    await answer(database, jobs[0], "nup")
    await answer(database, jobs[1], "nup")
    assert (await compared(admin, jobs))["tasks"][0]["unanimous"] == 3
    changed = annotation(jobs[1], 0, "labeled", attempt=2)
    changed["labels"][0]["value"] = "positive"
    await AnnotationWriter(database).supersede([changed])
    assert (await compared(admin, jobs))["tasks"][0]["unanimous"] == 2
