"""Label schemas on the wire."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from tandem.events import AnyTask
from tandem.events.schema import MOST_TASKS, check_tasks
from tandem_api.label_schemas.shape import completed
from tandem_api.paging import Page
from tandem_api.views import Body, Name, View


class LabelSchemaCreate(Body):
    name: Name
    tasks: Annotated[tuple[AnyTask, ...], BeforeValidator(completed), AfterValidator(check_tasks)] = Field(
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
