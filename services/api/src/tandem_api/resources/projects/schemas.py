"""Projects on the wire."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from tandem_api.paging import Page
from tandem_api.views import Body, Name, View


class ProjectCreate(Body):
    name: Name
    description: str = Field(default="", max_length=2000)


class Project(View):
    id: str
    name: str
    description: str
    created_at: datetime


class ProjectPage(Page[Project]):
    pass
