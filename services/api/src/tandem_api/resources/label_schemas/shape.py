"""Fields that people may leave out of a label schema, and fields that they may not put in: an unknown field is a
misspelling."""

from __future__ import annotations

from typing import Any

from pydantic_core import PydanticCustomError

from tandem.events import LabelOption, SpanAttribute
from tandem.events.schema import TASK_KINDS
from tandem.web.request_body import check_fields

DEFAULT_KIND = "single_choice"


def completed(tasks: Any) -> Any:
    """Return the tasks with their kinds and with options as mappings; values of another shape stay, to be reported
    later.

    Raises PydanticCustomError, with `field` and `cure`, for what no task of its kind has.
    """
    if not isinstance(tasks, list | tuple):
        return tasks
    return [_task(task, f"tasks[{index}]") if isinstance(task, dict) else task for index, task in enumerate(tasks)]


def _task(task: dict[str, Any], path: str) -> dict[str, Any]:
    kind = task.get("kind", DEFAULT_KIND)
    if not isinstance(kind, str) or kind not in TASK_KINDS:
        raise PydanticCustomError(
            "no_such_kind",
            "{kind} is no kind of task",
            {"kind": repr(kind), "field": f"{path}.kind", "cure": f"There are {', '.join(TASK_KINDS)}."},
        )
    check_fields(task, TASK_KINDS[kind], path, f"a task of the kind {kind}")
    whole = {**task, "kind": kind}
    if "options" in task:
        whole["options"] = _options(task["options"], f"{path}.options")
    if isinstance(attributes := task.get("attributes"), list | tuple):
        whole["attributes"] = [
            _attribute(each, f"{path}.attributes[{index}]") if isinstance(each, dict) else each
            for index, each in enumerate(attributes)
        ]
    return whole


def _attribute(attribute: dict[str, Any], path: str) -> dict[str, Any]:
    check_fields(attribute, SpanAttribute, path, "an attribute")
    if "options" not in attribute:
        return attribute
    return {**attribute, "options": _options(attribute["options"], f"{path}.options")}


def _options(options: Any, path: str) -> Any:
    if not isinstance(options, list | tuple):
        return options
    return [_option(option, f"{path}[{index}]") for index, option in enumerate(options)]


def _option(option: Any, path: str) -> Any:
    if isinstance(option, str):
        return {"value": option}
    if isinstance(option, LabelOption):
        return option
    if not isinstance(option, dict):
        raise _not_text(option, path)
    check_fields(option, LabelOption, path, "an option")
    if "value" in option and not isinstance(option["value"], str):
        raise _not_text(option["value"], f"{path}.value")
    return option


def _not_text(value: Any, path: str) -> PydanticCustomError:
    words = {True: "true", False: "false", None: "null"}
    shown = words[value] if value is None or isinstance(value, bool) else str(value)[:50]
    return PydanticCustomError(
        "label_not_text",
        "a label is a text, this is {shown}",
        {"shown": shown, "field": path, "cure": f'Put it in quotes: "{shown}"'},
    )
