"""Exports of jobs, and of data sets over all their jobs: streamed, in the order of the records, in constant memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from tandem.jobs import Selection
from tandem.people import Caller
from tandem.store.annotations.documents import AnnotationDocument
from tandem.store.datasets.documents import DatasetDocument
from tandem.store.jobs.documents import JobDocument, selected
from tandem.store.jobs.reader import JobReader
from tandem.store.records.documents import RecordDocument
from tandem.store.review_items.reader import ReviewItemReader
from tandem.store.snapshots import BadMomentError, Readers, Snapshots, SnapshotTooOldError
from tandem.web import Problem
from tandem_api.frames.arrow_batches import FrameMaker, arrow_stream
from tandem_api.frames.columns import Columns
from tandem_api.frames.labels import label_columns
from tandem_api.resources.annotations.blind import blinded
from tandem_api.resources.annotations.deciders import Deciders
from tandem_api.resources.annotations.export import csv_lines, jsonl
from tandem_api.resources.annotations.schemas import ExportFormat
from tandem_api.resources.datasets.service import DatasetService
from tandem_api.resources.exports.filters import Pair, RowFilter, filtered
from tandem_api.resources.exports.holding import FIELDS, held, held_columns
from tandem_api.resources.exports.tables import csv_of, hugging_face, jsonl_of, parquet
from tandem_api.resources.frames.service import ahead
from tandem_api.resources.jobs.service import JobService

BLOCK = 2000
NOW = "now"
_PAGE = 200
# What an export does not show: large, or for the program alone.
_HIDDEN = ("history", "raw", "calls", "spending", "more_spending", "expires_at")

Hidden = Callable[[Selection], Awaitable[set[int]]]
Blocks = AsyncIterator[Sequence[Pair]]


@dataclass(frozen=True, slots=True)
class Export:
    """A file that is ready to be streamed."""

    content: AsyncIterator[bytes]
    name: str
    """Name of what is exported, for the file's name."""
    moment: str | None
    """The moment of the database that it shows; None: whatever each part is when it is read."""


class ExportService:
    def __init__(
        self,
        snapshots: Snapshots,
        job_reader: JobReader,
        review_items: ReviewItemReader,
        *,
        jobs: JobService,
        datasets: DatasetService,
    ) -> None:
        self._review_items = review_items
        self._snapshots = snapshots
        self._job_reader = job_reader
        self._jobs = jobs
        self._datasets = datasets

    async def job(
        self,
        job_id: str,
        caller: Caller,
        *,
        file_format: ExportFormat,
        wanted: RowFilter,
        moment: str | None,
        spreadsheet_safe: bool = False,
    ) -> Export:
        """Export the records of a job. Raises Problem before the stream begins."""
        job = await self._jobs.reachable(job_id, caller)
        dataset = await self._datasets.reachable(job["dataset_id"], caller)
        readers, moment = await self._readers(moment)
        blocks = ahead(filtered(_walk(readers, job, self._hidden(caller, job["dataset_id"])), wanted))
        fields, gold = dataset["fields"], dataset["gold_tasks"]
        if file_format is ExportFormat.JSONL:
            return Export(jsonl(blocks), job["name"], moment)
        if file_format is ExportFormat.CSV:
            lines = csv_lines(blocks, job, fields, gold, spreadsheet_safe=spreadsheet_safe)
            return Export(lines, job["name"], moment)
        columns = _columns(dataset)
        tasks = job["published"]["label_schema"]["tasks"]
        labels = label_columns(tasks, gold_tasks=gold, provenance=True, taken=_taken(columns, fields))
        return Export(
            _file(file_format, blocks, FrameMaker(columns, fields, labels), name=job["name"]), job["name"], moment
        )

    async def dataset(
        self, dataset_id: str, caller: Caller, *, file_format: ExportFormat, moment: str | None
    ) -> Export:
        """Export the records of a data set with what holds over all its jobs. Raises Problem before the stream
        begins."""
        dataset = await self._datasets.reachable(dataset_id, caller)
        jobs = await self._jobs_of(dataset)
        readers, moment = await self._readers(moment)
        columns, fields = _columns(dataset), dataset["fields"]
        labels = held_columns(jobs, dataset["gold_tasks"], _taken(columns, fields))
        maker = FrameMaker(columns, fields, labels)
        blocks = ahead(_walk_all(readers, dataset, jobs, self._hidden(caller, dataset_id)))
        return Export(_file(file_format, blocks, maker, name=dataset["name"]), dataset["name"], moment)

    def _hidden(self, caller: Caller, dataset_id: str) -> Hidden:
        """Return what tells the records of a stretch that the caller is still to read blind: now, whatever moment the
        export shows."""
        return partial(self._review_items.blind_for, caller.person_id, dataset_id)

    async def _readers(self, moment: str | None) -> tuple[Readers, str | None]:
        if moment is None:
            return self._snapshots.now, None
        try:
            if moment == NOW:
                moment = await self._snapshots.moment()
            return await self._snapshots.at(moment), moment
        except BadMomentError as error:
            raise Problem(
                422,
                "bad-snapshot",
                f"{moment[:50]!r} is no snapshot.",
                field="snapshot",
                cure="Write now, or what the header Tandem-Snapshot of an earlier export says.",
            ) from error
        except SnapshotTooOldError as error:
            raise Problem(
                410,
                "snapshot-too-old",
                "The database no longer keeps the state of that time.",
                field="snapshot",
                cure="Export again with snapshot=now. MongoDB keeps five minutes unless its "
                "minSnapshotHistoryWindowInSeconds says otherwise.",
            ) from error

    async def _jobs_of(self, dataset: DatasetDocument) -> list[JobDocument]:
        found: list[JobDocument] = []
        before = None
        while page := await self._job_reader.list(dataset["project_id"], before=before, limit=_PAGE):
            found += [job for job in page if job["dataset_id"] == dataset["_id"]]
            before = (page[-1]["created_at"], page[-1]["_id"])
            if len(page) < _PAGE:
                break
        return found


