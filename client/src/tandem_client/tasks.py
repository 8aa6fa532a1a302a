"""The tasks of a label schema, one class a kind; a task's labels are its `options`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class ApiModel(BaseModel):
    """Base of the API's models. Fields that a newer server adds are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)


class LabelOption(ApiModel):
    """One label: `value` is stored and exported, `name` and `description` are shown to people and models.

    `aliases` are other spellings in a model's answer; `color` (#rrggbb) and `key` (one letter or digit) are the page's.
    """

    value: str
    name: str = ""
    description: str = ""
    aliases: tuple[str, ...] = ()
    color: str | None = None
    key: str | None = None


class Task(ApiModel):
    name: str
    question: str = ""

    @property
    def labels(self) -> tuple[str, ...]:
        """The values of the task's options; none where it has no options."""
        return tuple(option.value for option in getattr(self, "options", ()))


class SingleChoice(Task):
    """Exactly one of the options."""

    kind: Literal["single_choice"] = "single_choice"
    options: tuple[LabelOption, ...]


class MultipleChoice(Task):
    """Any of the options, `at_least` and `at_most` so many."""

    kind: Literal["multiple_choice"] = "multiple_choice"
    options: tuple[LabelOption, ...]
    at_least: int = 0
    at_most: int | None = None


class SpanAttribute(ApiModel):
    """A further choice about each span, among its own options."""

    name: str
    options: tuple[LabelOption, ...]
    required: bool = False


class Spans(Task):
    """Stretches of one field's text, each with a label; `field` may be left out where records have only one."""

    kind: Literal["span"] = "span"
    options: tuple[LabelOption, ...]
    field: str | None = None
    overlaps: bool = True
    attributes: tuple[SpanAttribute, ...] = ()


class Number(Task):
    """A number in [minimum, maximum], on the grid of `step` from the minimum where one is given."""

    kind: Literal["number"] = "number"
    minimum: float
    maximum: float
    step: float | None = None
    unit: str = ""


class Text(Task):
    """A short text, which matches the regular expression `pattern` as a whole where one is given."""

    kind: Literal["text"] = "text"
    min_length: int = 1
    max_length: int = 500
    pattern: str | None = None


AnyTask = Annotated[SingleChoice | MultipleChoice | Spans | Number | Text, Field(discriminator="kind")]


class Span(ApiModel):
    """A stretch of a field's text with its label: `text` is field[start:end], counted in Unicode code points."""

    field: str
    start: int
    end: int
    text: str
    label: str
    attributes: dict[str, str] = Field(default_factory=dict)


Value = str | float | tuple[str, ...] | tuple[Span, ...]
"""Value of a task: a label or text, a number, labels, spans."""
