"""Finds records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tandem.finding import matched, write
from tandem.people import Caller
from tandem.store.annotations.documents import annotation_id
from tandem.store.annotations.final import final_values
from tandem.store.annotations.reader import AnnotationReader
from tandem.store.annotations.subjects import subject_of
from tandem.store.datasets.documents import DatasetDocument
from tandem.store.finding.finder import Finder
from tandem.store.finding.orders import IN_SEQ, By, FindOrder, Position, UnknownOrderError, groups_of, key_of, key_text
from tandem.store.finding.scope import Scope
from tandem.store.jobs.documents import JobDocument
from tandem.store.records.reader import RecordReader
from tandem.web import Problem
from tandem.web.scopes import Scopes
from tandem_api.excerpts import excerpt
from tandem_api.paging import decode_cursor, encode_cursor
from tandem_api.resources.annotations.service import AnnotationService
from tandem_api.resources.datasets.service import DatasetService
from tandem_api.resources.find.schemas import (
    MOST_METADATA,
    Confidences,
    Counting,
    Find,
    FoundCount,
    FoundPage,
    FoundRecord,
    Measure,
)
from tandem_api.resources.jobs.service import JobService


class FindService:
    def __init__(
        self,
        *,
        datasets: DatasetService,
        jobs: JobService,
        annotations: AnnotationService,
        reader: AnnotationReader,
        records: RecordReader,
        scopes: Scopes,
        finder: Finder,
    ) -> None:
        self._datasets = datasets
        self._jobs = jobs
        self._annotations = annotations
        self._reader = reader
        self._records = records
        self._scopes = scopes
        self._finder = finder

    async def in_dataset(self, dataset_id: str, body: Find, caller: Caller) -> FoundPage:
        return await self._find(await self._datasets.reachable(dataset_id, caller), None, body, caller)

    async def in_job(self, job_id: str, body: Find, caller: Caller) -> FoundPage:
        job = await self._jobs.reachable(job_id, caller)
        return await self._find(await self._datasets.reachable(job["dataset_id"], caller), job, body, caller)

    async def confidences(self, job_id: str, body: Measure, caller: Caller) -> Confidences:
        """Count what matches by the lowest confidence of its labels."""
        job = await self._jobs.reachable(job_id, caller)
        scope = await self._scopes.of_job(job, body.where, caller, reveals_values=True)
        found = await self._finder.confidences(scope)
        return Confidences(
            where=write(scope.expression),
            bins=found.bins,
            most=found.most,
            whole_job=found.whole_job,
            blind=len(scope.blind),
        )

    async def _find(self, dataset: DatasetDocument, job: JobDocument | None, body: Find, caller: Caller) -> FoundPage:
        order = _order(body.order)
        if job is None:
            if order != IN_SEQ:
                cure = "Find in one of its jobs, or order by seq."
                raise _no_order("The records of a data set have no confidence, no label and no decision.", cure)
            scope = await self._scopes.of_dataset(dataset, body.where, caller)
        else:
            scope = await self._scopes.of_job(job, body.where, caller, reveals_values=order.reveals_values)
            if order.by in (By.STATE, By.LABEL):
                _groups(order, scope)
        after = None if body.after is None else _position(body.after, order)
        page = FoundPage(where=write(scope.expression), items=[], scanned=0, stopped=False, blind=len(scope.blind))
        if body.limit:
            found = await self._finder.page(scope, order=order, after=after, limit=body.limit)
            page.items = await self._shown(scope, found.seqs, caller, metadata=body.metadata)
            page.scanned, page.stopped = found.scanned, found.stopped
            page.next = None if found.after is None else _cursor(found.after, order)
        if body.count is not Counting.NONE:
            counted = await self._finder.count(scope, exact=body.count is Counting.EXACT)
            text = f"{counted.records:,}{'' if counted.exact else '+'}"
            page.count = FoundCount(records=counted.records, exact=counted.exact, text=text)
        return page

    async def _shown(self, scope: Scope, seqs: list[int], caller: Caller, *, metadata: bool) -> list[FoundRecord]:
        """Return the records as the caller may see them, with the tests that made them match."""
        records = await self._records.get_many(scope.dataset_id, seqs)
        documents, views = {}, {}
        if scope.job_id is not None:
            ids = [annotation_id(scope.job_id, seq) for seq in seqs]
            documents = {each["seq"]: each for each in (await self._reader.get_many(ids)).values()}
            views = await self._annotations.views(scope.job_id, caller, list(documents.values()))
        others = {}
        for job_id in scope.others:
            found = await self._reader.get_many(annotation_id(job_id, seq) for seq in seqs)
            others[job_id] = {each["seq"]: final_values(each) for each in found.values()}
        items = []
        for seq in seqs:
            if (record := records.get(seq)) is None:
                continue
            there = {job_id: values.get(seq) for job_id, values in others.items()}
            tests = matched(scope.expression, subject_of(record, documents.get(seq), there))
            items.append(
                FoundRecord(
                    seq=seq,
                    record_id=record["record_id"],
                    excerpt=excerpt(record),
                    matched=[write(each) for each in tests],
                    annotation=views.get(seq),
                    metadata=_cut(record["metadata"]) if metadata else None,
                )
            )
        return items


def _order(text: str) -> FindOrder:
    try:
        return FindOrder.parse(text)
    except UnknownOrderError as error:
        raise _no_order(str(error), "Use one of these.") from error


def _groups(order: FindOrder, scope: Scope) -> None:
    """Check that the job's records can be put into the groups of the order. Raises a Problem."""
    try:
        groups_of(order, scope.tasks)
    except UnknownOrderError as error:
        raise _no_order(str(error), "FindOrder by another column.") from error


def _no_order(detail: str, cure: str) -> Problem:
    return Problem(422, "invalid-order", detail, field="order", cure=cure)


def _cut(metadata: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value[:MOST_METADATA] if isinstance(value, str) else value for name, value in metadata.items()}


def _cursor(position: Position, order: FindOrder) -> str:
    key, seq = position
    return encode_cursor(str(order), key_text(key), seq)


def _position(cursor: str, order: FindOrder) -> Position:
    """Return the position that a cursor says. Raises a Problem where it belongs to another order, or is none."""
    given, key, seq = decode_cursor(cursor, str, str, int)
    try:
        if given == str(order):
            return key_of(key, order), seq
    except ValueError:
        pass
    cure = "Start again without `after`."
    raise Problem(422, "invalid-cursor", "`after` belongs to a page in another order.", field="after", cure=cure)
