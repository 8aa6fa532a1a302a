"""Labels of one version of a label schema as labels of another."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import a_schema, some_options
from drawing import tries
from label_schemas import tasks
from tandem.events import (
    LabelOption,
    LabelSchemaSpec,
    LabelTask,
    MultipleChoiceTask,
    NumberTask,
    SingleChoiceTask,
    Span,
    SpanTask,
    TaskLabel,
    TextTask,
    options_of,
)
from tandem.labeling.carrying import CarryOver, Hindrance, unreachable_labels
from tandem.labeling.ready import check_ready
from tandem.labeling.values import problem_with

FIELDS = {"text": "Ada met Zoe"}


def options(*values: str) -> tuple[LabelOption, ...]:
    return some_options(*values)


def single(*values: str) -> LabelSchemaSpec:
    return a_schema(SingleChoiceTask(name="t", options=options(*values)))


def label(value: Any, **more: Any) -> TaskLabel:
    return TaskLabel(task="t", value=value, rule="exact", **more)


def carried(old: LabelSchemaSpec, new: LabelSchemaSpec, given_label: TaskLabel, **mapping: str | None) -> Any:
    """The label, or why there is none."""
    found = CarryOver(old, new, {"t": mapping} if mapping else {}).carry([given_label], FIELDS)
    return found.labels[0] if found.whole else found.hindered[0].why


def test_equal_labels_map_and_keep_how_sure_they_are() -> None:
    sure = label("a", confidence=0.8, confidence_method="stated")
    assert carried(single("a", "b"), single("a", "c"), sure) == sure.model_copy(update={"rule": "carried_over"})


def test_a_given_mapping_goes_before_equal_values() -> None:
    old, new = single("a", "b"), single("a", "b", "c")
    assert carried(old, new, label("a"), a="c").value == "c"
    assert carried(old, new, label("b"), a="c").value == "b"
    assert carried(old, new, label("a"), a=None) is Hindrance.LEFT_OUT


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (SingleChoiceTask(name="t", options=options("a", "b")), None, Hindrance.NEW_TASK),
        (
            SingleChoiceTask(name="t", options=options("a", "b")),
            SingleChoiceTask(name="t", options=options("b", "c")),
            Hindrance.NO_SUCH_LABEL,
        ),
        (SingleChoiceTask(name="t", options=options("a", "b")), TextTask(name="t"), Hindrance.OTHER_KIND),
        (TextTask(name="t"), TextTask(name="t", pattern="b+"), Hindrance.NOT_ALLOWED),
    ],
)
def test_what_does_not_map_is_told_with_its_reason(old: LabelTask, new: LabelTask | None, why: Hindrance) -> None:
    to = a_schema(new or TextTask(name="other"))
    assert carried(a_schema(old), to, label("a")) is why


def test_a_record_without_labels_has_nothing_to_carry() -> None:
    found = CarryOver(single("a", "b"), single("a", "b"), {}).carry(None, FIELDS)
    assert [each.why for each in found.hindered] == [Hindrance.NOT_LABELED]
    assert found.ready(None).reason == "not_carried_over"


def test_probabilities_of_labels_that_become_one_are_summed() -> None:
    old, new = single("good", "fine", "bad"), single("positive", "negative")
    unsure = label("good", confidence=0.5, probabilities={"good": 0.5, "fine": 0.3, "bad": 0.2})
    found = carried(old, new, unsure, good="positive", fine="positive", bad="negative")
    assert found.probabilities == pytest.approx({"positive": 0.8, "negative": 0.2})
    assert found.confidence == pytest.approx(0.8)
    assert found.margin == pytest.approx(0.6)
    assert found.entropy == pytest.approx(-(0.8 * math.log(0.8) + 0.2 * math.log(0.2)))


def test_probabilities_are_left_out_where_an_option_has_no_new_one_and_the_confidence_stays() -> None:
    unsure = label("a", confidence=0.6, probabilities={"a": 0.6, "b": 0.4}, margin=0.2, entropy=0.67)
    found = carried(single("a", "b"), single("a", "c"), unsure)
    assert (found.confidence, found.probabilities, found.margin, found.entropy) == (0.6, None, None, None)


def test_every_label_of_several_must_map_and_those_that_become_one_are_one() -> None:
    old = a_schema(MultipleChoiceTask(name="t", options=options("a", "b", "c")))
    new = a_schema(MultipleChoiceTask(name="t", options=options("z", "a"), at_most=1))
    assert carried(old, new, label(("a", "b")), a="z", b="z").value == ("z",)
    assert carried(old, new, label(("a", "b")), b="z") is Hindrance.NOT_ALLOWED
    assert carried(old, new, label(("a", "b"))) is Hindrance.NO_SUCH_LABEL
    assert carried(old, new, label(())).value == ()


def test_spans_are_carried_over_with_their_labels_renamed_and_their_places_checked() -> None:
    old = a_schema(SpanTask(name="t", options=options("person", "place")))
    new = a_schema(SpanTask(name="t", options=options("human"), field="text"))
    ada = Span(field="text", start=0, end=3, text="Ada", label="person")
    found = carried(old, new, label((ada,), span_confidences=(0.9,)), person="human")
    assert found.value == (ada.model_copy(update={"label": "human"}),)
    assert found.span_confidences is None
    elsewhere = ada.model_copy(update={"text": "Zoe"})
    assert carried(old, new, label((elsewhere,)), person="human") is Hindrance.NOT_ALLOWED


def test_numbers_are_carried_over_where_the_new_range_and_grid_hold_them() -> None:
    old = a_schema(NumberTask(name="t", minimum=0, maximum=10))
    new = a_schema(NumberTask(name="t", minimum=0, maximum=5, step=1))
    assert carried(old, new, label(4.0)).value == 4
    assert carried(old, new, label(4.5)) is Hindrance.NOT_ALLOWED
    assert carried(old, new, label(6.0)) is Hindrance.NOT_ALLOWED


def test_a_record_carries_over_only_with_all_its_tasks_and_keeps_what_it_has() -> None:
    mood, note = SingleChoiceTask(name="t", options=options("a", "b")), TextTask(name="note")
    found = CarryOver(a_schema(mood), a_schema(mood, note), {}).carry([label("a")], FIELDS)
    assert [each.value for each in found.labels] == ["a"]
    assert [(each.task, each.why) for each in found.hindered] == [("note", Hindrance.NEW_TASK)]
    ready = found.ready("job:3")
    assert ready.sources == ("job:3",)
    assert ready.detail == "note: the labels are of a version without this task"


def test_labels_that_nothing_carried_over_can_have_are_told() -> None:
    old, new = single("entailment", "not_entailment"), single("entailment", "neutral", "contradiction")
    assert unreachable_labels(old, new, {}) == {"t": ["neutral", "contradiction"]}
    assert unreachable_labels(old, new, {"t": {"not_entailment": "neutral"}}) == {"t": ["contradiction"]}


@tries(40)
@given(tasks(), tasks(), st.data())
def test_whatever_carries_over_is_a_value_of_the_new_version(
    before: tuple[LabelTask, ...], after: tuple[LabelTask, ...], data: st.DataObject
) -> None:
    old, new = a_schema(*before), a_schema(*after)
    mapping = {
        task.name: data.draw(
            st.dictionaries(
                st.sampled_from([option.value for option in options_of(task)]),
                st.none() | st.sampled_from([option.value for other in after for option in options_of(other)] or ["x"]),
            )
        )
        for task in before
        if options_of(task)
    }
    labels = [TaskLabel(task=task.name, value=data.draw(values(task)), rule="exact") for task in before]
    found = CarryOver(old, new, mapping).carry(labels, FIELDS)
    assert {each.task for each in found.labels} | {each.task for each in found.hindered} == {t.name for t in after}
    for each in found.labels:
        task = new.task(each.task)
        assert task is not None
        assert problem_with(task, each.value, FIELDS) is None
    checked = check_ready(new, found.ready("j:1"), FIELDS)
    assert checked.labels == found.labels
    assert (checked.reason is None) == found.whole


@tries(40)
@given(tasks(), st.data())
def test_a_version_carries_over_to_itself_unchanged(some: tuple[LabelTask, ...], data: st.DataObject) -> None:
    same = a_schema(*some)
    labels = [TaskLabel(task=task.name, value=data.draw(values(task)), rule="exact") for task in some]
    for each in CarryOver(same, same, {}).carry(labels, FIELDS).labels:
        (before,) = (label for label in labels if label.task == each.task)
        assert each.value == before.value


def values(task: LabelTask) -> st.SearchStrategy[Any]:
    """Values of the kind, allowed or not."""
    labels = [option.value for option in options_of(task)]
    match task:
        case SingleChoiceTask():
            return st.sampled_from(labels)
        case MultipleChoiceTask():
            return st.sets(st.sampled_from(labels)).map(
                lambda chosen: tuple(value for value in labels if value in chosen)
            )
        case SpanTask():
            field = task.field or "text"
            return st.sampled_from(labels).map(
                lambda name: (Span(field=field, start=0, end=3, text="Ada", label=name),)
            )
        case NumberTask():
            return st.floats(task.minimum, task.maximum)
        case TextTask():
            return st.text(max_size=40)
