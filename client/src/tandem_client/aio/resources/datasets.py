"""Data sets and their import. Files are streamed, never read into memory; an import is taken whole or not at all."""


# Written by `make async-client` from resources/datasets.py: change that one.

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from tandem_client.aio.frames.giving import FrameSource
from tandem_client.aio.frames.importing import import_frame
from tandem_client.aio.models import Dataset
from tandem_client.aio.paging import pages
from tandem_client.aio.resources.downloads import saved
from tandem_client.aio.transport import Transport
from tandem_client.models import ImportPreview, ImportResult, Record
from tandem_client.resources.downloads import ExportFormat, format_of
from tandem_client.resources.uploads import (
    NEEDED_WHOLE,
    PREVIEW_BYTES,
    Delimiter,
    Encoding,
    FileFormat,
    OnBytes,
    Tool,
    chunks,
    pairs,
)


class Datasets:
    def __init__(self, transport: Transport) -> None:
        self._http = transport

    async def create(self, project_id: str, *, name: str) -> Dataset:
        return Dataset.model_validate(await self._http.post(f"/projects/{project_id}/datasets", {"name": name}))

    async def list(self, project_id: str) -> list[Dataset]:
        return [Dataset.model_validate(item) async for item in pages(self._http, f"/projects/{project_id}/datasets")]

    async def get(self, dataset_id: str) -> Dataset:
        return Dataset.model_validate(await self._http.get(f"/datasets/{dataset_id}"))

    async def delete(self, dataset_id: str) -> None:
        """Delete a data set without records. Raises TandemError of type not-empty otherwise."""
        await self._http.delete(f"/datasets/{dataset_id}")

    async def find(self, project_id: str, name: str) -> Dataset | None:
        """Find the data set of this name or id, or None."""
        return next((dataset for dataset in await self.list(project_id) if name in (dataset.name, dataset.id)), None)

    async def import_file(
        self,
        dataset_id: str,
        file: str | Path,
        *,
        text_columns: Sequence[str],
        format: FileFormat | None = None,  # noqa: A002 - the API's own name
        sheet: str | None = None,
        id_column: str | None = None,
        make_ids: bool = False,
        gold_column: str | None = None,
        gold_task: str | None = None,
        gold_columns: Mapping[str, str] | None = None,
        gold_separator: str | None = None,
        label_schema_id: str | None = None,
        metadata_columns: Sequence[str] = (),
        delimiter: Delimiter | None = None,
        encoding: Encoding | None = None,
        skip_empty: bool = False,
        tool: Tool | None = None,
        on_duplicate: Literal["error", "skip"] | None = None,
        on_same_content: Literal["keep", "skip", "error"] = "keep",
        on_bytes: OnBytes | None = None,
    ) -> ImportResult:
        """Import a file of any format that is read: CSV, JSONL, JSON, Parquet, Excel, the texts also in gzip or zstd.

        The server recognizes it by its content; `format` is for texts that look like another. `sheet` names that of an
        Excel file, the first one when left out. `skip_empty` leaves out rows without text. `tool` names the annotation
        tool that wrote the file, found out when left out; "none" takes its objects as they are. The others are as in
        `import_csv`; the error's extras list all rows with faults under `faults`.
        """
        return await self._import(
            dataset_id,
            Path(file),
            format=format,
            text_columns=text_columns,
            id_column=id_column,
            make_ids=make_ids,
            gold_column=gold_column,
            gold_task=gold_task,
            gold_columns=gold_columns,
            gold_separator=gold_separator,
            label_schema_id=label_schema_id,
            metadata_columns=metadata_columns,
            delimiter=delimiter,
            encoding=encoding,
            sheet=sheet,
            skip_empty=skip_empty,
            tool=tool,
            on_duplicate=on_duplicate,
            on_same_content=on_same_content,
            on_bytes=on_bytes,
        )

    async def preview(
        self,
        file: str | Path,
        *,
        project_id: str | None = None,
        text_columns: Sequence[str] = (),
        gold_columns: Mapping[str, str] | None = None,
        label_schema_id: str | None = None,
        metadata_columns: Sequence[str] = (),
        id_column: str | None = None,
        format: FileFormat | None = None,  # noqa: A002 - the API's own name
        sheet: str | None = None,
        delimiter: Delimiter | None = None,
        encoding: Encoding | None = None,
        tool: Tool | None = None,
    ) -> ImportPreview:
        """Return what an import would make of a file: columns, ids, gold and the first records. Nothing is written.

        Of a text the first megabyte is sent, of Parquet and Excel the whole file.
        """
        params = {
            "project_id": project_id,
            "text_columns": ",".join(text_columns) or None,
            "gold_columns": pairs(gold_columns),
            "label_schema_id": label_schema_id,
            "metadata_columns": ",".join(metadata_columns) or None,
            "id_column": id_column,
            "format": format,
            "sheet": sheet,
            "delimiter": delimiter,
            "encoding": encoding,
            "tool": tool,
        }
        path = Path(file)
        with path.open("rb") as source:
            head = source.read(PREVIEW_BYTES)
            is_cut = path.stat().st_size > len(head) and not head.startswith(NEEDED_WHOLE)
            if not is_cut:
                source.seek(0)
            body = await self._http.upload(
                "/import-preview",
                iter((head,)) if is_cut else chunks(source, None),
                content_type="application/octet-stream",
                params={**params, "cut": is_cut or None},
            )
        return ImportPreview.model_validate(body)

    async def add(
        self,
        dataset_id: str,
        frame: Any,
        *,
        text: str | Sequence[str] | Mapping[str, str],
        id: str | None = None,  # noqa: A002 - what the column is called nearly always
        metadata: Literal["*"] | Sequence[str] = (),
        gold: Mapping[str, str] | None = None,
        label_schema_id: str | None = None,
        make_ids: bool = False,
        on_duplicate: Literal["error", "skip"] | None = None,
        on_same_content: Literal["keep", "skip", "error"] = "keep",
    ) -> ImportResult:
        """Add a frame's rows to a data set, all of them or none; `Dataset.add` tells the parameters."""
        return await import_frame(
            self._http,
            dataset_id,
            frame,
            text=text,
            id=id,
            metadata=metadata,
            gold=gold,
            label_schema_id=label_schema_id,
            make_ids=make_ids,
            on_duplicate=on_duplicate,
            on_same_content=on_same_content,
        )

    async def records(self, dataset_id: str, *, page_size: int = 500) -> AsyncIterator[Record]:
        """Iterate over all records in their order, fetched page by page as the iterator advances."""
        async for item in pages(self._http, f"/datasets/{dataset_id}/records", limit=page_size):
            yield Record.model_validate(item)

    async def record(self, dataset_id: str, seq: int) -> Record:
        """Return the record at a place of the data set."""
        return Record.model_validate(await self._http.get(f"/datasets/{dataset_id}/records/{seq}"))

    def frame(self, dataset_id: str) -> FrameSource:
        """Return the data set's records as a frame, fetched when it is converted."""
        return FrameSource(self._http, f"/datasets/{dataset_id}/frame")

    async def export(
        self,
        dataset_id: str,
        file: str | Path,
        *,
        format: ExportFormat | None = None,  # noqa: A002 - the API's own name
        snapshot: str | None = None,
    ) -> int:
        """Stream all records with what holds over all jobs to a file; return its size in bytes. The format follows the
        file's ending; `snapshot`: "now", so that all of the file shows one moment."""
        target = Path(file)
        params = {"format": format or format_of(target), "snapshot": snapshot}
        return await saved(self._http, f"/datasets/{dataset_id}/export", target, **params)

    async def import_csv(
        self,
        dataset_id: str,
        file: str | Path,
        *,
        text_columns: Sequence[str],
        id_column: str | None = None,
        make_ids: bool = False,
        gold_column: str | None = None,
        gold_task: str | None = None,
        gold_columns: Mapping[str, str] | None = None,
        gold_separator: str | None = None,
        label_schema_id: str | None = None,
        metadata_columns: Sequence[str] = (),
        delimiter: Delimiter | None = None,
        encoding: Encoding | None = None,
        on_duplicate: Literal["error", "skip"] | None = None,
        on_same_content: Literal["keep", "skip", "error"] = "keep",
        on_bytes: OnBytes | None = None,
    ) -> ImportResult:
        """Import a CSV file with a header line, in UTF-8 or the `encoding` named; its delimiter is found.

        Ids come from `id_column`, left out from the column id (or record_id), and where there is none, or with
        `make_ids`, they are made of the rows' content: then rows that are there already are left out, so that the same
        file can be imported again. `text_columns` become the records' fields (`field=column` where they have another
        name, in JSONL a path of keys with dots, too); `gold_column` holds the
        right answer of `gold_task`, `gold_columns` (task to column) those of several. With `label_schema_id` they are
        values of its tasks, else plain labels; `gold_separator` stands between the labels of a multiple choice.
        Raises TandemError with the row and the column of the first fault in `extras`; nothing is imported then.
        """
        return await self._import(
            dataset_id,
            Path(file),
            format="csv",
            text_columns=text_columns,
            id_column=id_column,
            make_ids=make_ids,
            gold_column=gold_column,
            gold_task=gold_task,
            gold_columns=gold_columns,
            gold_separator=gold_separator,
            label_schema_id=label_schema_id,
            metadata_columns=metadata_columns,
            encoding=encoding,
            delimiter=delimiter,
            on_duplicate=on_duplicate,
            on_same_content=on_same_content,
            on_bytes=on_bytes,
        )

    async def import_jsonl(
        self,
        dataset_id: str,
        file: str | Path,
        *,
        text_columns: Sequence[str],
        id_column: str | None = None,
        make_ids: bool = False,
        gold_column: str | None = None,
        gold_task: str | None = None,
        gold_columns: Mapping[str, str] | None = None,
        gold_separator: str | None = None,
        label_schema_id: str | None = None,
        metadata_columns: Sequence[str] = (),
        encoding: Encoding | None = None,
        on_duplicate: Literal["error", "skip"] | None = None,
        on_same_content: Literal["keep", "skip", "error"] = "keep",
        on_bytes: OnBytes | None = None,
    ) -> ImportResult:
        """Import a file of one JSON object a line; columns are the objects' keys. Otherwise as `import_csv`."""
        return await self._import(
            dataset_id,
            Path(file),
            format="jsonl",
            text_columns=text_columns,
            id_column=id_column,
            make_ids=make_ids,
            gold_column=gold_column,
            gold_task=gold_task,
            gold_columns=gold_columns,
            gold_separator=gold_separator,
            label_schema_id=label_schema_id,
            metadata_columns=metadata_columns,
            encoding=encoding,
            on_duplicate=on_duplicate,
            on_same_content=on_same_content,
            on_bytes=on_bytes,
        )

    async def _import(
        self,
        dataset_id: str,
        file: Path,
        *,
        format: FileFormat | None,  # noqa: A002 - the API's own name
        text_columns: Sequence[str],
        id_column: str | None,
        make_ids: bool,
        gold_column: str | None,
        gold_task: str | None,
        gold_columns: Mapping[str, str] | None,
        gold_separator: str | None,
        label_schema_id: str | None,
        metadata_columns: Sequence[str],
        delimiter: str | None = None,
        encoding: Encoding | None,
        sheet: str | None = None,
        skip_empty: bool = False,
        tool: str | None = None,
        on_duplicate: str | None,
        on_same_content: str,
        on_bytes: OnBytes | None,
    ) -> ImportResult:
        params = {
            "format": format,
            "text_columns": ",".join(text_columns),
            "id_column": id_column,
            "make_ids": make_ids or None,
            "gold_column": gold_column,
            "gold_task": gold_task,
            "gold_columns": pairs(gold_columns),
            "gold_separator": gold_separator,
            "label_schema_id": label_schema_id,
            "metadata_columns": ",".join(metadata_columns) or None,
            "delimiter": delimiter,
            "encoding": encoding,
            "sheet": sheet,
            "skip_empty": skip_empty or None,
            "tool": tool,
            "on_duplicate": on_duplicate,
            "on_same_content": on_same_content,
        }
        with file.open("rb") as source:
            body = await self._http.upload(
                f"/datasets/{dataset_id}/imports",
                chunks(source, on_bytes),
                content_type="application/octet-stream",
                params=params,
            )
        return ImportResult.model_validate(body)
