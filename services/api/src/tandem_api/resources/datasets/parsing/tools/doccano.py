"""doccano's JSONL: a text with `label` (labels, texts or `[start, end, label]`) or `entities`."""

from __future__ import annotations

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

NAME = "doccano"
_ANSWERS = {"label", "labels", "entities", "cats", "relations"}
_OF_ITS_OWN = {"Comments", "comments", "annotation_approver", "annotator"}


def fits(values: dict[str, Any]) -> bool:
    """Return whether the object is an example as doccano exports it."""
    if "text" not in values:
        return False
    entities = objects_of(values.get("entities"))
    if entities and all("start_offset" in entity for entity in entities):
        return True
    given = values.get("label", values.get("labels"))
    if not isinstance(given, list):
        return False
    return bool(_OF_ITS_OWN & values.keys()) or (bool(given) and all(_is_span(one) for one in given))


def convert(values: dict[str, Any]) -> ToolRow:
    found: dict[str, Any] = {}
    for name in ("label", "labels", "cats"):
        if isinstance(values.get(name), list):
            given = list_of(values[name])
            found[name] = given if any(_is_span(one) for one in given) else one_or_all(given)
    if "entities" in values:
        found["entities"] = objects_of(values["entities"])
    by = as_text(values.get("annotator") or values.get("annotation_approver"))
    left_out = ["relations"] if values.get("relations") else []
    said = RowOpinion(by=by, values={name: value for name, value in found.items() if value != []})
    return ToolRow(without(values, _ANSWERS), [said] if said.values else [], left_out)


def _is_span(given: Any) -> bool:
    return isinstance(given, list) and len(given) == 3 and isinstance(given[0], int) and isinstance(given[2], str)
