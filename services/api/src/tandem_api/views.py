"""Base classes of all resources' representations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, StringConstraints

from tandem.text.control_characters import ONE_LINE_PATTERN
from tandem.web.request_body import RequestBody

Name = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True, pattern=ONE_LINE_PATTERN)]


class Body(RequestBody):
    """A request body."""


class View(BaseModel):
    """A response body."""

    model_config = ConfigDict(extra="ignore")

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """Build the view from a document of the store, whose `_id` becomes `id`."""
        return cls.model_validate({**document, "id": document["_id"]})
