"""The HTTP side of an import: the body as a stream, and each fault as a problem."""

from __future__ import annotations

import errno
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

from starlette.requests import ClientDisconnect, Request

from tandem.people import Caller
from tandem.store.database import StoreUnavailableError
from tandem.store.datasets.writer import ImportLeaseLostError
from tandem.store.records.writer import RecordCollisionError
from tandem.web import Problem
from tandem_api.resources.datasets.import_run import ImportOptions
from tandem_api.resources.datasets.importing import ImportBusyError, Importer, ImportLimits
from tandem_api.resources.datasets.parsing.file_opening import FileOptions, Opened, open_file
from tandem_api.resources.datasets.parsing.mapping import ColumnMapping
from tandem_api.resources.datasets.parsing.recognising import FileFormat
from tandem_api.resources.datasets.parsing.rows import FileFaultError
from tandem_api.resources.datasets.parsing.spool import SpooledRows
from tandem_api.resources.datasets.parsing.tools.recognised import Tool
from tandem_api.resources.datasets.preview import ImportPreviewRequest, previewed
from tandem_api.resources.datasets.schemas import ImportPreview, ImportResult, OnDuplicate, OnSameContent
from tandem_api.resources.datasets.streams import UploadStalledError, UploadTooLargeError, bounded, drain

MEDIA_TYPES: dict[str, FileFormat | None] = {
    "": None,
    "application/octet-stream": None,
    "text/plain": None,
    "text/tab-separated-values": FileFormat.CSV,
    "text/csv": FileFormat.CSV,
    "application/csv": FileFormat.CSV,
    "application/x-ndjson": FileFormat.JSONL,
    "application/jsonl": FileFormat.JSONL,
    "application/jsonlines": FileFormat.JSONL,
    "application/json": None,
    "application/gzip": None,
    "application/zstd": None,
    "application/vnd.apache.arrow.stream": FileFormat.ARROW,
    "application/vnd.apache.parquet": None,
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": None,
}
"""Content types of files, and the format that each states; None: the content says it."""
SHOWN_FAULTS = 1000
"""Faults in an answer at most."""
_DRAIN_BYTES = 64 * 1024 * 1024
_DRAIN_SECONDS = 10.0


async def receive_import(
    importer: Importer,
    request: Request,
    dataset_id: str,
    mapping: ColumnMapping,
    *,
    options: FileOptions,
    on_duplicate: OnDuplicate | None,
    on_same_content: OnSameContent,
    tool: Tool | None,
    skip_empty: bool,
    by: Caller,
) -> ImportResult:
    """Import the request's body. Raises Problem and StoreUnavailableError."""
    _check_headers(request, importer.limits.upload_bytes)
    options = stated_options(request, options)
    limits = importer.limits
    body = _body(request)
    chunks = bounded(body, most_bytes=limits.upload_bytes, idle_seconds=limits.idle_seconds)
    opened: Opened | None = None
    try:
        opened = await open_file(
            chunks,
            options,
            limits.rows,
            mapping=mapping,
            most_bytes=limits.unpacked_bytes,
        )
        reading = ImportOptions(
            opened.parser, opened.file_format, opened.packing, mapping, on_duplicate, on_same_content, tool, skip_empty
        )
        return await importer.run(dataset_id, opened.chunks, reading, by=by)
    except ClientDisconnect:
        raise Problem(400, "upload-cut", "The upload ended before the file did; nothing was imported.") from None
    except StoreUnavailableError:
        raise
    except Exception as error:
        problem = _problem_of(error, importer.limits.upload_bytes)
        if problem is None:
            raise
        await _read_on(body)
        raise problem from error
    finally:
        if opened is not None and isinstance(opened.parser, SpooledRows):
            opened.parser.close()