async def _walk(readers: Readers, job: JobDocument, hidden: Hidden) -> AsyncIterator[list[Pair]]:
    deciders = Deciders(readers.people)
    async for records in readers.records.stream(job["dataset_id"], selected(job), chunk=BLOCK):
        stored = await readers.annotations.shown(job["_id"], _stretch(records), hidden=_HIDDEN)
        shown = list(blinded(stored, await hidden(_stretch(records))))
        found = {each["seq"]: each for each in await deciders.name(shown)}
        yield [(record, found.get(record["seq"])) for record in records]


async def _walk_all(
    readers: Readers, dataset: DatasetDocument, jobs: Sequence[JobDocument], hidden: Hidden
) -> AsyncIterator[list[Pair]]:
    """Yield all records, each with a stand-in of an annotation whose `held` is what holds over all jobs;
    of a hidden record nothing does."""
    deciders = Deciders(readers.people)
    selections = [(job["_id"], selected(job)) for job in jobs]
    visible = Selection.range(0, dataset["visible_below"])
    async for records in readers.records.stream(dataset["_id"], visible, chunk=BLOCK):
        stretch = _stretch(records)
        by_seq: dict[int, list[AnnotationDocument]] = {}
        for job_id, selection in selections:
            if selection.from_seq < stretch.below_seq and stretch.from_seq < selection.below_seq:
                stored = await readers.annotations.block(job_id, stretch, FIELDS)
                for each in await deciders.name(stored):
                    by_seq.setdefault(each["seq"], []).append(each)
        for seq in await hidden(stretch):
            by_seq.pop(seq, None)
        yield [(record, _stand_in(by_seq.get(record["seq"], ()))) for record in records]


def _stand_in(annotations: Sequence[AnnotationDocument]) -> AnnotationDocument:
    found: Any = {"held": held(annotations)}
    return found  # type: ignore[no-any-return]  # the document is as stored


def _file(file_format: ExportFormat, blocks: Blocks, maker: FrameMaker, *, name: str) -> AsyncIterator[bytes]:
    async def batches() -> AsyncIterator[Any]:
        async for block in blocks:
            yield maker.batch(block)

    match file_format:
        case ExportFormat.PARQUET:
            return parquet(batches(), maker.schema)
        case ExportFormat.ARROW:
            return arrow_stream(blocks, maker)
        case ExportFormat.HUGGING_FACE:
            return hugging_face(batches(), maker.schema, name=name)
        case ExportFormat.CSV:
            return csv_of(batches(), maker.schema)
        case ExportFormat.JSONL:
            return jsonl_of(batches())


def _columns(dataset: DatasetDocument) -> Columns | None:
    part = dataset.get("columns")
    return None if part is None else Columns.of(part)


def _taken(columns: Columns | None, fields: Sequence[str]) -> list[str]:
    return [column.name for column in columns.columns] if columns else ["record_id", "metadata", *fields]


def _stretch(records: Sequence[RecordDocument]) -> Selection:
    return Selection.range(records[0]["seq"], records[-1]["seq"] + 1)
