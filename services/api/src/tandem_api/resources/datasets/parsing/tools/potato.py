"""Potato's annotated instances: `label_annotations` by scheme, and `span_annotations`, one line for each annotator."""

from __future__ import annotations

from typing import Any

from tandem_api.resources.datasets.parsing.tools.said import (
    RowOpinion,
    ToolRow,
    as_text,
    mapping_of,
    objects_of,
    one_or_all,
    without,
)

NAME = "potato"
_ANSWERS = {"label_annotations", "span_annotations", "behavioral_data", "annotator", "user_id", "user", "username"}
_TEXT_BOXES = {"text_box", "textbox", "text"}
_OFF = {None, False, "", "false", "False"}


def fits(values: dict[str, Any]) -> bool:
    """Return whether the object is an instance as Potato exports it."""
    return isinstance(values.get("label_annotations"), dict) or (
        "span_annotations" in values and ("displayed_text" in values or "instance_id" in values)
    )


def convert(values: dict[str, Any]) -> ToolRow:
    columns = without(values, _ANSWERS)
    if "displayed_text" in columns and "text" not in columns:
        columns["text"] = columns.pop("displayed_text")
    if "instance_id" in columns and "id" not in columns:
        columns["id"] = columns.pop("instance_id")
    found = {
        scheme: answer
        for scheme, labels in mapping_of(values.get("label_annotations")).items()
        if (answer := _answer(labels)) not in (None, [])
    }
    spans = values.get("span_annotations")
    by_scheme = spans if isinstance(spans, dict) else {"spans": spans}
    for scheme, given in by_scheme.items():
        for span in objects_of(given):
            label = span.get("annotation") or span.get("name") or span.get("label") or span.get("title")
            place = {"start": span.get("start"), "end": span.get("end"), "label": label}
            found.setdefault(str(span.get("schema") or scheme), []).append(place)
    by = next((as_text(values[name]) for name in ("user_id", "user", "username", "annotator") if name in values), None)
    return ToolRow(columns, [RowOpinion(by=by, values=found)] if found else [])


def _answer(labels: Any) -> Any:
    if not isinstance(labels, dict):
        return labels
    if len(labels) == 1 and (name := next(iter(labels))) in _TEXT_BOXES:
        return labels[name]
    chosen = [name for name, value in labels.items() if not isinstance(value, list | dict) and value not in _OFF]
    return one_or_all(chosen)