async def receive_preview(
    limits: ImportLimits, request: Request, asked: ImportPreviewRequest, *, options: FileOptions
) -> ImportPreview:
    """Look at the first rows of the request's body. Raises Problem."""
    _check_headers(request, limits.upload_bytes)
    options = stated_options(request, options)
    body = _body(request)
    opened: Opened | None = None
    try:
        opened = await open_file(
            bounded(body, most_bytes=limits.upload_bytes, idle_seconds=limits.idle_seconds),
            options,
            limits.rows,
            mapping=asked.mapping,
            most_bytes=limits.unpacked_bytes,
            cut=asked.is_cut,
        )
        preview = await previewed(opened, asked, limits.rows)
    except ClientDisconnect:
        raise Problem(400, "upload-cut", "The upload ended before the file did.") from None
    except Exception as error:
        problem = _problem_of(error, limits.upload_bytes)
        if problem is None:
            raise
        await _read_on(body)
        raise problem from error
    finally:
        if opened is not None and isinstance(opened.parser, SpooledRows):
            opened.parser.close()
    await _read_on(body)
    return preview


def _check_headers(request: Request, limit: int) -> None:
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > limit:
        raise _too_large(f"{limit:,}")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Problem(
            415,
            "unsupported-encoding",
            "The body is compressed.",
            field="Content-Encoding",
            cure="Send it uncompressed.",
        )


def stated_options(request: Request, options: FileOptions) -> FileOptions:
    """Return the options with the format that the content type states, if there is one. Raises Problem for content
    types that no file has."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in MEDIA_TYPES and (options.file_format is None or media_type.startswith("multipart/")):
        raise Problem(
            415,
            "unsupported-media-type",
            f"The content type {media_type!r} is not accepted here.",
            field="Content-Type",
            cure="Send the raw file as application/octet-stream: its format is recognized. Or name its `format`.",
        )
    if options.file_format is not None:
        return options
    return replace(options, file_format=MEDIA_TYPES[media_type])


async def _body(request: Request) -> AsyncIterator[bytes]:
    async for chunk in request.stream():
        if chunk:
            yield chunk


async def _read_on(chunks: AsyncIterator[bytes]) -> None:
    try:
        await drain(chunks, most_bytes=_DRAIN_BYTES, seconds=_DRAIN_SECONDS)
    except ClientDisconnect:
        return


def _problem_of(error: Exception, limit: int) -> Problem | None:  # noqa: PLR0911 - one for each kind
    match error:
        case FileFaultError():
            return fault_problem(error)
        case OSError() if error.errno == errno.ENOSPC:
            return Problem(
                507,
                "no-space",
                "The server's disk is too full to hold the file while it is read.",
                cure="Send it as CSV or JSONL, which are read as they come, or have the api's /tmp made larger.",
            )
        case ImportBusyError():
            return Problem(
                409,
                "import-running",
                "Another import into this data set is under way.",
                cure="Wait until it has ended, then try again.",
                headers={"Retry-After": "5"},
            )
        case UploadTooLargeError():
            return _too_large(f"{limit:,}")
        case UploadStalledError():
            return Problem(
                408, "upload-stalled", "Nothing of the file came for too long; nothing was imported.", cure="Try again."
            )
        case ImportLeaseLostError() | RecordCollisionError():
            return Problem(
                409,
                "import-overtaken",
                "The import paused so long that another one began; nothing was imported.",
                cure="Import the file again.",
            )
    return None


def fault_problem(fault: FileFaultError) -> Problem:
    """Return the first fault as a problem; where there are several, `faults` lists them."""
    several: dict[str, Any] = {}
    if fault.count > 1:
        listed = [
            {"row": each.row, "line": each.line, "column": each.column, "type": each.code, "detail": each.detail}
            for each in fault.all_faults[:SHOWN_FAULTS]
        ]
        several = {"faults": listed, "fault_count": fault.count}
    return Problem(
        413 if fault.code in ("record-too-large", "upload-too-large") else 422,
        fault.code,
        fault.detail,
        cure=fault.cure,
        row=fault.row,
        line=fault.line,
        column=fault.column,
        byte=fault.byte,
        **several,
    )


def _too_large(limit: str) -> Problem:
    return Problem(
        413, "upload-too-large", f"The file is larger than {limit} bytes.", cure="Split it into several imports."
    )
