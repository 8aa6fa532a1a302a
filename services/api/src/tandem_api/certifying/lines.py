"""Lines of a certified export. The same certificate always gives the same bytes, whatever happened since.

A line of the population holds the label as it was frozen, every read that counts, and what the record was read as. All
other records of the job have a line without labels that says why they are outside.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import orjson

from tandem.quality.certificates.evidence import MILLION
from tandem.quality.certificates.leading import Zones
from tandem.quality.certificates.readers import decide
from tandem.store.annotations.freezing import FreezingReader
from tandem.store.certificates.documents import CertificateDocument, selection_in
from tandem.store.jobs.documents import JobDocument, selected
from tandem.store.opinions.documents import OpinionDocument
from tandem.store.opinions.reader import OpinionReader
from tandem.store.records.documents import RecordDocument
from tandem.store.records.reader import RecordReader
from tandem_api.certifying.reads import final_of, reads_of

BLOCK = 2000
NOT_RUN = "not_run"
_OF_AGENT = ("provider", "model", "agent_id", "agent_version")


class CountedReads:
    """What of people's opinions counts: the last revision of each record, and records that were skipped too often."""

    def __init__(self, revisions: Mapping[int, int], skipped: Sequence[int], zones: Zones) -> None:
        self.revisions, self.skipped, self.zones = revisions, frozenset(skipped), zones


class CertifiedLines:
    """Writes certified exports. Raises StoreUnavailableError when MongoDB is away."""

    def __init__(self, *, records: RecordReader, annotations: FreezingReader, opinions: OpinionReader) -> None:
        self._records = records
        self._annotations = annotations
        self._opinions = opinions

    async def lines(
        self,
        certificate: CertificateDocument,
        job: JobDocument,
        counted: CountedReads,
        key: bytes,
        tasks: Mapping[str, Any],
    ) -> AsyncIterator[list[bytes]]:
        """Yield the lines of all records of the job, a block at a time. `tasks`: the rule of comparison of each task
        that is certified."""
        population = selection_in(certificate.get("population"))
        outside = {name: selection_in(seqs) for name, seqs in certificate.get("outside", {}).items()}
        standard = {"rule": certificate["rule"]}

        def line(
            record: RecordDocument, frozen: Mapping[str, Any] | None, opinions: Sequence[OpinionDocument]
        ) -> bytes:
            seq = record["seq"]
            found = _record_part(record)
            if frozen is None or seq not in population:
                outcome = next((name for name, seqs in outside.items() if seq in seqs), NOT_RUN)
                return orjson.dumps(found | {"outcome": outcome, "certificate": None, "final": None}) + b"\n"
            labels, risks = labels_of(frozen, tasks)
            until = counted.revisions.get(seq, 0)
            reads = reads_of(opinions, key, until=until, skipped=seq in counted.skipped)
            decided = {
                task: decision.value
                for task, same in tasks.items()
                if (decision := decide(reads, task, same, standard)).state == "decided"
            }
            evidence = {
                "attempt": frozen["attempt"],
                "labels": labels,
                "risks": risks,
                "zone": counted.zones.of(seq),
                "reads": reads,
            }
            agent = {name: frozen.get(name) for name in _OF_AGENT}
            rest = {"outcome": frozen["outcome"], **agent, "certificate": evidence, "final": final_of(labels, decided)}
            return orjson.dumps(found | rest) + b"\n"

        async for records in self._records.stream(certificate["dataset_id"], selected(job), chunk=BLOCK):
            first, below = records[0]["seq"], records[-1]["seq"] + 1
            frozen = await self._annotations.between(job["_id"], first, below, attempt=certificate["attempt"])
            opinions = {each[0].seq: each async for each in self._opinions.stream_records(job["_id"], first, below)}

            def written(
                records: Sequence[RecordDocument] = records,
                frozen: Mapping[int, Mapping[str, Any]] = frozen,
                opinions: Mapping[int, Sequence[OpinionDocument]] = opinions,
            ) -> list[bytes]:
                return [line(each, frozen.get(each["seq"]), opinions.get(each["seq"], ())) for each in records]

            yield await asyncio.to_thread(written)


def labels_of(annotation: Mapping[str, Any], tasks: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, int | None]]:
    """Return the labels of the tasks, and the stated probability that each is wrong, in millionths."""
    by_task = {label["task"]: label for label in annotation["labels"]}
    labels = {task: by_task[task]["value"] for task in tasks}
    return labels, {task: _risk(by_task[task].get("confidence")) for task in tasks}


def _risk(confidence: float | None) -> int | None:
    return None if confidence is None else round((1 - min(1.0, max(0.0, confidence))) * MILLION)


def _record_part(record: RecordDocument) -> dict[str, Any]:
    return {
        "record_id": record["record_id"],
        "seq": record["seq"],
        "fields": record["fields"],
        "metadata": record["metadata"],
        "gold": record.get("gold"),
        "content_hash": record["content_hash"],
    }
