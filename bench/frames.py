"""How many rows a second go in and come out as data frames, and as JSONL beside them.

    uv run python bench/frames.py [--records 200000]

Starts MongoDB and the api on this machine, imports tweets-like records with four typed columns of metadata as Arrow
batches and as a JSONL file, gives them labels as the postprocessor writes them, and reads a job back as Arrow batches
and as JSONL. Memory is the peak of the client, measured in a process of its own for each way.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pymongo
from reports import annotation, job

from tandem.runtime.processes import Process, free_port
from tandem_client import Tandem
from tandem_local.parts.mongod import Mongod

KEY = "a-key-of-the-bench-that-is-long-enough"
BATCH = 10_000
START = datetime(2026, 1, 1, tzinfo=UTC)
SCHEMA = pa.schema([
    ("id", pa.int64()), ("text", pa.string()), ("likes", pa.int32()), ("score", pa.float64()), ("lang", pa.string()),
    ("at", pa.timestamp("us", tz="UTC")),
])  # fmt: skip


def row(number: int) -> dict[str, Any]:
    return {
        "id": number,
        "text": f"@airline my flight {number} was delayed by two hours and nobody told us why, again",
        "likes": number % 1000,
        "score": number / 7,
        "lang": ("en", "de", "fr")[number % 3],
        "at": START + timedelta(seconds=number),
    }


def batches(records: int) -> Iterator[pa.RecordBatch]:
    for low in range(0, records, BATCH):
        yield pa.RecordBatch.from_pylist([row(n) for n in range(low, min(records, low + BATCH))], schema=SCHEMA)


def arrow_in(url: str, dataset_id: str, file: str, _records: int) -> int:
    with Tandem(url, KEY) as tandem, pa.OSFile(file) as source:
        reader = pa.ipc.open_stream(source)
        return tandem.datasets.add(dataset_id, reader, text="text", metadata="*").records


def jsonl_in(url: str, dataset_id: str, file: str, _records: int) -> int:
    with Tandem(url, KEY) as tandem:
        return tandem.datasets.import_jsonl(
            dataset_id, file, text_columns=["text"], id_column="id", metadata_columns=["*"]
        ).records


def arrow_out(url: str, job_id: str, _file: str, _records: int) -> int:
    with Tandem(url, KEY) as tandem:
        return sum(batch.num_rows for batch in tandem.jobs.frame(job_id).to_batches())


def jsonl_out(url: str, job_id: str, file: str, records: int) -> int:
    with Tandem(url, KEY) as tandem:
        tandem.jobs.export(job_id, file)
    return records


def measured(name: str, work: Callable[[str, str, str, int], int], *given: Any) -> None:
    """Run the work in a process of its own; print rows a second and the process's peak of memory."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        rows, seconds, before, peak = pool.apply(timed, (work, *given))
    print(f"| {name} | {rows:,} | {rows / seconds:,.0f} | {before:.0f} → {peak:.0f} MiB |", flush=True)


def timed(work: Callable[..., int], *given: Any) -> tuple[int, float, float, float]:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    started = time.perf_counter()
    rows = work(*given)
    return rows, time.perf_counter() - started, before, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def write_files(directory: Path, records: int) -> tuple[str, str]:
    arrow, jsonl = directory / "rows.arrow", directory / "rows.jsonl"
    with pa.OSFile(str(arrow), "w") as sink, pa.ipc.new_stream(sink, SCHEMA) as writer, jsonl.open("w") as lines:
        for batch in batches(records):
            writer.write_batch(batch)
            lines.writelines(json.dumps(each, default=str) + "\n" for each in batch.to_pylist())
    return str(arrow), str(jsonl)


def label(mongo: Any, project_id: str, dataset_id: str, records: int) -> None:
    """Write a job over the data set and its annotations, as services write them."""
    import random  # noqa: PLC0415 - draws the confidences

    draw = random.Random(1)  # noqa: S311 - draws the data
    mongo["jobs"].insert_one({**job("one", records), "project_id": project_id, "dataset_id": dataset_id})
    for low in range(0, records, BATCH):
        drawn = [annotation("one", seq, draw) for seq in range(low, min(records, low + BATCH))]
        more = {"provider": "p", "model": "m", "agent_id": "a", "agent_version": 1}
        mongo["annotations"].insert_many([{**each, **more, "dataset_id": dataset_id} for each in drawn], ordered=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=200_000)
    records = parser.parse_args().records
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        files = write_files(directory, records)
        port = free_port()
        environment = {
            "TANDEM_HTTP__PORT": str(port),
            "TANDEM_METRICS__PORT": "0",
            "TANDEM_BOOTSTRAP_ADMIN_KEY": KEY,
        }
        with Mongod(directory / "mongo", log_file=directory / "mongo.log") as mongod:
            environment["TANDEM_MONGO__URL"] = mongod.url
            command = [sys.executable, "-m", "tandem_api"]
            api = Process("api", command, log_file=directory / "api.log", env=environment)
            with api, pymongo.MongoClient[dict[str, Any]](mongod.url) as client:
                url = f"http://127.0.0.1:{port}"
                with Tandem(url, KEY, patience=60) as tandem:
                    project = tandem.projects.create("bench")
                    arrow, jsonl = (tandem.datasets.create(project.id, name=kind).id for kind in ("arrow", "jsonl"))
                    print("| way | rows | rows/s | client memory |")
                    measured("in: Arrow", arrow_in, url, arrow, files[0], records)
                    measured("in: JSONL", jsonl_in, url, jsonl, files[1], records)
                    label(client["tandem"], project.id, arrow, records)
                    measured("out: Arrow", arrow_out, url, "one", "", records)
                    measured("out: JSONL", jsonl_out, url, "one", str(directory / "out.jsonl"), records)


if __name__ == "__main__":
    main()
