"""Label schemas on the wire."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, assert_never

from pydantic import AfterValidator, BeforeValidator, Field

from tandem.events import AnyTask, LabelTask, TextTask
from tandem.events.patterns import problem_with_effort
from tandem.events.schema import MOST_TASKS, MultipleChoiceTask, NumberTask, SingleChoiceTask, SpanTask, check_tasks
from tandem_api.paging import Page
from tandem_api.resources.label_schemas.shape import completed
from tandem_api.views import Body, Name, View


def _checked(tasks: tuple[LabelTask, ...]) -> tuple[LabelTask, ...]:
    """Check the tasks and return them. Raises ValueError when two have the same name, or a pattern takes too long to
    match."""
    for task in tasks:
        match task:
            case TextTask():
                problem = None if task.pattern is None else problem_with_effort(task.pattern, task.max_length)
                if problem is not None:
                    raise ValueError(f"the pattern of {task.name!r}: {problem}")
            case SingleChoiceTask() | MultipleChoiceTask() | SpanTask() | NumberTask():
                pass
            case _:
                assert_never(task)
    return check_tasks(tasks)


class LabelSchemaCreate(Body):
    name: Name
    tasks: Annotated[tuple[AnyTask, ...], BeforeValidator(completed), AfterValidator(_checked)] = Field(
        min_length=1,
        max_length=MOST_TASKS,
        description="Labeled together, in one call. A task without a kind is a single choice; an option may be its "
        "value alone.",
    )


class LabelSchema(View):
    id: str
    project_id: str
    name: str
    version: int
    tasks: tuple[AnyTask, ...]
    created_at: datetime


class LabelSchemaPage(Page[LabelSchema]):
    pass


class SchemaFormat(StrEnum):
    YAML = "yaml"
    JSON = "json"
