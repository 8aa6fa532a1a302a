"""Labels of a job that combines those of several jobs over the same label schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tandem.events import LabelSchemaSpec, ReadyLabels, TaskLabel
from tandem.quality.combining import CombinationEstimate, NoLabel, by_estimate, vote
from tandem.store.annotations.documents import AnnotationDocument, annotation_id
from tandem.store.annotations.final import final_labels, settled_values
from tandem.store.annotations.reader import AnnotationReader
from tandem.store.jobs.documents import JobDocument
from tandem.store.records.documents import RecordDocument
from tandem_api.dispatch.label_makers import MadeLabels

_KEPT = 100


class CombinationMaker:
    """A `Maker` for combinations. The job's `making` holds `estimates`, by the tasks that have one; the others are
    voted on.

    Where a person decided in one of the jobs, that holds, the latest decision first.
    """

    def __init__(self, annotations: AnnotationReader) -> None:
        self._annotations = annotations
        self._prepared: dict[str, tuple[LabelSchemaSpec, dict[str, CombinationEstimate]]] = {}

    async def make(self, job: JobDocument, records: Sequence[RecordDocument]) -> Mapping[int, MadeLabels]:
        sources = job["sources"]
        schema, estimates = self._of(job)
        keys = {record["seq"]: [annotation_id(source, record["seq"]) for source in sources] for record in records}
        found = await self._annotations.get_many(key for each in keys.values() for key in each)
        return {
            seq: MadeLabels(combined(schema, estimates, [found.get(key) for key in each])) for seq, each in keys.items()
        }

    def _of(self, job: JobDocument) -> tuple[LabelSchemaSpec, dict[str, CombinationEstimate]]:
        if (known := self._prepared.get(job["_id"])) is None:
            if len(self._prepared) >= _KEPT:
                self._prepared.clear()
            agents = len(job["sources"])
            estimates = {each["task"]: CombinationEstimate.of(each, agents) for each in job["making"]["estimates"]}
            schema = LabelSchemaSpec.model_validate(job["published"]["label_schema"])
            known = self._prepared[job["_id"]] = (schema, estimates)
        return known


def combined(
    schema: LabelSchemaSpec,
    estimates: Mapping[str, CombinationEstimate],
    annotations: Sequence[AnnotationDocument | None],
) -> ReadyLabels:
    """Combine one record's labels, from its annotations in the jobs, None where it has none there."""
    sources = tuple(annotation["_id"] for annotation in annotations if annotation is not None)
    if (decided := _decided(annotations)) is not None:
        return ReadyLabels(sources=sources, labels=decided)
    given = [{label.task: label.value for label in final_labels(annotation) or ()} for annotation in annotations]
    labels: list[TaskLabel] = []
    missing: list[tuple[str, NoLabel]] = []
    for task in schema.tasks:
        said = [values.get(task.name) for values in given]
        estimate = estimates.get(task.name)
        label = vote(task, said) if estimate is None else by_estimate(task, said, estimate)
        if isinstance(label, NoLabel):
            missing.append((task.name, label))
        else:
            labels.append(label)
    if not missing:
        return ReadyLabels(sources=sources, labels=tuple(labels))
    detail = "; ".join(f"{task}: {label.detail}" for task, label in missing)[:2000]
    return ReadyLabels(sources=sources, labels=tuple(labels), reason=missing[0][1].reason, detail=detail)


def _decided(annotations: Sequence[AnnotationDocument | None]) -> tuple[TaskLabel, ...] | None:
    """Return the labels of the last decision that a person made on the record, in any of the jobs."""
    of_people = [each for each in annotations if each is not None and settled_values(each) is not None]
    latest = max(of_people, key=lambda each: each["verification"]["decided_at"], default=None)
    return final_labels(latest)
