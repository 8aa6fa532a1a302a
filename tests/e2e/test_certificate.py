"""A job is certified on a whole stack: readers who err, undo and skip, processes that are killed, and two files that a
stranger checks without any of it.
"""

from __future__ import annotations

import asyncio
import json
import random
import threading
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from bare_client import bare_client, run
from stacks import MakeStack, RunningStack, start_again
from tandem.testing.waiting import eventually
from tandem_client import Job

__all__ = ["bare_client"]
pytestmark = [pytest.mark.timeout(420)]

RECORDS = 1000
MODEL_ERROR, READER_ERROR = 0.1, 0.02
LABELS = ("negative", "neutral", "positive")
KILLS = (("dispatcher", "postprocessor"), ("api", "verification-ui", "dispatcher"))
READS_BETWEEN_KILLS = 110
_COME_BACK = {502, 503, 504}


class Reader(threading.Thread):
    """Somebody who reads what comes, mostly right. Every 40th record is undone, every 55th skipped."""

    def __init__(self, url: str, token: str, job_id: str, truth: dict[int, str], seed: int) -> None:
        super().__init__(name=f"reader {seed}", daemon=True)
        self.reads = 0
        self.saw_a_label = False
        self.failure: BaseException | None = None
        self._job_id, self._truth = job_id, truth
        self._random = random.Random(seed)  # noqa: S311 - errs alike each time
        self._stopping = threading.Event()
        headers = {"Authorization": f"Bearer {token}"}
        self._http = httpx.Client(base_url=url, headers=headers, timeout=15.0, trust_env=False)

    def run(self) -> None:
        """Read until stopped; keep what went wrong for the test to raise."""
        try:
            while not self._stopping.is_set():
                if not self._read_one():
                    self._stopping.wait(0.1)
        except BaseException as error:  # noqa: BLE001 - the test raises it
            self.failure = error
        finally:
            self._http.close()

    def stop(self) -> None:
        self._stopping.set()

    def _post(self, path: str, body: dict[str, Any]) -> httpx.Response | None:
        """Return the answer; None where a server is away, or the item is somebody else's by now."""
        try:
            answer = self._http.post(f"/verification/v1{path}", json=body)
        except httpx.TransportError:
            return None
        if answer.status_code in _COME_BACK or answer.status_code == httpx.codes.CONFLICT:
            return None
        assert answer.is_success, f"{path}: {answer.status_code} {answer.text}"
        return answer

    def _read_one(self) -> bool:
        answer = self._post(f"/jobs/{self._job_id}/reservations", {"limit": 1})
        if answer is None or not answer.json()["items"]:
            return False
        (item,) = answer.json()["items"]
        self.saw_a_label |= bool(item["suggestions"]) or not item["blind"] or item["reason"] != "blind"
        path, held = f"/items/{item['item_id']}", {"reservation": item["reservation"]}
        if self.reads % 55 == 54:
            self.reads += 1
            return self._post(f"{path}/skip", held) is not None
        right = self._truth[item["seq"]]
        value = right if self._random.random() > READER_ERROR else LABELS[LABELS.index(right) - 1]
        decision = {**held, "attempt": item["attempt"], "values": {"sentiment": value}}
        if self._post(f"{path}/decision", decision) is None:
            return False
        self.reads += 1
        if self.reads % 40 == 0:
            self._post(f"{path}/undo", {})
            self._post(f"{path}/release", held)
        return True


def truth_by(running: RunningStack, job: Job) -> dict[int, str]:
    """What is right: what the model said, but for a share of the records, mostly of those it was unsure of."""
    random_ = random.Random(1)  # noqa: S311 - the same labels are wrong each time
    documents = list(running.mongo["annotations"].find({"job_id": job.id}).sort("seq", 1))
    unsure = sum((1 - document["labels"][0]["confidence"]) ** 2 for document in documents)
    found = {}
    for document in documents:
        label, confidence = document["labels"][0]["value"], document["labels"][0]["confidence"]
        wrong = random_.random() < MODEL_ERROR * len(documents) * (1 - confidence) ** 2 / unsure
        found[document["seq"]] = random_.choice([each for each in LABELS if each != label]) if wrong else label
    return found


