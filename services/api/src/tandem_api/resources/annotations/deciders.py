"""Names of the people who decided, put into annotations and decisions as they are now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tandem.store.annotations.documents import AnnotationDocument
from tandem.store.opinions.documents import OpinionDocument
from tandem.store.people.reader import PersonReader


class Deciders:
    """Keeps the names for one answer: a query for each block of documents with people that it has not seen yet."""

    def __init__(self, people: PersonReader) -> None:
        self._people = people
        self._names: dict[str, str] = {}

    async def name(self, annotations: Sequence[AnnotationDocument]) -> list[AnnotationDocument]:
        """Return the annotations with the names of those who decided, as they are called now."""
        parts = [part for each in annotations if (part := each.get("verification"))]
        await self._look_up({part.get("decided_by_id", "") for part in parts})
        return [self._named(each) for each in annotations]

    async def of_decisions(self, decisions: Sequence[OpinionDocument]) -> list[dict[str, Any]]:
        """Return the decisions' fields, each with its person's present name."""
        await self._look_up({decision.decided_by_id or "" for decision in decisions})
        return [
            decision.model_dump()
            | {
                "decided_by": self._names.get(decision.decided_by_id or "", decision.decided_by),
                "shown": decision.was_shown,
            }
            for decision in decisions
        ]

    def _named(self, annotation: AnnotationDocument) -> AnnotationDocument:
        part = annotation.get("verification")
        name = None if part is None else self._names.get(part.get("decided_by_id", ""))
        if part is None or name is None or name == part["decided_by"]:
            return annotation
        return {**annotation, "verification": {**part, "decided_by": name}}

    async def _look_up(self, person_ids: set[str]) -> None:
        if unknown := person_ids - self._names.keys() - {""}:
            found = await self._people.names(unknown)
            self._names |= found
