"""An import: a file becomes records, all of them or none.

Records are written above the data set's visible bound in batches while the file streams in; the commit moves the bound
past them. Whatever goes wrong before, they are removed; what a killed process left there, the next import removes.
One import at a time holds the data set's lease, which a task prolongs while it runs.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from uuid import uuid4

from tandem.observability.logs import get_logger
from tandem.observability.metrics import RECORDS_IMPORTED
from tandem.store.database import StoreUnavailableError, utcnow
from tandem.store.datasets.documents import DatasetDocument
from tandem.store.datasets.writer import DatasetWriter, ImportLeaseLostError
from tandem.store.records.documents import RecordDocument, record_document_id
from tandem.store.records.writer import RecordWriter
from tandem_api.datasets.duplicates import Duplicates
from tandem_api.datasets.parsing.mapping import ColumnMapping, RecordMaker
from tandem_api.datasets.parsing.rows import FileFaultError, Limits, Row, RowParser
from tandem_api.datasets.schemas import ImportResult, OnDuplicate, OnSameContent

BATCH = 1000
BATCH_CHARACTERS = 4_000_000
"""A batch of long texts is written before it has BATCH rows, so that memory stays bounded."""

_log = get_logger(__name__)


class ImportBusyError(Exception):
    """Another import into this data set is under way."""


class UploadTooLargeError(Exception):
    """The file is larger than an upload may be. The text is the limit in bytes."""


class UploadStalledError(Exception):
    """Nothing of the file came for too long."""


@dataclass(frozen=True, slots=True)
class ImportLimits:
    rows: Limits
    upload_bytes: int
    idle_seconds: float
    lease_seconds: float


@dataclass
class _Run:
    """One import under way."""

    dataset: DatasetDocument
    import_id: str
    duplicates: Duplicates
    next_seq: int
    records: int = 0


class Importer:
    def __init__(self, datasets: DatasetWriter, records: RecordWriter, limits: ImportLimits) -> None:
        self._datasets = datasets
        self._records = records
        self.limits = limits

    async def run(
        self,
        dataset_id: str,
        chunks: AsyncIterator[bytes],
        parser: RowParser,
        mapping: ColumnMapping,
        *,
        on_duplicate: OnDuplicate,
        on_same_content: OnSameContent,
        by: str,
    ) -> ImportResult:
        """Import the file. Raises FileFaultError, ImportBusyError, UploadTooLargeError, UploadStalledError,
        ImportLeaseLostError, RecordCollisionError and StoreUnavailableError; after each of them nothing was taken."""
        import_id = uuid4().hex
        dataset = await self._datasets.begin_import(dataset_id, import_id, seconds=self.limits.lease_seconds)
        if dataset is None:
            raise ImportBusyError(dataset_id)
        keeping = asyncio.create_task(self._keep_lease(dataset_id, import_id))
        try:
            first_seq = dataset["visible_below"]
            duplicates = Duplicates(on_duplicate, on_same_content, mapping.id_column, import_id, first_seq)
            run = _Run(dataset, import_id, duplicates, first_seq)
            await self._records.delete_invisible(dataset_id, from_seq=run.next_seq)
            await self._take_in(run, chunks, parser, mapping)
            result = await self._commit(run, mapping, by)
        except BaseException:
            await asyncio.shield(asyncio.create_task(self._undo(dataset, import_id)))
            raise
        finally:
            keeping.cancel()
        RECORDS_IMPORTED.inc(run.records)
        return result

    async def _take_in(
        self, run: _Run, chunks: AsyncIterator[bytes], parser: RowParser, mapping: ColumnMapping
    ) -> None:
        fields = run.dataset["fields"]
        if fields and set(fields) != set(mapping.text_columns):
            raise FileFaultError(
                "other-fields",
                f"The data set's records have the fields {', '.join(fields)}; "
                f"text_columns names {', '.join(mapping.text_columns)}.",
                cure="Name the same columns, or make another data set.",
            )
        maker = RecordMaker(
            mapping,
            self.limits.rows,
            dataset_id=run.dataset["_id"],
            import_id=run.import_id,
            fields=fields or mapping.text_columns,
        )
        batch: list[Row] = []
        held = 0
        checked = False
        async for row in self._rows(chunks, parser):
            if not checked and parser.columns is not None:
                mapping.check(parser.columns)
                checked = True
            batch.append(row)
            held += sum(len(value) for value in row.values.values() if isinstance(value, str))
            if len(batch) == BATCH or held >= BATCH_CHARACTERS:
                await self._write(run, maker, batch)
                batch, held = [], 0
        if not checked and parser.columns is not None:
            mapping.check(parser.columns)
        await self._write(run, maker, batch)
        if run.records == 0 and not run.duplicates.skipped:
            raise FileFaultError("empty-file", "The file has no rows.", cure="Send at least one row below the header.")

    async def _rows(self, chunks: AsyncIterator[bytes], parser: RowParser) -> AsyncIterator[Row]:
        taken = 0
        while True:
            try:
                async with asyncio.timeout(self.limits.idle_seconds):
                    chunk = await anext(chunks, None)
            except TimeoutError as error:
                raise UploadStalledError from error
            if chunk is None:
                break
            taken += len(chunk)
            if taken > self.limits.upload_bytes:
                raise UploadTooLargeError(f"{self.limits.upload_bytes:,}")
            for row in parser.feed(chunk):
                yield row
        for row in parser.finish():
            yield row

    async def _write(self, run: _Run, maker: RecordMaker, rows: Sequence[Row]) -> None:
        if not rows:
            return
        keys = [maker.record_id(row) for row in rows]
        existing = await self._records.existing(run.dataset["_id"], keys)
        documents: list[RecordDocument] = []
        rows_taken: list[Row] = []
        begun: dict[str, int] = {}
        for row, key in zip(rows, keys, strict=True):
            if key in existing or key in begun:
                run.duplicates.same_id(row, key, existing.get(key), begun.get(key))
                continue
            begun[key] = row.number
            documents.append(maker.record(row, key, run.next_seq + len(documents)))
            rows_taken.append(row)
        if run.duplicates.looks_at_content:
            documents = await self._without_known_content(run, documents, rows_taken)
        await self._records.insert(documents)
        run.next_seq += len(documents)
        run.records += len(documents)

    async def _without_known_content(
        self, run: _Run, documents: Sequence[RecordDocument], rows: Sequence[Row]
    ) -> list[RecordDocument]:
        """Those whose fields no record has yet, moved together. Raises FileFaultError where others are a fault."""
        hashes = [document["content_hash"] for document in documents]
        known = await self._records.with_content(run.dataset["_id"], hashes)
        new: list[RecordDocument] = []
        for document, row in zip(documents, rows, strict=True):
            key, content = document["record_id"], document["content_hash"]
            if content in known:
                run.duplicates.same_content(row, key, known[content])
                continue
            known[content] = key
            seq = run.next_seq + len(new)
            new.append({**document, "_id": record_document_id(run.dataset["_id"], seq), "seq": seq})
        return new

    async def _commit(self, run: _Run, mapping: ColumnMapping, by: str) -> ImportResult:
        duplicates = run.duplicates
        committed = await self._datasets.commit_import(
            run.dataset["_id"],
            {
                "import_id": run.import_id,
                "records": run.records,
                "skipped": duplicates.skipped,
                "committed_at": utcnow(),
                "committed_by": by,
            },
            fields=run.dataset["fields"] or list(mapping.text_columns),
            gold_tasks=mapping.gold_tasks,
            visible_below=run.next_seq,
        )
        return ImportResult(
            import_id=run.import_id,
            records=run.records,
            skipped=duplicates.skipped,
            same_content=duplicates.contents,
            duplicates=duplicates.ids,
            skipped_ids=duplicates.skipped_ids,
            visible_below=committed["visible_below"],
        )

    async def _keep_lease(self, dataset_id: str, import_id: str) -> None:
        while True:
            await asyncio.sleep(self.limits.lease_seconds / 3)
            try:
                await self._datasets.renew_import(dataset_id, import_id, seconds=self.limits.lease_seconds)
            except StoreUnavailableError:
                continue
            except ImportLeaseLostError:
                return  # the commit will find the same

    async def _undo(self, dataset: DatasetDocument, import_id: str) -> None:
        """Remove what was written. Where that fails the bound still hides it, and the next import removes it."""
        try:
            await self._records.delete_import(import_id, from_seq=dataset["visible_below"])
            await self._datasets.give_up_import(dataset["_id"], import_id)
        except StoreUnavailableError:
            _log.warning("import.undo_postponed", dataset_id=dataset["_id"], import_id=import_id)


async def drain(chunks: AsyncIterator[bytes], *, most_bytes: int, seconds: float) -> None:
    """Read on and throw away, so that a client that is still sending gets to read the answer."""
    taken = 0
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            async for chunk in chunks:
                taken += len(chunk)
                if taken > most_bytes:
                    return
