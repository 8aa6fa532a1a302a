"""A job as a frame: the data set's columns, then those of its labels, typed by their tasks."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pyarrow as pa
import pytest

from notebook_world import World
from tandem_client import (
    Job,
    LabelOption,
    MultipleChoice,
    Number,
    SingleChoice,
    SpanAttribute,
    Spans,
)

NOW = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
SPAN = {"field": "review", "start": 4, "end": 9, "text": "pizza", "label": "food", "attributes": {"mood": "good"}}
VALUES = {"mood": "good", "topics": ["taste", "price"], "stars": 4.0, "foods": [SPAN]}
FRAME = pa.table({
    "key": pa.array([10, 20, 30], pa.int32()),
    "review": ["The pizza 🎉", "meh", "no answer"],
    "verified": [True, None, False],
    "truth": ["good", None, "bad"],
})  # fmt: skip


@pytest.fixture(scope="module")
def job(world: World) -> Job:
    tandem = world.tandem
    project = tandem.projects.create("labeled")
    good_or_bad = (LabelOption(value="good"), LabelOption(value="bad"))
    schema = tandem.label_schemas.create(
        project.id,
        name="reviews",
        tasks=[
            SingleChoice(name="mood", options=good_or_bad),
            MultipleChoice(name="topics", options=(LabelOption(value="taste"), LabelOption(value="price"))),
            Number(name="stars", minimum=1, maximum=5),
            Spans(
                name="foods",
                options=(LabelOption(value="food"),),
                attributes=(SpanAttribute(name="mood", options=good_or_bad),),
            ),
        ],
    )
    dataset = tandem.datasets.create(project.id, name="reviews")
    dataset.add(
        FRAME, text="review", id="key", metadata=["verified"], gold={"mood": "truth"}, label_schema_id=schema.id
    )
    agent = tandem.agents.create(
        project.id, name="a", provider="offline", model="nearest-label", label_schema_id=schema.id
    )
    job = tandem.jobs.create(project.id, dataset_id=dataset.id, agent_id=agent.id, name="one", start=False)
    labels = [
        {"task": task, "value": value, "confidence": 0.5, "confidence_method": "stated", "rule": "structured"}
        for task, value in VALUES.items()
    ]
    common: dict[str, Any] = {
        "job_id": job.id, "dataset_id": dataset.id, "attempt": 1, "needs_review": True, "provider": "offline",
        "model": "nearest-label", "agent_id": agent.id, "agent_version": 1, "created_at": NOW,
    }  # fmt: skip
    world.mongo["annotations"].insert_many([
        common | {"_id": f"{job.id}:0", "seq": 0, "outcome": "labeled", "reason": None, "labels": labels},
        common
        | {"_id": f"{job.id}:1", "seq": 1, "outcome": "invalid", "reason": "no_label", "labels": labels[:1]}
        | {"verification": {"values": {"mood": "bad"}, "decided_by": "Ada", "decided_at": NOW}},
    ])  # fmt: skip
    return job


def test_labels_are_typed_columns_behind_the_data(job: Job) -> None:
    frame = job.to_arrow()
    attributes = pa.struct([("mood", pa.string())])
    span = pa.struct([
        ("start", pa.int32()), ("end", pa.int32()), ("label", pa.string()), ("text", pa.string()),
        ("field", pa.string()), ("attributes", attributes),
    ])  # fmt: skip
    assert {field.name: field.type for field in frame.schema} == {
        "key": pa.int32(), "review": pa.string(), "verified": pa.bool_(),
        "mood": pa.string(), "mood_confidence": pa.float64(), "mood_gold": pa.string(),
        "topics": pa.list_(pa.string()), "topics_confidence": pa.float64(),
        "stars": pa.float64(), "stars_confidence": pa.float64(),
        "foods": pa.list_(span), "foods_confidence": pa.float64(),
        "outcome": pa.string(), "verified_": pa.bool_(),
    }  # fmt: skip
    first, second, third = frame.to_pylist()
    assert first == {
        "key": 10, "review": "The pizza 🎉", "verified": True, **VALUES,
        **{f"{task}_confidence": 0.5 for task in VALUES}, "mood_gold": "good", "outcome": "labeled", "verified_": False,
    }  # fmt: skip
    assert (second["mood"], second["topics"], second["outcome"], second["verified_"]) == ("bad", None, "invalid", True)
    assert (third["key"], third["mood"], third["mood_gold"], third["outcome"]) == (30, None, "bad", "not_run")


def test_provenance_says_where_each_label_comes_from(job: Job) -> None:
    first, second, third = job.to_arrow(provenance=True).to_pylist()
    assert (first["model"], first["mood_label"], first["mood_verified"], first["needs_review"]) == (
        "nearest-label", "good", None, True,
    )  # fmt: skip
    assert (second["mood_label"], second["mood_verified"], second["verified_by"]) == ("good", "bad", "Ada")
    assert (second["verified_at"], second["needs_review"], second["reason"]) == (NOW, False, "no_label")
    assert third["model"] is None


def test_nobody_gets_the_model_s_labels_of_a_record_that_they_are_to_read_without(world: World, job: Job) -> None:
    item = {
        "_id": f"{job.id}:0",
        "job_id": job.id,
        "dataset_id": job.dataset_id,
        "seq": 0,
        "blind": True,
        "seen_by": [],
    }
    world.mongo["review_items"].insert_one(item)
    try:
        first, second, _ = job.to_arrow(provenance=True).to_pylist()
        assert [first[name] for name in ("mood", "mood_confidence", "mood_label", "foods", "verified_by")] == [None] * 5
        assert second["mood"] == "bad"
    finally:
        world.mongo["review_items"].delete_one({"_id": item["_id"]})


def test_every_library_reads_the_labels(job: Job) -> None:
    assert job.to_pandas()["topics"].iloc[0].tolist() == ["taste", "price"]
    assert job.to_polars()["foods"].to_list()[0] == [SPAN]
    assert job.to_datasets()[1]["mood"] == "bad"
    assert [batch.num_rows for batch in job.to_batches()] == [3]
