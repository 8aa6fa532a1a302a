"""Argilla's records: `fields`, `responses` and `suggestions`, in the shapes of its versions 1 and 2.

Version 2 maps each question to a list of responses, version 1 lists a response of each user with all its questions;
`to_datasets` makes columns of it (`label.responses`, `label.responses.users`, `label.suggestion`).
"""

from __future__ import annotations

from typing import Any

from tandem_api.resources.datasets.parsing.tools.said import (
    RowOpinion,
    ToolRow,
    as_text,
    list_of,
    mapping_of,
    objects_of,
)

NAME = "argilla"
_COUNTS = {None, "submitted"}
"""Drafts and what was discarded are kept, and never gold."""


def fits(values: dict[str, Any]) -> bool:
    """Return whether the object is a record as Argilla exports it."""
    if any(name.endswith(".responses.users") for name in values):
        return True
    return isinstance(values.get("fields"), dict) and ("responses" in values or "suggestions" in values)


def convert(values: dict[str, Any]) -> ToolRow:
    if "fields" not in values:
        return _of_columns(values)
    columns = dict(values["fields"])
    for name in ("id", "external_id"):
        if values.get(name) is not None and "id" not in columns:
            columns["id"] = values[name]
    columns |= {name: part for name, part in mapping_of(values.get("metadata")).items() if name not in columns}
    responses, suggestions = values.get("responses"), values.get("suggestions")
    said = _of_questions(responses) if isinstance(responses, dict) else _of_users(objects_of(responses))
    return ToolRow(columns, [*said, *_suggested(suggestions)])


def _of_questions(responses: dict[str, Any]) -> list[RowOpinion]:
    by_user: dict[tuple[str | None, bool], dict[str, Any]] = {}
    for question, answers in responses.items():
        for answer in objects_of(answers):
            key = (as_text(answer.get("user_id")), answer.get("status") in _COUNTS)
            by_user.setdefault(key, {})[question] = answer.get("value")
    return [RowOpinion(by=by, values=found, is_suggestion=not counts) for (by, counts), found in by_user.items()]


def _of_users(responses: list[dict[str, Any]]) -> list[RowOpinion]:
    return [
        RowOpinion(
            by=as_text(response.get("user_id")),
            values={name: mapping_of(part).get("value") for name, part in mapping_of(response.get("values")).items()},
            is_suggestion=response.get("status") not in _COUNTS,
        )
        for response in responses
        if response.get("values")
    ]


def _suggested(suggestions: Any) -> list[RowOpinion]:
    if isinstance(suggestions, dict):
        suggestions = [{"question_name": name, **mapping_of(part)} for name, part in suggestions.items()]
    return [
        RowOpinion(
            by=as_text(one.get("agent")), values={str(one["question_name"]): one.get("value")}, is_suggestion=True
        )
        for one in objects_of(suggestions)
        if "question_name" in one and one.get("value") is not None
    ]


def _of_columns(values: dict[str, Any]) -> ToolRow:
    questions = [name.removesuffix(".responses") for name in values if name.endswith(".responses")]
    by_user: dict[tuple[str | None, bool], dict[str, Any]] = {}
    suggested = []
    for question in questions:
        users, states = (list_of(values.get(f"{question}.responses.{part}")) for part in ("users", "status"))
        for place, value in enumerate(list_of(values[f"{question}.responses"])):
            by = as_text(users[place]) if place < len(users) else None
            counts = place >= len(states) or states[place] in _COUNTS
            by_user.setdefault((by, counts), {})[question] = value
        if (proposed := values.get(f"{question}.suggestion")) is not None:
            by = as_text(values.get(f"{question}.suggestion.agent"))
            suggested.append(RowOpinion(by=by, values={question: proposed}, is_suggestion=True))
    said = [RowOpinion(by=by, values=found, is_suggestion=not counts) for (by, counts), found in by_user.items()]
    plain = {name: value for name, value in values.items() if name.split(".")[0] not in questions}
    return ToolRow(plain, [*said, *suggested])
