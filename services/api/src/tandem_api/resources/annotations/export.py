"""A job's records and labels as JSONL or CSV, one line a record, those that were not run included.

`final` is what holds: the people's values where their opinions settle the record, else the model's; `opinions` says how
many there are, who settled it and in which state it is. The CSV has the same, its columns
named by their path (`fields.text`, `label.sentiment`); lists of labels and spans are cells of JSON, and so is metadata,
which is one column. What each of several samples said is in the JSONL alone. Either file can be imported again, its
`final` values as gold. A record that whoever asks is still to read blind has the outcome `blind` and no value.

Cells are the data as they are. A spreadsheet takes a cell that begins with = + - @ for a formula: whoever opens the
file in one asks for `spreadsheet_safe`, which puts an apostrophe before such cells, and a byte order mark before the
file, without which some take its letters for others.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import AsyncIterator, Sequence
from typing import Any

import orjson

from tandem.store.annotations.documents import AnnotationDocument
from tandem.store.annotations.final import final_values
from tandem.store.annotations.opinions import opinions_of
from tandem.store.jobs.documents import JobDocument
from tandem.store.records.documents import RecordDocument
from tandem_api.resources.annotations.blind import BLIND, is_blind

NOT_RUN = "not_run"
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")

Pairs = AsyncIterator[Sequence[tuple[RecordDocument, AnnotationDocument | None]]]


def file_name(name: str, ending: str) -> str:
    """Return a name for the download, of plain characters."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.") or "export"
    return f"{plain[:80]}.{ending}"


async def jsonl(pairs: Pairs) -> AsyncIterator[bytes]:
    async for chunk in pairs:
        yield b"".join(orjson.dumps(_object(*pair)) + b"\n" for pair in chunk)


async def csv_lines(
    pairs: Pairs, job: JobDocument, fields: Sequence[str], gold_tasks: Sequence[str], *, spreadsheet_safe: bool
) -> AsyncIterator[bytes]:
    """Write the job as CSV. `gold_tasks`: names of the gold columns of the data set, also of those that are no task of
    the job: their values are written too, so that no right answer is lost."""
    tasks = [task["name"] for task in job["published"]["label_schema"]["tasks"]]
    other_gold = sorted(set(gold_tasks) - set(tasks))
    buffer = io.StringIO("\ufeff" if spreadsheet_safe else "", newline="")
    buffer.seek(0, io.SEEK_END)
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(_header(fields, tasks, other_gold))
    async for chunk in pairs:
        for record, annotation in chunk:
            cells = _cells(_object(record, annotation), fields, tasks, other_gold)
            writer.writerow([_harmless(cell) for cell in cells] if spreadsheet_safe else cells)
        yield buffer.getvalue().encode()
        buffer.seek(0)
        buffer.truncate()
    if buffer.tell():
        yield buffer.getvalue().encode()


def _object(record: RecordDocument, annotation: AnnotationDocument | None) -> dict[str, Any]:
    line: dict[str, Any] = {
        "record_id": record["record_id"],
        "seq": record["seq"],
        "fields": record["fields"],
        "metadata": record["metadata"],
        "gold": record.get("gold"),
        **_imported(record),
        "content_hash": record["content_hash"],
    }
    if annotation is None or is_blind(annotation):
        outcome = NOT_RUN if annotation is None else BLIND
        return line | {"outcome": outcome, "labels": [], "verification": None, "opinions": None, "final": None}
    verification = annotation.get("verification")
    opinions = opinions_of(annotation)
    if samples := annotation.get("samples"):
        line["samples"] = samples
    return line | {
        "outcome": annotation["outcome"],
        "reason": annotation["reason"],
        "attempt": annotation["attempt"],
        "labels": annotation["labels"],
        "needs_review": annotation["needs_review"] and verification is None,
        "sent_to_review": annotation["needs_review"],
        "provider": annotation["provider"],
        "model": annotation["model"],
        "agent_id": annotation["agent_id"],
        "agent_version": annotation["agent_version"],
        "annotated_at": annotation["created_at"],
        "verification": verification,
        "opinions": opinions,
        "final": final_values(annotation),
    }


def _imported(record: RecordDocument) -> dict[str, Any]:
    """Return what annotators of another tool said, where the record came from one."""
    return {"imported_opinions": record["imported_opinions"]} if "imported_opinions" in record else {}


def _header(fields: Sequence[str], tasks: Sequence[str], other_gold: Sequence[str]) -> list[str]:
    header = ["record_id", "seq", *(f"fields.{name}" for name in fields), "metadata"]
    for task in tasks:
        header += [f"{column}.{task}" for column in ("gold", "label", "confidence", "confidence_method", "rule")]
    header += ["outcome", "reason", "attempt", "needs_review", "sent_to_review"]
    header += ["provider", "model", "agent_id", "agent_version"]
    header += [f"verified.{task}" for task in tasks] + ["verified_by", "verified_at"]
    header += ["opinions", "opinions_state", "settled_by"]
    header += [f"final.{task}" for task in tasks]
    return header + [f"gold.{name}" for name in other_gold] + ["content_hash"]


def _cells(line: dict[str, Any], fields: Sequence[str], tasks: Sequence[str], other_gold: Sequence[str]) -> list[Any]:
    labels = {label["task"]: label for label in line["labels"]}
    verification = line["verification"] or {}
    metadata = orjson.dumps(line["metadata"]).decode() if line["metadata"] else ""
    cells = [line["record_id"], line["seq"], *(line["fields"].get(name, "") for name in fields), metadata]
    for task in tasks:
        label = labels.get(task, {})
        cells += [_cell((line["gold"] or {}).get(task)), _cell(label.get("value"))]
        cells += [label.get(name) for name in ("confidence", "confidence_method", "rule")]
    cells += [line.get(name) for name in ("outcome", "reason", "attempt", "needs_review", "sent_to_review")]
    cells += [line.get(name) for name in ("provider", "model", "agent_id", "agent_version")]
    cells += [_cell(verification.get("values", {}).get(task)) for task in tasks]
    decided_at = verification.get("decided_at")
    cells += [verification.get("decided_by"), decided_at.isoformat() if decided_at else None]
    opinions = line["opinions"] or {}
    cells += [opinions.get("number"), opinions.get("state"), " ".join(opinions.get("settled_by", ())) or None]
    cells += [_cell((line["final"] or {}).get(task)) for task in tasks]
    cells += [_cell((line["gold"] or {}).get(name)) for name in other_gold]
    return [*cells, line["content_hash"]]


def _cell(value: Any) -> Any:
    """Return a task's value as a cell: values with parts as JSON, others unchanged."""
    return orjson.dumps(value).decode() if isinstance(value, list) else value


def _harmless(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA_STARTS) else cell
