"""Exports as files that other programs read: what is in them, which rows, and of which moment."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import datasets
import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tandem.store.annotations.writer import AnnotationWriter
from tandem.store.database import Database, utcnow

from .conftest import import_csv, made, rows
from .labeled import LABELS, annotate, annotation

DECIDED = {
    "values": {"sentiment": "positive"},
    "revision": 1,
    "shown_attempt": 1,
    "shown_values": {"sentiment": "neutral"},
    "confirmed": False,
    "decided_by": "ada",
}


@pytest.fixture
async def labeled(job: Any, database: Database) -> Any:
    """Ten records: 0 to 6 labeled, the last of these decided by a person, 7 invalid, 8 failed, 9 not run."""
    await annotate(database, job, ["labeled"] * 7 + ["invalid", "failed"], unsure={1})
    decision = DECIDED | {"decided_at": utcnow()}
    await database["annotations"].update_one({"_id": f"{job['id']}:6"}, {"$set": {"verification": decision}})
    return job


async def exported(admin: httpx.AsyncClient, path: str, **params: Any) -> httpx.Response:
    answer = await admin.get(f"{path}/export", params=params)
    assert answer.status_code == 200, answer.text
    return answer


def table(content: bytes) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(io.BytesIO(content)).to_pylist()
    return found


async def test_parquet_and_arrow_have_data_labels_and_provenance(admin: httpx.AsyncClient, labeled: Any) -> None:
    path = f"/jobs/{labeled['id']}"
    found = table((await exported(admin, path, format="parquet")).content)
    assert [row["outcome"] for row in found] == ["labeled"] * 7 + ["invalid", "failed", "not_run"]
    assert (found[6]["sentiment"], found[6]["sentiment_label"], found[6]["verified_by"]) == (
        "positive",
        "negative",
        "ada",
    )
    assert (found[1]["sentiment_confidence"], found[1]["needs_review"]) == (0.31, True)
    assert (found[0]["id"], found[0]["agent_version"], found[0]["model"]) == ("t0", 1, "nearest-label")
    stream = (await exported(admin, path, format="arrow")).content
    assert pa.ipc.open_stream(stream).read_all().to_pylist() == found


async def test_an_archive_loads_as_a_hugging_face_data_set(
    admin: httpx.AsyncClient, labeled: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    content = (await exported(admin, f"/jobs/{labeled['id']}", format="huggingface")).content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(tmp_path / "set")
    loaded = datasets.load_dataset(str(tmp_path / "set"), cache_dir=str(tmp_path / "cache"), split="train")
    assert (loaded.num_rows, loaded[0]["sentiment"]) == (10, "neutral")
    assert loaded.features["sentiment_confidence"].dtype == "float64"


async def test_rows_are_chosen_by_what_holds(admin: httpx.AsyncClient, labeled: Any) -> None:
    path = f"/jobs/{labeled['id']}"

    async def seqs(**params: Any) -> list[int]:
        return [json.loads(line)["seq"] for line in (await exported(admin, path, **params)).text.splitlines()]

    assert await seqs(outcome=["invalid", "not_run"]) == [7, 9]
    assert await seqs(verified=True) == [6]
    assert await seqs(needs_review=True) == [1]
    assert await seqs(label="sentiment=positive") == [2, 6]
    assert await seqs(confidence_to=0.5) == [1]
    assert await seqs(confidence_from=0.5, label="sentiment=positive", verified=False) == [2]
    assert table((await exported(admin, path, format="parquet", verified=True)).content)[0]["seq"] == 6
    refused = await admin.get(f"{path}/export", params={"label": "positive"})
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/bad-filter")


async def test_one_moment_gives_the_same_bytes_while_the_work_goes_on(
    admin: httpx.AsyncClient, labeled: Any, database: Database
) -> None:
    path = f"/jobs/{labeled['id']}"
    for file_format in ("jsonl", "parquet", "huggingface"):
        first = await exported(admin, path, format=file_format, snapshot="now")
        moment = first.headers["Tandem-Snapshot"]
        await database["annotations"].update_one({"_id": f"{labeled['id']}:0"}, {"$set": {"outcome": "failed"}})
        await database["annotations"].delete_one({"_id": f"{labeled['id']}:9"})
        again = await exported(admin, path, format=file_format, snapshot=moment)
        assert again.content == first.content
        assert (await exported(admin, path, format=file_format)).content != first.content
        await database["annotations"].update_one({"_id": f"{labeled['id']}:0"}, {"$set": {"outcome": "labeled"}})
    for bad, status in (("yesterday", 422), ("4000000000.1", 422), ("1.1", 410)):
        refused = await admin.get(f"{path}/export", params={"snapshot": bad})
        assert (refused.status_code, bool(refused.json()["cure"])) == (status, True), refused.text


async def test_a_data_set_says_what_holds_over_all_its_jobs(
    admin: httpx.AsyncClient, labeled: Any, database: Database, project: Any, agent: Any
) -> None:
    dataset_id = labeled["dataset_id"]
    body = {"dataset_id": dataset_id, "agent_id": agent["id"], "name": "second"}
    second = await made(admin, f"/projects/{project['id']}/jobs", body)
    later = [annotation(second, seq, "labeled", provider="openai") for seq in (0, 6)]
    await AnnotationWriter(database).insert_first(later)
    await import_csv(admin, {"id": dataset_id}, rows(1, start=50))
    path = f"/datasets/{dataset_id}"
    found = table((await exported(admin, path, format="parquet")).content)
    assert [row["id"] for row in found] == [*(f"t{n}" for n in range(10)), "t50"]
    assert (found[0]["sentiment_by"], found[0]["sentiment_job"]) == ("openai/nearest-label", second["id"])
    assert (found[6]["sentiment"], found[6]["sentiment_source"], found[6]["sentiment_by"]) == (
        "positive",
        "person",
        "ada",
    )
    assert (found[1]["sentiment_job"], found[9]["sentiment"], found[3]["sentiment_gold"]) == (
        labeled["id"],
        None,
        LABELS[0],
    )
    lines = [json.loads(line) for line in (await exported(admin, path)).text.splitlines()]
    assert lines[6]["sentiment"] == "positive"
    assert (await exported(admin, path, format="csv")).text.splitlines()[7].startswith("t6,this is text 6,positive,")
