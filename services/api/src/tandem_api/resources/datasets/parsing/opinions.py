"""Opinions of another tool's annotators, as values of tasks, and the gold that follows where they agree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tandem.store.records.documents import ImportedOpinion
from tandem_api.resources.datasets.parsing.exact_json import Constant, Digits
from tandem_api.resources.datasets.parsing.gold import GoldError, gold_value, usual_span
from tandem_api.resources.datasets.parsing.mapping import ColumnMapping
from tandem_api.resources.datasets.parsing.tools.said import Said


class OpinionMaker:
    """Converts answers; finds out which task a question of the tool is."""

    def __init__(self, mapping: ColumnMapping) -> None:
        self._mapping = mapping
        self._task_of = {column: task for task, column in mapping.gold_columns.items()}
        self.tasks: dict[str, str] = {}
        """Task to the question that it is called in the tool, of those seen so far."""
        self.unknown: dict[str, None] = {}
        """Questions that are no task of the label schema; their answers are left out."""

    def of(self, said: Sequence[Said], fields: Mapping[str, str]) -> list[ImportedOpinion]:
        """Return the answers as values of tasks. Raises GoldError for one that its task does not have."""
        found: list[ImportedOpinion] = []
        for one in said:
            values: dict[str, Any] = {}
            for question, given in one.values.items():
                if given is None or given == [] or (task := self._task(question, one)) is None:
                    continue
                value = self._value(task, given, fields, is_checked=not one.is_suggestion)
                if value is not None:
                    values[task] = value
            if values:
                opinion: ImportedOpinion = {
                    "by": one.by,
                    "values": values,
                    "at": one.at,
                    "counts": not one.is_suggestion,
                }
                if one.is_right:
                    opinion["holds"] = True
                found.append(opinion)
        return found

    def _task(self, question: str, said: Said) -> str | None:
        task = self._task_of.get(question) or _as_name(question)
        if self._mapping.tasks and task not in self._mapping.tasks:
            only = next(iter(self._mapping.tasks))
            if said.is_suggestion or len(self._mapping.tasks) > 1 or only in self.tasks:
                self.unknown[question] = None
                return None
            task = self._task_of[question] = only
        if not said.is_suggestion:
            self.tasks.setdefault(task, question)
        return task

    def _value(self, task: str, given: Any, fields: Mapping[str, str], *, is_checked: bool) -> Any:
        kind = self._mapping.tasks.get(task)
        if kind is None:
            return _loose(given, fields)
        try:
            return gold_value(kind, given, fields, separator=None)
        except GoldError:
            if is_checked:
                raise
            return None


def _as_name(question: str) -> str:
    """Return the question's name as one that can be a key of documents."""
    return question.replace(".", "_").replace("\0", "").removeprefix("$")[:200] or "_"


def agreed(opinions: Iterable[ImportedOpinion]) -> tuple[dict[str, Any], bool]:
    """Return the values on which all who count agree, and whether there are tasks on which they do not.

    Where the tool says that one opinion holds, the others do not matter.
    """
    by_task: dict[str, list[Any]] = {}
    counting = [one for one in opinions if one["counts"]]
    for one in [each for each in counting if each.get("holds")] or counting:
        for task, value in one["values"].items():
            by_task.setdefault(task, []).append(value)
    gold = {task: values[0] for task, values in by_task.items() if all(value == values[0] for value in values)}
    return gold, len(gold) < len(by_task)


def _loose(given: Any, fields: Mapping[str, str]) -> Any:  # noqa: PLR0911 - one for each kind
    """Return a value where no label schema says its kind: a label, a number, a list of labels or of spans."""
    match given:
        case bool():
            return str(given).lower()
        case Digits(text):
            return text
        case Constant():
            return None
        case int() | float():
            return given
        case str():
            return given.strip() or None
        case list() if all(isinstance(one, str) for one in given):
            return sorted(set(given))
        case list():
            spans = [_span(one, fields) for one in given]
            return sorted((one for one in spans if one), key=lambda one: (one["start"], one["end"], one["label"]))
    return None


def _span(given: Any, fields: Mapping[str, str]) -> dict[str, Any] | None:
    span = usual_span(given)
    if not isinstance(span, dict):
        return None
    start, end, label = span.get("start"), span.get("end"), span.get("label")
    field = next(iter(fields))
    text = fields[field]
    is_place = isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= len(text)
    if not is_place or not isinstance(label, str):
        raise GoldError(
            f"[{start}, {end}) with the label {label!r} is no span of the {len(text):,} characters of {field!r}",
            "Name the text column that the tool showed first, or leave the answers out: tool=none (--tool none).",
        )
    return {"field": field, "start": start, "end": end, "text": text[start:end], "label": label, "attributes": {}}
