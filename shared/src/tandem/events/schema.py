"""A label schema as it travels: what may be answered."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable
from typing import Annotated, ClassVar, Literal, assert_never

from pydantic import Field, field_validator, model_validator

from tandem.events.envelope import EventPart
from tandem.events.patterns import problem_with_pattern
from tandem.events.task_traits import TaskTraits

TASK_NAME_PATTERN = r"^[^\W\d][\w -]*$"
"""Letters of any script; what a program makes of it has to know Unicode, which JavaScript does not for `\\w`."""
TaskName = Annotated[str, Field(min_length=1, max_length=100, pattern=TASK_NAME_PATTERN)]
MOST_TASKS = 20
MOST_OPTIONS = 2000
"""Labels of a task. Those of large enumerations are left out of the response format (`answer_format`)."""


class LabelOption(EventPart):
    """One label: `value` is stored and exported, `name` and `description` are shown to people and models."""

    value: str = Field(min_length=1, max_length=200)
    name: str = Field(default="", max_length=200, description="Shown to people; the value when empty.")
    description: str = Field(default="", max_length=2000)
    aliases: tuple[str, ...] = Field(
        default=(), max_length=50, description="Other spellings that are read as this label in a model's answer."
    )
    color: str | None = Field(default=None, pattern=r"^#[0-9A-Fa-f]{6}$", description="e.g. #2e7d32.")
    key: str | None = Field(default=None, pattern=r"^[a-z0-9]$", description="The key that picks it on the page.")

    @field_validator("value")
    @classmethod
    def _value_is_one_printable_line(cls, value: str) -> str:
        return _one_printable_line(value, "a label's value")

    @field_validator("aliases")
    @classmethod
    def _aliases_are_printable_lines(cls, aliases: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_one_printable_line(alias[:200], "an alias") for alias in aliases)

    @property
    def display(self) -> str:
        return self.name or self.value


class _Task(EventPart):
    name: TaskName
    question: str = Field(default="", max_length=2000, description="The instruction, e.g. 'What is the sentiment?'")


class _TaskWithOptions(_Task):
    options: tuple[LabelOption, ...] = Field(min_length=2, max_length=MOST_OPTIONS)

    @model_validator(mode="after")
    def _options_are_distinct(self) -> _TaskWithOptions:
        _check_options(self.options, "options")
        return self


class SingleChoiceTask(_TaskWithOptions):
    """Exactly one of the options. Its value is the option's."""

    traits: ClassVar[TaskTraits] = TaskTraits(is_one_label=True, fits_in_sentence=True)
    kind: Literal["single_choice"] = "single_choice"


class MultipleChoiceTask(_TaskWithOptions):
    """Any of the options, none included unless `at_least` says otherwise. Its value: their values in schema order."""

    traits: ClassVar[TaskTraits] = TaskTraits(has_parts=True)
    kind: Literal["multiple_choice"] = "multiple_choice"
    at_least: int = Field(default=0, ge=0)
    at_most: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _bounds_can_be_met(self) -> MultipleChoiceTask:
        most = len(self.options) if self.at_most is None else self.at_most
        if not self.at_least <= most <= len(self.options):
            raise ValueError(
                f"at_least {self.at_least} and at_most {most} cannot be met with {len(self.options)} options"
            )
        return self


class SpanAttribute(EventPart):
    """A further choice about each span, among its own options."""

    name: TaskName
    options: tuple[LabelOption, ...] = Field(min_length=2, max_length=MOST_OPTIONS)
    required: bool = False

    @model_validator(mode="after")
    def _options_are_distinct(self) -> SpanAttribute:
        _check_options(self.options, "attribute options")
        return self


class SpanTask(_Task):
    """Stretches of one field's text, each with a label. Its value: the spans by start, end and label; may be none."""

    traits: ClassVar[TaskTraits] = TaskTraits(has_parts=True, lies_in_record=True)
    kind: Literal["span"] = "span"
    options: tuple[LabelOption, ...] = Field(min_length=1, max_length=MOST_OPTIONS, description="The labels of spans.")
    field: str | None = Field(
        default=None, max_length=200, description="The record's field; its only field when left out."
    )
    overlaps: bool = Field(default=True, description="Whether spans may share characters.")
    attributes: tuple[SpanAttribute, ...] = Field(default=(), max_length=10)

    @model_validator(mode="after")
    def _names_are_distinct(self) -> SpanTask:
        _check_options(self.options, "options")
        _check_unique((attribute.name for attribute in self.attributes), "attributes")
        return self


class NumberTask(_Task):
    """A number in [minimum, maximum], on the grid minimum + k * step where a step is given."""

    traits: ClassVar[TaskTraits] = TaskTraits(fits_in_sentence=True)
    kind: Literal["number"] = "number"
    minimum: float = Field(allow_inf_nan=False)
    maximum: float = Field(allow_inf_nan=False)
    step: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    unit: str = Field(default="", max_length=50, description="e.g. USD or °C; may stand beside the number.")

    @model_validator(mode="after")
    def _range_holds_a_number(self) -> NumberTask:
        if self.minimum > self.maximum:
            raise ValueError(f"minimum {self.minimum:g} is above maximum {self.maximum:g}")
        if self.step is not None and self.step > self.maximum - self.minimum:
            raise ValueError(f"step {self.step:g} is longer than the range")
        return self


