"""Names of tasks and labels in any script, and more labels than grammars hold."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from builders import a_schema, some_options
from tandem.events import LabelSchemaSpec, SingleChoiceTask
from tandem.labeling.answer_format import response_format


def schema(name: str, *labels: str) -> LabelSchemaSpec:
    task = SingleChoiceTask(name=name, options=some_options(*labels))
    return a_schema(task, name=name)


@pytest.mark.parametrize("name", ["情感", "тональность", "المشاعر", "भावना", "stimmung_2", "Größe der Stadt"])
def test_tasks_are_named_in_any_script(name: str) -> None:
    made = schema(name, "积极", "消极")
    asked = response_format(made)["json_schema"]["schema"]["properties"]
    assert asked == {name: {"type": "string", "enum": ["积极", "消极"]}}


@pytest.mark.parametrize("name", ["2nd", "a.b", "a$", "", "a/b"])
def test_names_that_cannot_be_keys_are_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        schema(name, "a", "b")


def test_two_ways_to_write_the_same_letter_are_one_label() -> None:
    with pytest.raises(ValidationError, match="rename one"):
        schema("city", "K\u00f6ln", "Ko\u0308ln")


def test_more_labels_than_a_grammar_holds_are_left_out_of_it() -> None:
    few = response_format(schema("code", *(f"c{n}" for n in range(500))))["json_schema"]["schema"]
    many = response_format(schema("code", *(f"c{n}" for n in range(2000))))["json_schema"]["schema"]
    assert len(few["properties"]["code"]["enum"]) == 500
    assert many["properties"]["code"] == {"type": "string"}
    with pytest.raises(ValidationError):
        schema("code", *(f"c{n}" for n in range(2001)))
