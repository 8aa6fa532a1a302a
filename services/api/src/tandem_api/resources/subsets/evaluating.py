"""Evaluation of definitions: which records of a data set they select now."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import and_, or_, sub
from typing import assert_never

from tandem.jobs import Selection
from tandem.people import Caller
from tandem.store.annotations.matching import AnnotationMatch, MatchingReader
from tandem.store.datasets.documents import DatasetDocument
from tandem.store.finding.finder import Finder
from tandem.store.jobs.documents import JobDocument, selection_of
from tandem.store.records.reader import RecordReader
from tandem.store.review_items.reader import ReviewItemReader
from tandem.store.subsets.reader import SubsetReader
from tandem.web import Problem
from tandem.web.scopes import Scopes
from tandem_api.resources.jobs.service import JobService
from tandem_api.resources.subsets.definitions import (
    Combined,
    Definition,
    Everything,
    Found,
    OfJob,
    OfRecords,
    OfSubset,
)


@dataclass(frozen=True, slots=True)
class Selected:
    records: Selection
    blind: int = 0
    """Number of the data set's records that were left out unseen, because the caller is still to read them blind."""


class Evaluator:
    """Selects the records that a definition means, as they are now."""

    def __init__(
        self,
        *,
        records: RecordReader,
        matching: MatchingReader,
        subsets: SubsetReader,
        review_items: ReviewItemReader,
        jobs: JobService,
        scopes: Scopes,
        finder: Finder,
    ) -> None:
        self._records = records
        self._review_items = review_items
        self._matching = matching
        self._subsets = subsets
        self._jobs = jobs
        self._scopes = scopes
        self._finder = finder

    async def select(self, dataset: DatasetDocument, definition: Definition, caller: Caller) -> Selected:
        """Return the records of the data set that the definition means. Raises a Problem that names the field.

        Records that the caller is still to read blind are left out, whether or not they match: which records match, or
        how many, would tell their labels. A definition that names records says nothing of labels.
        """
        selection = await self._selection(dataset, definition, caller)
        if isinstance(definition, OfRecords):
            return Selected(selection)
        hidden = await self._review_items.blind_for(caller.person_id, dataset["_id"])
        return Selected(selection - Selection.of(hidden), len(hidden)) if hidden else Selected(selection)

    async def _selection(self, dataset: DatasetDocument, definition: Definition, caller: Caller) -> Selection:
        match definition:
            case OfRecords():
                return await self._of_records(dataset, definition)
            case OfJob():
                return await self._of_job(dataset, definition, caller)
            case Found():
                return await self._found(dataset, definition, caller)
            case OfSubset():
                return await self._of_subset(dataset, definition.subset_id, field="definition.subset_id")
            case Everything():
                return Selection.range(0, dataset["visible_below"])
            case Combined():
                return await self._combined(dataset, definition, caller)
            case _:
                assert_never(definition)

    async def _of_records(self, dataset: DatasetDocument, definition: OfRecords) -> Selection:
        found = await self._records.find_many(dataset["_id"], definition.record_ids)
        visible = {record_id: seq for record_id, seq in found.items() if seq < dataset["visible_below"]}
        if missing := [record_id for record_id in definition.record_ids if record_id not in visible]:
            shown = ", ".join(map(repr, missing[:5]))
            raise _problem(
                "definition.record_ids",
                f"The data set has no record {shown}{' and others' if len(missing) > 5 else ''}.",
                "Ids are matched to the letter.",
            )
        return Selection.of(visible.values())

    async def _of_job(self, dataset: DatasetDocument, definition: OfJob, caller: Caller) -> Selection:
        job = await self._job_over(dataset, definition.job_id, caller)
        match = AnnotationMatch(
            outcomes=definition.outcomes,
            reasons=definition.reasons,
            labels=definition.labels,
            least_confidence=definition.least_confidence,
            below_confidence=definition.below_confidence,
            verified=definition.verified,
        )
        return await self._matching.matching(job["_id"], match)

    async def _found(self, dataset: DatasetDocument, definition: Found, caller: Caller) -> Selection:
        job = None if definition.job_id is None else await self._job_over(dataset, definition.job_id, caller)
        where, field = definition.where, "definition.where"
        if job is None:
            scope = await self._scopes.of_dataset(dataset, where, caller, field=field)
        else:
            scope = await self._scopes.of_job(job, where, caller, field=field)
        return await self._finder.select(scope)

    async def _job_over(self, dataset: DatasetDocument, job_id: str, caller: Caller) -> JobDocument:
        job = await self._jobs.reachable(job_id, caller)
        if job["dataset_id"] != dataset["_id"]:
            raise _problem(
                "definition.job_id",
                "The job runs over another data set.",
                "Name a job over this data set.",
            )
        return job

    async def _of_subset(self, dataset: DatasetDocument, subset_id: str, *, field: str) -> Selection:
        subset = await self._subsets.get(subset_id)
        if subset is None or subset["dataset_id"] != dataset["_id"]:
            raise _problem(field, f"The data set has no subset {subset_id!r}.", "Use ids from its list.")
        return selection_of(subset["selection"])

    async def _combined(self, dataset: DatasetDocument, definition: Combined, caller: Caller) -> Selection:
        selections = [
            await self._of_subset(dataset, subset_id, field="definition.subset_ids")
            for subset_id in definition.subset_ids
        ]
        selections += [await self._selection(dataset, part, caller) for part in definition.definitions]
        combine = {"union": or_, "intersection": and_, "difference": sub}[definition.operation]
        return reduce(combine, selections)


def _problem(field: str, detail: str, cure: str) -> Problem:
    return Problem(422, "invalid-subset", detail, field=field, cure=cure)
