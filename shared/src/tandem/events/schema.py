"""A label schema as it travels: what may be answered."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator, model_validator

from tandem.events.envelope import Part


class LabelOption(Part):
    """One label: `value` is stored and exported, `name` and `description` are shown to people and models."""

    value: str = Field(min_length=1, max_length=200)
    name: str = Field(default="", max_length=200, description="Shown to people; the value when empty.")
    description: str = Field(default="", max_length=2000)

    @field_validator("value")
    @classmethod
    def _value_is_one_printable_line(cls, value: str) -> str:
        if not value.strip() or not all(char == " " or char.isprintable() for char in value):
            raise ValueError("a label's value is one line of printable characters, and not blank")
        return value

    @property
    def display(self) -> str:
        return self.name or self.value


class SingleChoiceTask(Part):
    """Exactly one of the options."""

    kind: Literal["single_choice"] = "single_choice"
    name: str = Field(min_length=1, max_length=100, pattern=r"^[A-Za-z_][A-Za-z0-9_ -]*$")
    question: str = Field(default="", max_length=2000, description="The instruction, e.g. 'What is the sentiment?'")
    options: tuple[LabelOption, ...] = Field(min_length=2, max_length=200)

    @model_validator(mode="after")
    def _values_are_unique(self) -> SingleChoiceTask:
        seen: dict[str, str] = {}
        for option in self.options:
            folded = option.value.strip().casefold()
            if folded in seen:
                raise ValueError(
                    f"options: {option.value!r} and {seen[folded]!r} differ only in case or spaces; rename one"
                )
            seen[folded] = option.value
        return self


class LabelSchemaSpec(Part):
    """An immutable version of a label schema. In this release: one single-choice task."""

    label_schema_id: str
    version: int = Field(ge=1)
    name: str
    tasks: tuple[SingleChoiceTask, ...] = Field(min_length=1, max_length=1)
