"""Label schemas: what may be answered. Immutable versions; creating an equal one returns the version that is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from tandem_client.models import CarryOver, LabelSchema
from tandem_client.paging import pages
from tandem_client.reviewing import ReviewPolicy, policy_body
from tandem_client.tasks import LabelOption, MultipleChoice, Number, SingleChoice, Spans, Text
from tandem_client.transport import Transport

SchemaFormat = Literal["yaml", "json"]


class LabelSchemas:
    def __init__(self, transport: Transport) -> None:
        self._http = transport

    def create(
        self, project_id: str, *, name: str, tasks: Sequence[SingleChoice | MultipleChoice | Spans | Number | Text]
    ) -> LabelSchema:
        """Create a schema of one to twenty tasks, labeled together; or its next version."""
        body = {"name": name, "tasks": [task.model_dump(mode="json", exclude_none=True) for task in tasks]}
        return LabelSchema.model_validate(self._http.post(f"/projects/{project_id}/label-schemas", body))

    def create_single_choice(
        self, project_id: str, *, name: str, labels: Sequence[str | LabelOption], question: str = ""
    ) -> LabelSchema:
        """Create a schema of one single-choice task, named like the schema, from plain label values or full options."""
        options = tuple(label if isinstance(label, LabelOption) else LabelOption(value=label) for label in labels)
        return self.create(project_id, name=name, tasks=[SingleChoice(name=name, question=question, options=options)])

    def create_from_file(self, project_id: str, file: str | Path, *, name: str | None = None) -> LabelSchema:
        """Create a schema from a YAML or JSON file, as `export` gives one; `name` goes before the one in the file.

        Raises TandemError with what is wrong and where.
        """
        source = Path(file)
        chosen: SchemaFormat = "json" if source.suffix.lower() == ".json" else "yaml"
        body = self._http.upload(
            f"/projects/{project_id}/label-schemas/import",
            [source.read_bytes()],
            content_type=f"application/{chosen}",
            params={"format": chosen, "name": name},
        )
        return LabelSchema.model_validate(body)

    def export(self, label_schema_id: str, *, format: SchemaFormat = "yaml") -> str:  # noqa: A002 - the API's own name
        """Export the version as a file's text; creating a schema from it makes an equal one."""
        text = bytearray()
        with self._http.download(f"/label-schemas/{label_schema_id}/export", format=format) as chunks:
            for chunk in chunks:
                text += chunk
        return text.decode()

    def carry_over(
        self,
        label_schema_id: str,
        *,
        from_job: str,
        mapping: Mapping[str, Mapping[str, str | None]] | None = None,
        agent_id: str | None = None,
        name: str | None = None,
        review_threshold: float | None = None,
        review_policy: ReviewPolicy | None = None,
        budget_usd: float | None = None,
        dry_run: bool = False,
    ) -> CarryOver:
        """Carry a job's annotations over to this version where labels map: by `mapping` (task to old label to new one,
        or to None), else by equal value. `agent_id` labels the rest; without it they end as invalid."""
        body: dict[str, Any] = {
            "from_job": from_job,
            "mapping": mapping,
            "agent_id": agent_id,
            "name": name,
            "review_policy": policy_body(review_threshold, review_policy),
            "budget_usd": budget_usd,
            "dry_run": dry_run,
        }
        given = {key: value for key, value in body.items() if value is not None}
        return CarryOver.model_validate(self._http.post(f"/label-schemas/{label_schema_id}/carry-over", given))

    def list(self, project_id: str) -> list[LabelSchema]:
        return [LabelSchema.model_validate(item) for item in pages(self._http, f"/projects/{project_id}/label-schemas")]

    def get(self, label_schema_id: str) -> LabelSchema:
        return LabelSchema.model_validate(self._http.get(f"/label-schemas/{label_schema_id}"))

    def find(self, project_id: str, name: str, *, version: int | None = None) -> LabelSchema | None:
        """Find the version of the schema of this name (the latest when None), or the version of this id, or None."""
        named = [schema for schema in self.list(project_id) if name in (schema.name, schema.id)]
        found = [schema for schema in named if version in (None, schema.version)]
        return max(found, key=lambda schema: schema.version, default=None)
