"""Filters of an export's rows."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tandem.store.annotations.documents import AnnotationDocument
from tandem.store.records.documents import RecordDocument
from tandem.web import Problem

NOT_RUN = "not_run"
Pair = tuple[RecordDocument, AnnotationDocument | None]


@dataclass(frozen=True, slots=True)
class RowFilter:
    """Conditions that a row has to meet, all of them. What is empty or None is no condition."""

    outcomes: frozenset[str] = frozenset()
    labels: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Task to labels of which it has one: as what holds, among several, or as the label of a span."""
    confidence_from: float | None = None
    confidence_to: float | None = None
    """Bounds of the lowest confidence of the model's labels; a row without any meets none."""
    verified: bool | None = None
    needs_review: bool | None = None

    @property
    def is_empty(self) -> bool:
        return self == RowFilter()

    def meets(self, annotation: AnnotationDocument | None) -> bool:
        """Return whether a record with this annotation is in the export."""
        found: Mapping[str, Any] = annotation or {}
        verification = found.get("verification")
        waits = bool(found.get("needs_review")) and not verification
        return (
            (not self.outcomes or found.get("outcome", NOT_RUN) in self.outcomes)
            and (self.verified is None or self.verified == bool(verification))
            and (self.needs_review is None or self.needs_review == waits)
            and self._meets_confidence(found)
            and all(not labels.isdisjoint(_labels(found, task)) for task, labels in self.labels.items())
        )

    def _meets_confidence(self, found: Mapping[str, Any]) -> bool:
        if self.confidence_from is None and self.confidence_to is None:
            return True
        known = [label["confidence"] for label in found.get("labels", ()) if label.get("confidence") is not None]
        if not known:
            return False
        low, high = self.confidence_from, self.confidence_to
        return (low is None or low <= min(known)) and (high is None or min(known) <= high)


def row_filter(
    outcomes: Sequence[str],
    labels: Sequence[str],
    *,
    confidence_from: float | None,
    confidence_to: float | None,
    verified: bool | None,
    needs_review: bool | None,
) -> RowFilter:
    """Build the filter of a request; `labels` are written as task=label. Raises Problem."""
    wanted: dict[str, set[str]] = {}
    for pair in labels:
        task, equals, label = pair.partition("=")
        if not equals or not task:
            raise Problem(
                422,
                "bad-filter",
                f"{pair[:100]!r} does not say which label of which task.",
                field="label",
                cure="Write label=task=value, e.g. label=sentiment=positive.",
            )
        wanted.setdefault(task, set()).add(label)
    return RowFilter(
        frozenset(outcomes),
        {task: frozenset(found) for task, found in wanted.items()},
        confidence_from,
        confidence_to,
        verified,
        needs_review,
    )


async def filtered(blocks: AsyncIterator[Sequence[Pair]], wanted: RowFilter) -> AsyncIterator[list[Pair]]:
    """Yield the rows that meet the filter, block by block; blocks without any are left out."""
    async for block in blocks:
        if kept := [pair for pair in block if wanted.meets(pair[1])]:
            yield kept


def final_values(annotation: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what holds, by task: the person's values where a person decided, else the model's."""
    if (verification := annotation.get("verification")) is not None:
        values: Mapping[str, Any] = verification["values"]
        return values
    return {label["task"]: label["value"] for label in annotation.get("labels", ())}


def _labels(annotation: Mapping[str, Any], task: str) -> set[str]:
    value = final_values(annotation).get(task)
    if isinstance(value, list):
        return {one["label"] if isinstance(one, dict) else str(one) for one in value}
    return set() if value is None else {str(value)}
