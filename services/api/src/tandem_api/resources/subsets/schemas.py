"""Subsets on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from tandem_api.paging import Page
from tandem_api.resources.subsets.definitions import Definition
from tandem_api.views import Body, Name, View


class SubsetCreate(Body):
    name: Name = Field(description="Unique in the data set.")
    definition: Definition


class SubsetDefinition(Body):
    definition: Definition


_BLIND = (
    "Records of the data set that were left out, whether or not they match, because the caller is still to read them "
    "without knowing their labels. Select them by their ids, or ask again after reading them."
)


class SubsetCount(View):
    records: int = Field(description="Records that the definition selects now.")
    blind: int = Field(default=0, description=_BLIND)


class Subset(View):
    id: str
    project_id: str
    dataset_id: str
    name: str
    size: int = Field(description="Its records, frozen when it was made.")
    definition: dict[str, Any] = Field(description="What it was made from; it is not evaluated again.")
    created_at: datetime
    created_by: str
    blind: int = Field(default=0, description=_BLIND)


class SubsetPage(Page[Subset]):
    pass