class TextTask(_Task):
    """A short text of one or more lines, which matches `pattern` as a whole where one is given."""

    traits: ClassVar[TaskTraits] = TaskTraits(is_free_text=True)
    kind: Literal["text"] = "text"
    min_length: int = Field(default=1, ge=0, le=5000)
    max_length: int = Field(default=500, ge=1, le=5000, description="In characters.")
    pattern: str | None = Field(default=None, max_length=500, description="A regular expression in RE2's syntax.")

    @model_validator(mode="after")
    def _pattern_and_lengths_make_sense(self) -> TextTask:
        if self.min_length > self.max_length:
            raise ValueError(f"min_length {self.min_length} is above max_length {self.max_length}")
        if self.pattern is not None and (problem := problem_with_pattern(self.pattern)) is not None:
            raise ValueError(f"pattern: {problem}")
        return self


ChoiceTask = SingleChoiceTask | MultipleChoiceTask
LabelTask = SingleChoiceTask | MultipleChoiceTask | SpanTask | NumberTask | TextTask
AnyTask = Annotated[LabelTask, Field(discriminator="kind")]
TASK_KINDS: dict[str, type[LabelTask]] = {
    str(kind.model_fields["kind"].default): kind
    for kind in (SingleChoiceTask, MultipleChoiceTask, SpanTask, NumberTask, TextTask)
}


class LabelSchemaSpec(EventPart):
    """An immutable version of a label schema: one or more tasks, labeled in one call."""

    label_schema_id: str
    version: int = Field(ge=1)
    name: str
    tasks: tuple[AnyTask, ...] = Field(min_length=1, max_length=MOST_TASKS)

    @field_validator("tasks")
    @classmethod
    def _names_are_distinct(cls, tasks: tuple[LabelTask, ...]) -> tuple[LabelTask, ...]:
        return check_tasks(tasks)

    def task(self, name: str) -> LabelTask | None:
        return next((task for task in self.tasks if task.name == name), None)


def options_of(task: LabelTask) -> tuple[LabelOption, ...]:
    """Return the labels of a task that has some; for a span task those of its spans."""
    match task:
        case SingleChoiceTask() | MultipleChoiceTask() | SpanTask():
            return task.options
        case NumberTask() | TextTask():
            return ()
        case _:
            assert_never(task)


def attributes_of(task: LabelTask) -> tuple[SpanAttribute, ...]:
    """Return what else is said of each part of a value; only spans have some."""
    match task:
        case SpanTask():
            return task.attributes
        case SingleChoiceTask() | MultipleChoiceTask() | NumberTask() | TextTask():
            return ()
        case _:
            assert_never(task)


def check_tasks(tasks: tuple[LabelTask, ...]) -> tuple[LabelTask, ...]:
    """Check that the tasks' names are unique; return the tasks. Raises ValueError when two have the same name, up to
    case and white space."""
    _check_unique((task.name for task in tasks), "tasks")
    return tasks


def is_on_grid(task: NumberTask, number: float) -> bool:
    """Return whether the task's step leads from its minimum to the number, up to rounding."""
    if task.step is None:
        return True
    steps = (number - task.minimum) / task.step
    return math.isclose(steps, round(steps), abs_tol=1e-6)


def _one_printable_line(value: str, what: str) -> str:
    if not value.strip() or not all(char == " " or char.isprintable() for char in value):
        raise ValueError(f"{what} is one line of printable characters, and not blank")
    return value


def _check_options(options: tuple[LabelOption, ...], where: str) -> None:
    """Values and aliases of different options differ, also without regard to case; keys differ."""
    seen: dict[str, LabelOption] = {}
    keys: dict[str, LabelOption] = {}
    for option in options:
        for spelling in dict.fromkeys(
            text.strip().casefold() for text in map(composed, (option.value, *option.aliases))
        ):
            other = seen.setdefault(spelling, option)
            if other is not option:
                raise ValueError(
                    f"{where}: {option.value!r} and {other.value!r} differ only in case or spaces, or share an alias; "
                    "rename one"
                )
        if option.key is not None and keys.setdefault(option.key, option) is not option:
            raise ValueError(f"{where}: {option.value!r} and {keys[option.key].value!r} have the same key")


def composed(text: str) -> str:
    """Return the text with each letter and its marks as one character where there is one: equal texts look equal."""
    return unicodedata.normalize("NFC", text)


def _check_unique(names: Iterable[str], where: str) -> None:
    seen: dict[str, str] = {}
    for name in names:
        if (other := seen.setdefault(" ".join(composed(name).casefold().split()), name)) is not name:
            raise ValueError(f"{where}: {name!r} and {other!r} have the same name; rename one")
