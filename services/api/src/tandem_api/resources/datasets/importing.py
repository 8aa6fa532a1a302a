"""Imports: a file becomes records, all of them or none.

Records are written above the data set's visible bound in batches while the file streams in; the commit moves the bound
past them. Whatever goes wrong before, they are removed; what a killed process left there, the next import removes.
One import at a time holds the data set's lease, which a task prolongs while it runs.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar
from uuid import uuid4

from tandem.observability.logs import get_logger
from tandem.observability.metrics import RECORDS_IMPORTED
from tandem.people import Caller
from tandem.store.database import StoreUnavailableError, utcnow
from tandem.store.datasets.documents import DatasetDocument, ImportPart
from tandem.store.datasets.writer import DatasetWriter, ImportLeaseLostError
from tandem.store.patience import patiently
from tandem.store.records.writer import ExistingKey, RecordWriter
from tandem_api.frames.arrow_rows import ArrowRows
from tandem_api.resources.datasets.import_run import ImportOptions, ImportRun, begin
from tandem_api.resources.datasets.parsing.opinions import agreed
from tandem_api.resources.datasets.parsing.record_maker import Draft
from tandem_api.resources.datasets.parsing.rows import FileFaultError, Row, SizeLimits
from tandem_api.resources.datasets.parsing.tools.recognised import Tool
from tandem_api.resources.datasets.schemas import ImportResult

T = TypeVar("T")

BATCH = 1000
SPOOLED_ROWS = 500
"""Rows of a file on disk that are read at a time, in a thread."""
BATCH_CHARACTERS = 4_000_000
"""A batch of long texts is written before it has BATCH rows, so that memory stays bounded."""


_log = get_logger(__name__)


class Batch:
    """Rows to be written together."""

    def __init__(self) -> None:
        self._rows: list[Row] = []
        self._characters = 0

    def add(self, row: Row) -> None:
        self._rows.append(row)
        self._characters += sum(len(value) for value in row.values.values() if isinstance(value, str))

    @property
    def is_full(self) -> bool:
        return len(self._rows) == BATCH or self._characters >= BATCH_CHARACTERS

    def taken(self) -> list[Row]:
        """Return the rows, and begin anew."""
        rows, self._rows, self._characters = self._rows, [], 0
        return rows


def collected(rows: Iterator[Row]) -> tuple[list[Row], FileFaultError | None]:
    """Return the rows up to the first fault, and the fault."""
    found: list[Row] = []
    try:
        found.extend(rows)
    except FileFaultError as fault:
        return found, fault
    return found, None


class ImportBusyError(Exception):
    """Another import into this data set is under way."""


@dataclass(frozen=True, slots=True)
class ImportLimits:
    rows: SizeLimits
    upload_bytes: int
    unpacked_bytes: int
    idle_seconds: float
    lease_seconds: float


class Importer:
    def __init__(self, datasets: DatasetWriter, records: RecordWriter, limits: ImportLimits) -> None:
        self._datasets = datasets
        self._records = records
        self.limits = limits

    async def run(
        self, dataset_id: str, chunks: AsyncIterator[bytes], reading: ImportOptions, *, by: Caller
    ) -> ImportResult:
        """Import the file. Raises FileFaultError, ImportBusyError, UploadTooLargeError, UploadStalledError,
        ImportLeaseLostError, RecordCollisionError and StoreUnavailableError; after each of them nothing was
        imported."""
        import_id = uuid4().hex
        dataset = await self._begin(dataset_id, import_id)
        if dataset is None:
            raise ImportBusyError(dataset_id)
        keeping = asyncio.create_task(self._keep_lease(dataset_id, import_id))
        try:
            bound = dataset["visible_below"]
            await self._patiently(lambda: self._records.delete_invisible(dataset_id, from_seq=bound))
            run = await self._take_in(dataset, import_id, chunks, reading)
            result = await self._commit(run, reading, by)
        except BaseException:
            await asyncio.shield(asyncio.create_task(self._undo(dataset, import_id)))
            raise
        finally:
            keeping.cancel()
        RECORDS_IMPORTED.inc(run.records)
        return result

    async def _begin(self, dataset_id: str, import_id: str) -> DatasetDocument | None:
        """Take the lease; None when another import has it. A lease that was taken although an error came is released,
        so that the next try need not wait until it runs out."""
        try:
            return await self._patiently(
                lambda: self._datasets.begin_import(dataset_id, import_id, seconds=self.limits.lease_seconds)
            )
        except StoreUnavailableError:
            with contextlib.suppress(StoreUnavailableError):
                await self._datasets.give_up_import(dataset_id, import_id)
            raise

    async def _take_in(
        self, dataset: DatasetDocument, import_id: str, chunks: AsyncIterator[bytes], reading: ImportOptions
    ) -> ImportRun:
        fields, mapping = dataset["fields"], reading.mapping
        if fields and set(fields) != set(mapping.text_columns):
            raise FileFaultError(
                "other-fields",
                f"The data set's records have the fields {', '.join(fields)}; "
                f"text_columns names {', '.join(mapping.text_columns)}.",
                cure="Name the same columns, or make another data set.",
            )
        is_typed = isinstance(reading.parser, ArrowRows)
        run: ImportRun | None = None
        batch = Batch()
        ending: FileFaultError | None = None
        async for rows, fault in self._pieces(chunks, reading):
            ending = fault
            for row in rows:
                if run is None:
                    run = begin(dataset, import_id, reading, row, records=self._records, limits=self.limits.rows)
                batch.add(row)
                if batch.is_full:
                    await self._write(run, batch.taken(), is_typed=is_typed)
        if run is None:
            if reading.parser.columns is not None:
                mapping.check(reading.parser.columns)
            raise ending or FileFaultError(
                "empty-file", "The file has no rows.", cure="Send at least one row below the header."
            )
        await self._write(run, batch.taken(), is_typed=is_typed)
        run.faults.end(ending)
        return run

    async def _pieces(
        self, chunks: AsyncIterator[bytes], reading: ImportOptions
    ) -> AsyncIterator[tuple[list[Row], FileFaultError | None]]:
        """Yield the rows as they come, and with the last of them the fault that ends the file, if there is one."""
        parser = reading.parser
        try:
            async for chunk in chunks:
                rows, fault = collected(parser.feed(chunk))
                yield rows, fault
                if fault is not None:
                    return
        except FileFaultError as broken:  # of the bytes themselves: another encoding, a damaged archive
            yield [], broken
            return
        last = parser.finish()
        if not parser.is_spooled:
            yield collected(last)
            return
        while True:
            rows, fault = await asyncio.to_thread(collected, islice(last, SPOOLED_ROWS))
            if rows or fault is not None:
                yield rows, fault
            if fault is not None or not rows:
                return

    async def _write(self, run: ImportRun, rows: Sequence[Row], *, is_typed: bool) -> None:
        """Write the rows' records; once a row had a fault, only look for further ones. `is_typed`: the file says the
        types of its columns."""
        had_faults = bool(run.faults.kept)
        drafts = run.drafts(rows)
        if had_faults:
            return
        if not is_typed:
            run.seen.see(draft.metadata for draft in drafts)
        new = await self._new_ids(run, drafts)
        if run.duplicates.looks_at_content:
            new = await self._new_contents(run, new)
        if run.faults.kept:
            return
        dataset_id = run.dataset["_id"]
        await self._records.insert(
            [
                draft.record(key, dataset_id=dataset_id, seq=run.next_seq + place, import_id=run.import_id)
                for place, (draft, key) in enumerate(new)
            ]
        )
        run.took(new)

    async def _new_ids(self, run: ImportRun, drafts: Sequence[Draft]) -> list[tuple[Draft, str]]:
        """Return the rows whose id no record has yet, with their ids. Raises FileFaultError where others are a
        fault."""
        if run.mapping.make_ids:
            keys = await run.made_ids.of([draft.content_hash for draft in drafts])
        else:
            keys = [draft.own_id or "" for draft in drafts]
        existing = await self._records.existing(run.dataset["_id"], keys)
        run.made_ids.came(existing)
        new: list[tuple[Draft, str]] = []
        begun: dict[str, Draft] = {}
        for draft, key in zip(drafts, keys, strict=True):
            if key in existing or key in begun:
                if not await self._merged(run, draft, key, existing.get(key), begun.get(key)):
                    earlier = begun[key].row.number if key in begun else None
                    run.duplicates.same_id(draft, key, existing.get(key), earlier)
                continue
            begun[key] = draft
            new.append((draft, key))
        return new

    async def _merged(
        self, run: ImportRun, draft: Draft, key: str, stored: ExistingKey | None, earlier: Draft | None
    ) -> bool:
        """Add what an annotator said to the record that another line of the same file made; return whether it was
        such a line: tools write one line for each annotator."""
        if not draft.opinions:
            return False
        if earlier is not None and earlier.content_hash == draft.content_hash:
            earlier.add(draft.opinions)
            return True
        if stored is None or stored.import_id != run.import_id or stored.content_hash != draft.content_hash:
            return False
        opinions = [*await self._records.opinions(run.dataset["_id"], key), *draft.opinions]
        gold, _ = agreed(opinions)
        await self._records.set_opinions(run.dataset["_id"], key, run.import_id, opinions, gold)
        run.added(draft, opinions)
        return True

    async def _new_contents(self, run: ImportRun, drafts: Sequence[tuple[Draft, str]]) -> list[tuple[Draft, str]]:
        """Return the rows whose fields no record has yet, with their ids. Raises FileFaultError where others are a
        fault."""
        hashes = [draft.content_hash for draft, _ in drafts]
        known = await self._records.with_content(run.dataset["_id"], hashes)
        new: list[tuple[Draft, str]] = []
        for draft, key in drafts:
            if draft.content_hash in known:
                run.duplicates.same_content(draft.row, key, known[draft.content_hash])
                continue
            known[draft.content_hash] = key
            new.append((draft, key))
        return new

    async def _commit(self, run: ImportRun, reading: ImportOptions, by: Caller) -> ImportResult:
        duplicates, mapping, dataset = run.duplicates, run.mapping, run.dataset
        columns = run.columns(reading.parser)
        part: ImportPart = {
            "import_id": run.import_id,
            "records": run.records,
            "skipped": duplicates.skipped,
            "committed_at": utcnow(),
            "committed_by": by.name,
            "committed_by_id": by.person_id,
        }
        committed = await self._patiently(
            lambda: self._datasets.commit_import(
                dataset["_id"],
                part,
                fields=dataset["fields"] or list(mapping.text_columns),
                ids_made=dataset.get("ids_made", False) if dataset["fields"] else mapping.make_ids,
                columns=columns,
                gold_tasks=list(run.gold),
                visible_below=run.next_seq,
            )
        )
        return ImportResult(
            import_id=run.import_id,
            records=run.records,
            skipped=duplicates.skipped,
            same_content=duplicates.contents,
            duplicates=duplicates.ids,
            changed=duplicates.changed,
            skipped_ids=duplicates.skipped_ids,
            id_column=mapping.id_column,
            made_ids=run.first_made,
            repeated=run.made_ids.repeated,
            delimiter=reading.parser.delimiter,
            file_format=reading.file_format,
            packing=reading.packing,
            empty=run.empty,
            left_out=[*run.left_out.names, *run.translator.left_out, *run.maker.opinions.unknown],
            gold=run.gold,
            tool=tool if (tool := run.translator.tool) is not None and tool is not Tool.NONE else None,
            opinions=run.opinions,
            disagreed=run.disagreed,
            visible_below=committed["visible_below"],
        )

    async def forget(self, dataset_id: str) -> None:
        """Delete what a killed import left in a data set that is deleted; nobody sees those records."""
        await self._records.delete_invisible(dataset_id, from_seq=0)

    async def _keep_lease(self, dataset_id: str, import_id: str) -> None:
        while True:
            await asyncio.sleep(self.limits.lease_seconds / 3)
            try:
                await self._datasets.renew_import(dataset_id, import_id, seconds=self.limits.lease_seconds)
            except StoreUnavailableError:
                continue
            except ImportLeaseLostError:
                return  # the commit will find the same

    async def _patiently(self, call: Callable[[], Awaitable[T]]) -> T:
        return await patiently(call, seconds=self.limits.lease_seconds)

    async def _undo(self, dataset: DatasetDocument, import_id: str) -> None:
        """Remove what was written, unless the commit took effect although it seemed to fail.

        Where that fails the bound still hides it, and the next import removes it.
        """
        try:
            if await self._patiently(lambda: self._datasets.give_up_import(dataset["_id"], import_id)):
                await self._records.delete_import(import_id, from_seq=dataset["visible_below"])
        except StoreUnavailableError:
            _log.warning("import.undo_postponed", dataset_id=dataset["_id"], import_id=import_id)
