"""Label schemas: what may be answered. Immutable versions; creating an equal one returns the version that is there."""

from __future__ import annotations

from collections.abc import Sequence

from tandem_client.models import LabelOption, LabelSchema, SingleChoice
from tandem_client.paging import pages
from tandem_client.transport import Transport


class LabelSchemas:
    def __init__(self, transport: Transport) -> None:
        self._http = transport

    def create(self, project_id: str, *, name: str, tasks: Sequence[SingleChoice]) -> LabelSchema:
        body = {"name": name, "tasks": [task.model_dump(mode="json") for task in tasks]}
        return LabelSchema.model_validate(self._http.post(f"/projects/{project_id}/label-schemas", body))

    def create_single_choice(
        self, project_id: str, *, name: str, labels: Sequence[str | LabelOption], question: str = ""
    ) -> LabelSchema:
        """A schema of one single-choice task, named like the schema, from plain label values or full options."""
        options = tuple(label if isinstance(label, LabelOption) else LabelOption(value=label) for label in labels)
        return self.create(project_id, name=name, tasks=[SingleChoice(name=name, question=question, options=options)])

    def list(self, project_id: str) -> list[LabelSchema]:
        return [LabelSchema.model_validate(item) for item in pages(self._http, f"/projects/{project_id}/label-schemas")]

    def get(self, label_schema_id: str) -> LabelSchema:
        return LabelSchema.model_validate(self._http.get(f"/label-schemas/{label_schema_id}"))

    def find(self, project_id: str, name: str) -> LabelSchema | None:
        """The latest version of the schema of this name, or the version of this id, or None."""
        found = [schema for schema in self.list(project_id) if name in (schema.name, schema.id)]
        return max(found, key=lambda schema: schema.version, default=None)
