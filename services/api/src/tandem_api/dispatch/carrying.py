"""Labels of a job that carries another job's over to its own label schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tandem.events import LabelSchemaSpec
from tandem.labeling.carrying import CarryOver
from tandem.store.annotations.documents import annotation_id
from tandem.store.annotations.final import final_labels
from tandem.store.annotations.reader import AnnotationReader
from tandem.store.jobs.documents import JobDocument
from tandem.store.records.documents import RecordDocument
from tandem_api.dispatch.label_makers import MadeLabels

_KEPT = 100


class CarryOverMaker:
    """A `Maker`. The job's `making` holds `label_schema`, the one that the labels are of, and the `mapping`."""

    def __init__(self, annotations: AnnotationReader) -> None:
        self._annotations = annotations
        self._prepared: dict[str, CarryOver] = {}

    async def make(self, job: JobDocument, records: Sequence[RecordDocument]) -> Mapping[int, MadeLabels]:
        (source,) = job["sources"]
        carry_over = self._carry_over(job)
        found = await self._annotations.get_many(annotation_id(source, record["seq"]) for record in records)
        made: dict[int, MadeLabels] = {}
        for record in records:
            key = annotation_id(source, record["seq"])
            annotation = found.get(key)
            ready = carry_over.carry(final_labels(annotation), record["fields"]).ready(key if annotation else None)
            made[record["seq"]] = MadeLabels(
                ready, annotation["provider"] if annotation else "", annotation["model"] if annotation else ""
            )
        return made

    def _carry_over(self, job: JobDocument) -> CarryOver:
        if (known := self._prepared.get(job["_id"])) is None:
            if len(self._prepared) >= _KEPT:
                self._prepared.clear()
            old = LabelSchemaSpec.model_validate(job["making"]["label_schema"])
            new = LabelSchemaSpec.model_validate(job["published"]["label_schema"])
            known = self._prepared[job["_id"]] = CarryOver(old, new, job["making"]["mapping"])
        return known
