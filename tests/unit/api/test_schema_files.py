"""Label schemas as files: read as written, refused with what is wrong, and the same again after a round trip."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from label_schemas import TRAPS, tasks
from tandem.events import LabelTask
from tandem.web import Problem, invalid_request
from tandem_api.resources.label_schemas.files import MOST_BYTES, SchemaFileError, parse, render
from tandem_api.resources.label_schemas.schemas import LabelSchemaCreate, SchemaFormat

YAML, JSON = SchemaFormat.YAML, SchemaFormat.JSON


def read(text: str, file_format: SchemaFormat = YAML, name: str | None = None) -> LabelSchemaCreate:
    return LabelSchemaCreate.model_validate(parse(text.encode(), file_format, name))


def problem_of(text: str, file_format: SchemaFormat = YAML) -> Problem:
    content = parse(text.encode(), file_format, "s")
    with pytest.raises(ValidationError) as raised:
        LabelSchemaCreate.model_validate(content)
    return invalid_request(raised.value.errors(), content)


@settings(deadline=None)
@given(tasks(), st.sampled_from([YAML, JSON]))
def test_a_schema_comes_back_from_its_file_as_it_was(some: tuple[LabelTask, ...], file_format: SchemaFormat) -> None:
    again = read(render("no", some, file_format), file_format)
    assert again.name == "no"
    assert again.tasks == some


def test_labels_of_a_yaml_file_are_the_texts_that_stand_there() -> None:
    labels = [trap for trap in TRAPS if trap not in ("null", "~", "=", "<<", "- a")]
    listed = "\n".join(f"  - {label}" for label in labels)
    (task,) = read(f"name: trap\noptions:\n{listed}\n").tasks
    assert task.kind == "single_choice"
    assert [option.value for option in task.options] == labels


def test_a_file_may_leave_out_what_is_as_usual() -> None:
    content = """
    name: support
    tasks:
      - {name: topic, kind: multiple_choice, options: [billing, {value: bug, color: "#c62828", key: b}], at_least: 1}
      - {name: amount, kind: number, minimum: 0, maximum: 1e4, step: 0.01, unit: USD}
      - {name: parts, kind: span, options: [person], overlaps: no}
    """
    topic, amount, parts = read(content).tasks
    assert topic.kind == "multiple_choice"
    assert topic.at_least == 1
    assert topic.options[1].color == "#c62828"
    assert amount.kind == "number"
    assert (amount.minimum, amount.maximum, amount.step) == (0, 10_000, 0.01)
    assert parts.kind == "span"
    assert parts.overlaps is False


@pytest.mark.parametrize("text", ["[good, bad]", "options: [good, bad]", "name: other\noptions: [good, bad]"])
def test_a_single_task_needs_no_more_than_its_options(text: str) -> None:
    schema = read(text, name="mood")
    assert (schema.name, schema.tasks[0].kind) == ("mood", "single_choice")


@pytest.mark.parametrize(
    ("text", "file_format", "words"),
    [
        ("name: s\nname: t\noptions: [a, b]", YAML, "line 2, column 1: the key 'name' stands twice"),
        ('{"name": "s", "tasks": [], "tasks": []}', JSON, "'tasks' stands twice"),
        ("a: &a [x]\nb: *a", YAML, "aliases are not accepted"),
        ("[" * 100 + "]" * 100, YAML, "nested too deeply"),
        ("[" * 100_000, JSON, "nested too deeply"),
        ("a: !!python/object/apply:os.system [x]", YAML, "line 1"),
        ("a: [b", YAML, "line 1"),
        ('{"a": }', JSON, "line 1, column 7 is not JSON"),
        ("just words", YAML, "no mapping"),
        ("tasks: []", YAML, "has no name"),
        ("options:\n  - {value: a}\n  - value: b\n    color: #fff000", YAML, "line 4, column 5: the colour is empty"),
        ("a: b\n---\nc: d", YAML, "line 2"),
        ("a: \x00", YAML, "cannot stand in YAML"),
        ("x" * (MOST_BYTES + 1), YAML, "more than 262,144"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_the_place(text: str, file_format: SchemaFormat, words: str) -> None:
    with pytest.raises(SchemaFileError) as raised:
        parse(text.encode(), file_format)
    assert words in str(raised.value)
    assert raised.value.cure


def test_a_file_in_another_encoding_is_refused() -> None:
    with pytest.raises(SchemaFileError, match="byte 6 of the file is not UTF-8"):
        parse("name: ünlü".encode("latin-1"), YAML)


@pytest.mark.parametrize(
    ("task", "field", "words"),
    [
        ({"kind": "choice"}, "tasks[0].kind", "no kind of task"),
        ({"options": ["a", "b"], "atleast": 1}, "tasks[0].atleast", "has no field 'atleast'"),
        ({"options": ["a", {"value": "b", "colour": "#000000"}]}, "tasks[0].options[1].colour", "Did you mean color?"),
        ({"options": ["a", True]}, "tasks[0].options[1]", '"true"'),
        ({"options": ["a", {"value": 7}]}, "tasks[0].options[1].value", 'Put it in quotes: "7"'),
        ({"options": ["a", {"value": ""}]}, "tasks[0].options[1].value", "at least 1 character"),
        ({"options": ["a", "A"]}, "tasks[0]", "differ only in case"),
        ({"kind": "number", "minimum": 1}, "tasks[0].maximum", "required"),
        ({"kind": "text", "max_length": 0}, "tasks[0].max_length", "greater than or equal to 1"),
        (
            {"kind": "span", "options": ["a"], "attributes": [{"name": "x"}]},
            "tasks[0].attributes[0].options",
            "required",
        ),
        ({"kind": "multiple_choice"}, "tasks[0].options", "required"),
    ],
)
def test_what_is_wrong_in_a_task_is_told_with_its_field(task: dict[str, Any], field: str, words: str) -> None:
    problem = problem_of(json.dumps({"tasks": [{"name": "topic", **task}]}), JSON)
    assert problem.body.field == field
    assert words in f"{problem.body.detail} {problem.body.cure}"


def test_a_faulty_task_is_told_by_its_name_too() -> None:
    problem = problem_of("tasks: [{name: topic, options: [a, {value: ''}]}]")
    assert problem.body.detail.startswith("tasks[0].options[1].value ('topic'): ")
