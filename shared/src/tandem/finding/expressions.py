"""The tree of an expression, as the API takes it in JSON and as everything else here reads it."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Literal, Self

import pydantic
from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator

from tandem.events.patterns import problem_with_effort, problem_with_pattern

Scalar = bool | int | float | str
"""A value in a comparison."""
MOST_VALUES = 10_000
MOST_PARTS = 200
MOST_DEPTH = 30
_PATTERN_TEXT = 10_000
"""Characters of a text by which the effort of a pattern is judged."""

Words = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
NamePart = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class Field(StrEnum):
    """Field that a comparison reads."""

    ID = "id"
    """Your own record id."""
    METADATA = "metadata"
    """A column kept beside the text; always with its name."""
    LABEL = "label"
    """The value that holds: the people's where they settled the record, else the model's. Without a name: any task."""
    CONFIDENCE = "confidence"
    """Confidence of the model's label of a task; without a name the lowest of its labels."""
    RULE = "rule"
    """The extraction rule that found the model's label. Without a name: of any task."""
    OUTCOME = "outcome"
    REASON = "reason"
    """Why the record is invalid or failed."""
    STATE = "state"
    """State of people's opinions: open, settled or disputed; none where nobody gave one."""
    DECIDED_BY = "decided_by"
    """Id or name of the person whose decision holds."""


class Is(StrEnum):
    """Operator of a comparison."""

    EQUAL = "="
    LESS = "<"
    LEAST = "<="
    MORE = ">"
    MOST = ">="


NAMED = (Field.METADATA, Field.LABEL, Field.CONFIDENCE, Field.RULE)
ORDERED = (Field.METADATA, Field.LABEL, Field.CONFIDENCE)
ABOUT_JOB = tuple(field for field in Field if field not in (Field.ID, Field.METADATA))
"""Fields that a record has in a job alone."""


class ExpressionPart(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Compare(ExpressionPart):
    """The field has one of these values, or is below or above one."""

    kind: Literal["compare"] = "compare"
    field: Field
    name: NamePart | None = pydantic.Field(default=None, description="Of a task, or of a metadata column.")
    operator: Is = Is.EQUAL
    values: tuple[Scalar, ...] = pydantic.Field(min_length=1, max_length=MOST_VALUES)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        _check_name(self.field, self.name)
        if self.operator is Is.EQUAL:
            return self
        if self.field not in ORDERED:
            raise ValueError(f"{self.field.value} has no order: use = or in")
        if len(self.values) > 1 or isinstance(self.values[0], bool):
            raise ValueError(f"{self.operator.value} takes one number or text")
        if self.field is Field.CONFIDENCE and isinstance(self.values[0], str):
            raise ValueError("confidence is a number between 0 and 1")
        return self


class Exists(ExpressionPart):
    """The field has a value."""

    kind: Literal["exists"] = "exists"
    field: Field
    name: NamePart | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        _check_name(self.field, self.name)
        return self


class Contains(ExpressionPart):
    """A text of the record contains these words, one behind the other, in any case of letters."""

    kind: Literal["contains"] = "contains"
    field: NamePart | None = pydantic.Field(default=None, description="One of the record's fields; any if left out.")
    words: Words

    @model_validator(mode="after")
    def _has_words(self) -> Self:
        if not self.words.strip():
            raise ValueError("there is no word to look for")
        return self


class Matches(ExpressionPart):
    """A part of a text of the record matches the regular expression (RE2's syntax)."""

    kind: Literal["matches"] = "matches"
    field: NamePart | None = pydantic.Field(default=None, description="One of the record's fields; any if left out.")
    pattern: Words

    @model_validator(mode="after")
    def _is_a_pattern(self) -> Self:
        problem = problem_with_pattern(self.pattern) or problem_with_effort(self.pattern, _PATTERN_TEXT)
        if problem is not None:
            raise ValueError(f"the regular expression cannot be used: {problem}")
        return self


class Flag(ExpressionPart):
    """Something that holds of the record or does not."""

    kind: Literal["flag"] = "flag"
    flag: Literal["verified", "needs_review"] = pydantic.Field(
        description="verified: people's decision holds. needs_review: it waits for a person."
    )


class Differs(ExpressionPart):
    """The label that holds differs from the one that holds in another job over the data set."""

    kind: Literal["differs"] = "differs"
    job_id: NamePart
    name: NamePart | None = pydantic.Field(default=None, description="Of this task; any task of both if left out.")


class Not(ExpressionPart):
    kind: Literal["not"] = "not"
    of: Expression


class And(ExpressionPart):
    kind: Literal["and"] = "and"
    of: tuple[Expression, ...] = pydantic.Field(min_length=2, max_length=MOST_PARTS)


class Or(ExpressionPart):
    kind: Literal["or"] = "or"
    of: tuple[Expression, ...] = pydantic.Field(min_length=2, max_length=MOST_PARTS)


Leaf = Compare | Exists | Contains | Matches | Flag | Differs
Expression = Annotated[
    Compare | Exists | Contains | Matches | Flag | Differs | Not | And | Or, pydantic.Field(discriminator="kind")
]

for _model in (Not, And, Or):
    _model.model_rebuild()


def leaves(expression: Expression) -> Iterator[Leaf]:
    """Yield the comparisons and tests of the expression, in its order."""
    match expression:
        case Not():
            yield from leaves(expression.of)
        case And() | Or():
            for each in expression.of:
                yield from leaves(each)
        case _:
            yield expression


def problem_with_size(expression: Expression, depth: int = 1) -> str | None:
    """Say why the expression is too large to be evaluated; None where it is not."""
    if depth > MOST_DEPTH:
        return f"it is nested deeper than {MOST_DEPTH} levels"
    below = (expression.of,) if isinstance(expression, Not) else getattr(expression, "of", ())
    for each in below:
        if problem := problem_with_size(each, depth + 1):
            return problem
    if depth == 1 and sum(1 for _ in leaves(expression)) > MOST_PARTS:
        return f"it has more than {MOST_PARTS} comparisons"
    return None


def _check_name(field: Field, name: str | None) -> None:
    if name is not None and field not in NAMED:
        raise ValueError(f"{field.value} stands alone, without a name behind it")
    if name is None and field is Field.METADATA:
        raise ValueError("metadata needs the name of a column: metadata.country")
    if name is not None and field is not Field.METADATA and ("." in name or name.startswith("$")):
        raise ValueError("the name of a task holds no point and does not begin with $")
