"""How many short records a second go in as JSONL and Parquet, and come out labeled; memory of the api meanwhile.

    uv run python bench/files.py [--records 1000000] [--labeled 1000000]

Starts MongoDB and the api on this machine, imports the same records as JSONL and as Parquet into two data sets,
writes annotations to `--labeled` of them as the postprocessor does, and exports that job as JSONL and as Parquet. The
client reads and discards; its CPU is on the same machine.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pymongo
from frames import KEY, label

from tandem.runtime.processes import Process, free_port
from tandem_client import Tandem
from tandem_local.parts.mongod import Mongod

BLOCK = 50_000


class Memory:
    """Samples the resident memory of a process."""

    def __init__(self, pid: int) -> None:
        self._file = Path(f"/proc/{pid}/statm")
        self._samples: list[float] = []
        self._over = threading.Event()

    @contextmanager
    def watched(self) -> Iterator[list[float]]:
        """Yield the samples in MiB, which grow every quarter of a second."""
        self._samples, self._over = [self._now()], threading.Event()
        thread = threading.Thread(target=self._sample, daemon=True)
        thread.start()
        try:
            yield self._samples
        finally:
            self._over.set()
            thread.join()

    def _sample(self) -> None:
        while not self._over.wait(0.25):
            self._samples.append(self._now())

    def _now(self) -> float:
        return int(self._file.read_text().split()[1]) * 4096 / 2**20


def blocks(records: int) -> Iterator[dict[str, list[Any]]]:
    for low in range(0, records, BLOCK):
        numbers = range(low, min(records, low + BLOCK))
        yield {
            "id": [f"r{number}" for number in numbers],
            "text": [f"@airline my flight {number} was delayed by two hours, nobody told us" for number in numbers],
        }


def write_files(directory: Path, records: int) -> tuple[Path, Path]:
    jsonl, parquet = directory / "rows.jsonl", directory / "rows.parquet"
    schema = pa.schema([("id", pa.string()), ("text", pa.string())])
    with jsonl.open("w") as lines, pq.ParquetWriter(parquet, schema) as writer:
        for block in blocks(records):
            writer.write_table(pa.table(block, schema))
            lines.writelines(
                json.dumps({"id": key, "text": text}) + "\n"
                for key, text in zip(block["id"], block["text"], strict=True)
            )
    return jsonl, parquet


def imported(tandem: Tandem, dataset_id: str, file: Path, memory: Memory) -> None:
    with memory.watched() as samples:
        started = time.perf_counter()
        result = tandem.datasets.import_file(dataset_id, file, text_columns=["text"])
        seconds = time.perf_counter() - started
    _print(f"in: {result.file_format}", result.records, seconds, None, samples)


def exported(url: str, job_id: str, file_format: str, rows: int, memory: Memory) -> None:
    with memory.watched() as samples, httpx.Client(headers={"Authorization": f"Bearer {KEY}"}, timeout=600) as client:
        started = time.perf_counter()
        first = None
        with client.stream("GET", f"{url}/api/v1/jobs/{job_id}/export", params={"format": file_format}) as answer:
            answer.raise_for_status()
            for _ in answer.iter_raw():
                first = first or time.perf_counter() - started
        seconds = time.perf_counter() - started
    _print(f"out: {file_format}", rows, seconds, first, samples)


def _print(name: str, rows: int, seconds: float, first: float | None, samples: list[float]) -> None:
    begun = "" if first is None else f"{first:.2f} s"
    middle = samples[len(samples) // 2]
    memory = f"{samples[0]:.0f} → {middle:.0f} → {max(samples):.0f} MiB"
    print(f"| {name} | {rows:,} | {rows / seconds:,.0f} | {begun} | {memory} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--labeled", type=int, default=1_000_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        files = write_files(directory, given.records)
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
                    memory = Memory(api.pid)
                    print("| way | rows | rows/s | first byte | memory of the api: start → middle → peak |")
                    made = [tandem.datasets.create(project.id, name=file.suffix) for file in files]
                    for dataset, file in zip(made, files, strict=True):
                        imported(tandem, dataset.id, file, memory)
                    labeled = min(given.labeled, given.records)
                    label(client["tandem"], project.id, made[0].id, labeled)
                    for file_format in ("jsonl", "parquet"):
                        exported(url, "one", file_format, labeled, memory)


if __name__ == "__main__":
    main()
