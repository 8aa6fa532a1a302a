"""Answers as models write them, with the right reading of each: what extraction is held to.

A corpus is a folder of YAML files. Each holds one or more groups of `tasks`, the `record` that was asked about, and
`cases`: the `answer`; the right `value`, or the reason for which it is `invalid` (or `any`); the `rule` that reads it;
and `why`. An invalid case with `clear` is one that a person can read, in no form that is read; it may keep its value.
Cases of several tasks have `values`, `invalid` and `rules` by task. A span is written [start, end, label, attributes].
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter

from tandem.events.outcomes import LabelValue, Span
from tandem.events.schema import AnyTask, LabelTask
from tandem.labeling.extraction import AnswerReader
from tandem.labeling.reading import Reading, Unreadable
from tandem.labeling.values import key_of

_TASKS: TypeAdapter[tuple[LabelTask, ...]] = TypeAdapter(tuple[AnyTask, ...])


@dataclass(frozen=True, slots=True)
class Case:
    """Case of one task in one answer."""

    source: str
    """Its file and number."""
    reader: AnswerReader
    task: LabelTask
    index: int
    """Index of the task in its schema."""
    fields: Mapping[str, str]
    answer: str
    value: Any
    """Expected value as the file writes it; it is ignored when the answer is invalid."""
    invalid: str | None
    rule: str | None
    """Required where given."""
    clear: bool
    """True: a person can name the value all the same."""
    why: str

    def read(self) -> Reading | Unreadable:
        return self.reader.read(self.answer, self.fields)[self.index]

    def is_right(self, found: Reading | Unreadable) -> bool:
        """Return whether it was read as it should be, value for value, or is invalid as it should be."""
        if isinstance(found, Unreadable) or self.invalid is not None:
            return isinstance(found, Unreadable) and self.invalid is not None
        return key_of(found.value) == key_of(self.wanted())

    def wanted(self) -> LabelValue:
        match self.task.kind:
            case "number":
                return float(self.value)
            case "multiple_choice":
                return tuple(self.value)
            case "span":
                return tuple(self._span(*each) for each in self.value)
            case _:
                return str(self.value)

    def _span(self, start: int, end: int, label: str, attributes: dict[str, str] | None = None) -> Span:
        field = getattr(self.task, "field", None) or next(iter(self.fields))
        return Span(
            field=field,
            start=start,
            end=end,
            text=self.fields[field][start:end],
            label=label,
            attributes=attributes or {},
        )


def cases(folder: Path) -> Iterator[Case]:
    """All cases of the corpus, a task each."""
    for path in sorted(folder.glob("*.yaml")):
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        number = 0
        for group in content if isinstance(content, list) else [content]:
            tasks = _TASKS.validate_python(group["tasks"])
            reader = AnswerReader(tasks)
            fields = group.get("record") or {"text": "It rained."}
            for case in group["cases"]:
                number += 1
                for index, task in enumerate(tasks):
                    yield Case(
                        f"{path.stem}-{number}" if len(tasks) == 1 else f"{path.stem}-{number}-{task.name}",
                        reader,
                        task,
                        index,
                        fields,
                        case["answer"],
                        _of(case, "value", "values", task),
                        _of(case, "invalid", "invalid", task),
                        _of(case, "rule", "rules", task),
                        case.get("clear", False),
                        case["why"],
                    )


def _of(case: Mapping[str, Any], one: str, several: str, task: LabelTask) -> Any:
    found = case.get(several)
    return found.get(task.name) if isinstance(found, Mapping) else case.get(one)
