"""Answers that once were stored wrong, or nearly: each gives the right value, or none where a person may be asked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tandem.events import Completion, LabelSchemaSpec, Span
from tandem.labeling.labeler import Labeler

LINES = (Path(__file__).parent / "literal_answers" / "answers.jsonl").read_text(encoding="utf-8").splitlines()
CASES = [json.loads(line) for line in LINES]


def stored(case: dict[str, Any]) -> Any:
    spec = LabelSchemaSpec.model_validate({"label_schema_id": "s", "version": 1, "name": "s", "tasks": case["tasks"]})
    found = Labeler(spec).label([Completion(text=case["answer"])], case["record"])
    if found.problem is not None:
        return None
    values = {label.task: _plain(label.value) for label in found.labels}
    return values if len(values) > 1 else next(iter(values.values()))


def _plain(value: Any) -> Any:
    if not isinstance(value, tuple):
        return value
    return [{"text": each.text, "label": each.label} if isinstance(each, Span) else each for each in value]


@pytest.mark.parametrize("case", CASES, ids=[f"{case['kind']}-{case['key']}" for case in CASES])
def test_the_right_value_is_stored_or_none(case: dict[str, Any]) -> None:
    found = stored(case)
    if found is not None or not case["no_value_is_acceptable"]:
        assert found == case["right_value"]
