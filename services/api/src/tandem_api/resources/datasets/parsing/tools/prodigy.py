"""Prodigy's JSONL: a task with its `answer`, one line for each annotator.

An accepted line says its `accept` (choices), its `label` (yes or no to one label) or its `spans`. A rejected or ignored
one is kept, and is no gold: that a label is wrong does not say which is right.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tandem_api.resources.datasets.parsing.tools.said import (
    RowOpinion,
    ToolRow,
    as_text,
    list_of,
    objects_of,
    one_or_all,
    without,
)

NAME = "prodigy"
_ANSWERS = {"label", "accept", "answer", "spans", "options", "tokens", "relations", "config"}


def fits(values: dict[str, Any]) -> bool:
    """Return whether the object is a task as Prodigy exports it."""
    return "answer" in values and ("_task_hash" in values or "_input_hash" in values)


def convert(values: dict[str, Any]) -> ToolRow:
    found: dict[str, Any] = {}
    if "accept" in values:
        found["accept"] = one_or_all(list_of(values["accept"]))
    elif "label" in values:
        found["label"] = values["label"]
    if "spans" in values and "accept" not in values:
        found["spans"] = objects_of(values["spans"])
    columns = {name: value for name, value in without(values, _ANSWERS).items() if not name.startswith("_")}
    columns.setdefault("id", values.get("_input_hash", values.get("_task_hash")))
    answer = values["answer"]
    if answer != "accept":
        found = {name: value for name, value in found.items() if value != []} or {"answer": answer}
    said = RowOpinion(
        by=as_text(values.get("_annotator_id") or values.get("_session_id")),
        values=found if answer == "accept" else {f"{answer}ed {name}": value for name, value in found.items()},
        at=_moment(values.get("_timestamp")),
        is_suggestion=answer != "accept",
    )
    return ToolRow(columns, [said] if found else [], ["relations"] if values.get("relations") else [])


def _moment(given: Any) -> str | None:
    if isinstance(given, int | float) and not isinstance(given, bool) and 0 < given < 1e11:
        return datetime.fromtimestamp(given, UTC).isoformat()
    return None
