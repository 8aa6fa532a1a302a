"""Label schemas on the wire."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from tandem.events import SingleChoiceTask
from tandem_api.paging import Page
from tandem_api.views import Body, Name, View


class LabelSchemaCreate(Body):
    name: Name
    tasks: tuple[SingleChoiceTask, ...] = Field(
        min_length=1, max_length=1, description="In this release: one single-choice task."
    )


class LabelSchema(View):
    id: str
    project_id: str
    name: str
    version: int
    tasks: tuple[SingleChoiceTask, ...]
    created_at: datetime


class LabelSchemaPage(Page[LabelSchema]):
    pass
