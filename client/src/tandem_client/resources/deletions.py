"""Deletions: what would go is said first; what went is kept for audit."""

from __future__ import annotations

from typing import Any, Literal

from tandem_client.models import Deletion
from tandem_client.transport import Transport

DELETION_SECONDS = 60.0
Kind = Literal["record", "dataset", "job", "agent", "label_schema", "project", "person"]


class Deletions:
    def __init__(self, transport: Transport) -> None:
        self._http = transport

    def plan(self, kind: Kind, id: str, *, dataset_id: str | None = None) -> Deletion:  # noqa: A002 - the API's own name
        """Return what would go; nothing is deleted. A record's `id` is its own, within `dataset_id`."""
        return self._order(kind, id, dataset_id, None)

    def carry_out(self, kind: Kind, id: str, *, confirm: str, dataset_id: str | None = None) -> Deletion:  # noqa: A002 - the API's name
        """Delete the thing and all that belongs to it, for good. `confirm`: what the plan says, the thing's name.

        Where `done` is False the server goes on with it; `list` shows when it is done.
        """
        return self._order(kind, id, dataset_id, confirm)

    def list(self) -> list[Deletion]:
        """Return what was deleted, newest first."""
        return [Deletion.model_validate(item) for item in self._http.get("/deletions")["items"]]

    def _order(self, kind: Kind, id: str, dataset_id: str | None, confirm: str | None) -> Deletion:  # noqa: A002 - the API's name
        body: dict[str, Any] = {"kind": kind, "id": id, "dataset_id": dataset_id, "confirm": confirm}
        given = {name: value for name, value in body.items() if value is not None}
        return Deletion.model_validate(self._http.ask("/deletions", given))
