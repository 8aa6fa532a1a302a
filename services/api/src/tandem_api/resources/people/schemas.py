"""People on the wire."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from tandem.people import PersonSource
from tandem_api.paging import Page
from tandem_api.views import Body, Name, View


class PersonCreate(Body):
    name: Name = Field(description="For people to read; two people may have the same.")


class PersonUpdate(Body):
    name: Name = Field(description="The name that is shown from now on, also for what the person did before.")


class Person(View):
    id: str
    name: str
    source: PersonSource = Field(
        description="name_only: known from documents of older versions, which held a name and no id. Nobody logs in as "
        "such a person."
    )
    created_at: datetime
    disabled_at: datetime | None = Field(description="Since when none of the person's credentials is good.")


class PersonPage(Page[Person]):
    pass