def tampered(export: Path, directory: Path) -> Path:
    """Write the export with one label that nobody read put right by hand."""
    lines = [json.loads(line) for line in export.read_bytes().splitlines()]
    line = next(line for line in lines if line["certificate"] and line["certificate"]["zone"] == "rest")
    line["final"] = {"sentiment": LABELS[LABELS.index(line["final"]["sentiment"]) - 1]}
    changed = directory / "changed.jsonl"
    changed.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return changed


async def test_a_job_is_certified_while_processes_are_killed_and_a_stranger_checks_it(
    make_stack: MakeStack, mongo_url: str, bare_client: Path, tmp_path: Path
) -> None:
    running = make_stack(mongo=mongo_url, environment={"TANDEM_RESERVATION_SECONDS": "5"})
    tandem = running.tandem
    job = tandem.jobs.wait(running.start_job(limit=RECORDS, review_threshold=0.9).id, timeout=120)
    truth = truth_by(running, job)
    plan = tandem.certificates.plan(job.id, errors=[0.05])
    assert (plan.records, plan.exact, plan.errors[0].error) == (RECORDS, True, 0.05)
    opened = tandem.certificates.open(job.id, errors=[0.05])
    assert tandem.certificates.open(job.id, errors=[0.05]).id == opened.id, "the same request again"
    await eventually(lambda: tandem.certificates.get(job.id, opened.id).state == "open", timeout=60)
    commitment = tandem.certificates.get(job.id, opened.id).commitment
    assert commitment is not None
    assert {each.outcome for each in tandem.jobs.annotations(job.id)} <= {"labeled"}
    assert not any(each.labels for each in tandem.jobs.annotations(job.id)), "nobody sees a label, admins neither"

    tokens = [tandem.access.create_key(name=f"reader {n}", role="annotator").token for n in range(4)]
    readers = [Reader(running.ui_url, token, job.id, truth, n) for n, token in enumerate(tokens)]
    for reader in readers:
        reader.start()

    def enough(reads: int) -> bool:
        return (
            sum(reader.reads for reader in readers) >= reads or not tandem.certificates.get(job.id, opened.id).is_live
        )

    try:
        for number, names in enumerate(KILLS, 1):
            await eventually(partial(enough, number * READS_BETWEEN_KILLS), timeout=120, message=f"kill {number}")
            victims = [running.stack.services[name] for name in names]
            for victim in victims:
                victim.kill()
            await start_again(*victims)
        closed = await asyncio.to_thread(
            tandem.certificates.wait, tandem.certificates.get(job.id, opened.id), timeout=200
        )
    finally:
        for reader in readers:
            reader.stop()
    for reader in readers:
        reader.join(30)
        assert reader.failure is None, reader.failure
        assert not reader.saw_a_label
    assert (closed.state, closed.state_reason) == ("closed", "Every claim is certified.")
    assert closed.reads >= 300
    assert closed.says[0].startswith("At most ")

    export, certificate = tandem.certificates.download(job.id, opened.id, tmp_path)
    program = str(bare_client / "bin/tandem")
    said = run(program, "certificate", "verify", str(export), str(certificate), "--commitment", commitment)
    assert "1 of 1 claims certified" in said
    assert closed.does_not_certify in said
    found = run(program, "certificate", "verify", str(tampered(export, tmp_path)), str(certificate), status=1)
    assert "final values" in found
    assert "export" in found
    missed = [
        line["seq"]
        for line in map(json.loads, export.read_bytes().splitlines())
        if line["final"]["sentiment"] != truth[line["seq"]]
    ]
    assert len(missed) <= RECORDS * (0.05 + READER_ERROR), "by what readers say, it is right in 19 of 20 runs"
